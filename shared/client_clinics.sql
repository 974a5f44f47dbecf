-- Whose clients somebody is: at their home clinic, and wherever a visit was ever booked for them or moved to.
-- {schema} is views_a or views_b.

-- `client_id` is whom `recorded_client_id`, the id in the events, stands for today.
CREATE TABLE {schema}.client_clinics (
  recorded_client_id uuid NOT NULL,
  clinic_id          uuid NOT NULL,
  home               boolean NOT NULL,
  chain_id           uuid NOT NULL,
  client_id          uuid NOT NULL,
  PRIMARY KEY (recorded_client_id, clinic_id, home)
);
CREATE INDEX ON {schema}.client_clinics (clinic_id, client_id);
CREATE INDEX ON {schema}.client_clinics (client_id, clinic_id);

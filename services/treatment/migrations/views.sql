-- The read models of treatment, all made from events. {schema} is views_a or views_b; {api} is the service's role.

-- One row for each appointment that scheduling has told of, as it is now; nothing personal. `client_id` is whom
-- `booked_client_id`, the id in the events, stands for today.
CREATE TABLE {schema}.visits (
  appointment_id   uuid PRIMARY KEY,
  chain_id         uuid NOT NULL,
  version          integer NOT NULL,
  status           text NOT NULL CHECK (status IN ('booked', 'arrived', 'fulfilled', 'cancelled', 'noshow')),
  clinic_id        uuid NOT NULL,
  therapist_id     uuid NOT NULL,
  room_id          uuid,
  client_id        uuid NOT NULL,
  booked_client_id uuid NOT NULL,
  offering_id      uuid NOT NULL,
  offering_version integer NOT NULL,
  starts_at        timestamptz NOT NULL,
  ends_at          timestamptz NOT NULL,
  time_zone        text NOT NULL,
  confirmed        boolean NOT NULL DEFAULT false,
  arrived_at       timestamptz,
  actual_starts_at timestamptz,
  actual_ends_at   timestamptz
);
CREATE INDEX ON {schema}.visits (clinic_id, starts_at, appointment_id);
CREATE INDEX ON {schema}.visits (therapist_id, starts_at, appointment_id);
CREATE INDEX ON {schema}.visits (client_id, starts_at, appointment_id);
CREATE INDEX ON {schema}.visits (booked_client_id);

ALTER TABLE {schema}.visits ENABLE ROW LEVEL SECURITY;
ALTER TABLE {schema}.visits FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON {schema}.visits
  USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.visits TO {api};

ALTER TABLE {schema}.client_aliases ENABLE ROW LEVEL SECURITY;
ALTER TABLE {schema}.client_aliases FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON {schema}.client_aliases
  USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.client_aliases TO {api};
GRANT USAGE ON SCHEMA {schema} TO {api};

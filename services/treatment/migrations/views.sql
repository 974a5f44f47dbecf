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

DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' LOOP
    EXECUTE format('ALTER TABLE {schema}.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE {schema}.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_chain ON {schema}.%I'
      ' USING (chain_id = nullif(current_setting(''app.chain_id'', true), '''')::uuid)', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.%I TO {api}', name);
  END LOOP;
END $$;
GRANT USAGE ON SCHEMA {schema} TO {api};

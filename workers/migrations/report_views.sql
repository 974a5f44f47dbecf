-- What reports are computed from: one row for each thing that an event said, never changed afterwards, so that reading up
-- to a position gives what was known then. {schema} is views_a or views_b; {api} is the workers' role.
--
-- `position` is the event's in the log of its service, `happened_at` when it was so, `recorded_at` when the log had it.
-- No name, no address and no words of anybody are here. A client is the id that the event names.

-- Every event that gave a fact: what a restatement names as its cause, and by which a moment becomes a position.
CREATE TABLE {schema}.report_events (
  chain_id    uuid NOT NULL,
  source      text NOT NULL,
  position    bigint NOT NULL,
  event_id    uuid NOT NULL,
  name        text NOT NULL,
  stream      text NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (chain_id, source, position)
);
CREATE INDEX ON {schema}.report_events (chain_id, source, recorded_at, position);

-- Facts of scheduling's log.

-- Where and when a visit is from here on; `made_at` is when it was booked, in the row of its booking alone.
CREATE TABLE {schema}.report_visit_places (
  chain_id       uuid NOT NULL,
  position       bigint NOT NULL,
  happened_at    timestamptz NOT NULL,
  recorded_at    timestamptz NOT NULL,
  appointment_id uuid NOT NULL,
  client_id      uuid NOT NULL,
  therapist_id   uuid NOT NULL,
  clinic_id      uuid NOT NULL,
  starts_at      timestamptz NOT NULL,
  ends_at        timestamptz NOT NULL,
  made_at        timestamptz,
  PRIMARY KEY (chain_id, appointment_id, position)
);

-- What became of a visit; `notice_minutes` is how long before its start it was cancelled, null where nobody knows.
CREATE TABLE {schema}.report_visit_states (
  chain_id         uuid NOT NULL,
  position         bigint NOT NULL,
  happened_at      timestamptz NOT NULL,
  recorded_at      timestamptz NOT NULL,
  appointment_id   uuid NOT NULL,
  status           text NOT NULL,
  initiator        text,
  notice_minutes   integer,
  actual_starts_at timestamptz,
  actual_ends_at   timestamptz,
  PRIMARY KEY (chain_id, appointment_id, position)
);

-- Clinics, rotas and absences: what holds of a subject from here on, under a key where there are several; null: no more.
CREATE TABLE {schema}.report_calendar (
  chain_id    uuid NOT NULL,
  position    bigint NOT NULL,
  happened_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  kind        text NOT NULL,
  key         text NOT NULL,
  content     jsonb,
  PRIMARY KEY (chain_id, kind, key, position)
);

-- Whom a client was merged into; null: a person of their own again.
CREATE TABLE {schema}.report_aliases (
  chain_id    uuid NOT NULL,
  position    bigint NOT NULL,
  happened_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  client_id   uuid NOT NULL,
  into_id     uuid,
  PRIMARY KEY (chain_id, client_id, position)
);

-- Ids of people who were forgotten: what they were counted in stays, and nobody is looked for under them.
CREATE TABLE {schema}.report_erasures (
  chain_id    uuid NOT NULL,
  position    bigint NOT NULL,
  happened_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  client_id   uuid NOT NULL,
  PRIMARY KEY (chain_id, client_id, position)
);

-- Facts of treatment's log.

CREATE TABLE {schema}.report_episode_steps (
  chain_id          uuid NOT NULL,
  position          bigint NOT NULL,
  happened_at       timestamptz NOT NULL,
  recorded_at       timestamptz NOT NULL,
  episode_id        uuid NOT NULL,
  client_id         uuid NOT NULL,
  step              text NOT NULL,
  lead_therapist_id uuid,
  clinic_id         uuid,
  target            text,
  side              text,
  nrs               smallint,
  outcome           text,
  planned           boolean,
  planned_on        date,
  PRIMARY KEY (chain_id, episode_id, position)
);

CREATE TABLE {schema}.report_session_steps (
  chain_id       uuid NOT NULL,
  position       bigint NOT NULL,
  happened_at    timestamptz NOT NULL,
  recorded_at    timestamptz NOT NULL,
  session_id     uuid NOT NULL,
  client_id      uuid NOT NULL,
  step           text NOT NULL,
  episode_id     uuid,
  appointment_id uuid,
  therapist_id   uuid,
  clinic_id      uuid,
  PRIMARY KEY (chain_id, session_id, position)
);

-- An entry of a session as it stands from here on, whole. `taken` is the moment of a pain score: before, after, now.
CREATE TABLE {schema}.report_entries (
  chain_id    uuid NOT NULL,
  position    bigint NOT NULL,
  happened_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  session_id  uuid NOT NULL,
  entry_id    uuid NOT NULL,
  kind        text NOT NULL,
  sequence    integer NOT NULL,
  loop_id     uuid,
  target      text,
  side        text,
  region      text,
  response    text,
  provoked    boolean,
  rater       uuid,
  blinded     boolean,
  value       smallint,
  taken       text,
  overridden  boolean,
  in_error    boolean NOT NULL,
  PRIMARY KEY (chain_id, session_id, entry_id, position)
);

CREATE TABLE {schema}.report_pattern_steps (
  chain_id    uuid NOT NULL,
  position    bigint NOT NULL,
  happened_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  pattern_id  uuid NOT NULL,
  client_id   uuid NOT NULL,
  step        text NOT NULL,
  episode_id  uuid,
  session_id  uuid,
  PRIMARY KEY (chain_id, pattern_id, position)
);

CREATE TABLE {schema}.report_check_in_steps (
  chain_id    uuid NOT NULL,
  position    bigint NOT NULL,
  happened_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  check_in_id uuid NOT NULL,
  client_id   uuid NOT NULL,
  step        text NOT NULL,
  episode_id  uuid,
  session_id  uuid,
  due_at      timestamptz,
  ordinal     smallint,
  score       smallint,
  places      jsonb,
  good_until  timestamptz,
  cause       text,
  PRIMARY KEY (chain_id, check_in_id, position)
);

CREATE TABLE {schema}.report_alert_steps (
  chain_id     uuid NOT NULL,
  position     bigint NOT NULL,
  happened_at  timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL,
  alert_id     uuid NOT NULL,
  client_id    uuid NOT NULL,
  step         text NOT NULL,
  level        text,
  red_flag     boolean,
  outcome      text,
  therapist_id uuid,
  clinic_id    uuid,
  PRIMARY KEY (chain_id, alert_id, position)
);

CREATE TABLE {schema}.report_homework_steps (
  chain_id    uuid NOT NULL,
  position    bigint NOT NULL,
  happened_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  homework_id uuid NOT NULL,
  client_id   uuid NOT NULL,
  step        text NOT NULL,
  episode_id  uuid,
  day         date,
  done        text,
  PRIMARY KEY (chain_id, homework_id, position)
);

-- What was tried before the clinic was asked; `stands` is false once it turned out never to have been so.
CREATE TABLE {schema}.report_attempts (
  chain_id    uuid NOT NULL,
  position    bigint NOT NULL,
  happened_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  attempt_id  uuid NOT NULL,
  client_id   uuid NOT NULL,
  stands      boolean NOT NULL,
  PRIMARY KEY (chain_id, attempt_id, position)
);

-- By what a chain's periods close from here on.
CREATE TABLE {schema}.report_rules (
  chain_id     uuid NOT NULL,
  position     bigint NOT NULL,
  happened_at  timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL,
  time_zone    text,
  closing_day  smallint NOT NULL,
  weekly       boolean NOT NULL,
  monthly      boolean NOT NULL,
  attach_files boolean NOT NULL,
  PRIMARY KEY (chain_id, position)
);

DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' AND tablename LIKE 'report\_%' LOOP
    EXECUTE format('GRANT SELECT, INSERT ON {schema}.%I TO {api}', name);
  END LOOP;
END $$;

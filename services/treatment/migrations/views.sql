-- The read models of treatment, all made from events. {schema} is views_a or views_b; {api} is the service's role.

-- One row for each appointment that scheduling has told of, as it is now; nothing personal. `client_id` is whom
-- `booked_client_id`, the id in the events, stands for today. `given_by` is who of the staff, as in actors, booked it for
-- this therapist, gave it to them or brought it back last; null where that was nobody of the staff.
CREATE TABLE {schema}.visits (
  appointment_id   uuid PRIMARY KEY,
  chain_id         uuid NOT NULL,
  version          integer NOT NULL,
  status           text NOT NULL CHECK (status IN ('booked', 'arrived', 'fulfilled', 'cancelled', 'noshow')),
  clinic_id        uuid NOT NULL,
  therapist_id     uuid NOT NULL,
  given_by         text,
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

-- Who is a client of the chain, without anything about them; of whom nothing clinical is left, is `erased`, and whoever
-- anything was let go of, `forgotten`.
CREATE TABLE {schema}.clients (
  client_id uuid PRIMARY KEY,
  chain_id  uuid NOT NULL,
  erased    boolean NOT NULL DEFAULT false,
  forgotten boolean NOT NULL DEFAULT false
);

-- On which clock a clinic is and when it opens, from a day of its own calendar on.
CREATE TABLE {schema}.clinic_clocks (
  clinic_id     uuid NOT NULL,
  valid_from    date NOT NULL,
  chain_id      uuid NOT NULL,
  time_zone     text NOT NULL,
  opening_hours jsonb NOT NULL,
  PRIMARY KEY (clinic_id, valid_from)
);

-- The days on which a clinic opens at other hours than its weekly ones, or not at all.
CREATE TABLE {schema}.clinic_special_days (
  clinic_id    uuid PRIMARY KEY,
  chain_id     uuid NOT NULL,
  special_days jsonb NOT NULL
);

CREATE TABLE {schema}.closures (
  id        uuid PRIMARY KEY,
  chain_id  uuid NOT NULL,
  clinic_id uuid NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at   timestamptz NOT NULL
);
CREATE INDEX ON {schema}.closures (clinic_id, ends_at);

-- What staff sign in to, after how long an unused tablet of theirs locks, and what pages for clients say of the house, in
-- which language and on which clock.
CREATE TABLE {schema}.chains (
  chain_id           uuid PRIMARY KEY,
  slug               text NOT NULL,
  name               text NOT NULL,
  lock_after_minutes integer NOT NULL
);
CREATE INDEX ON {schema}.chains (slug);
CREATE TABLE {schema}.clinics (
  clinic_id       uuid PRIMARY KEY,
  chain_id        uuid NOT NULL,
  opened_at       timestamptz,
  first_time_zone text,
  phone           text NOT NULL,
  country         text
);
-- At which clinics a therapist works, by the rota of now.
CREATE TABLE {schema}.therapists (
  therapist_id uuid PRIMARY KEY,
  chain_id     uuid NOT NULL,
  clinic_ids   uuid[] NOT NULL
);
CREATE TABLE {schema}.readers (
  client_id uuid PRIMARY KEY,
  chain_id  uuid NOT NULL,
  locale    text NOT NULL,
  time_zone text NOT NULL
);

-- Whoever signs in names the chain before it is known who they are. So this function looks as the owner of the table, for
-- exactly that one name.
CREATE POLICY named ON {schema}.chains FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION {schema}.chain_called(p_slug text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
  SELECT chain_id FROM chains WHERE slug = p_slug
$$;
REVOKE ALL ON FUNCTION {schema}.chain_called FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.chain_called TO {api};

-- What follows is made from treatment's own events. `recorded_client_id` is the client as the event names them; whom
-- that id stands for today says `person_of` when it is read.

-- The first use that somebody made of what a visit of theirs opens to them; and another, once they gave it themselves.
CREATE TABLE {schema}.visit_grants (
  id                 uuid PRIMARY KEY,
  appointment_id     uuid NOT NULL,
  subject            text NOT NULL,
  chain_id           uuid NOT NULL,
  recorded_client_id uuid NOT NULL,
  therapist_id       uuid NOT NULL,
  self_booked        boolean NOT NULL,
  granted_at         timestamptz NOT NULL,
  until              timestamptz NOT NULL
);
CREATE INDEX ON {schema}.visit_grants (appointment_id, subject);

-- Who covers at which clinic, for which day on its clock and until when.
CREATE TABLE {schema}.covers (
  id            uuid PRIMARY KEY,
  chain_id      uuid NOT NULL,
  version       integer NOT NULL,
  clinic_id     uuid NOT NULL,
  subject       text NOT NULL,
  time_zone     text NOT NULL,
  day_starts_at timestamptz NOT NULL,
  day_ends_at   timestamptz NOT NULL,
  started_at    timestamptz NOT NULL,
  until         timestamptz NOT NULL,
  ended_at      timestamptz
);
CREATE INDEX ON {schema}.covers (chain_id, subject, until);
CREATE INDEX ON {schema}.covers (chain_id, clinic_id, id);

-- Where the glass was broken, and where a visit opened a record that its therapist had given to themselves: what is to
-- be reviewed. `reason` and `note` are as the log has them.
CREATE TABLE {schema}.glass_breaks (
  id                 uuid PRIMARY KEY,
  chain_id           uuid NOT NULL,
  version            integer NOT NULL,
  basis              text NOT NULL CHECK (basis IN ('visit', 'break_glass')),
  appointment_id     uuid,
  recorded_client_id uuid NOT NULL,
  clinic_id          uuid,
  subject            text NOT NULL,
  role               text NOT NULL,
  reason             jsonb,
  broken_at          timestamptz NOT NULL,
  until              timestamptz NOT NULL,
  outcome            text,
  note               jsonb,
  reviewed_by        text,
  reviewed_at        timestamptz
);
CREATE INDEX ON {schema}.glass_breaks (chain_id, subject, until);
CREATE INDEX ON {schema}.glass_breaks (chain_id, broken_at, id) WHERE outcome IS NULL;
CREATE INDEX ON {schema}.glass_breaks (chain_id, recorded_client_id);

-- The streams in which the clients' records stand.
CREATE TABLE {schema}.record_streams (
  chain_id           uuid NOT NULL,
  stream             text NOT NULL,
  kind               text NOT NULL,
  recorded_client_id uuid NOT NULL,
  PRIMARY KEY (chain_id, stream)
);
CREATE INDEX ON {schema}.record_streams (chain_id, recorded_client_id, kind);

-- Sessions: what lists of them ask for. What was done in them is read from their streams.
CREATE TABLE {schema}.sessions (
  id                 uuid PRIMARY KEY,
  chain_id           uuid NOT NULL,
  recorded_client_id uuid NOT NULL,
  version            integer NOT NULL,
  status             text NOT NULL CHECK (status IN ('open', 'signed', 'locked', 'in_error')),
  episode_id         uuid,
  appointment_id     uuid,
  clinic_id          uuid NOT NULL,
  therapist_id       uuid NOT NULL,
  started_at         timestamptz NOT NULL,
  signed_at          timestamptz
);
CREATE INDEX ON {schema}.sessions (chain_id, recorded_client_id, id);
CREATE INDEX ON {schema}.sessions (chain_id, therapist_id, started_at, id);
CREATE INDEX ON {schema}.sessions (chain_id, therapist_id, started_at, id) WHERE status = 'open';
CREATE INDEX ON {schema}.sessions (appointment_id);

-- Episodes, patterns and homework: what lists of them ask for. What they are is read from their streams. `planned_at` is
-- when the last plan of a next visit was made, be it that there is to be none.
CREATE TABLE {schema}.episodes (
  id                 uuid PRIMARY KEY,
  chain_id           uuid NOT NULL,
  recorded_client_id uuid NOT NULL,
  version            integer NOT NULL,
  status             text NOT NULL CHECK (status IN ('active', 'held', 'discharged')),
  lead_therapist_id  uuid NOT NULL,
  clinic_id          uuid NOT NULL,
  next_visit_on      date,
  planned_at         timestamptz
);
CREATE INDEX ON {schema}.episodes (chain_id, recorded_client_id, id);
CREATE INDEX ON {schema}.episodes (chain_id, next_visit_on, id) WHERE status = 'active';

-- Each release and each activation that stands: an episode's baseline is from before the first of them.
CREATE TABLE {schema}.interventions (
  id          uuid PRIMARY KEY,
  chain_id    uuid NOT NULL,
  session_id  uuid NOT NULL,
  happened_at timestamptz NOT NULL
);
CREATE INDEX ON {schema}.interventions (session_id);

-- `primary_id` is what a secondary pattern hangs under.
CREATE TABLE {schema}.patterns (
  id                 uuid PRIMARY KEY,
  chain_id           uuid NOT NULL,
  recorded_client_id uuid NOT NULL,
  version            integer NOT NULL,
  state              text NOT NULL,
  episode_id         uuid,
  primary_id         uuid
);
CREATE INDEX ON {schema}.patterns (chain_id, recorded_client_id, id);

-- What a chain asks for instead of the defaults.
CREATE TABLE {schema}.pattern_thresholds (
  chain_id   uuid PRIMARY KEY,
  version    integer NOT NULL,
  thresholds jsonb NOT NULL
);

CREATE TABLE {schema}.homework (
  id                 uuid PRIMARY KEY,
  chain_id           uuid NOT NULL,
  recorded_client_id uuid NOT NULL,
  version            integer NOT NULL,
  episode_id         uuid,
  pattern_id         uuid,
  stopped            boolean NOT NULL
);
CREATE INDEX ON {schema}.homework (chain_id, recorded_client_id, id);

-- Alerts: who is to see them and by when. Their scores, flags and notes are read from their streams. `mine` is asked of
-- the therapist who leads the episode now, and of `therapist_id` where there is none.
CREATE TABLE {schema}.alerts (
  id                 uuid PRIMARY KEY,
  chain_id           uuid NOT NULL,
  recorded_client_id uuid NOT NULL,
  version            integer NOT NULL,
  status             text NOT NULL CHECK (status IN ('raised', 'escalated', 'acknowledged', 'closed')),
  kind               text NOT NULL CHECK (kind IN ('worsening', 'red_flag')),
  level              text NOT NULL CHECK (level IN ('worsening', 'same_day', 'emergency')),
  episode_id         uuid,
  check_in_id        uuid NOT NULL,
  therapist_id       uuid NOT NULL,
  clinic_id          uuid NOT NULL,
  raised_at          timestamptz NOT NULL,
  escalate_at        timestamptz NOT NULL,
  escalated_at       timestamptz,
  acknowledged_at    timestamptz,
  closed_at          timestamptz,
  outcome            text
);
CREATE INDEX ON {schema}.alerts (chain_id, raised_at, id);
CREATE INDEX ON {schema}.alerts (chain_id, raised_at, id) WHERE status <> 'closed';
CREATE INDEX ON {schema}.alerts (escalate_at, id) WHERE status = 'raised';
CREATE INDEX ON {schema}.alerts (chain_id, recorded_client_id, id);

-- What a chain says to clients who tick a red flag, by language; the built-in words are not here.
CREATE TABLE {schema}.safety_texts (
  chain_id    uuid NOT NULL,
  locale      text NOT NULL,
  version     integer NOT NULL,
  emergency   text NOT NULL,
  same_day    text NOT NULL,
  approved_by text NOT NULL,
  approved_at timestamptz NOT NULL,
  PRIMARY KEY (chain_id, locale)
);

-- Whose check-ins there are; what became of them is read from the streams of their clients.
CREATE TABLE {schema}.check_ins (
  id                 uuid PRIMARY KEY,
  chain_id           uuid NOT NULL,
  recorded_client_id uuid NOT NULL
);
CREATE INDEX ON {schema}.check_ins (chain_id, recorded_client_id);

-- When a chain asks, instead of the defaults: `rules`, null for not at all, and `offerings`.
CREATE TABLE {schema}.check_in_rules (
  chain_id uuid PRIMARY KEY,
  version  integer NOT NULL,
  content  jsonb NOT NULL
);

-- What clients ask to be put right: who has to answer by when. The words are read from the streams.
CREATE TABLE {schema}.amendment_requests (
  id                 uuid PRIMARY KEY,
  chain_id           uuid NOT NULL,
  recorded_client_id uuid NOT NULL,
  version            integer NOT NULL,
  status             text NOT NULL CHECK (status IN ('open', 'accepted', 'declined')),
  session_id         uuid,
  requested_on       date NOT NULL,
  due_on             date NOT NULL
);
CREATE INDEX ON {schema}.amendment_requests (chain_id, due_on, id) WHERE status = 'open';
CREATE INDEX ON {schema}.amendment_requests (chain_id, recorded_client_id);

-- The reports that were asked for. Their documents are beside the log (reports.sql).
CREATE TABLE {schema}.caseload_reports (
  id           uuid PRIMARY KEY,
  chain_id     uuid NOT NULL,
  version      integer NOT NULL,
  status       text NOT NULL CHECK (status IN ('asked', 'published', 'failed')),
  scope_kind   text NOT NULL CHECK (scope_kind IN ('therapist', 'clinic', 'chain')),
  scope_id     uuid NOT NULL,
  period       text NOT NULL,
  as_of_at     timestamptz NOT NULL,
  asked_at     timestamptz NOT NULL,
  published_at timestamptz,
  scheduling   bigint,
  treatment    bigint,
  definitions  integer,
  hash         text,
  own_hash     text,
  cause        text,
  for_closing  boolean NOT NULL,
  closed       boolean NOT NULL,
  restatement_asked_at timestamptz
);
CREATE INDEX ON {schema}.caseload_reports (chain_id, asked_at, id);
CREATE INDEX ON {schema}.caseload_reports (chain_id, period, as_of_at);

-- What closed reports would say now, of each the last time that it was looked at.
CREATE TABLE {schema}.caseload_restatements (
  report_id   uuid PRIMARY KEY,
  chain_id    uuid NOT NULL,
  as_of_at    timestamptz NOT NULL,
  scheduling  bigint NOT NULL,
  treatment   bigint NOT NULL,
  definitions integer NOT NULL,
  lines       integer NOT NULL,
  hash        text NOT NULL,
  own_hash    text,
  restated_at timestamptz NOT NULL
);

-- When periods close, for chains that have said so, and those that are closed.
CREATE TABLE {schema}.report_rules (
  chain_id uuid PRIMARY KEY,
  version  integer NOT NULL,
  content  jsonb NOT NULL
);
CREATE TABLE {schema}.report_periods (
  id          uuid PRIMARY KEY,
  chain_id    uuid NOT NULL,
  period      text NOT NULL,
  starts_at   timestamptz NOT NULL,
  ends_at     timestamptz NOT NULL,
  time_zone   text NOT NULL,
  as_of_at    timestamptz NOT NULL,
  scheduling  bigint NOT NULL,
  treatment   bigint NOT NULL,
  definitions integer NOT NULL,
  reports     integer NOT NULL,
  hash        text NOT NULL,
  closed_at   timestamptz NOT NULL
);
CREATE INDEX ON {schema}.report_periods (chain_id, ends_at, id);

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

-- What is due is looked for, and what is open counted, in all chains at once. So these two functions look as the owner of
-- the tables, and tell ids and numbers alone.
CREATE POLICY watched ON {schema}.alerts FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY watched ON {schema}.clients FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION {schema}.alerts_due(p_now timestamptz, p_most integer)
RETURNS TABLE (chain_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
  SELECT alert.chain_id, alert.id FROM alerts alert
  WHERE alert.status = 'raised' AND alert.escalate_at <= p_now
    AND NOT EXISTS (SELECT FROM clients WHERE clients.client_id = alert.recorded_client_id AND clients.erased)
  ORDER BY alert.escalate_at, alert.id LIMIT p_most
$$;
CREATE FUNCTION {schema}.alerts_open() RETURNS TABLE (level text, status text, alerts bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
  SELECT alert.level, alert.status, count(*) FROM alerts alert
  WHERE alert.status <> 'closed'
    AND NOT EXISTS (SELECT FROM clients WHERE clients.client_id = alert.recorded_client_id AND clients.erased)
  GROUP BY alert.level, alert.status
$$;
REVOKE ALL ON FUNCTION {schema}.alerts_due, {schema}.alerts_open FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.alerts_due, {schema}.alerts_open TO {api};

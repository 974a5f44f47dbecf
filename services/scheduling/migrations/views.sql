-- The read models of scheduling, all made from the log. {schema} is views_a or views_b; {api} is the service's role.
-- What is personal is kept sealed, as jsonb (shared/kept.py); it is readable in the tables of contacts alone, where it is
-- searched: clients, client_names, client_external_ids, contact_points; and the names of therapists, who are the
-- chain's own people.

CREATE TABLE {schema}.chains (
  chain_id              uuid PRIMARY KEY,
  slug                  text NOT NULL,
  name                  text NOT NULL,
  reminder_lead_minutes integer[] NOT NULL,
  quiet_from            text NOT NULL,
  quiet_to              text NOT NULL,
  default_locale        text NOT NULL,
  staff_confirmation_wait_seconds integer NOT NULL,
  urgent_within_minutes  integer NOT NULL,
  confirm_within_minutes integer NOT NULL,
  lock_after_minutes     integer NOT NULL,
  version               integer NOT NULL
);

CREATE TABLE {schema}.clinics (
  id           uuid PRIMARY KEY,
  chain_id     uuid NOT NULL,
  name         text NOT NULL,
  phone        text NOT NULL,
  external_ids jsonb NOT NULL,
  version      integer NOT NULL
);
CREATE INDEX ON {schema}.clinics (chain_id, id);

CREATE TABLE {schema}.clinic_terms (
  clinic_id     uuid NOT NULL,
  chain_id      uuid NOT NULL,
  valid_from    date NOT NULL,
  time_zone     text NOT NULL,
  address       jsonb NOT NULL,
  latitude_e6   integer NOT NULL,
  longitude_e6  integer NOT NULL,
  opening_hours jsonb NOT NULL,
  PRIMARY KEY (clinic_id, valid_from)
);

CREATE TABLE {schema}.clinic_special_days (
  clinic_id uuid NOT NULL,
  chain_id  uuid NOT NULL,
  on_date   date NOT NULL,
  hours     jsonb NOT NULL,
  PRIMARY KEY (clinic_id, on_date)
);

CREATE TABLE {schema}.travel_times (
  from_clinic_id uuid NOT NULL,
  to_clinic_id   uuid NOT NULL,
  chain_id       uuid NOT NULL,
  minutes        integer NOT NULL,
  PRIMARY KEY (from_clinic_id, to_clinic_id)
);

CREATE TABLE {schema}.closures (
  id        uuid PRIMARY KEY,
  chain_id  uuid NOT NULL,
  clinic_id uuid NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at   timestamptz NOT NULL,
  reason    jsonb NOT NULL,
  version   integer NOT NULL
);
CREATE INDEX ON {schema}.closures (clinic_id, starts_at);

CREATE TABLE {schema}.rooms (
  id           uuid PRIMARY KEY,
  chain_id     uuid NOT NULL,
  clinic_id    uuid NOT NULL,
  name         text NOT NULL,
  kind         text NOT NULL,
  external_ids jsonb NOT NULL,
  version      integer NOT NULL
);
CREATE INDEX ON {schema}.rooms (clinic_id, id);

-- Without an end the room is closed for good.
CREATE TABLE {schema}.room_outages (
  id        uuid PRIMARY KEY,
  chain_id  uuid NOT NULL,
  room_id   uuid NOT NULL,
  clinic_id uuid NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at   timestamptz,
  reason    jsonb NOT NULL,
  version   integer NOT NULL
);
CREATE INDEX ON {schema}.room_outages (clinic_id, room_id, starts_at);

CREATE TABLE {schema}.therapists (
  id             uuid PRIMARY KEY,
  chain_id       uuid NOT NULL,
  name           text NOT NULL,
  languages      text[] NOT NULL,
  qualifications jsonb NOT NULL,
  leaves_on      date,
  external_ids   jsonb NOT NULL,
  version        integer NOT NULL
);
CREATE INDEX ON {schema}.therapists (chain_id, id);

CREATE TABLE {schema}.rota_entries (
  therapist_id uuid NOT NULL,
  entry        integer NOT NULL,
  chain_id     uuid NOT NULL,
  clinic_id    uuid NOT NULL,
  weekday      text NOT NULL,
  starts       text NOT NULL,
  ends         text NOT NULL,
  valid_from   date NOT NULL,
  valid_to     date,
  PRIMARY KEY (therapist_id, entry)
);
CREATE INDEX ON {schema}.rota_entries (clinic_id, therapist_id);

CREATE TABLE {schema}.time_off (
  id           uuid PRIMARY KEY,
  chain_id     uuid NOT NULL,
  therapist_id uuid NOT NULL,
  starts_at    timestamptz NOT NULL,
  ends_at      timestamptz NOT NULL,
  reason       jsonb NOT NULL,
  version      integer NOT NULL
);
CREATE INDEX ON {schema}.time_off (therapist_id, starts_at);

CREATE TABLE {schema}.offerings (
  id                    uuid PRIMARY KEY,
  chain_id              uuid NOT NULL,
  offering_version      integer NOT NULL,
  name                  text NOT NULL,
  duration_minutes      integer NOT NULL,
  buffer_before_minutes integer NOT NULL,
  buffer_after_minutes  integer NOT NULL,
  qualification         text,
  room_kind             text,
  grid_minutes          integer NOT NULL,
  min_notice_minutes    integer NOT NULL,
  horizon_days          integer NOT NULL,
  cancel_notice_minutes integer NOT NULL,
  reminder_lead_minutes integer[],
  price                 jsonb,
  version               integer NOT NULL
);
CREATE INDEX ON {schema}.offerings (chain_id, id);

-- `merged_at`: when somebody else was last merged into them.
CREATE TABLE {schema}.clients (
  id                uuid PRIMARY KEY,
  chain_id          uuid NOT NULL,
  name              text NOT NULL,
  called            text,
  birth_date        date,
  home_clinic_id    uuid,
  time_zone         text NOT NULL,
  locale            text NOT NULL,
  external_ids      jsonb NOT NULL,
  version           integer NOT NULL,
  email             text,
  phone             text,
  preferred_channel text NOT NULL DEFAULT 'none',
  fallback_channel  text NOT NULL DEFAULT 'none',
  chosen_channel    text,
  chosen_fallback   text,
  contacts_version  integer NOT NULL DEFAULT 0,
  merged_at         timestamptz,
  erased            boolean NOT NULL DEFAULT false
);
CREATE INDEX ON {schema}.clients (chain_id, id);
CREATE INDEX ON {schema}.clients (chain_id, birth_date);

-- The words that clients go by, without case and marks, with a space before and after each; `whole` are the ways to
-- write all of a name, its words in the order of the alphabet.
CREATE TABLE {schema}.client_names (
  client_id uuid PRIMARY KEY,
  chain_id  uuid NOT NULL,
  names     text NOT NULL,
  whole     text[] NOT NULL
);
CREATE INDEX client_names_alike ON {schema}.client_names USING gin (chain_id, names gin_trgm_ops);

-- By which ids the chain's other systems know a client.
CREATE TABLE {schema}.client_external_ids (
  client_id   uuid NOT NULL,
  system      text NOT NULL,
  chain_id    uuid NOT NULL,
  external_id text NOT NULL,
  PRIMARY KEY (client_id, system)
);
CREATE INDEX ON {schema}.client_external_ids (chain_id, external_id);

-- Who may act for a client; those that were ended stay to be seen.
CREATE TABLE {schema}.relations (
  id                uuid PRIMARY KEY,
  chain_id          uuid NOT NULL,
  client_id         uuid NOT NULL,
  related_client_id uuid NOT NULL,
  kind              text NOT NULL,
  may               text[] NOT NULL,
  until             date,
  source            text NOT NULL,
  evidence          jsonb,
  ended             boolean NOT NULL DEFAULT false,
  version           integer NOT NULL,
  CHECK (client_id <> related_client_id)
);
CREATE INDEX ON {schema}.relations (client_id);
CREATE INDEX ON {schema}.relations (related_client_id);

-- `place` orders the points of a client as they were added; `blocked` is why nothing may be sent there.
CREATE TABLE {schema}.contact_points (
  id          uuid PRIMARY KEY,
  chain_id    uuid NOT NULL,
  client_id   uuid NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('email', 'phone')),
  address     text NOT NULL,
  address_key text NOT NULL,
  source      text NOT NULL,
  place       integer NOT NULL,
  verified    text,
  verified_at timestamptz,
  blocked     text,
  unblocked_at timestamptz,
  evidence    jsonb,
  replaced    boolean NOT NULL DEFAULT false,
  replaced_by uuid,
  reversed_key text COLLATE "C" GENERATED ALWAYS AS (reverse(address_key)) STORED
);
CREATE INDEX ON {schema}.contact_points (client_id, id);
CREATE INDEX ON {schema}.contact_points (chain_id, kind, reversed_key);
CREATE INDEX ON {schema}.contact_points (chain_id, kind, (address_key COLLATE "C"));
CREATE INDEX ON {schema}.contact_points (chain_id, address_key);

-- `despite`: the ids under which the person had withdrawn it, before this was said as one person.
CREATE TABLE {schema}.permissions (
  client_id uuid NOT NULL,
  chain_id  uuid NOT NULL,
  channel   text NOT NULL,
  purpose   text NOT NULL,
  given     boolean NOT NULL,
  despite   uuid[] NOT NULL DEFAULT '{}',
  source    text NOT NULL,
  evidence  jsonb,
  PRIMARY KEY (client_id, channel, purpose)
);

-- What providers have said of messages; `failed` is their word for why one did not arrive.
CREATE TABLE {schema}.deliveries (
  message_key      text NOT NULL,
  chain_id         uuid NOT NULL,
  appointment_id   uuid,
  client_id        uuid NOT NULL,
  contact_point_id uuid NOT NULL,
  channel          text NOT NULL,
  delivered        boolean NOT NULL DEFAULT false,
  failed           text,
  PRIMARY KEY (chain_id, message_key)
);
CREATE INDEX ON {schema}.deliveries (client_id, message_key);
CREATE INDEX ON {schema}.deliveries (appointment_id);

-- `client_id` is whom `booked_client_id`, the id in the events, stands for today.
CREATE TABLE {schema}.appointments (
  id                    uuid PRIMARY KEY,
  chain_id              uuid NOT NULL,
  booking_id            uuid NOT NULL,
  status                text NOT NULL CHECK (status IN ('booked', 'arrived', 'fulfilled', 'cancelled', 'noshow')),
  offering_id           uuid NOT NULL,
  offering_version      integer NOT NULL,
  clinic_id             uuid NOT NULL,
  therapist_id          uuid NOT NULL,
  room_id               uuid,
  client_id             uuid NOT NULL,
  booker_client_id      uuid,
  told_client_id        uuid,
  payer_client_id       uuid,
  gift                  boolean NOT NULL,
  confirmed_with        uuid,
  booked_client_id      uuid NOT NULL,
  starts_at             timestamptz NOT NULL,
  ends_at               timestamptz NOT NULL,
  starts_local          text NOT NULL,
  time_zone             text NOT NULL,
  price                 jsonb,
  buffer_before_minutes integer NOT NULL,
  buffer_after_minutes  integer NOT NULL,
  cancel_notice_minutes integer NOT NULL,
  confirmed             boolean NOT NULL DEFAULT false,
  late                  boolean NOT NULL DEFAULT false,
  changed_by            text,
  disrupted_by          jsonb NOT NULL DEFAULT '[]',
  disrupted             boolean NOT NULL GENERATED ALWAYS AS (disrupted_by <> '[]') STORED,
  actual_starts_at      timestamptz,
  actual_ends_at        timestamptz,
  external_ids          jsonb NOT NULL,
  version               integer NOT NULL
);
CREATE INDEX ON {schema}.appointments (chain_id, starts_at, id);
CREATE INDEX ON {schema}.appointments (clinic_id, starts_at, id);
CREATE INDEX ON {schema}.appointments (therapist_id, starts_at, id);
CREATE INDEX ON {schema}.appointments (client_id, starts_at, id);
CREATE INDEX ON {schema}.appointments (chain_id, starts_at, id) WHERE disrupted;
CREATE INDEX ON {schema}.appointments (booking_id);
CREATE INDEX ON {schema}.appointments (booked_client_id);
CREATE INDEX ON {schema}.appointments (confirmed_with) WHERE confirmed_with IS NOT NULL;

-- What a visit takes: the constraint is the last wall against booking anybody or anything twice.
CREATE TABLE {schema}.claims (
  chain_id       uuid NOT NULL,
  resource_kind  text NOT NULL CHECK (resource_kind IN ('therapist', 'room', 'client')),
  resource_id    uuid NOT NULL,
  starts_at      timestamptz NOT NULL,
  ends_at        timestamptz NOT NULL,
  during         tstzrange GENERATED ALWAYS AS (tstzrange(starts_at, ends_at, '[)')) STORED,
  clinic_id      uuid NOT NULL,
  buffer_before  integer NOT NULL,
  buffer_after   integer NOT NULL,
  appointment_id uuid NOT NULL,
  kind           text NOT NULL DEFAULT 'visit',
  PRIMARY KEY (appointment_id, resource_id),
  CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '12 hours'),
  CONSTRAINT claims_never_overlap EXCLUDE USING gist (resource_id WITH =, during WITH &&)
);
CREATE INDEX ON {schema}.claims (resource_id, starts_at);
CREATE INDEX ON {schema}.claims (clinic_id, starts_at);

-- Whom somebody has to contact about a visit; at most one open task for each visit and cause.
CREATE TABLE {schema}.contact_tasks (
  id                uuid PRIMARY KEY,
  chain_id          uuid NOT NULL,
  clinic_id         uuid NOT NULL,
  appointment_id    uuid NOT NULL,
  client_id         uuid NOT NULL,
  cause             text NOT NULL,
  opened_at         timestamptz NOT NULL,
  open              boolean NOT NULL DEFAULT true,
  closed_by         text,
  attempts          integer NOT NULL DEFAULT 0,
  last_outcome      text,
  last_attempted_at timestamptz,
  last_note         jsonb,
  version           integer NOT NULL,
  CHECK (open = (closed_by IS NULL))
);
CREATE UNIQUE INDEX ON {schema}.contact_tasks (appointment_id, cause) WHERE open;
CREATE INDEX ON {schema}.contact_tasks (chain_id, opened_at, id);
CREATE INDEX ON {schema}.contact_tasks (clinic_id, opened_at, id) WHERE open;

-- What clients answered to messages about their visits.
CREATE TABLE {schema}.replies (
  id             uuid PRIMARY KEY,
  chain_id       uuid NOT NULL,
  clinic_id      uuid NOT NULL,
  appointment_id uuid NOT NULL,
  client_id      uuid NOT NULL,
  channel        text NOT NULL,
  kind           text NOT NULL,
  matched_by     text NOT NULL,
  effect         text NOT NULL,
  visit_version  integer,
  text           jsonb,
  received_at    timestamptz NOT NULL
);
CREATE INDEX ON {schema}.replies (appointment_id, received_at, id);

-- How long clinics keep records, where the chain has said so.
CREATE TABLE {schema}.clinic_retention (
  clinic_id        uuid PRIMARY KEY,
  chain_id         uuid NOT NULL,
  years            integer NOT NULL,
  minors_until_age integer,
  policy_version   integer NOT NULL,
  version          integer NOT NULL
);

-- Letters that were asked for: with a link to what is known about a client, or to saying that an address is theirs, or a
-- notice that one was changed.
CREATE TABLE {schema}.link_requests (
  id               uuid PRIMARY KEY,
  chain_id         uuid NOT NULL,
  purpose          text NOT NULL CHECK (purpose IN ('export', 'contact_check', 'address_notice')),
  client_id        uuid NOT NULL,
  contact_point_id uuid NOT NULL,
  asked_at         timestamptz NOT NULL,
  good_until       timestamptz NOT NULL
);
CREATE INDEX ON {schema}.link_requests (contact_point_id, asked_at);
CREATE INDEX ON {schema}.link_requests (client_id);

-- Who was given what is known about a client; it is fetched by whoever asked for it.
CREATE TABLE {schema}.exports (
  id          uuid PRIMARY KEY,
  chain_id    uuid NOT NULL,
  client_id   uuid NOT NULL,
  asked_by    text NOT NULL,
  exported_at timestamptz NOT NULL
);
CREATE INDEX ON {schema}.exports (client_id);

-- Who wants to be forgotten; `next_on` is when the next of what is `kept` goes, `receipt` what became of its mail. Whoever
-- follows and has not said yet what went is among `awaits`.
CREATE TABLE {schema}.erasure_requests (
  id           uuid PRIMARY KEY,
  chain_id     uuid NOT NULL,
  client_id    uuid NOT NULL,
  asked_by     text NOT NULL,
  locale       text NOT NULL,
  state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'declined', 'waiting', 'done')),
  requested_at timestamptz NOT NULL,
  assessed_on  date NOT NULL,
  goes_now     text[] NOT NULL DEFAULT '{}',
  kept         jsonb NOT NULL DEFAULT '[]',
  undecided    text[] NOT NULL DEFAULT '{}',
  holds        jsonb NOT NULL DEFAULT '[]',
  stores       jsonb NOT NULL DEFAULT '[]',
  gone         text[] NOT NULL DEFAULT '{}',
  swept        jsonb NOT NULL DEFAULT '[]',
  awaits       text[] NOT NULL DEFAULT '{}',
  decided_at   timestamptz,
  next_on      date,
  receipt      text CHECK (receipt IN ('none', 'due', 'sent', 'failed', 'expired')),
  receipt_until timestamptz,
  version      integer NOT NULL
);
CREATE INDEX ON {schema}.erasure_requests (chain_id, receipt_until) WHERE receipt_until IS NOT NULL;
CREATE INDEX ON {schema}.erasure_requests (chain_id, state, requested_at, id);
CREATE INDEX ON {schema}.erasure_requests (chain_id, id) WHERE awaits <> '{}' OR undecided <> '{}';
CREATE INDEX ON {schema}.erasure_requests (client_id);
CREATE INDEX ON {schema}.erasure_requests (chain_id, next_on) WHERE next_on IS NOT NULL;

CREATE TABLE {schema}.staff_names (
  staff_id uuid PRIMARY KEY,
  chain_id uuid NOT NULL,
  name     jsonb NOT NULL
);

-- Where staff are written to. `former` is the address that is to hear of a new one; `refused_at`: nothing arrives.
CREATE TABLE {schema}.staff_addresses (
  staff_id   uuid PRIMARY KEY,
  chain_id   uuid NOT NULL,
  address    jsonb,
  locale     text,
  by_owner   boolean NOT NULL,
  set_at     timestamptz NOT NULL,
  former     jsonb,
  refused_at timestamptz
);

-- How we are known at the chain's own identity provider; the rest stands in identity_providers.
CREATE TABLE {schema}.identity_applications (
  chain_id           uuid PRIMARY KEY,
  issuer             text NOT NULL,
  application_secret jsonb NOT NULL,
  version            integer NOT NULL
);

CREATE TABLE {schema}.devices (
  id          uuid PRIMARY KEY,
  chain_id    uuid NOT NULL,
  clinic_id   uuid NOT NULL,
  name        text NOT NULL,
  declared_at timestamptz NOT NULL,
  revoked_at  timestamptz,
  version     integer NOT NULL
);
CREATE INDEX ON {schema}.devices (clinic_id) WHERE revoked_at IS NULL;

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

-- Names are searched by likeness, and no operator for that may use an index under row-level security. So these two
-- functions look as the owner of the table, and keep to the chain of the transaction themselves.
CREATE POLICY searched ON {schema}.client_names FOR SELECT TO CURRENT_USER USING (true);

-- Clients with a word like each of the words, the first of which should be the longest; a whole word counts most.
CREATE FUNCTION {schema}.clients_called(p_words text[]) RETURNS TABLE (client_id uuid, score integer)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = {schema}, public, pg_temp SET pg_trgm.word_similarity_threshold = 0.45 AS $$
  SELECT client_id, (
    SELECT sum(CASE
      WHEN names LIKE '% ' || word || ' %' THEN 1000
      WHEN names LIKE '% ' || word || '%' THEN 900
      WHEN names LIKE '%' || word || '%' THEN 800
      ELSE 700 * word_similarity(word, names) END)
    FROM unnest(p_words) AS word)::integer
  FROM client_names
  WHERE chain_id = nullif(current_setting('app.chain_id', true), '')::uuid
    AND (names %> p_words[1] OR names LIKE '%' || p_words[1] || '%')
    AND NOT EXISTS (
      SELECT FROM unnest(p_words[2:]) AS word WHERE NOT (names %> word OR names LIKE '%' || word || '%'))
$$;

-- The clients whose names are most like these.
CREATE FUNCTION {schema}.clients_like(p_names text, p_most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = {schema}, public, pg_temp SET pg_trgm.similarity_threshold = 0.4 AS $$
  SELECT client_id FROM client_names
  WHERE chain_id = nullif(current_setting('app.chain_id', true), '')::uuid AND names % p_names
  ORDER BY similarity(names, p_names) DESC, client_id LIMIT p_most
$$;
REVOKE ALL ON FUNCTION {schema}.clients_called, {schema}.clients_like FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.clients_called, {schema}.clients_like TO {api};

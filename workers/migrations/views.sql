-- What planning messages needs to know, made from scheduling's events; no name and no address is among it.

-- `client_id` is whom `booked_client_id`, the id in the events, stands for today; `named` is who is named as told.
CREATE TABLE {schema}.visits (
  appointment_id    uuid PRIMARY KEY,
  chain_id          uuid NOT NULL,
  clinic_id         uuid NOT NULL,
  client_id         uuid NOT NULL,
  booked_client_id  uuid NOT NULL,
  status            text NOT NULL,
  therapist_id      uuid NOT NULL,
  starts_at         timestamptz NOT NULL,
  ends_at           timestamptz NOT NULL,
  time_zone         text NOT NULL,
  lead_minutes      integer[] NOT NULL,
  confirmed_with    uuid,
  timed_version     integer NOT NULL,
  timed_at          timestamptz NOT NULL,
  announced_version integer NOT NULL,
  announced_at      timestamptz NOT NULL,
  announced_due_at  timestamptz,
  told_clinic_id    uuid,
  told_therapist_id uuid,
  told_starts_at    timestamptz,
  told_ends_at      timestamptz,
  told_address      integer,
  told_named        uuid,
  address           integer NOT NULL DEFAULT 0,
  named             uuid,
  disrupted         boolean NOT NULL DEFAULT false,
  by_clinic         boolean NOT NULL DEFAULT false
);
CREATE INDEX visits_of_client ON {schema}.visits (client_id, appointment_id) WHERE status = 'booked';
CREATE INDEX visits_booked_for ON {schema}.visits (booked_client_id);
CREATE INDEX visits_of_chain ON {schema}.visits (chain_id, appointment_id) WHERE status = 'booked';
CREATE INDEX visits_confirmed_with ON {schema}.visits (confirmed_with) WHERE confirmed_with IS NOT NULL;

CREATE TABLE {schema}.clients (
  client_id uuid PRIMARY KEY,
  chain_id  uuid NOT NULL,
  time_zone text NOT NULL
);

-- Quiet hours in minutes of the client's day; how long a confirmation of what staff did waits; what is urgent,
-- and when it is to be confirmed.
CREATE TABLE {schema}.chains (
  chain_id   uuid PRIMARY KEY,
  quiet_from smallint NOT NULL,
  quiet_to   smallint NOT NULL,
  staff_wait interval NOT NULL,
  urgent_within  interval NOT NULL,
  confirm_within interval NOT NULL
);

-- Whether somebody of the staff has an address at which anything arrives, as far as is known.
CREATE TABLE {schema}.mailboxes (
  staff_id uuid PRIMARY KEY,
  chain_id uuid NOT NULL,
  open     boolean NOT NULL
);

-- Questions that are still to be asked or answered, and when: by the client's clock, or else by that of `time_zone`.
CREATE TABLE {schema}.check_ins (
  check_in_id uuid PRIMARY KEY,
  chain_id    uuid NOT NULL,
  client_id   uuid NOT NULL,
  due_on      date NOT NULL,
  due_time    text NOT NULL,
  time_zone   text NOT NULL,
  nudge_hours integer[] NOT NULL
);
CREATE INDEX check_ins_of_client ON {schema}.check_ins (client_id);
CREATE INDEX check_ins_of_chain ON {schema}.check_ins (chain_id, check_in_id);

-- What clients do at home, as it is since `version`; `told_from`: since when they are to hear of it, null until the
-- session in which it was given is signed.
CREATE TABLE {schema}.homework (
  homework_id uuid PRIMARY KEY,
  chain_id    uuid NOT NULL,
  client_id   uuid NOT NULL,
  session_id  uuid,
  until       date NOT NULL,
  version     integer NOT NULL,
  told_from   timestamptz
);
CREATE INDEX homework_of_client ON {schema}.homework (client_id);
CREATE INDEX homework_of_session ON {schema}.homework (session_id) WHERE told_from IS NULL;

CREATE TABLE {schema}.signed_sessions (
  session_id uuid PRIMARY KEY
);

GRANT USAGE ON SCHEMA {schema} TO {api};
GRANT SELECT, INSERT, UPDATE ON {schema}.staff, {schema}.logins, {schema}.mailboxes TO {api};
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.client_aliases, {schema}.check_ins, {schema}.homework TO {api};
GRANT SELECT, INSERT ON {schema}.signed_sessions TO {api};
GRANT SELECT, INSERT, UPDATE ON {schema}.visits, {schema}.clients, {schema}.chains TO {api};

-- Every message that was ever planned, one row for each key. `due_at` is when the plan wants it sent, `next_at` when a
-- sender may next take it: when it is due, at a later try, or when the lease of a sender that died has ended.
-- `unwanted` is why a message should not go out that is on its way out already; it matters when that attempt fails.

CREATE TABLE due_messages (
  key             text PRIMARY KEY,
  kind            text NOT NULL,
  announcement    text,
  chain_id        uuid NOT NULL,
  clinic_id       uuid NOT NULL,
  client_id       uuid NOT NULL,
  about           uuid NOT NULL,
  version         integer NOT NULL,
  visit_starts_at timestamptz NOT NULL,
  due_at          timestamptz NOT NULL,
  next_at         timestamptz NOT NULL,
  not_after       timestamptz NOT NULL,
  quiet_from      smallint,
  quiet_to        smallint,
  state           text NOT NULL CHECK (state IN (
    'pending', 'leased', 'sending', 'sent', 'withdrawn', 'stopped', 'expired', 'in_doubt')),
  reason          text,
  unwanted        text,
  attempts        integer NOT NULL DEFAULT 0,
  lease_token     uuid,
  channel         text,
  sent_at         timestamptz,
  provider_id     text,
  CHECK ((state IN ('leased', 'sending')) = (lease_token IS NOT NULL)),
  CHECK ((state = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX due_messages_next ON due_messages (next_at) WHERE state IN ('pending', 'leased', 'sending');
CREATE INDEX due_messages_about ON due_messages (about);

GRANT SELECT, INSERT, UPDATE ON due_messages TO {api};

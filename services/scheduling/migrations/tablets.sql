-- Shared tablets, who is on shift at them, and what was typed and not yet sent.

-- Sessions had readable names; whoever was signed in signs in again.
TRUNCATE sessions;
DROP INDEX sessions_chain_id_seen_at_idx;
ALTER TABLE sessions
  DROP COLUMN name,
  ADD COLUMN name bytea NOT NULL,
  ADD COLUMN method text NOT NULL CHECK (method IN ('provider', 'pin')),
  ADD COLUMN authenticated_at timestamptz NOT NULL,
  ADD COLUMN device_id uuid,
  ADD COLUMN locked_at timestamptz;
CREATE INDEX ON sessions (chain_id, signed_in_at);
CREATE INDEX ON sessions (device_id) WHERE device_id IS NOT NULL;

-- The secret that a shared tablet's browser has, as its hash; the row goes when the device is revoked.
CREATE TABLE device_tokens (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  chain_id   uuid NOT NULL,
  device_id  uuid NOT NULL UNIQUE
);

-- Who has signed in fully at a shared tablet; `pin` stays from shift to shift, until it was wrong too often.
CREATE TABLE shifts (
  id               uuid PRIMARY KEY,
  chain_id         uuid NOT NULL,
  device_id        uuid NOT NULL,
  issuer           text NOT NULL,
  subject          text NOT NULL,
  name             bytea NOT NULL,
  roles            jsonb NOT NULL,
  leave_url        text NOT NULL,
  signed_in_at     timestamptz NOT NULL,
  authenticated_at timestamptz NOT NULL,
  ends_at          timestamptz NOT NULL,
  left_at          text,
  pin              text,
  wrong            smallint NOT NULL DEFAULT 0,
  UNIQUE (device_id, issuer, subject)
);
CREATE INDEX ON shifts (chain_id, ends_at);

-- `content` is sealed for the client whom it is about, and null once the page that it was typed into was sent.
CREATE TABLE drafts (
  chain_id  uuid NOT NULL,
  owner     text NOT NULL,
  form      text NOT NULL,
  subject   uuid NOT NULL,
  client_id uuid NOT NULL,
  page      uuid NOT NULL,
  content   jsonb,
  saved_at  timestamptz NOT NULL,
  PRIMARY KEY (chain_id, owner, form, subject)
);
CREATE INDEX ON drafts (chain_id, saved_at);
CREATE INDEX ON drafts (client_id);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['device_tokens', 'shifts', 'drafts'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_chain ON %I'
      ' USING (chain_id = nullif(current_setting(''app.chain_id'', true), '''')::uuid)', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO {api}', name);
  END LOOP;
END $$;

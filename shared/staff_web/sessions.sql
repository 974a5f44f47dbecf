-- Who has signed in to the staff's pages. A token is kept as its hash alone; roles are those that the issuer claimed.

CREATE TABLE staff_sessions (
  token_hash       bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  chain_id         uuid NOT NULL,
  issuer           text NOT NULL,
  subject          text NOT NULL,
  name             bytea NOT NULL,
  roles            jsonb NOT NULL,
  leave_url        text NOT NULL,
  signed_in_at     timestamptz NOT NULL,
  authenticated_at timestamptz NOT NULL,
  method           text NOT NULL CHECK (method IN ('provider', 'pin')),
  device_id        uuid,
  seen_at          timestamptz NOT NULL,
  locked_at        timestamptz
);
CREATE INDEX ON staff_sessions (chain_id, signed_in_at);
CREATE INDEX ON staff_sessions (device_id) WHERE device_id IS NOT NULL;

ALTER TABLE staff_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE staff_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON staff_sessions USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_sessions TO {api};

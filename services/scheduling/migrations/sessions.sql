-- Who has signed in to the staff's pages. A token is kept as its hash alone; roles are those that the issuer claimed.

CREATE TABLE sessions (
  token_hash   bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  chain_id     uuid NOT NULL,
  issuer       text NOT NULL,
  subject      text NOT NULL,
  name         text NOT NULL,
  roles        jsonb NOT NULL,
  leave_url    text NOT NULL,
  signed_in_at timestamptz NOT NULL,
  seen_at      timestamptz NOT NULL
);
CREATE INDEX ON sessions (chain_id, seen_at);

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON sessions USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO {api};

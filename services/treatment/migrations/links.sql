-- The links of clients, of which only a hash is kept. {api} is the service's role.

CREATE TABLE client_links (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  chain_id   uuid NOT NULL,
  purpose    text NOT NULL CHECK (purpose IN ('check_in', 'homework')),
  client_id  uuid NOT NULL,
  about      uuid NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX ON client_links (client_id);
ALTER TABLE client_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_links FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON client_links USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON client_links TO {api};

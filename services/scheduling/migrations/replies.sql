-- How replies find the visits they are about.

CREATE TABLE reply_references (
  token_hash     bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  chain_id       uuid NOT NULL,
  client_id      uuid NOT NULL,
  appointment_id uuid NOT NULL,
  visit_version  integer NOT NULL,
  asks           boolean NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now(),
  revoked_at     timestamptz
);
CREATE INDEX ON reply_references (client_id);

ALTER TABLE reply_references ENABLE ROW LEVEL SECURITY;
ALTER TABLE reply_references FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON reply_references USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON reply_references TO {api};

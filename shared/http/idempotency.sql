-- Answers to repeated requests, sealed, and whom they show. {api} is the service's role.

CREATE TABLE idempotency (
  chain_id    uuid NOT NULL,
  subject     text NOT NULL,
  method      text NOT NULL,
  path        text NOT NULL,
  key         text NOT NULL,
  fingerprint bytea NOT NULL,
  status      smallint,
  headers     jsonb,
  body        bytea,
  client_ids  uuid[],
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chain_id, subject, method, path, key)
);
CREATE INDEX ON idempotency (created_at);
ALTER TABLE idempotency ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON idempotency USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency TO {api};

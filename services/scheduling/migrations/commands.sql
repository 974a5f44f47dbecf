-- What scheduling keeps that is not made from the log: answers to repeated requests, and the links of clients.

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
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chain_id, subject, method, path, key)
);
CREATE INDEX ON idempotency (created_at);

CREATE TABLE links (
  token_hash     bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  chain_id       uuid NOT NULL,
  purpose        text NOT NULL,
  client_id      uuid NOT NULL,
  appointment_id uuid NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now(),
  revoked_at     timestamptz
);
CREATE INDEX ON links (appointment_id);

ALTER TABLE idempotency ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON idempotency USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
ALTER TABLE links ENABLE ROW LEVEL SECURITY;
ALTER TABLE links FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON links USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency, links TO {api};

-- Which chain a slug names; the only table that tells one chain of another, and it holds nothing else.
CREATE TABLE chain_slugs (
  slug     text PRIMARY KEY,
  chain_id uuid NOT NULL UNIQUE
);
GRANT SELECT, INSERT ON chain_slugs TO {api};

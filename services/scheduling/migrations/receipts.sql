-- Which address a link was sent to, and which message a provider speaks of when it reports.

ALTER TABLE links ADD COLUMN contact_point_id uuid;
CREATE INDEX ON links (contact_point_id);

CREATE TABLE receipts (
  token_hash       bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  chain_id         uuid NOT NULL,
  message_key      text NOT NULL,
  appointment_id   uuid NOT NULL,
  client_id        uuid NOT NULL,
  contact_point_id uuid NOT NULL,
  channel          text NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE receipts ENABLE ROW LEVEL SECURITY;
ALTER TABLE receipts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON receipts USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON receipts TO {api};

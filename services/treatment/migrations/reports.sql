-- The documents of published reports, kept for good: nobody may change or take away one. {api} is the service's role.

CREATE TABLE report_documents (
  report_id uuid NOT NULL,
  hash      text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  chain_id  uuid NOT NULL,
  document  bytea NOT NULL,
  PRIMARY KEY (report_id, hash)
);
ALTER TABLE report_documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_documents FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON report_documents USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT ON report_documents TO {api};

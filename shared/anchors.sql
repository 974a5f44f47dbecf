-- Signed heads of another service's logs, as a second place keeps them. {service} is replaced by the service that keeps.
-- They tell of no chain: positions and hashes only.

CREATE TABLE anchors (
  digest      bytea PRIMARY KEY CHECK (length(digest) = 32),
  service     text NOT NULL,
  number      bigint NOT NULL,
  anchor      text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON anchors (service, number);
CREATE TRIGGER anchors_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON anchors
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON anchors TO {service}_api;
GRANT SELECT ON anchors TO {service}_reader;

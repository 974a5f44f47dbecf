-- How replies find the visits they are about.

CREATE TABLE reply_references (
  token_hash       bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  chain_id         uuid NOT NULL,
  client_id        uuid NOT NULL,
  appointment_id   uuid NOT NULL,
  contact_point_id uuid NOT NULL,
  visit_version    integer NOT NULL,
  asks             boolean NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT now(),
  revoked_at       timestamptz
);
CREATE INDEX ON reply_references (contact_point_id) WHERE revoked_at IS NULL;

ALTER TABLE reply_references ENABLE ROW LEVEL SECURITY;
ALTER TABLE reply_references FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON reply_references USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON reply_references TO {api};

-- Which visits a telephone number was written to about, because an SMS carries no reference. Only a keyed hash of the
-- number is kept; reading is open to all chains, as the number alone says which chain an answer belongs to.
CREATE TABLE text_threads (
  number_hash      bytea NOT NULL CHECK (length(number_hash) = 32),
  chain_id         uuid NOT NULL,
  client_id        uuid NOT NULL,
  appointment_id   uuid NOT NULL,
  contact_point_id uuid NOT NULL,
  visit_version    integer NOT NULL,
  asks             boolean NOT NULL,
  told_at          timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (number_hash, chain_id, appointment_id)
);
CREATE INDEX ON text_threads (contact_point_id);

ALTER TABLE text_threads ENABLE ROW LEVEL SECURITY;
ALTER TABLE text_threads FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON text_threads USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
CREATE POLICY of_a_number ON text_threads FOR SELECT USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON text_threads TO {api};

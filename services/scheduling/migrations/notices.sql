-- What providers have passed on already, so that a request that comes again, from whomever, has no second effect.

CREATE TABLE provider_notices (
  chain_id    uuid NOT NULL,
  notice_hash bytea NOT NULL CHECK (length(notice_hash) = 32),
  taken_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chain_id, notice_hash)
);
CREATE INDEX ON provider_notices (chain_id, taken_at);

ALTER TABLE provider_notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_notices FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON provider_notices
  USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON provider_notices TO {api};

-- To which chains an SMS goes, fixed when it first comes in: whoever writes to its number later is not meant by it. It
-- belongs to no chain yet, and holds a keyed hash of the provider's id and nothing else.
CREATE TABLE inbound_texts (
  message_hash bytea PRIMARY KEY CHECK (length(message_hash) = 32),
  chain_ids    uuid[] NOT NULL,
  came_in_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON inbound_texts (came_in_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON inbound_texts TO {api};

-- The keys of one service. {service} is replaced by its name. Nothing here is of use without a master key, which is in no
-- database. Kept apart in a schema of its own, so that its backups can be given a short life of their own.

CREATE SCHEMA keys;

-- What a chain's keys are for. The chain of zeros stands for the service itself.
CREATE TABLE keys.chain_keys (
  chain_id   uuid NOT NULL,
  purpose    text NOT NULL CHECK (purpose IN ('data_keys', 'answers', 'index')),
  master_id  text NOT NULL,
  wrapped    bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chain_id, purpose)
);
CREATE INDEX ON keys.chain_keys (master_id);

-- One key for each person and class of data; without `wrapped` it was destroyed and will never come back.
-- The table is vacuumed soon after every destruction, because until then the row as it was is still on its page.
CREATE TABLE keys.data_keys (
  key_id       uuid PRIMARY KEY,
  chain_id     uuid NOT NULL,
  subject      uuid NOT NULL,
  class        text NOT NULL CHECK (class IN ('identity', 'contact', 'clinical')),
  wrapped      bytea,
  created_at   timestamptz NOT NULL DEFAULT now(),
  destroyed_at timestamptz,
  UNIQUE (chain_id, subject, class),
  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
) WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);

CREATE FUNCTION keys.refuse_exchange() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.wrapped IS NOT NULL AND (OLD.wrapped, OLD.key_id, OLD.chain_id, OLD.subject, OLD.class)
      IS DISTINCT FROM (NEW.wrapped, NEW.key_id, NEW.chain_id, NEW.subject, NEW.class) THEN
    RAISE EXCEPTION 'a data key can only be destroyed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER data_keys_stay BEFORE UPDATE ON keys.data_keys FOR EACH ROW EXECUTE FUNCTION keys.refuse_exchange();

ALTER TABLE keys.chain_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE keys.chain_keys FORCE ROW LEVEL SECURITY;
ALTER TABLE keys.data_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE keys.data_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON keys.chain_keys USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
CREATE POLICY of_the_service ON keys.chain_keys USING (chain_id = '00000000-0000-0000-0000-000000000000');
CREATE POLICY own_chain ON keys.data_keys USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
-- The owner makes read models anew for all chains at once, and wraps chains' keys by another master key.
CREATE POLICY every_chain ON keys.chain_keys TO CURRENT_USER USING (true);
CREATE POLICY every_chain ON keys.data_keys FOR SELECT TO CURRENT_USER USING (true);

GRANT USAGE ON SCHEMA keys TO {service}_api;
GRANT SELECT, INSERT ON keys.chain_keys TO {service}_api;
GRANT SELECT, INSERT, UPDATE (wrapped, destroyed_at) ON keys.data_keys TO {service}_api;

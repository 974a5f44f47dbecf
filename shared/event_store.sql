-- The log of one service: gapless positions and a chain of hashes within each partition, rows that nobody can change.
-- {service} is replaced by the service's name; the roles <service>_owner, _api and _reader exist already,
-- and hash_chain.sql has run.

CREATE TABLE log_heads (
  partition   smallint PRIMARY KEY CHECK (partition BETWEEN 0 AND 15),
  position    bigint NOT NULL DEFAULT 0,
  hash        bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
  recorded_at timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 10);
INSERT INTO log_heads (partition) SELECT generate_series(0, 15);

CREATE TABLE events (
  partition   smallint NOT NULL,
  position    bigint NOT NULL,
  chain_id    uuid NOT NULL,
  stream      text NOT NULL,
  version     integer NOT NULL,
  event_id    uuid NOT NULL,
  name        text NOT NULL,
  data        jsonb NOT NULL,
  metadata    jsonb NOT NULL,
  recorded_at timestamptz NOT NULL,
  prev_hash   bytea NOT NULL,
  hash        bytea NOT NULL,
  PRIMARY KEY (partition, position),
  UNIQUE (chain_id, stream, version)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Which of the two schemas of read models is in use.
CREATE TABLE active_views (one boolean PRIMARY KEY DEFAULT true CHECK (one), schema text NOT NULL DEFAULT 'views_a');
INSERT INTO active_views DEFAULT VALUES;

-- The transaction's chain and the read models in use; a writer first waits for a swap of the read models to end.
-- A volatile function takes a new snapshot for each statement, so the schema is read after the lock is held.
CREATE FUNCTION enter_chain(p_chain uuid, p_writes boolean) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE active text;
BEGIN
  IF p_writes THEN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('views', 0));
  END IF;
  SELECT schema INTO STRICT active FROM public.active_views;
  PERFORM set_config('search_path', active || ', public', true), set_config('app.chain_id', p_chain::text, true);
END $$;

-- The last statement of every transaction that records something. Holding the partition's counter row until commit makes
-- the order of positions the order of commits.
CREATE FUNCTION append_events(
  p_chain uuid, p_partition smallint, p_streams text[], p_versions integer[], p_ids uuid[], p_names text[],
  p_data jsonb[], p_metadata jsonb, p_digests bytea[]
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  head log_heads;
  now_at timestamptz;
  new_hash bytea;
BEGIN
  SELECT * INTO STRICT head FROM log_heads WHERE partition = p_partition FOR UPDATE;
  now_at := greatest(clock_timestamp(), head.recorded_at);
  FOR i IN 1 .. cardinality(p_streams) LOOP
    head.position := head.position + 1;
    new_hash := next_hash(head.hash, head.position, now_at, p_digests[i]);
    INSERT INTO events VALUES (p_partition, head.position, p_chain, p_streams[i], p_versions[i], p_ids[i], p_names[i],
      p_data[i], p_metadata, now_at, head.hash, new_hash);
    head.hash := new_hash;
  END LOOP;
  UPDATE log_heads SET position = head.position, hash = head.hash, recorded_at = now_at WHERE partition = p_partition;
  RETURN head.position;
END $$;

REVOKE ALL ON FUNCTION append_events FROM PUBLIC;
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON events USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
CREATE POLICY every_chain ON events FOR SELECT TO {service}_reader USING (true);

GRANT SELECT ON events, active_views TO {service}_api;
GRANT SELECT ON events, log_heads, active_views TO {service}_reader;
GRANT EXECUTE ON FUNCTION append_events TO {service}_api;

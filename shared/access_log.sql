-- Who looked at whose data: one row for each request, in gapless positions and a chain of hashes like those of the log.
-- {service} is replaced by the service's name.

CREATE TABLE access_heads (LIKE log_heads INCLUDING ALL) WITH (fillfactor = 10);
INSERT INTO access_heads (partition) SELECT generate_series(0, 15);

CREATE TABLE access_log (
  partition      smallint NOT NULL,
  position       bigint NOT NULL,
  chain_id       uuid NOT NULL,
  actor          text NOT NULL,
  role           text NOT NULL,
  purpose        text NOT NULL,
  operation      text NOT NULL,
  data_class     text NOT NULL,
  client_ids     uuid[] NOT NULL,
  correlation_id text NOT NULL,
  recorded_at    timestamptz NOT NULL,
  prev_hash      bytea NOT NULL,
  hash           bytea NOT NULL,
  PRIMARY KEY (partition, position)
);
CREATE INDEX ON access_log USING gin (client_ids);
CREATE TRIGGER access_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The last statement of a transaction that shows personal data, after append_events where that is called too: whoever
-- takes both counter rows takes them in this order.
CREATE FUNCTION append_access(
  p_chain uuid, p_partition smallint, p_actor text, p_role text, p_purpose text, p_operation text, p_data_class text,
  p_clients uuid[], p_correlation text, p_digest bytea
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  head access_heads;
  now_at timestamptz;
  new_hash bytea;
BEGIN
  SELECT * INTO STRICT head FROM access_heads WHERE partition = p_partition FOR UPDATE;
  now_at := greatest(clock_timestamp(), head.recorded_at);
  new_hash := next_hash(head.hash, head.position + 1, now_at, p_digest);
  INSERT INTO access_log VALUES (p_partition, head.position + 1, p_chain, p_actor, p_role, p_purpose, p_operation,
    p_data_class, p_clients, p_correlation, now_at, head.hash, new_hash);
  UPDATE access_heads SET position = head.position + 1, hash = new_hash, recorded_at = now_at WHERE partition = p_partition;
  RETURN head.position + 1;
END $$;

-- The newest entries about any of these clients. The search in a list of ids may use its index under row-level security only
-- as the table's owner, so the function keeps to the chain of the transaction itself.
CREATE FUNCTION accesses_of(p_clients uuid[], p_before bigint, p_most integer) RETURNS SETOF access_log
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT * FROM access_log
  WHERE client_ids && p_clients AND position < p_before
    AND chain_id = nullif(current_setting('app.chain_id', true), '')::uuid
  ORDER BY position DESC LIMIT p_most
$$;
REVOKE ALL ON FUNCTION append_access, accesses_of FROM PUBLIC;

ALTER TABLE access_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_log FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON access_log USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
CREATE POLICY searched ON access_log FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY every_chain ON access_log FOR SELECT TO {service}_reader USING (true);

GRANT SELECT ON access_log, access_heads TO {service}_reader;
GRANT EXECUTE ON FUNCTION append_access, accesses_of TO {service}_api;

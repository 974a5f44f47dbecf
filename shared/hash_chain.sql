-- What every log of hashes shares: the hash of its next row. Safe to run again.

CREATE OR REPLACE FUNCTION next_hash(p_previous bytea, p_position bigint, p_at timestamptz, p_digest bytea) RETURNS bytea
LANGUAGE sql STABLE
RETURN sha256(p_previous || int8send(p_position) || int8send((extract(epoch FROM p_at) * 1000000)::bigint) || p_digest);

-- What a database needs to consume events: the read models in use, and events that could not be handled.
-- {api} is the role that consumes.

CREATE TABLE IF NOT EXISTS active_views (
  one    boolean PRIMARY KEY DEFAULT true CHECK (one),
  schema text NOT NULL DEFAULT 'views_a'
);
INSERT INTO active_views DEFAULT VALUES ON CONFLICT DO NOTHING;
GRANT SELECT ON active_views TO {api};

-- Make the transaction use the read models that are in use, after waiting for a swap of them to end; says which they are.
-- A volatile function takes a new snapshot for each statement, so the schema is read after the lock is held.
CREATE FUNCTION enter_views() RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE active text;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('views', 0));
  SELECT schema INTO STRICT active FROM public.active_views;
  PERFORM set_config('search_path', active || ', public', true);
  RETURN active;
END $$;

-- An event that keeps failing is `parked`, with all later ones of its stream `waiting` behind it, until a person marks it
-- `retry` or `skip`; then the reader drains the stream in order. Positions only: what happened stays in the log.
-- One row per event and schema of read models, because a rebuild handles everything anew.
CREATE TABLE dead_letters (
  schema     text NOT NULL,
  consumer   text NOT NULL,
  source     text NOT NULL,
  partition  smallint NOT NULL,
  position   bigint NOT NULL,
  chain_id   uuid NOT NULL,
  stream     text NOT NULL,
  event_id   uuid NOT NULL,
  name       text NOT NULL,
  state      text NOT NULL CHECK (state IN ('parked', 'waiting', 'retry', 'skip', 'handled', 'skipped')),
  error      text,
  attempts   integer NOT NULL DEFAULT 0,
  added_at   timestamptz NOT NULL DEFAULT now(),
  marked_by  text,
  marked_at  timestamptz,
  settled_at timestamptz,
  PRIMARY KEY (schema, consumer, source, partition, position)
);
CREATE INDEX dead_letters_open ON dead_letters (schema, consumer, source, partition, chain_id, stream, position)
  WHERE settled_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON dead_letters TO {api};

-- Clients who turned out to be one person with another. {schema} is views_a or views_b.

-- `into_id` is whom a client was merged into, `survivor_id` the end of that way: whom all of them are found under today.
CREATE TABLE {schema}.client_aliases (
  client_id   uuid PRIMARY KEY,
  chain_id    uuid NOT NULL,
  into_id     uuid NOT NULL,
  survivor_id uuid NOT NULL,
  CHECK (client_id <> into_id AND client_id <> survivor_id)
);
CREATE INDEX ON {schema}.client_aliases (into_id);
CREATE INDEX ON {schema}.client_aliases (survivor_id);

-- Whom a client's id stands for today.
CREATE FUNCTION {schema}.person_of(p_client uuid) RETURNS uuid LANGUAGE sql STABLE
RETURN coalesce((SELECT survivor_id FROM {schema}.client_aliases WHERE client_id = p_client), p_client);

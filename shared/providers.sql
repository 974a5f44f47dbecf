-- Whom each chain lets vouch for its staff, without secrets. {schema} is views_a or views_b.

-- One row of a chain is enabled at most. Its former issuers stay, and are shut out. `audience` is null where no token of
-- the issuer counts at the API; what came from the issuer before `valid_from` counts nowhere.
CREATE TABLE {schema}.identity_providers (
  chain_id     uuid NOT NULL,
  issuer       text NOT NULL,
  audience     text,
  groups_claim text NOT NULL,
  roles        jsonb NOT NULL,
  application_id text NOT NULL,
  scope        text NOT NULL,
  enabled      boolean NOT NULL,
  valid_from   timestamptz NOT NULL,
  PRIMARY KEY (chain_id, issuer)
);
CREATE INDEX ON {schema}.identity_providers (issuer) WHERE enabled;

-- A token says by whom it was issued and not for which chain. So this function looks as the owner of the table, for
-- exactly that one name.
CREATE POLICY named ON {schema}.identity_providers FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION {schema}.provider_called(p_issuer text)
RETURNS TABLE (chain_id uuid, audience text, groups_claim text, roles jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
  SELECT chain_id, audience, groups_claim, roles FROM identity_providers WHERE issuer = p_issuer AND enabled
$$;
REVOKE ALL ON FUNCTION {schema}.provider_called FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.provider_called TO {api};

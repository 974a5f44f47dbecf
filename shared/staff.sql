-- Who works for a chain, without names, and the logins by which they come in. {schema} is views_a or views_b.

-- `roles` is null where those hold that the identity provider claims; `claimed` are those of when somebody last came
-- in so, as far as that is known: they say whom to write to, and let nobody in.
CREATE TABLE {schema}.staff (
  id           uuid PRIMARY KEY,
  chain_id     uuid NOT NULL,
  therapist_id uuid,
  roles        jsonb,
  claimed      jsonb,
  claimed_at   timestamptz,
  active       boolean NOT NULL DEFAULT true,
  valid_from   timestamptz,
  version      integer NOT NULL
);
CREATE INDEX ON {schema}.staff (chain_id, id);
CREATE UNIQUE INDEX ON {schema}.staff (therapist_id);

-- A login that was detached stays, and is shut out.
CREATE TABLE {schema}.logins (
  chain_id uuid NOT NULL,
  issuer   text NOT NULL,
  subject  text NOT NULL,
  staff_id uuid NOT NULL,
  attached boolean NOT NULL,
  PRIMARY KEY (chain_id, issuer, subject)
);
CREATE INDEX ON {schema}.logins (staff_id);

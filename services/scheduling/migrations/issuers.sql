-- Whose an issuer is: one chain's, and each chain has one at most. Like the slugs it knows all chains, and holds nothing else.

CREATE TABLE chain_issuers (
  issuer   text PRIMARY KEY,
  chain_id uuid NOT NULL UNIQUE
);
GRANT SELECT, INSERT, DELETE ON chain_issuers TO {api};

-- Links that lead to something else than a visit: what they are about, until when they work, and how often they were used.
-- A link to a visit ends with the visit, wherever that is moved.

ALTER TABLE links
  ALTER COLUMN appointment_id DROP NOT NULL,
  ADD COLUMN about uuid,
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN uses smallint NOT NULL DEFAULT 0,
  ADD CHECK ((purpose = 'visit') = (appointment_id IS NOT NULL)),
  ADD CHECK ((purpose = 'visit') = (about IS NULL)),
  ADD CHECK ((purpose = 'visit') = (expires_at IS NULL));
CREATE INDEX ON links (chain_id, expires_at) WHERE expires_at IS NOT NULL;

-- A message about no visit has a receipt as well.
ALTER TABLE receipts ALTER COLUMN appointment_id DROP NOT NULL;

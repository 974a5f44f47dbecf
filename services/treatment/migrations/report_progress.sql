-- How the closing of a period is coming along, as the workers tell it. {api} is the service's role.

CREATE TABLE report_progress (
  id         uuid PRIMARY KEY,
  chain_id   uuid NOT NULL,
  period     text NOT NULL,
  starts_at  timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,
  time_zone  text NOT NULL,
  as_of_at   timestamptz NOT NULL,
  reports    integer,
  made       integer NOT NULL
);
ALTER TABLE report_progress ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_progress FORCE ROW LEVEL SECURITY;
CREATE POLICY own_chain ON report_progress USING (chain_id = nullif(current_setting('app.chain_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON report_progress TO {api};

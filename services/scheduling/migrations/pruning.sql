-- What is old is found by its age, chain by chain.

CREATE INDEX ON receipts (chain_id, created_at);
CREATE INDEX ON reply_references (chain_id, created_at);
CREATE INDEX ON text_threads (chain_id, told_at);
CREATE INDEX ON links (chain_id, created_at);

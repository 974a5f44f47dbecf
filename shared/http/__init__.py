"""What every web process of ours shares: operations, problem documents, idempotency, fields, docs."""

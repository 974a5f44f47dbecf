"""Messages to clients: planned from facts, kept as rows with a due time, sent when they are due and still wanted."""

"""What became of messages after they were handed over, as providers and senders report it."""

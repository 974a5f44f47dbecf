"""What a client brings along: what happened to them, what was tried, what must not be done, what they agreed to."""

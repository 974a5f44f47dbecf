"""Real servers for a machine that has none: PostgreSQL, Valkey and a mailbox, from wheels, on loopback only."""

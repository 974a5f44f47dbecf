"""Real servers for a machine that has none: PostgreSQL, Valkey and a mailbox, from wheels, on loopback only."""


class ServerUnavailable(Exception):
    """An embedded server cannot run here; the message says why and what helps."""

"""Who works for the chain: persons, their logins, their roles, and the therapist that one of them may be."""

"""The page behind the link in every message: a client sees, confirms, moves or cancels a visit without an account."""

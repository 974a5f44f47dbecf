"""Contact tasks: clients whom no message reached, or who answered what only a person can act on."""

"""Who may see a client's clinical record, on what basis, and what is kept of it."""

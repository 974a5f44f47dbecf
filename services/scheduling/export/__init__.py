"""Everything that is known about a client, for the client: as data that explain themselves, and as a page to read."""

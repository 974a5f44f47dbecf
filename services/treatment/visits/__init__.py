"""The visits that treatment knows of a client."""

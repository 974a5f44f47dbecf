"""The session: what was tested, released, activated and tested again, as it happened, until it is signed and locked."""

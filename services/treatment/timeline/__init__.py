"""What happened to a client on one axis, from the first injury to the next visit."""

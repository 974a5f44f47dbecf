"""What was known as of a position of each log, read from the facts by a few statements for a whole chain."""

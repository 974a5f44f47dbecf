"""Treatment's pages of the staff: the day of whoever treats, what waits for them, and a record to read."""

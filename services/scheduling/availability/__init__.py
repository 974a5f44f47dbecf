"""Free time: what is open, who is free, and which visit may be booked, listed and promised by one and the same rule."""

"""Booked visits that a change of the rules leaves outside them: listed first, then marked, and settled one by one."""

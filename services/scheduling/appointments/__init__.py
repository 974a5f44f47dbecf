"""Appointments: one stream each, from booking to the end, and the claims that they hold."""

"""Letting go of what is known of a client: what may go, what has to stay and until when, and that it goes."""

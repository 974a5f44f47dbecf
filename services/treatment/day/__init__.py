"""A therapist's day: who comes, what is to be charted, and what waits for a signature."""

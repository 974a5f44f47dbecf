"""The pages on which clients answer treatment, opened by a link and without an account."""

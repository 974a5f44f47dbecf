"""The rules of each kind of decision about a session."""

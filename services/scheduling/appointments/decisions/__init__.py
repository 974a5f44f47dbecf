"""What may happen to an appointment: one module for each kind of decision, its commands beside its rules."""

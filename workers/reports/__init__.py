"""Caseload reports: what is computed from the facts of both services, and never afterwards changed."""

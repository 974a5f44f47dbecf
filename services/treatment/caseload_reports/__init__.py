"""Caseload reports that were asked for: what became of them, and their documents, kept for good."""

"""Compensation patterns: which targets compensate for which, and whether that is corrected and stays so."""

"""Measurements of the whole system: ratios of medians of interleaved rounds, each against something that bounds it."""

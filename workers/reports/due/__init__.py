"""Periods of reports that fall due: planned by the clock, made from one reading each, published whole, and closed."""

"""Figures of reports: each is drawn once, as SVG, and looks the same on a page, in a mail and in a file."""

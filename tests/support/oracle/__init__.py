"""Every number of a report computed once more, plainly and from the log alone, by what docs/reports.md says of it.

Nothing of the reports' own code is used here, and nothing is done in a clever way: a number that differs is a mistake
in one of the two.
"""

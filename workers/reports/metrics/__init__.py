"""The numbers of a report, each a pure function of what was known; docs/reports.md says exactly what they mean."""

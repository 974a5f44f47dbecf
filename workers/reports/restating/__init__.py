"""Restatements of closed reports: what later facts change in them, and which events these facts come from."""

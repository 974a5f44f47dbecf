"""Alerts: what a client's answer wants looked at, who sees it by when, and what came of it."""

"""Drafts: what somebody has typed into a form of the staff's pages and not sent yet."""

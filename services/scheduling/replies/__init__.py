"""Replies: what clients answer to messages, by mail, calendar or SMS, and what comes of it."""

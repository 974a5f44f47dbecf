"""Homework: what a client releases and activates between visits."""

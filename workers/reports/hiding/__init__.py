"""Which numbers of reports are hidden so that no small one can be worked out from all that are shown."""

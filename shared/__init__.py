"""What every part stands on: events, the log, transport, access, settings. Nothing here knows a service."""

"""Check-ins: a client is asked about pain after sessions and after the discharge, one question at a time."""

"""What reports rest on: events of both services as rows that are added and never changed, whatever comes later."""

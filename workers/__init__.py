"""Messages: from events to rows that are due, and from due rows to the people who wait for them."""

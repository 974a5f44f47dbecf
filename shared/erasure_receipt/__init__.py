"""What a client is told when they were forgotten, the same in a mail and on paper."""

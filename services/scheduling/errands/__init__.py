"""Links that lead to no visit: to what is known about a client, and to saying that an address is the client's own."""

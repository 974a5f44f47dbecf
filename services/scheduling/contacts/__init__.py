"""How people are reached: their contact points, what they permit, and which way a message takes."""

"""A fresh link for whoever's own does not work: sent to the address on file, or not at all, and never said which."""

"""A client asks for the record to be put right: it is, or they are told why not and may disagree in it."""

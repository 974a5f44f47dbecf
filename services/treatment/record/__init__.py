"""A client's record as a whole: the streams in which it stands, read as they were at any moment."""

"""Looking for a plain text in every store there is, to see that nothing of a person is left where it should not be."""

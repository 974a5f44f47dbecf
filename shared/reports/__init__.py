"""A finished report as one document, and what is drawn and written from it; nothing here looks anything up."""

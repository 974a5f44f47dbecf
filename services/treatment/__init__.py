"""What was found and done in the treatment room; for now, the visits it will happen in."""

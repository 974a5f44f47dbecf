"""What the pages of clients have in common, whichever service asks or tells them something by a link."""

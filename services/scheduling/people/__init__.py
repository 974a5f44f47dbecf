"""The people who come: who they are, and how the desk finds them again."""

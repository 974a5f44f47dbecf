"""How something is released or activated: codes that chains make up, and the words for those that are usual."""

"""The services of Synergist, and the command that starts and tends them."""

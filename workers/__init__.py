"""What happens on its own: events become messages that fall due, and messages that are due are sent."""

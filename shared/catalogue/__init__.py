"""What can be tested, released and moved, under codes and names that old records can rely on."""

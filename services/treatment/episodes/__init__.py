"""Episodes of care: from a complaint to the discharge, and what was measured before."""

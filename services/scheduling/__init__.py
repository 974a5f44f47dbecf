"""Who is seen when, where and by whom."""

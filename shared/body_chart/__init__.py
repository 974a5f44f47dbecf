"""The body chart: its regions as shapes, with the sides of the person who is drawn, and their names."""

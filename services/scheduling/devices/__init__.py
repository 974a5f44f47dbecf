"""Shared tablets: browsers of a clinic in which several people come in one after the other, by a PIN of their own."""

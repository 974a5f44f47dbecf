"""The chain's own identity provider: what it is called, how we are known there, and what its groups stand for."""

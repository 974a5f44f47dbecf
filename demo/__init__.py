"""A chain to look at, and a walk through the main job; both use the running system from outside, over HTTP."""

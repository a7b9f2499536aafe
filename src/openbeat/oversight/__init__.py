"""Oversight: reading the trail under a reason, and checking that nothing in it was changed."""

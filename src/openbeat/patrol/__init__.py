"""Patrol plans: places to visit, by whom and when; edited and approved by a commander; dosage asked and given."""

"""Agencies, posts, people who log in, and the roles they hold for a post and a period."""

"""Openbeat: a public-safety platform that can prove it was used lawfully."""

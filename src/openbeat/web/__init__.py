"""The edge for people: pages, one module a desk."""

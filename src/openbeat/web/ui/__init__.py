"""The values that the components of a page are given: tables, charts, badges, links."""

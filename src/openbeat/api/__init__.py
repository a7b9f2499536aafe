"""The edge for programmes: tokens scoped to permissions, and open data for everybody."""

"""Beats: drawn anew from small areas and the work in them, compared with today's, adopted by a person."""

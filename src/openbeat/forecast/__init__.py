"""Forecasts: runs, their back-test and card, approval. Places and times only, never a person."""

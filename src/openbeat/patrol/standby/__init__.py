"""Standby: where units wait, so that a free one is near."""

"""The root of every refusal that placewise makes; each has its own name where it arises."""


class PlacewiseError(ValueError):
    """Placewise was asked for something it must not or cannot do; the message says what to change."""

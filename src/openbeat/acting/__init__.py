"""The door of doing: permission, transaction, deed, trail entry; a refused try is written too."""

from openbeat.acting.door import REGISTER, Deed, action, note, together, witnessed

__all__ = ["REGISTER", "Deed", "action", "note", "together", "witnessed"]

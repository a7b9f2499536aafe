"""Who may do what, in plain Python: actors, permissions, one table of rules, one decision."""

from openbeat.access.actors import Actor, Holding, Role
from openbeat.access.decisions import permits, scopes
from openbeat.access.permissions import Permission
from openbeat.access.rules import RULES, Rule, Within
from openbeat.access.things import Facts, Sensitivity, TellsFacts

__all__ = [
    "RULES",
    "Actor",
    "Facts",
    "Holding",
    "Permission",
    "Role",
    "Rule",
    "Sensitivity",
    "TellsFacts",
    "Within",
    "permits",
    "scopes",
]

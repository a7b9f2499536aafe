"""The one decision: may this actor do this to that thing?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from openbeat.access.actors import Actor, Holding
from openbeat.access.permissions import Permission
from openbeat.access.rules import RULES, Rule, Within
from openbeat.access.things import Facts, TellsFacts


@dataclass(frozen=True, slots=True)
class Scope:
    """One way in which a permission reaches things: all of its conditions must hold. None: no condition."""

    agencies: frozenset[UUID]
    post_id: UUID | None
    up_to: int
    states: frozenset[str] | None
    not_author: UUID | None

    def holds(self, facts: Facts) -> bool:
        """Whether a thing with these facts lies in the scope."""
        return (
            facts.agency_id in self.agencies
            and (self.post_id is None or facts.post_id == self.post_id)
            and facts.sensitivity <= self.up_to
            and (self.states is None or facts.state in self.states)
            and (self.not_author is None or facts.author_id != self.not_author)
        )


def _scope(actor: Actor, holding: Holding, rule: Rule) -> Scope | None:
    if rule.within is Within.POST and holding.post_id is None:
        return None
    if rule.second_person and actor.person_id is None:
        return None
    return Scope(
        agencies=holding.reach if rule.within is Within.REACH else frozenset({holding.agency_id}),
        post_id=holding.post_id if rule.within is Within.POST else None,
        up_to=rule.up_to,
        states=rule.states,
        not_author=actor.person_id if rule.second_person else None,
    )


def scopes(actor: Actor, permission: Permission) -> tuple[Scope, ...]:
    """Every way in which the permission reaches things for this actor; empty: nothing is in reach."""
    if actor.scope is not None and permission not in actor.scope:
        return ()
    rule = RULES[permission]
    ways = (_scope(actor, holding, rule) for holding in actor.holdings if holding.role in rule.roles)
    return tuple(way for way in ways if way is not None)


def permits(actor: Actor, permission: Permission, thing: TellsFacts) -> bool:
    """Whether the actor may do this to the thing."""
    facts = thing.facts()
    return any(way.holds(facts) for way in scopes(actor, permission))


def holding_used(actor: Actor, permission: Permission, thing: TellsFacts) -> Holding | None:
    """The holding by which the actor may do this to the thing, for the trail; where none reaches it, the nearest."""
    rule, facts = RULES[permission], thing.facts()
    held = [holding for holding in actor.holdings if holding.role in rule.roles]
    ways = ((holding, _scope(actor, holding, rule)) for holding in held)
    return next((holding for holding, way in ways if way and way.holds(facts)), next(iter(held), None))

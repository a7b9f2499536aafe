"""Decisions about accounts, as tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from openbeat.access import Permission, Role
from openbeat.accounts import rules
from openbeat.accounts.states import MOVES, AccountState, moved
from openbeat.kernel.errors import BadInput, Contradiction, NotInThisState

NOON = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Aigerim.B", "aigerim.b"),
        ("  j-doe@police  ", "j-doe@police"),
        ("ӘСЕЛ", "әсел"),
        ("ＦＵＬＬ", "full"),
        ("straße", "strasse"),
    ],
)
def test_sign_in_names_are_folded(given, kept):
    assert rules.sign_in_name(given) == kept


@pytest.mark.parametrize("given", ["", "a", "a b", "x" * 81, "<script>", "\x00\x00", "a/b"])
def test_odd_names_are_refused(given):
    with pytest.raises(BadInput):
        rules.sign_in_name(given)


@pytest.mark.parametrize(
    ("minutes_ago", "locked"),
    [
        ([], False),
        ([0, 0, 0, 0], False),
        ([0, 0, 0, 0, 0], True),
        ([0, 1, 2, 3, 14.99], True),
        ([0, 1, 2, 3, 15], False),
        ([-1, 0, 1, 2, 3], False),
    ],
)
def test_locks(minutes_ago, locked):
    assert rules.locks([NOON - timedelta(minutes=ago) for ago in minutes_ago], NOON) is locked


@pytest.mark.parametrize(
    ("password", "totp", "passkey", "external", "secured"),
    [
        (False, False, False, False, False),
        (True, False, False, False, False),
        (False, True, False, False, False),
        (True, True, False, False, True),
        (False, False, True, False, True),
        (False, False, False, True, True),
    ],
)
def test_what_secures_an_account(password, totp, passkey, external, secured):
    assert rules.secured(password=password, totp=totp, passkey=passkey, external=external) is secured


@pytest.mark.parametrize(
    ("expires", "used", "stands"), [(1, None, True), (0, None, False), (-1, None, False), (1, -1, False)]
)
def test_links_stand_until_used_or_old(expires, used, stands):
    used_at = None if used is None else NOON + timedelta(minutes=used)
    assert rules.link_stands(expires=NOON + timedelta(minutes=expires), used_at=used_at, at=NOON) is stands


def test_nobody_gives_themselves_a_role():
    rules.refuse_own_role(ONE, TWO)
    rules.refuse_own_role(None, TWO)
    with pytest.raises(Contradiction):
        rules.refuse_own_role(ONE, ONE)


def test_tokens_take_from_their_role_alone():
    assert rules.token_permissions(Role.ANALYST, ["incident.view", "forecast.view", "incident.view"]) == [
        "forecast.view", "incident.view",
    ]  # fmt: skip
    assert Permission.PEOPLE_ADMINISTER not in rules.grantable(Role.ANALYST)
    with pytest.raises(Contradiction):
        rules.token_permissions(Role.ANALYST, ["people.administer"])
    with pytest.raises(BadInput):
        rules.token_permissions(Role.ANALYST, [])


@pytest.mark.parametrize("start", list(AccountState))
@pytest.mark.parametrize("target", list(AccountState))
def test_moves(start, target):
    if target in MOVES[start]:
        assert moved(start, target) is target
    else:
        with pytest.raises(NotInThisState):
            moved(start, target)

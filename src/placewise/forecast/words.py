"""What a mixture of scales is made of, in plain words."""

from collections.abc import Mapping

from placewise.forecast.expert import Expert

_WHEN = ((20.0, "of the last months"), (70.0, "of about the last year"), (float("inf"), "of several years"))
_WHERE = ((0.0, "in the place itself"), (400.0, "within some 400 m"), (float("inf"), "in the wider surroundings"))


def ingredients(expert: Expert, names: Mapping[str, str]) -> list[tuple[str, float]]:
    """Words and their share of the expected incidents, the largest share first."""
    expected = expert.parts.sum(axis=0)
    shares: dict[str, float] = {}
    for kind, name, part in zip(expert.kinds, expert.names, expected / max(expected.sum(), 1e-12), strict=True):
        what = _words(kind, name, names)
        shares[what] = shares.get(what, 0.0) + float(part)
    return sorted(shares.items(), key=lambda pair: -pair[1])


def _words(kind: str, name: tuple[float, float], names: Mapping[str, str]) -> str:
    """A scale in words."""
    half_life, reach = name
    if kind == "even":
        return "the same everywhere"
    if kind != "own":
        return f"incidents of another class: {names.get(kind, kind)}"
    when = next(words for limit, words in _WHEN if half_life <= limit)
    where = next(words for limit, words in _WHERE if reach <= limit)
    return f"incidents {when} {where}"

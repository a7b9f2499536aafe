"""Agreement with SaTScan 10.3.2: its recorded results for the prospective space-time permutation scan."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.shared_data import shared

from placewise.warning import Cases, SpaceTimeScan

CASES = {
    "ref1500_pts": "2024-04-30",
    "ref2k_500": "2024-06-29",
    "ref2k_500_null": "2024-06-29",
    "d10k_500": "2024-12-31",
}
"""Each recorded analysis and the day after its last."""


def setting(parameters: str, name: str) -> int:
    return int(re.search(rf"^{name}=(\d+)$", parameters, re.MULTILINE)[1])  # type: ignore[index]


def read(name: str) -> tuple[Cases, list[str], str]:
    """Cases in metres, names of the places, and SaTScan's parameters."""
    folder = shared("satscan_ref")
    places = [line.split() for line in (folder / f"{name}.geo").read_text().splitlines()]
    rows = [line.split() for line in (folder / f"{name}.cas").read_text().splitlines()]
    names = [place[0] for place in places]
    number = {name: k for k, name in enumerate(names)}
    x, y = np.array([[float(part) * 1000 for part in place[1:3]] for place in places]).T
    days = [row[2].replace("/", "-") for row in rows]
    cases = Cases.from_counts(x, y, [number[row[0]] for row in rows], days, [int(row[1]) for row in rows])
    return cases, names, (folder / f"{name}.prm").read_text()


def recorded(path: Path) -> list[dict[str, Any]]:
    """The clusters that SaTScan printed."""
    text = path.read_text()
    body = text[text.index("CLUSTERS DETECTED") : text.index("PARAMETER SETTINGS")]
    found = []
    for part in re.split(r"^ *\d+\.Location IDs included\.: ", body, flags=re.MULTILINE)[1:]:
        ids, rest = re.split(r"\n +Coordinates / radius\.\.: ", part)
        value = dict(re.findall(r"^ +([^.:]+?)\.+: (.*)$", "  Coordinates...: " + rest, re.MULTILINE))
        start, end = value["Time frame"].split(" to ")
        found.append({
            "places": [each.strip() for each in ids.replace("\n", " ").split(",")],
            "radius": value["Coordinates"].rpartition("/ ")[2],
            "start": start, "end": end.strip(), "observed": int(value["Number of cases"]),
            "expected": value["Expected cases"], "ratio": value["Observed / expected"],
            "statistic": value["Test statistic"], "p": float(value["P-value"]),
        })  # fmt: skip
    return found


def rounds_to(value: float, printed: str) -> bool:
    """Whether the value is printed so; the last digit may be rounded either way."""
    return abs(value - float(printed)) <= 0.5001 * 10.0 ** -len(printed.partition(".")[2])


def slashed(day: Any) -> str:
    return f"{day.year}/{day.month}/{day.day}"


@pytest.mark.parametrize("name", CASES)
def test_every_recorded_cluster(name: str) -> None:
    cases, names, parameters = read(name)
    replications = setting(parameters, "MonteCarloReps")
    scan = SpaceTimeScan(
        radius=1000 * setting(parameters, "MaxSpatialSizeInDistanceFromCenter"),
        days=setting(parameters, "MaxTemporalSize"),
        least_cases=setting(parameters, "MinimumCasesInHighRateClusters"),
        replications=999,
    ).fit(cases, until=CASES[name], since="2024-01-01")
    wanted = recorded(shared(f"satscan_ref/out_{name}.txt"))
    assert len(wanted) >= 3
    for cluster, want in zip(scan.clusters_, wanted, strict=False):
        assert rounds_to(cluster.statistic, want["statistic"])
        assert [names[place] for place in cluster.places] == want["places"]
        assert rounds_to(cluster.radius / 1000, want["radius"])
        assert (slashed(cluster.start), slashed(cluster.end)) == (want["start"], want["end"])
        assert cluster.observed == want["observed"] == len(cluster.case_rows)
        assert rounds_to(cluster.expected, want["expected"])
        error = np.sqrt(want["p"] * (1 - want["p"]) * (1 / 999 + 1 / replications))
        assert abs(cluster.p - want["p"]) <= 4 * error + 2 / 1000

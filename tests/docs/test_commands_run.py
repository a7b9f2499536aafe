"""Every command of the documents is run, on real data and in processes of its own, as a reader would run it.

What starts a whole service, runs all tests or measures for minutes is parsed here and run elsewhere: see `ELSEWHERE`.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import polars as pl
import psycopg
import pytest
import shapely
from django.test import Client
from tests.database import TestDatabase
from tests.docs.told import PAGES, ROOT, TOLD, Command
from tests.shared_data import shared

from openbeat.access import Permission, Role
from openbeat.access.actors import service
from openbeat.accounts.entering import digest_of
from openbeat.accounts.models import Agency, Holding, Person, Post, Token
from openbeat.intake.profile import shipped, to_toml
from openbeat.kernel.ids import new_id
from openbeat.ops import postgres
from openbeat.ops.main import read_city
from openbeat.ops.paths import Var
from openbeat.ops.sample import SAMPLE
from openbeat.seeing.scope import scope
from placewise.__main__ import COMMANDS as ANALYTICS
from placewise.streets import open_osm
from witness import EntryFile, Log, canonical_json, commitment

SALT, ENTRY = bytes(range(32)), {"operation": "disclosure", "who": "officer 1"}

ELSEWHERE = {
    r"(make|openbeat) up": "tests/ops/test_up.py::test_after_kill_9_of_the_supervisor_a_second_start_recovers",
    r"make up CITY=none": "tests/ops/test_up.py::test_stop_from_elsewhere",
    r"make up CITY=\S+": "tests/sample/test_other_cities.py::",
    r"make (check|test)( ONLY=\S+)?": ".ci/run::",
    r"make (fix|messages|requirements|clean)": "Makefile::",
    r"make bench( ONLY=\w+)?": "benchmarks/__main__.py::main",
    r"make doctor": "tests/ops/test_up.py::test_the_doctor_finds_a_running_service_well",
}
"""Commands that are run by other tests, or by the machine that checks each change; here only their words are.

Four change the checkout itself, or fetch newer versions: make is asked what it would do, and that is all."""

KINDS = {
    "make": r"make ", "console": r"(\.venv/bin/)?openbeat ", "witness": r"python -m witness |cp ",
    "analytics": r"python -m placewise ", "asked": r"curl ", "kept": r"tar |pg_dump ",
}  # fmt: skip
"""Which test below runs a command."""


def of_kind(kind: str) -> list[Command]:
    """The commands that one test runs."""
    return [command for command in TOLD if re.match(KINDS[kind], command.line)]


def pages(kind: str) -> list[str]:
    """The pages that tell commands of a kind."""
    return list(dict.fromkeys(command.page for command in of_kind(kind)))


def elsewhere(line: str) -> str:
    """The test that runs this line, if it is not this file."""
    return next((test for form, test in ELSEWHERE.items() if re.fullmatch(form, line.removeprefix(".venv/bin/"))), "")


def run(line: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A line in a shell, in a folder; `python` and `openbeat` are those under test."""
    here = shlex.quote(sys.executable)
    line = re.sub(r"^(\.venv/bin/)?python ", f"{here} ", line)
    line = re.sub(r"^(\.venv/bin/)?openbeat ", f"{here} -m openbeat.ops.main ", line)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBEAT_", "DATABASE_"))}
    kept |= {"DJANGO_SETTINGS_MODULE": "openbeat.settings", "PYTHONPATH": str(ROOT / "src")}
    command = ["bash", "-euc", line]
    return subprocess.run(command, cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False)


def test_each_command_has_a_test_that_runs_it() -> None:
    assert len(TOLD) > 40
    loose = [command for command in TOLD if not any(re.match(form, command.line) for form in KINDS.values())]
    assert loose == []


@pytest.mark.parametrize("told", sorted(set(ELSEWHERE.values())))
def test_the_tests_elsewhere_are_there(told: str) -> None:
    file, _, name = told.partition("::")
    assert name in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("line", sorted({command.line for command in of_kind("make")}))
def test_make_knows_what_it_is_told(line: str) -> None:
    made = run(f"make --no-print-directory -n {line.removeprefix('make ')}", ROOT, {})
    assert made.returncode == 0, made.stderr
    if line == "make help":
        said = run(line, ROOT, {}).stdout
        targets = {one.line.split()[1] for one in of_kind("make")} - {"help"}
        assert [target for target in sorted(targets) if f"  {target} " not in said] == []
    else:
        assert elsewhere(line), "run by no test"
    only = re.search(r"bench ONLY=(\w+)", line)
    assert only is None or (ROOT / "benchmarks" / f"{only[1]}.py").exists()


# --- the log ---------------------------------------------------------------------------------------------------------


class Quiet(SimpleHTTPRequestHandler):
    """A plain web server that says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture
def served() -> Iterator[Callable[[Path], str]]:
    """Serves a folder at an address of this machine."""
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def serve(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def make_log(folder: Path) -> str:
    """A log of 300 entries in `var/`, an earlier checkpoint and an entry beside it; the log's key."""
    leaves = [commitment(SALT, canonical_json(ENTRY)), *(b"leaf %d" % number for number in range(299))]
    with Log(folder / "var/tiles", folder / "var/keys/log", "city.example/log") as log:
        log.append(leaves[:100])
        log.checkpoint()
        (folder / "checkpoint-of-last-year").write_bytes(log.note)
        log.append(leaves[100:])
        log.checkpoint()
        key = log.chain.current.vkey
    (folder / "entry.json").write_bytes(EntryFile(0, SALT, ENTRY).write())
    return str(key)


@pytest.mark.parametrize("page", pages("witness"))
def test_commands_on_the_log_hold(page: str, tmp_path: Path, served: Callable[[Path], str]) -> None:
    key = make_log(tmp_path)
    words = {
        "VKEY": shlex.quote(key), "FOLDER": "var/tiles", "KEYS": "var/keys/log",
        "https://city.example/log": served(tmp_path / "var/tiles"),
    }  # fmt: skip
    for command in of_kind("witness"):
        if command.page == page:
            line = " ".join(words.get(word, word) for word in command.line.split())
            said = run(line, tmp_path, {})
            assert said.returncode == 0, said.stdout + said.stderr
            if " verify " in line:
                assert said.stdout.rstrip().endswith("holds."), said.stdout


def test_a_changed_byte_is_what_makes_them_fail(tmp_path: Path) -> None:
    make_log(tmp_path)
    bundle = next(path for path in (tmp_path / "var/tiles/tile/entries").rglob("*") if path.is_file())
    bundle.write_bytes(bytes([bundle.read_bytes()[0] ^ 1]) + bundle.read_bytes()[1:])
    said = run("python -m witness verify var/tiles", tmp_path, {})
    assert said.returncode == 1
    assert said.stdout.rstrip().endswith("does NOT hold.")


# --- the console -----------------------------------------------------------------------------------------------------


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A folder with 500 real rows and a profile of one's own."""
    rows = pl.read_parquet(SAMPLE / "incidents.parquet").slice(100_000, 500)
    rows.write_csv(tmp_path / "records.csv")
    (tmp_path / "mine.toml").write_text(to_toml(shipped("toronto-mci")), encoding="utf-8")
    return tmp_path


@pytest.fixture
def installation(database: TestDatabase, records: Path) -> dict[str, str]:
    """The environment of an installation with the database under test as its own, and keys that fit it."""
    shutil.copytree(database.server.var.keys, records / "var" / "keys")
    return {**database.environment(), "OPENBEAT_VAR": str(records / "var")}


CONSOLE = list(dict.fromkeys(one.page for one in of_kind("console") if not elsewhere(one.line)))
FOUND = 'openbeat found --name "Some City" --zone Asia/Almaty --administrator some.one --administrator-name "Some One"'
WORDS = {"FILE": "records.csv", "NAME": "toronto-mci", "USERNAME": "a.person"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", CONSOLE)
def test_console_commands_do_what_they_say(page: str, installation: dict[str, str], records: Path) -> None:
    lines = [command.line for command in of_kind("console") if command.page == page and not elsewhere(command.line)]
    if not any(" found " in line for line in lines):
        lines.insert(0, FOUND)
    for line in sorted(lines, key=lambda one: " found " not in one):
        filled = " ".join(WORDS.get(word, word) for word in line.split(" "))
        said = run(filled, records, installation)
        check_answer(filled, said)


def check_answer(line: str, said: subprocess.CompletedProcess[str]) -> None:
    """Each command says what came of it."""
    told = said.stdout + said.stderr
    match re.sub(r"^(\.venv/bin/)?openbeat ", "", line).split():
        case ["doctor", *more]:
            # the worker does not run here, and the doctor has to say so; what else it finds is this checkout's affair
            findings = {one["name"]: one for one in json.loads(said.stdout)} if more else {}
            failed = any(one["level"] == "fail" for one in findings.values()) if more else "✗" in told
            assert said.returncode == int(failed), told
            assert not more or (findings["database"]["level"], findings["worker"]["level"]) == ("ok", "warn")
            assert "database" in told
            assert "no worker runs" in told
        case ["found" | "link", *_]:
            assert said.returncode == 0, told
            assert re.fullmatch(r"http://\S+/enter/\S{40,}", said.stdout.strip()), told
        case ["import", *_, "--dry-run"]:
            assert "500 can be brought in, 0 refused" in told
        case ["import", *_]:
            assert re.search(r"500 new|500 as they were", told), told
        case ["stop"]:
            assert "Openbeat does not run." in told
        case other:
            pytest.fail(f"nobody says what {other} should answer")


@pytest.mark.parametrize(("words", "city"), [(["--city", "none"], "none"), ([], "")])
def test_up_takes_the_words_that_make_gives_it(words: list[str], city: str) -> None:
    assert read_city(words) == city


# --- the analytics ---------------------------------------------------------------------------------------------------

NEAR = "Moss Park"
"""The part of the sample city in which its examples are run; a year of feedback is simulated twice, not five times."""
COMMUNITY = "8"
"""The part of Chicago in which its example is run: the whole city takes minutes."""


def toronto_files(folder: Path) -> None:
    """A neighbourhood of the sample city, and all areas with made-up deprivation."""
    rows = pl.read_parquet(SAMPLE / "incidents.parquet").filter(pl.col("neighbourhood") == NEAR)
    rows.write_parquet(folder / "toronto.parquet")
    areas = json.loads((SAMPLE / "neighbourhoods.geojson").read_text(encoding="utf-8"))
    for number, area in enumerate(areas["features"]):
        area["properties"]["deprivation"] = number
    (folder / "wards.geojson").write_text(json.dumps(areas), encoding="utf-8")


def chicago_files(folder: Path) -> None:
    """One community area of Chicago with its incidents."""
    rows = pl.read_parquet(shared("chicago/chicago_slim_2012-2018.parquet"))
    rows.filter(pl.col("community_area").cast(pl.String) == COMMUNITY).write_parquet(folder / "chicago.parquet")
    areas = json.loads(gzip.decompress(shared("chicago/boundaries/commareas.geojson.gz").read_bytes()))
    areas["features"] = [area for area in areas["features"] if area["properties"]["area_numbe"] == COMMUNITY]
    assert len(areas["features"]) == 1
    (folder / "commareas.geojson").write_text(json.dumps(areas), encoding="utf-8")


def portland_files(folder: Path) -> None:
    """Stolen vehicles of Portland's middle, under shorter names."""
    rows = pl.read_csv(shared("portland/nij_portland_veh_2012-03_2017-05.csv"))
    named = rows.rename({"x_coordina": "x", "y_coordina": "y"})
    middle = named.filter(
        (pl.col("x") - pl.col("x").median()).abs() < 10_000, (pl.col("y") - pl.col("y").median()).abs() < 10_000
    )
    middle.write_csv(folder / "thefts.csv")


def baltimore_files(folder: Path) -> None:
    """An extract under a shorter name, and places, stations, units, areas and incidents on its streets."""
    shutil.copy(shared("osm/baltimore.osm.pbf"), folder / "city.osm.pbf")
    graph = open_osm(folder / "city.osm.pbf")
    spots = np.column_stack([graph.shape_lon, graph.shape_lat])[:: len(graph.shape_lon) // 500]
    table = pl.DataFrame({"lon": spots[:, 0], "lat": spots[:, 1]})
    table.write_csv(folder / "incidents.csv")
    table[::25].with_row_index("name").with_columns(prize=pl.col("name") + 1).write_csv(folder / "places.csv")
    stations = table[7::250].with_row_index("name")
    stations.with_columns(now=pl.lit(24 // len(stations))).write_csv(folder / "stations.csv")
    (folder / "units.csv").write_text("name,start,from,to,breaks\n12,0,22:00,06:00,30@01:00-03:00\n14,1,22:00,06:00,\n")
    west, south, east, north = spots[:, 0].min(), spots[:, 1].min(), spots[:, 0].max(), spots[:, 1].max()
    step = np.array([(east - west) / 8, (north - south) / 8])
    areas = [shapely.box(*(a := (west, south) + step * (i % 8, i // 8)), *(a + step)) for i in range(64)]
    features = [
        {"type": "Feature", "properties": {"name": f"area {i}"}, "geometry": shapely.geometry.mapping(area)}
        for i, area in enumerate(areas)
    ]
    (folder / "areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def calls_files(folder: Path) -> None:
    """The same streets, four weeks of made-up calls on them, and units at two of their corners."""
    baltimore_files(folder)
    spots = pl.read_csv(folder / "incidents.csv").sample(400, with_replacement=True, seed=0)
    rng = np.random.default_rng(0)
    times = np.datetime64("2024-01-01T00:00:00") + np.sort(rng.integers(0, 28 * 86_400_000, 400)).astype(
        "timedelta64[ms]"
    )
    levels = rng.choice(["high", "low"], 400).tolist()
    spots.with_columns(time=pl.Series(times), priority=pl.Series(levels)).write_csv(folder / "calls.csv")
    homes = spots.select("lon", "lat")[:4].with_row_index("name")
    homes.write_csv(folder / "units.csv")


CITY = dict.fromkeys(("city.osm.pbf", "places.csv", "areas.geojson", "stations.csv"), baltimore_files)
FILES = {
    **CITY,
    "calls.csv": calls_files,
    "toronto.parquet": toronto_files,
    "chicago.parquet": chicago_files,
    "thefts.csv": portland_files,
}


def test_commands_of_the_analytics_are_called_by_their_names() -> None:
    text = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"python -m placewise ([a-z]\w*)", text))
    assert named
    assert sorted(named - set(ANALYTICS)) == []


@pytest.mark.slow
@pytest.mark.parametrize("line", sorted({command.line for command in of_kind("analytics")}))
def test_commands_of_the_analytics_do_what_they_say(line: str, tmp_path: Path) -> None:
    _python, _m, _placewise, name, file, *rest = shlex.split(line)
    if name == "city":  # it reads nothing and writes a folder
        assert run(line, tmp_path, {}).returncode == 0
        assert len(pl.read_csv(tmp_path / "reports.csv")) > 100
        return
    FILES[file](tmp_path)
    said = run(line.replace("--feedback 5", "--feedback 2").replace("--seconds 60", "--seconds 5"), tmp_path, {})
    assert said.returncode == 0, said.stderr
    out = tmp_path / rest[rest.index("--out") + 1] if "--out" in rest else None
    if out and out.suffix == ".csv":
        assert pl.read_csv(out)["units"].sum() > 0
        return
    assert json.loads(out.read_text(encoding="utf-8") if out else said.stdout)


# --- what programs ask -----------------------------------------------------------------------------------------------


@pytest.fixture
def toronto(transactional_db: None) -> Agency:
    """An agency with a public page and a token."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    agency = Agency.objects.create(name="Toronto", slug="toronto", zone="America/Toronto", publishes=True)
    with scope(service(agency.id)):
        post = Post.objects.create(agency=agency, name="Analysis")
        person = Person.objects.create(agency=agency, username="ina", name="Ina Test", joined_at=at)
        holding = Holding.objects.create(agency=agency, person=person, post=post, role=Role.ANALYST.value, since=at)
        Token.objects.create(
            agency=agency, name="docs", holding=holding, digest=digest_of("TOKEN"), made_at=at,
            expires=datetime.now(UTC) + timedelta(days=1), permissions=[one.value for one in Permission],
        )  # fmt: skip
    return agency


def test_what_programs_ask_is_answered(toronto: Agency) -> None:
    asked = [shlex.split(command.line) for command in of_kind("asked")]
    assert asked
    for _curl, *options, address in asked:
        headers = dict([options[1].split(": ", 1)]) if options[:1] == ["-H"] else {}
        answer = Client().get(address.removeprefix("http://127.0.0.1:8000"), headers=headers)
        assert answer.status_code == 200, answer.content
        assert answer.json()


@pytest.mark.parametrize("kind", ["areas", "classes", "cells"])
def test_open_files_are_there(toronto: Agency, kind: str) -> None:
    assert Client().get(f"/public/toronto/{kind}.csv").status_code == 200
    assert Client().get(f"/public/{new_id()}/{kind}.csv").status_code == 404


# --- back-ups --------------------------------------------------------------------------------------------------------


def kept(program: str) -> list[str]:
    """The lines of the page on back-ups that use a program."""
    return [command.line for command in of_kind("kept") if command.line.startswith(program)]


@pytest.mark.slow
def test_a_backup_brought_back_has_the_rows_and_the_log(own_folder: Path) -> None:
    var = Var(own_folder / "var")
    make_log(own_folder)
    server = postgres.start(var, tied=True)
    with psycopg.connect(server.superuser_address(), autocommit=True) as connection:
        connection.execute("CREATE TABLE deed AS SELECT 'kept' AS word")
    postgres.stop(var)
    packing, unpacking = kept("tar -c"), kept("tar -x")
    assert (len(packing), len(unpacking)) == (2, 2)
    for line in packing:
        assert run(line, own_folder, {}).returncode == 0
    shutil.rmtree(var.root)
    for line in unpacking:
        assert run(line, own_folder, {}).returncode == 0
    assert (var.keys.stat().st_mode & 0o777, var.run.exists()) == (0o700, False)
    server = postgres.start(var, tied=True)
    try:
        with psycopg.connect(server.superuser_address()) as connection:
            assert connection.execute("SELECT word FROM deed").fetchone() == ("kept",)
    finally:
        postgres.stop(var)
    assert run("python -m witness verify var/tiles", own_folder, {}).returncode == 0


def test_a_database_of_ones_own_is_dumped(database: TestDatabase, tmp_path: Path) -> None:
    (line,) = kept("pg_dump")
    path = f"{postgres.programs()}{os.pathsep}{os.environ['PATH']}"
    said = run(line, tmp_path, {"DATABASE_URL": database.owner, "PATH": path})
    assert said.returncode == 0, said.stderr
    listed = run("pg_restore --list openbeat.dump", tmp_path, {"PATH": path})
    assert "TABLE DATA public audit_entry" in listed.stdout

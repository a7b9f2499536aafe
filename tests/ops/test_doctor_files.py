"""Each finding of the doctor about files, provoked."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from openbeat.kernel.errors import Misconfigured
from openbeat.ops import install, marks
from openbeat.ops.doctor import files, findings, visit
from openbeat.ops.doctor.findings import Finding, Level
from openbeat.ops.paths import Var, make_private
from openbeat.ops.words import compile_words

OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL

CATALOGUE = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=n != 1;\\n"

msgid "Sign in"
msgstr "Кіру"

#, fuzzy
msgid "Sign out"
msgstr "Кіру ме?"
"""


@pytest.fixture
def var(tmp_path: Path) -> Var:
    return Var(tmp_path)


def only(found: Iterator[Finding]) -> Finding:
    """The one finding; each that is not well says how to mend it."""
    (finding,) = found
    assert finding.words
    assert bool(finding.mend) == (finding.level is not OK)
    return finding


@pytest.mark.parametrize(("free", "level"), [(100, OK), (10, OK), (9, WARN), (1, WARN), (0.5, FAIL)])
def test_disk(var: Var, monkeypatch: pytest.MonkeyPatch, free: float, level: Level) -> None:
    usage = SimpleNamespace(free=int(free * files.GIB), total=200 * files.GIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    finding = only(files.disk(var))
    assert finding.level is level
    assert f"{free:.1f} GiB of 200 GiB" in finding.words


def keep_all(var: Var) -> None:
    make_private(var.keys)
    for name in files.KEY_FILES:
        (var.keys / name).touch(mode=0o600)


def open_one(var: Var) -> None:
    keep_all(var)
    (var.keys / "web.key").chmod(0o640)


def open_deeper(var: Var) -> None:
    keep_all(var)
    (var.keys / "log").mkdir()
    (var.keys / "log" / "log-0.key").touch(mode=0o604)


def open_folder(var: Var) -> None:
    keep_all(var)
    var.keys.chmod(0o755)


def lose_one(var: Var) -> None:
    keep_all(var)
    (var.keys / "rows.key").unlink()


def publish_one(var: Var) -> None:
    keep_all(var)
    (var.keys / "last-checkpoint").touch(mode=0o644)


@pytest.mark.parametrize(
    ("spoil", "level", "words"),
    [
        (keep_all, OK, "3 keys, readable by their owner alone"),
        (publish_one, OK, "3 keys"),
        (lambda _: None, FAIL, "is missing"),
        (open_one, FAIL, "web.key can be read by others (mode 640)"),
        (open_deeper, FAIL, "log-0.key can be read by others (mode 604)"),
        (open_folder, FAIL, "keys can be read by others (mode 755)"),
        (lose_one, WARN, "rows.key is missing"),
    ],
)
def test_keys(var: Var, spoil: Callable[[Var], None], level: Level, words: str) -> None:
    spoil(var)
    finding = only(files.keys(var))
    assert (finding.level, words in finding.words) == (level, True), finding


@pytest.mark.parametrize(("installed", "level"), [("same", OK), ("other", WARN), ("none", WARN)])
def test_packages(var: Var, monkeypatch: pytest.MonkeyPatch, installed: str, level: Level) -> None:
    monkeypatch.setattr(install, "VENV", var.root)
    mark = {"same": install.digest([install.REQUIREMENTS / "base.txt"]), "other": "x", "none": ""}[installed]
    if mark:
        (var.root / "installed-base").write_text(mark)
    assert only(files.packages()).level is level


@pytest.mark.parametrize(("built", "level"), [("same", OK), ("other", WARN), ("", FAIL)])
def test_front_end(var: Var, monkeypatch: pytest.MonkeyPatch, built: str, level: Level) -> None:
    monkeypatch.setattr(install, "BUILT", var.root)
    mark = install.front_end_mark() if built == "same" else built
    if mark:
        (var.root / ".built").write_text(mark)
    assert only(files.front_end()).level is level


def test_languages(var: Var) -> None:
    source = var.root / "kk" / "LC_MESSAGES" / "django.po"
    assert only(files.languages(var.root, ["kk"])).level is WARN
    source.parent.mkdir(parents=True)
    source.write_text(CATALOGUE)
    assert only(files.languages(var.root, ["kk"])).level is FAIL
    compile_words(var.root)
    assert only(files.languages(var.root, ["kk"])).level is OK
    os.utime(source, (source.stat().st_atime, source.stat().st_mtime + 60))
    assert only(files.languages(var.root, ["kk"])).level is FAIL


def test_words_are_compiled_once_and_doubtful_ones_left_out(tmp_path: Path) -> None:
    import gettext

    source = tmp_path / "kk" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(CATALOGUE)
    assert compile_words(tmp_path) == [source]
    assert compile_words(tmp_path) == []
    words = gettext.translation("django", tmp_path, ["kk"])
    assert words.gettext("Sign in") == "Кіру"
    assert words.gettext("Sign out") == "Sign out"


def test_service(var: Var) -> None:
    assert only(files.service(var)).level is WARN
    marks.leave(var.run / "up.json", address="http://127.0.0.1:8000")
    assert only(files.service(var)).words == "runs at http://127.0.0.1:8000"


def test_a_check_that_breaks_is_a_finding_and_a_refusal_keeps_its_words() -> None:
    def breaks() -> Iterator[Finding]:
        yield findings.ok("thing", "half is well")
        raise ZeroDivisionError("oh")

    def refuses() -> Iterator[Finding]:
        raise Misconfigured("no", mend="do")
        yield

    assert [finding.level for finding in findings.look("thing", breaks)] == [OK, FAIL]
    assert only(findings.look("thing", refuses)) == Finding("thing", FAIL, "no", "do")


@pytest.mark.parametrize(("levels", "status"), [([OK], 0), ([OK, WARN], 0), ([OK, FAIL, OK], 1), ([], 0)])
def test_the_exit_code_and_the_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], levels: list[Level], status: int
) -> None:
    found = [Finding("thing", level, "words", "mend") for level in levels]
    monkeypatch.setattr(visit, "findings_of", lambda _: iter(found))
    assert visit.doctor(as_json=True) == status
    told = json.loads(capsys.readouterr().out)
    assert told == [{"name": "thing", "level": level, "words": "words", "mend": "mend"} for level in levels]
    assert visit.doctor() == status
    assert capsys.readouterr().err.count("→ mend") == len(levels)


def test_without_a_database_it_still_says_what_it_sees(var: Var, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@127.0.0.1:1/c")
    monkeypatch.delenv("OPENBEAT_APP_DATABASE_URL", raising=False)
    found = {finding.name: finding for finding in visit.findings_of(var)}
    assert found["database"].level is FAIL
    assert "does not answer" in found["database"].words
    assert {"disk", "keys", "service"} <= found.keys()

"""A fresh clone made ready: only what changed is done again, and every refusal says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from openbeat.ops import install


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small clone with one pinned package and one script, and a list of the commands that would run."""
    for name, content in {
        "pyproject.toml": "[project]", "package.json": "{}", "package-lock.json": "{}",
        "requirements/base.txt": "six==1\n", "requirements/dev.txt": "seven==1\n",
        "requirements/node.txt": "node==20\n",
        "src/openbeat/web/scripts/page.ts": "let a = 1", "src/openbeat/web/build.mjs": "build()",
        "src/openbeat/web/pages.py": "def page(): ...", "src/openbeat/web/static/mark.svg": "<svg/>",
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "REQUIREMENTS", tmp_path / "requirements")
    monkeypatch.setattr(install, "WEB", tmp_path / "src/openbeat/web")
    for name, folder in (("VENV", ".venv"), ("MODULES", "node_modules"), ("BUILT", "built")):
        (tmp_path / folder).mkdir()
        monkeypatch.setattr(install, name, tmp_path / folder)
    monkeypatch.setattr(install, "digest", digest_of(tmp_path))
    return tmp_path


def digest_of(root: Path) -> Any:
    """The marks of a small clone: the installer's own file is outside of it."""
    real = install.digest
    return lambda files: real(file for file in files if file.is_relative_to(root))


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of what would have been run."""
    words: list[str] = []
    monkeypatch.setattr(install, "follow", lambda _command, said, *_rest: words.append(said))
    return words


def test_packages_are_installed_once(clone: Path, ran: list[str]) -> None:
    install.install_packages(["base"])
    assert ran == ["Python packages", "Openbeat itself"]
    install.install_packages(["base"])
    assert len(ran) == 2


@pytest.mark.parametrize("changed", ["requirements/base.txt", "pyproject.toml"])
def test_packages_are_installed_again_when_pins_change(clone: Path, ran: list[str], changed: str) -> None:
    install.install_packages(["base"])
    (clone / changed).write_text("changed==2\n")
    install.install_packages(["base"])
    assert len(ran) == 4


def test_running_needs_no_test_packages_and_tests_need_both(clone: Path, ran: list[str]) -> None:
    install.install_packages(["base", "dev"])
    install.install_packages(["base"])
    assert len(ran) == 2
    (clone / "requirements/dev.txt").write_text("changed==2\n")
    install.install_packages(["base"])
    assert len(ran) == 2
    install.install_packages(["base", "dev"])
    assert len(ran) == 4


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        (None, []),
        ("src/openbeat/web/scripts/page.ts", ["front end"]),
        ("src/openbeat/web/build.mjs", ["front end"]),
        ("package.json", ["front end"]),
        ("src/openbeat/web/pages.py", []),
        ("src/openbeat/web/static/mark.svg", []),
        ("package-lock.json", ["front-end packages", "front end"]),
    ],
)
def test_the_front_end_is_built_again_only_from_changed_sources(
    clone: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch, changed: str | None, again: list[str]
) -> None:
    monkeypatch.setattr(install, "node_environment", lambda: {"PATH": "/usr/bin"})
    install.build_front_end()
    assert ran == ["front-end packages", "front end"]
    ran.clear()
    if changed:
        (clone / changed).write_text("changed")
    install.build_front_end()
    assert ran == again


@pytest.mark.parametrize(("major", "packaged"), [(0, True), (18, True), (20, False), (24, False)])
def test_node_comes_from_a_package_where_the_system_has_none_new_enough(
    clone: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch, major: int, packaged: bool
) -> None:
    monkeypatch.setattr(install, "system_node", lambda: major)
    path = install.node_environment()["PATH"]
    assert (str(clone / ".venv" / "bin") in path) is packaged
    assert bool(ran) is packaged


@pytest.mark.parametrize(("told", "major"), [("v20.11.1\n", 20), ("v24.0.0", 24), ("", 0), ("broken", 0)])
def test_the_systems_node(monkeypatch: pytest.MonkeyPatch, told: str, major: int) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: "/usr/bin/node")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=told))
    assert install.system_node() == major


def test_no_node_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert install.system_node() == 0


@pytest.mark.parametrize("version", [(3, 10, 4), (3, 12, 0)])
def test_another_python_is_refused(monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int]) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit, match=r"needs 3\.11[^W]*What to do: make up PYTHON="):
        install.require_python()


def test_an_environment_that_no_longer_runs_is_made_anew(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[Any]] = []
    monkeypatch.setattr(install, "quiet", lambda command: commands.append(command) or int("-m" not in command))
    (install.VENV / "bin").mkdir()
    (install.VENV / "bin" / "python").touch()
    install.make_environment()
    assert [command[1] for command in commands] == ["-c", "-m"]
    assert not (install.VENV / "bin").exists()


def test_a_python_without_venv_is_told(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "quiet", lambda _: 1)
    with pytest.raises(SystemExit, match="python3-venv"):
        install.make_environment()


def test_what_fails_is_shown_and_what_works_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    install.follow([sys.executable, "-c", "print('chatter')"], "a step", 0)
    assert "ready in" in (told := capsys.readouterr()).out
    assert "chatter" not in told.out + told.err
    with pytest.raises(SystemExit, match="a step: failed"):
        install.follow([sys.executable, "-c", "print('the reason'); raise SystemExit(3)"], "a step", 0)
    assert "the reason" in capsys.readouterr().err


def test_needs_nothing_but_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", install.__file__, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "front" in done.stdout

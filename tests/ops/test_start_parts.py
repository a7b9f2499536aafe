"""The smaller parts of a start: where it listens, what it tells, what it gathers, how a child becomes what it is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from openbeat.kernel.errors import Misconfigured
from openbeat.ops import launch, static, telling, up
from openbeat.ops.paths import Var, here


def test_listens_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    monkeypatch.setenv("OPENBEAT_PORT", str(free))
    with up.listen() as listener:
        assert listener.getsockname() == ("127.0.0.1", free)


def test_no_port_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBEAT_HOST", "192.0.2.1")  # an address that no machine has
    with pytest.raises(Misconfigured, match="no port from 8000 to 8049 is free"):
        up.listen()


@pytest.mark.parametrize(
    ("hosts", "name"), [("a.example,b.example", "a.example"), (".example", "example"), ("*", "localhost")]
)
def test_asks_by_a_name_that_is_answered(monkeypatch: pytest.MonkeyPatch, hosts: str, name: str) -> None:
    monkeypatch.setenv("OPENBEAT_HOSTS", hosts)
    assert up._served_name() == name


def test_nobody_is_healthy_at_a_closed_port() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert up.healthy(probe.getsockname()[1]) is False


def test_greets_with_the_address_and_each_roles_link(capsys: pytest.CaptureFixture[str]) -> None:
    up.greet("http://here", [{"agency": "City", "role": "analyst", "link": "http://here/enter/x"}])
    told = capsys.readouterr().err
    assert "Openbeat runs at http://here" in told
    assert "analyst" in told
    assert "http://here/enter/x" in told
    up.greet("http://here", [])
    assert "Sign in" not in capsys.readouterr().err


def test_steps_and_bars_are_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with telling.step("a step"):
        pass
    with telling.bars() as advance:
        for done in range(1, 4):
            advance("rows [of a file]", done * 1000, 3000)
    told = capsys.readouterr().err
    assert "✓ a step (0.0 s)" in told
    assert told.count("✓ rows [of a file] (3,000)") == 1


def test_a_step_that_fails_is_not_told_as_done(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with telling.step("a step"):
            raise Misconfigured("no")

    with pytest.raises(Misconfigured):
        fail()
    assert "✓" not in capsys.readouterr().err


def test_the_folder_of_what_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENBEAT_VAR", str(tmp_path))
    assert here() == Var(tmp_path)
    assert {here().postgres.parent, here().tiles.parent, here().log.parent} == {tmp_path}


def test_static_files_are_gathered_once_and_again_when_one_changed(tmp_path: Path, settings: Any) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("a {}")
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    static.get_finders.__globals__["get_finder"].cache_clear()
    assert static.collect() is True
    assert static.collect() is False
    (source / "page.css").write_text("a { color: red }")
    (tmp_path / "static" / "stale.css").touch()
    assert static.collect() is True
    assert (tmp_path / "static" / "page.css").read_text() == "a { color: red }"
    assert not (tmp_path / "static" / "stale.css").exists()
    static.get_finders.__globals__["get_finder"].cache_clear()


def test_a_child_whose_parent_has_gone_leaves_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", launch.__file__, "--tie", f"1:{int(signal.SIGTERM)}", "/bin/echo", "still here"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "still here" not in done.stdout
    assert "the parent process 1 has gone" in done.stderr


def test_a_child_becomes_its_command() -> None:
    tie = f"{os.getpid()}:{int(signal.SIGTERM)}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", launch.__file__, "--tie", tie, "/bin/echo", "--user", "stays"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "--user stays\n", done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_child_gives_roots_rights_up() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", launch.__file__, "--user", "65534:65534", "/usr/bin/id"],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert "uid=65534" in done.stdout, done.stderr
    assert "gid=65534" in done.stdout
    assert "(root)" not in done.stdout

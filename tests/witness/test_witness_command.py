"""The command line, on a folder and behind an address."""

import gzip
import runpy
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from witness import EntryFile, Folder, Log, Web, canonical_json, commitment, open_source, verify
from witness.__main__ import main
from witness.failures import Unreachable

ORIGIN = "city.example/log"
ENTRY = {"operation": "disclosure", "who": "officer 1"}
SALT = bytes(range(32))
SRC = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of 300 entries, a checkpoint kept at 100, and an exported entry."""
    leaves = [commitment(SALT, canonical_json(ENTRY)), *(b"leaf %d" % number for number in range(299))]
    with Log(tmp_path / "log", tmp_path / "keys", ORIGIN) as log:
        log.append(leaves[:100])
        log.checkpoint()
        (tmp_path / "since").write_bytes(log.note)
        log.append(leaves[100:])
        log.checkpoint()
        (tmp_path / "vkey").write_text(log.chain.current.vkey)
    (tmp_path / "entry.json").write_bytes(EntryFile(0, SALT, ENTRY).write())
    return tmp_path / "log"


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The exit code and what was printed."""

    def call(*arguments: str | Path) -> tuple[int, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(str(end.code))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return call


class Handler(SimpleHTTPRequestHandler):
    """A plain web server, but for a few addresses that misbehave."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""

    def do_GET(self) -> None:
        if "broken" in self.path:
            self.send_error(500)
        elif "packed" in self.path:
            self._send(gzip.compress(Path(self.translate_path(self.path.replace("/packed", ""))).read_bytes()))
        elif "unpackable" in self.path:
            self._send(b"no gzip")
        elif "short" in self.path:
            self._send(b"short", length=100)
        else:
            super().do_GET()

    def _send(self, data: bytes, length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length or len(data)))
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def address(log: Path) -> Iterator[str]:
    """The log behind an address on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(log)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_all_that_holds_is_said(log: Path, run: Run) -> None:
    vkey = (log.parent / "vkey").read_text()
    code, out = run("verify", log, "--key", vkey, "--since", log.parent / "since", "--entry", log.parent / "entry.json")
    assert code == 0
    assert out.splitlines() == [
        f"holds  The checkpoint of {ORIGIN} over 300 entries is signed by {'+'.join(vkey.split('+')[:2])}.",
        "holds  All 300 entries give the signed root; 5 files are as signed.",
        "holds  The first 100 entries are those of the earlier checkpoint: nothing was changed.",
        "holds  The entry is in the log at index 0, word for word.",
        f"The log {log} holds.",
    ]


def test_what_does_not_hold_is_named(log: Path, run: Run) -> None:
    tile = log / "tile/0/000"
    tile.write_bytes(b"x" + tile.read_bytes()[1:])
    code, out = run("verify", log)
    assert code == 1
    assert "FAILS  TileAltered: tile/0/000 is not what was signed\n" in out
    assert out.endswith(f"The log {log} does NOT hold.\n")


def test_log_needs_nothing_but_its_own_package(log: Path) -> None:
    code = (
        "import sys; from witness.__main__ import main; status = main(sys.argv[1:]);"
        "loaded = {name.partition('.')[0] for name in sys.modules};"
        "outside = loaded & {'django', 'numpy', 'openbeat', 'placewise', 'veil'};"
        "sys.exit(3 if outside else status)"
    )
    command = [sys.executable, "-c", code, "verify", str(log)]
    assert subprocess.run(command, env={"PYTHONPATH": str(SRC)}, check=False, capture_output=True).returncode == 0


def test_module_runs_by_its_name(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "witness.__main__")
    monkeypatch.setattr(sys, "argv", ["witness", "verify", str(log)])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("witness", run_name="__main__")
    assert end.value.code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["verify"],
        ["prove", "LOG"],
        ["verify", "LOG/nowhere"],
        ["verify", "http://["],
        ["verify", "LOG", "--key", "no key"],
        ["verify", "LOG", "--since", "LOG/nowhere"],
        ["verify", "LOG", "--entry", "LOG/nowhere"],
    ],
)
def test_wrong_usage_is_told(log: Path, run: Run, arguments: list[str]) -> None:
    code, out = run(*(argument.replace("LOG", str(log)) for argument in arguments))
    assert code == 2
    assert "usage: python -m witness" in out


def test_log_is_shown(log: Path, run: Run) -> None:
    vkey = (log.parent / "vkey").read_text()
    assert run("show", log) == (0, f"key 0, from entry 0: {vkey}\n{(log / 'checkpoint').read_text()}")


def test_what_cannot_be_shown_is_named(log: Path, run: Run) -> None:
    (log / "keys/0").write_bytes(b"no key")
    code, out = run("show", log)
    assert code == 1
    assert out.startswith("FAILS  KeyMalformed: keys/0: ")


def test_empty_folder_shows_nothing(tmp_path: Path, run: Run) -> None:
    assert run("show", tmp_path) == (1, "FAILS  CheckpointMissing: there is no checkpoint here\n")


def test_log_is_handed_over(log: Path, run: Run) -> None:
    old = (log.parent / "vkey").read_text()
    code, out = run("rotate", log, log.parent / "keys", "--last", log.parent / "keys/last-checkpoint")
    new = out.rpartition(" ")[2].strip()
    assert code == 0
    assert new != old
    for key in (old, new):
        assert run("verify", log, "--key", key, "--since", log.parent / "since")[0] == 0


def test_what_cannot_be_handed_over_is_named(log: Path, run: Run, tmp_path: Path) -> None:
    assert run("rotate", tmp_path, tmp_path / "keys") == (1, f"FAILS  LogMissing: {tmp_path} holds no log\n")
    (log.parent / "keys/log-0.key").chmod(0o644)
    code, out = run("rotate", log, log.parent / "keys")
    assert code == 1
    assert out.startswith("FAILS  KeyFileTooOpen: ")


def test_terminal_is_not_steered_by_a_log(log: Path, run: Run) -> None:
    (log / "checkpoint").write_bytes("\x9b2J\u202eevil\n".encode())
    _, out = run("show", log)
    assert "\x9b" not in out
    assert "\u202e" not in out
    assert "\N{REPLACEMENT CHARACTER}2J\N{REPLACEMENT CHARACTER}evil" in out


def test_address_is_read_like_a_folder(log: Path, address: str, run: Run) -> None:
    code, out = run("verify", address + "/", "--since", log.parent / "since")
    assert code == 0
    assert out.endswith(f"The log {address}/ holds.\n")
    assert verify(Web(address)) == verify(Folder(log))
    (log / "tile/entries/000").unlink()
    assert verify(Web(address)).failures == ["BundleMissing"]


def test_packed_answers_are_unpacked(log: Path, address: str) -> None:
    assert Web(f"{address}/packed").read("checkpoint") == (log / "checkpoint").read_bytes()


@pytest.mark.parametrize("path", ["broken", "unpackable", "short"])
def test_address_that_misbehaves_is_named(address: str, path: str, run: Run) -> None:
    with pytest.raises(Unreachable, match=f"{address}/{path}"):
        Web(address).read(path)
    code, out = run("verify", f"{address}/{path}")
    assert code == 1
    assert "FAILS  Unreachable: " in out


@pytest.mark.parametrize("where", ["http://127.0.0.1:1", "http://[", "http://127.0.0.1:x"])
def test_address_without_a_server_is_named(where: str) -> None:
    with pytest.raises(Unreachable):
        Web(where).read("checkpoint")


def test_where_a_log_is(log: Path) -> None:
    assert isinstance(open_source("https://city.example/log"), Web)
    assert str(open_source("https://city.example/log/")) == "https://city.example/log"
    assert str(open_source(str(log))) == str(log)
    with pytest.raises(FileNotFoundError):
        open_source("ftp://city.example/log")


def test_folder_that_cannot_be_read_is_named(log: Path) -> None:
    assert Folder(log).read("checkpoint/under") is None
    with pytest.raises(Unreachable, match="tile cannot be read"):
        Folder(log).read("tile")
    assert list(Web("http://127.0.0.1:1").listing()) == []

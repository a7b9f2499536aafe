"""The command line: `python -m witness verify DIR|URL [--entry FILE] [--since CHECKPOINT] [--key VKEY]`.

`show` prints a log's head unchecked; `rotate` hands a log over to a new key.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from witness.checkpoint import read_chain
from witness.failures import Failure, LogMissing
from witness.log import Log
from witness.note import Verifier
from witness.source import Folder, Source, open_source
from witness.verify import Report, read_checkpoint, verify

HOLDS, FAILS, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns 0 where all holds, 1 where something does not. Wrong usage exits with 2."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.command == "rotate":
            return _rotate(Path(options.log), options.keys, options.last)
        source = open_source(options.log)
        if options.command == "show":
            return _show(source)
        key, since, entry = _key(options.key), _bytes(options.since), _bytes(options.entry)
    except (OSError, ValueError, Failure) as error:
        parser.error(_plain(str(error)))
    return _print(verify(source, key=key, since=since, entry=entry), options.log)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m witness", description="Checks a tamper-evident log.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("verify", help="check every entry, every file and the signature of a log")
    check.add_argument("log", metavar="DIR|URL", help="the log's folder, or its http(s) address")
    check.add_argument("--entry", metavar="FILE", help="an entry you were given: is it in the log?")
    check.add_argument("--since", metavar="CHECKPOINT", help="a checkpoint you kept: does the log continue it?")
    check.add_argument("--key", metavar="VKEY", help="a verifier key of the log that you have from elsewhere")
    show = commands.add_parser("show", help="print a log's checkpoint and keys, unchecked")
    show.add_argument("log", metavar="DIR|URL", help="the log's folder, or its http(s) address")
    rotate = commands.add_parser("rotate", help="hand a log over to a new key; no other process may have it open")
    rotate.add_argument("log", metavar="DIR", help="the log's folder")
    rotate.add_argument("keys", metavar="KEYS", type=Path, help="the folder of its private keys")
    rotate.add_argument("--last", metavar="FILE", type=Path, help="the copy of the last checkpoint, if not in KEYS")
    return parser


def _key(vkey: str | None) -> Verifier | None:
    return Verifier.parse(vkey) if vkey else None


def _bytes(path: str | None) -> bytes | None:
    return Path(path).read_bytes() if path else None


def _show(source: Source) -> int:
    report = Report()
    with report.catching():
        chain, note = read_chain(source.read), read_checkpoint(source)
        for number, term in enumerate(chain.terms if chain else ()):
            sys.stdout.write(f"key {number}, from entry {term.start}: {_plain(term.verifier.vkey)}\n")
        sys.stdout.write(_plain(note.decode(errors="replace")))
    return _tell(report)


def _rotate(folder: Path, keys: Path, last: Path | None) -> int:
    report = Report()
    with report.catching():
        chain = read_chain(Folder(folder).read)
        if chain is None:
            raise LogMissing(f"{folder} holds no log")
        with Log(folder, keys, chain.origin, last=last) as log:
            log.rotate()
            report.say(f"The log is handed over. Publish its new key: {log.chain.current.vkey}")
    return _tell(report)


def _tell(report: Report) -> int:
    for finding in report.findings:
        mark = f"FAILS  {finding.failure}: " if finding.failure else "holds  "
        sys.stdout.write(f"{mark}{_plain(finding.words)}\n")
    return HOLDS if report.holds else FAILS


def _print(report: Report, log: str) -> int:
    code = _tell(report)
    verdict = "holds" if report.holds else "does NOT hold"
    sys.stdout.write(f"The log {_plain(log)} {verdict}.\n")
    return code


def _plain(text: str) -> str:
    """What comes from a log must not steer the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


if __name__ == "__main__":
    sys.exit(main())

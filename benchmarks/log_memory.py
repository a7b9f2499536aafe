"""The log by itself: appends in memory beside pymerkle, and a stranger's verification of a million entries.

`python -m benchmarks.log_memory`. The peer is a tree in memory of the same kind (every node kept, any proof can be
made), fed the same entries in the same run, in turns. Both must come to the same root; finding it is part of the time.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from benchmarks.common import Figure, best_of, report

from witness import Folder, Log, Tree, commitment, prove_inclusion, verify

APPENDS = 100_000
ENTRIES = 1_000_000
PROOFS = 1_000
BATCH = 20_000
ORIGIN = "benchmark.example/log"


def run() -> list[Figure]:
    """All figures; about a minute."""
    return [*memory(), *disk()]


def memory() -> list[Figure]:
    """Appends and inclusion proofs a second, ours and the peer's."""
    entries = leaves(APPENDS)
    ours, theirs = Tree(entries), _Peer()
    for entry in entries:
        theirs.append(entry)
    if theirs.root() != ours.root():
        raise SystemExit("the two trees differ: nothing is compared")
    turns = [(_seconds(Tree, entries), _seconds(_Peer, entries)) for _ in range(5)]
    appends, peer = (APPENDS / min(taken) for taken in zip(*turns, strict=True))
    indices = range(0, APPENDS, APPENDS // PROOFS)
    proofs = best_of(3, lambda: [prove_inclusion(ours, index, APPENDS) for index in indices])
    peers = best_of(3, lambda: [theirs.tree.prove_inclusion(index + 1, APPENDS) for index in indices])
    return [
        Figure("appends in memory", appends, "a second"),
        Figure("the same by pymerkle", peer, "a second", peer="pymerkle"),
        Figure("appends against pymerkle", appends / peer, "times", 5.0, ">=", "pymerkle"),
        Figure("inclusion proofs", PROOFS / proofs, "a second"),
        Figure("the same by pymerkle", PROOFS / peers, "a second", peer="pymerkle"),
    ]


def disk() -> list[Figure]:
    """Seconds to write, go on with, and verify a log of a million entries in a folder."""
    entries = leaves(ENTRIES)
    with TemporaryDirectory() as folder:
        root = Path(folder)
        begin = perf_counter()
        with Log(root / "log", root / "keys", ORIGIN) as log:
            for start in range(0, ENTRIES, BATCH):
                log.append(entries[start : start + BATCH])
            log.checkpoint()
            written = perf_counter() - begin
            one = best_of(10, lambda: (log.append([entries[0]]), log.checkpoint()))
        verified = best_of(2, lambda: _verify(root / "log"))
        begin = process_time()
        _verify(root / "log")
        alone = process_time() - begin
    return [
        Figure("a million entries to tiles, signed", written, "s"),
        Figure("one more entry, signed and on the disk", one * 1_000, "ms"),
        Figure("a million entries verified", verified, "s", 10.0),
        Figure("the same in processor time", alone, "s"),
    ]


def leaves(count: int) -> list[bytes]:
    """So many commitments, the same in every run."""
    return [commitment(number.to_bytes(32, "big"), b"{}") for number in range(count)]


class _Peer:
    """pymerkle's tree in memory, under the names of ours."""

    def __init__(self) -> None:
        from pymerkle import InmemoryTree

        self.tree = InmemoryTree(algorithm="sha256")
        self.append = self.tree.append_entry

    def root(self) -> bytes:
        """The root of all entries so far."""
        root: bytes = self.tree.get_root()
        return root


def _seconds(kind: Callable[[], Tree | _Peer], entries: list[bytes]) -> float:
    """How long it takes to append entries one by one and to know the root."""
    tree = kind()
    begin = perf_counter()
    append = tree.append
    for entry in entries:
        append(entry)
    tree.root()
    return perf_counter() - begin


def _verify(folder: Path) -> None:
    found = verify(Folder(folder))
    if not found.holds:
        raise SystemExit(f"the log does not hold: {found.failures}")


if __name__ == "__main__":
    report("log_memory", run())

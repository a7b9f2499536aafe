"""The writer of a log: takes leaves, and signs checkpoints that never contradict one another.

Everything is written in one order: key, tiles, the copy of the checkpoint outside the log, the checkpoint. Whatever
lies behind the last signed checkpoint when a log is opened is therefore unsigned, and is dropped: the database still
has it.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from witness.checkpoint import Checkpoint, Handover, KeyChain, read_chain, sign_handover
from witness.disk import write_file
from witness.failures import (
    BehindLastCheckpoint,
    Failure,
    FolderNotEmpty,
    InconsistentWithLastCheckpoint,
    KeyFileExists,
    LastCheckpointChanged,
    LastCheckpointMissing,
    LeavesDiffer,
    LeavesMissing,
    LogBroken,
    LogBusy,
    LogMissing,
    TilesAhead,
    WrongKey,
    WrongOrigin,
    within,
)
from witness.growth import Growth, check_leaves
from witness.keys import create_key, load_key
from witness.merkle import EMPTY_ROOT, tree_root
from witness.note import Signer
from witness.proofs import prove_consistency, verify_consistency
from witness.source import Folder
from witness.tiles import TileNodes, read_leaves


class Log:
    """A log that is open for writing; one process at a time may have it open.

    `folder` is what the public reads, `keys` the folder of private keys, `origin` the log's name (such as
    «city.example/log»), `last` where the last checkpoint is kept outside the log (`keys/last-checkpoint` unless said
    otherwise). Where there is no log yet, one is begun, with a new key. `rebuild` begins an empty folder, with only the
    old one's `keys/` in it, for a log that was signed before: nothing is signed until all is in it again, and the same.
    """

    _chain: KeyChain
    _signer: Signer

    def __init__(
        self, folder: Path, keys: Path, origin: str, *, last: Path | None = None, rebuild: bool = False
    ) -> None:
        self.folder, self.origin = folder, origin
        self._keys, self._last, self._rebuild = keys, last or keys / "last-checkpoint", rebuild
        self._read = Folder(folder).read
        self._broken = False
        self._lock: int | None = _lock(folder)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let others open the log. What was appended and not signed is forgotten."""
        if self._lock is not None:
            os.close(self._lock)
        self._lock, self._broken = None, True

    @property
    def size(self) -> int:
        """How many leaves the tree has, signed or not: the index of the next."""
        return self._tree.size

    @property
    def signed(self) -> Checkpoint:
        """The last checkpoint that was signed."""
        return self._signed

    @property
    def note(self) -> bytes:
        """The last checkpoint as the signed note that is public."""
        return self._note

    @property
    def chain(self) -> KeyChain:
        """The keys the log was signed with so far."""
        return self._chain

    def missing(self, database_size: int) -> range:
        """The indices that the database holds and the tree does not; TilesAhead where the tree holds more."""
        if database_size < self.size:
            raise TilesAhead(
                f"the log holds {self.size} entries and the database {database_size}: "
                "the database has lost some, or was restored from an older copy"
            )
        return range(self.size, database_size)

    def append(self, leaves: Sequence[bytes]) -> range:
        """Add leaves behind the last; returns their indices. They are published by `checkpoint`, not before."""
        check_leaves(leaves)
        start = self.size
        with self._all_or_broken():
            self._tree.append(leaves)
        return range(start, self.size)

    def catch_up(self, start: int, leaves: Sequence[bytes]) -> range:
        """Add what is new of the database's leaves from index `start` on; refused where the others differ."""
        if start > self.size:
            raise LeavesMissing(f"the leaves {self.size} to {start - 1} are missing before leaf {start}")
        known = leaves[: self.size - start]
        self.compare(start, known)
        return self.append(leaves[len(known) :])

    def compare(self, start: int, leaves: Sequence[bytes]) -> None:
        """Refuse by name where the database's leaves from index `start` on are not those of the tree."""
        if start + len(leaves) > self.size:
            raise LeavesMissing(f"the tree has {self.size} leaves and cannot be compared with leaf {self.size}")
        if not leaves:
            return
        with self._all_or_broken():
            self._tree.write()
        mine = read_leaves(self._read, start, start + len(leaves), self.size)
        for index, (theirs, own) in enumerate(zip(leaves, mine, strict=True), start):
            if theirs != own:
                raise LeavesDiffer(f"entry {index} in the database is not the one in the log")

    def checkpoint(self) -> Checkpoint:
        """Write the tiles, sign the tree as it is now, and publish that; nothing is signed where nothing is new."""
        if self.size < self._signed.size:
            raise BehindLastCheckpoint(f"the tree has {self.size} entries, and {self._signed.size} were signed")
        if self._published and self.size == self._signed.size:
            return self._signed
        with self._all_or_broken():
            self._tree.write()
            checkpoint = Checkpoint(self.origin, self.size, self._tree.root())
            self._check_continues(self._signed, checkpoint)
            new = checkpoint.size > self._signed.size
            self._publish(checkpoint, checkpoint.sign([self._signer]) if new else self._note)
            self._tree.sweep()
        return checkpoint

    def rotate(self) -> Checkpoint:
        """Hand the log over to a new key; both sign the handover, and the old private key is destroyed."""
        self.checkpoint()
        with self._all_or_broken():
            old, number = self._signer, len(self._chain.terms)
            new = self._make_key(number)
            handover = Handover(self.origin, old.verifier, new.verifier, self._signed.size, self._signed.root)
            chain = KeyChain(self._chain.terms[0].verifier, [*self._chain.handovers, handover])
            write_file(self.folder / f"keys/{number}", sign_handover(handover, old, new))
            self._chain, self._signer = chain, new
            self._publish(self._signed, self._signed.sign([new]))
            self._destroy_old_keys()
        return self._signed

    def _open(self) -> None:
        self._chain = read_chain(self._read) or self._begin_chain()
        if self._chain.origin != self.origin:
            raise WrongOrigin(f"the log in {self.folder} is {self._chain.origin!r}, not {self.origin!r}")
        self._signer = load_key(self._key_path(len(self._chain.terms) - 1))
        if self._signer.verifier != self._chain.current:
            mine, needed = self._signer.verifier.label, self._chain.current.label
            raise WrongKey(f"the log is signed by {needed}, and the key here is {mine}")
        self._destroy_old_keys()
        self._tree = Growth(self.folder)
        self._resume()

    def _begin_chain(self) -> KeyChain:
        if self._last.exists() or (self.folder / "checkpoint").exists():
            raise LogMissing(f"{self.folder} has no keys/, but the log was signed before: bring the folder back")
        signer = self._make_key(0)
        write_file(self.folder / "keys/0", f"{signer.verifier.vkey}\n".encode())
        return KeyChain(signer.verifier)

    def _resume(self) -> None:
        """Go on from whichever of the two checkpoints is newer: a run may have been cut off between writing them."""
        kept, public = self._kept(), self._read("checkpoint")
        tiles = (self.folder / "tile").exists()
        if self._rebuild and (public or tiles):
            raise FolderNotEmpty(f"{self.folder} holds a log; rebuild in an empty folder and keep this one as evidence")
        if kept is None and (public or tiles):
            raise LastCheckpointMissing(
                f"{self._last} is gone. Verify the log against a checkpoint that was published; if it holds, copy "
                f"{self.folder / 'checkpoint'} there"
            )
        if kept is None:
            self._begin()
        elif public or tiles:
            self._resume_from(kept, public or kept)
        else:
            self._resume_empty(kept)

    def _begin(self) -> None:
        empty = Checkpoint(self.origin, 0, EMPTY_ROOT)
        self._publish(empty, empty.sign([self._signer]))

    def _resume_empty(self, kept: bytes) -> None:
        self._signed, self._note, self._published = self._parse(self._last, kept), kept, False
        if self._signed.size == 0:
            self._publish(self._signed, kept)
        elif not self._rebuild:
            raise LogMissing(
                f"{self.folder} holds no log, but {self._signed.size} entries were signed: bring the folder back, or "
                "rebuild it from the database"
            )

    def _resume_from(self, kept: bytes, public: bytes) -> None:
        last, shown = self._parse(self._last, kept), self._parse(self.folder / "checkpoint", public)
        older, newer, note = (last, shown, public) if shown.size > last.size else (shown, last, kept)
        self._tree.load(newer)
        self._note = kept
        self._check_continues(older, newer)
        self._tree.drop_unsigned()
        self._publish(newer, note)

    def _kept(self) -> bytes | None:
        return Folder(self._last.parent).read(self._last.name)

    def _parse(self, path: Path, note: bytes) -> Checkpoint:
        with within(str(path)):
            return self._chain.open(note)[0]

    @contextmanager
    def _all_or_broken(self) -> Iterator[None]:
        """What fails in here leaves a log that has to be opened again."""
        if self._broken:
            raise LogBroken("an earlier write was cut off, or the log is closed: open it again")
        self._broken = True
        yield
        self._broken = False

    def _check_continues(self, older: Checkpoint, newer: Checkpoint) -> None:
        """Refuse unless the tiles on the disk prove that the newer tree continues the older."""
        if self._kept() != self._note:
            raise LastCheckpointChanged(f"{self._last} is not what was written there")
        nodes = TileNodes(self._read, newer.size)
        try:
            if tree_root(nodes, newer.size) != newer.root:
                raise InconsistentWithLastCheckpoint(f"the tiles do not give the root of {newer.size} entries")
            if older.size:
                proof = prove_consistency(nodes, older.size, newer.size)
                verify_consistency(older.size, newer.size, proof, older.root, newer.root)
        except Failure as failure:
            raise InconsistentWithLastCheckpoint(
                f"{newer.size} entries do not continue the {older.size} that were signed: {failure}"
            ) from failure

    def _publish(self, checkpoint: Checkpoint, note: bytes) -> None:
        """The copy outside the log comes first, so that nothing is ever public that it does not know."""
        write_file(self._last, note)
        write_file(self.folder / "checkpoint", note)
        self._signed, self._note, self._published = checkpoint, note, True

    def _key_path(self, number: int) -> Path:
        return self._keys / f"log-{number}.key"

    def _make_key(self, number: int) -> Signer:
        """A new key, or the one that a run made which was then cut off."""
        with suppress(KeyFileExists):
            return create_key(self._key_path(number), self.origin)
        return load_key(self._key_path(number))

    def _destroy_old_keys(self) -> None:
        for number in range(len(self._chain.terms) - 1):
            self._key_path(number).unlink(missing_ok=True)
        for leftover in self._keys.glob("log-*.key.new"):
            leftover.unlink()


def _lock(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise LogBusy(f"{folder} is open for writing in another process") from None
    return lock

"""Every way in which a log, a proof, a key or an entry can fail to hold; each has a name of its own."""

from collections.abc import Iterator
from contextlib import contextmanager


class Failure(Exception):
    """Something does not hold. `name` is what the command line prints, the text says where and what was found."""

    @property
    def name(self) -> str:
        """The failure's own name, as in `TileAltered`."""
        return type(self).__name__


class ProofFailure(Failure):
    """A Merkle proof does not prove what it was given for."""


class WrongHashLength(ProofFailure):
    """A hash is not 32 bytes long."""


class WrongSize(ProofFailure):
    """The sizes or indices of a proof name no tree, or no place in it."""


class WrongProofLength(ProofFailure):
    """A proof has more or fewer hashes than its sizes need."""


class RootMismatch(ProofFailure):
    """A proof leads to another root than the one it was given for."""


class NoteMalformed(Failure):
    """A text is not a signed note as C2SP signed-note describes it."""


class CheckpointMalformed(Failure):
    """A note is not a checkpoint: origin, size, root."""


class CheckpointMissing(Failure):
    """There is no checkpoint where one must be."""


class KeyMalformed(Failure):
    """A text is no Ed25519 note key, or its key id is not that of the key."""


class UnknownKey(Failure):
    """Nothing here is signed by a key that is trusted."""


class BadSignature(Failure):
    """A signature that claims to be by a known key is not."""


class KeyRetired(Failure):
    """A key signed a tree larger than the one at which it was handed over."""


class KeyTooEarly(Failure):
    """A key signed a tree smaller than the one at which it took over."""


class HandoverMalformed(Failure):
    """A key handover does not read as one, or does not continue the chain of keys."""


class WrongOrigin(Failure):
    """A checkpoint is of another log than the key is for."""


class WrongRoot(Failure):
    """The entries and tiles give another root than the checkpoint."""


class TileMissing(Failure):
    """A tile of hashes that the checkpoint needs is not there."""


class TileAltered(Failure):
    """A tile of hashes is not the one that was signed."""


class BundleMissing(Failure):
    """A bundle of entries that the checkpoint needs is not there."""


class BundleAltered(Failure):
    """A bundle of entries is not the one that was signed."""


class LogShrank(Failure):
    """The log is smaller than it was."""


class LogForked(Failure):
    """The log is not a continuation of an earlier signed state of itself."""


class EntryMalformed(Failure):
    """An entry file is not JSON with an index, a salt and an entry, or the entry has no canonical form."""


class SaltMalformed(Failure):
    """A salt is not 32 bytes."""


class EntryNotInLog(Failure):
    """The log has no entry at that index."""


class EntryDiffers(Failure):
    """The entry, or its salt, is not what was logged at that index."""


class EntryElsewhere(Failure):
    """The entry was logged, at another index."""


class Unreachable(Failure):
    """An address does not answer as it must."""


class Refusal(Failure):
    """The writer refuses to go on; it has changed nothing that was signed."""


class KeyFileTooOpen(Refusal):
    """A private key file can be read or written by others than its owner."""


class KeyFileMissing(Refusal):
    """The private key of the log is not where it must be."""


class KeyFileExists(Refusal):
    """A private key file is there already and is not overwritten."""


class WrongKey(Refusal):
    """The private key is not the one the log was last handed over to."""


class LogBusy(Refusal):
    """Another process has the log open for writing."""


class LogBroken(Refusal):
    """An earlier write failed half way; the log must be opened again."""


class LastCheckpointMissing(Refusal):
    """The log has a checkpoint, but its copy outside the log is gone."""


class LastCheckpointChanged(Refusal):
    """The copy of the last checkpoint outside the log is not the one that was written there."""


class LogMissing(Refusal):
    """A checkpoint was signed, but the folder that must hold its log is empty."""


class FolderNotEmpty(Refusal):
    """A log is rebuilt only into a folder that holds none."""


class BehindLastCheckpoint(Refusal):
    """The tree is smaller than the last signed one."""


class InconsistentWithLastCheckpoint(Refusal):
    """The tree is not a continuation of the last signed one."""


class LeafTooLong(Refusal):
    """A leaf is longer than an entry bundle can hold (65,535 bytes)."""


class LeavesMissing(Refusal):
    """Leaves are offered that do not join the end of the tree."""


class LeavesDiffer(Refusal):
    """The database and the tiles hold different leaves at the same index."""


class TilesAhead(Refusal):
    """The signed log holds entries that the database does not."""


@contextmanager
def within(where: str) -> Iterator[None]:
    """Say in front of any failure inside which file it was."""
    try:
        yield
    except Failure as failure:
        raise type(failure)(f"{where}: {failure}") from None

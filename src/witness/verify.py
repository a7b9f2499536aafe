"""What a stranger can check of a log, said in plain words: `python -m witness verify`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from witness.checkpoint import Checkpoint, KeyChain, read_chain, trusted_chain
from witness.entries import EntryFile
from witness.failures import (
    CheckpointMissing,
    EntryDiffers,
    EntryElsewhere,
    EntryNotInLog,
    Failure,
    LogForked,
    LogShrank,
    within,
)
from witness.merkle import leaf_hash
from witness.note import Verifier
from witness.scan import FAILURES_MAX, Scan, scan
from witness.source import Source


@dataclass(frozen=True)
class Finding:
    """One thing that holds, or (`failure` names it) does not, in words."""

    words: str
    failure: str | None = None


@dataclass
class Report:
    """All that was found."""

    findings: list[Finding] = field(default_factory=list)
    checkpoint: Checkpoint | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing failed."""
        return not self.failures

    @property
    def failures(self) -> list[str]:
        """The names of what failed."""
        return [finding.failure for finding in self.findings if finding.failure]

    def say(self, words: str) -> None:
        """Add something that holds."""
        self.findings.append(Finding(words))

    def fail(self, failure: Failure) -> None:
        """Add something that does not."""
        self.findings.append(Finding(str(failure), failure.name))

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Add what fails inside."""
        try:
            yield
        except Failure as failure:
            self.fail(failure)


def verify(
    source: Source, *, key: Verifier | None = None, since: bytes | None = None, entry: bytes | None = None
) -> Report:
    """Check a whole log: keys, signature, every file; that it continues the checkpoint `since`, and has an entry file.

    `key` is a key of the log from elsewhere. Without it the log's own keys are believed, and the report says so.
    """
    report = Report()
    with report.catching():
        chain = trusted_chain(read_chain(source.read), key)
        checkpoint = _open_checkpoint(source, chain, report)
        report.checkpoint = checkpoint
        _say_keys(chain, key, report)
        earlier = _open_since(chain, since, report)
        wanted = _open_entry(entry, report)
        sizes = [handover.size for handover in chain.handovers] + ([earlier.size] if earlier else [])
        result = scan(source, checkpoint, sizes, wanted[0] if wanted else b"")
        _report_tree(checkpoint, result, report)
        if not result.failures:
            _check_handovers(chain, checkpoint, result, report)
            if earlier:
                _check_since(earlier, checkpoint, result, report)
            if wanted:
                _check_entry(wanted[1], checkpoint, result, report)
    return report


def read_checkpoint(source: Source) -> bytes:
    """The signed note at the head of a log; refused where there is none."""
    note = source.read("checkpoint")
    if note is None:
        raise CheckpointMissing("there is no checkpoint here")
    return note


def _open_checkpoint(source: Source, chain: KeyChain, report: Report) -> Checkpoint:
    note = read_checkpoint(source)
    with within("checkpoint"):
        checkpoint, signers = chain.open(note)
    names = " and ".join(signer.label for signer in signers)
    report.say(f"The checkpoint of {checkpoint.origin} over {checkpoint.size:,} entries is signed by {names}.")
    return checkpoint


def _say_keys(chain: KeyChain, key: Verifier | None, report: Report) -> None:
    if chain.handovers:
        keys = ", then ".join(term.verifier.label for term in chain.terms)
        report.say(f"The keys were handed over, each signed by the one before: {keys}.")
    if key is None:
        report.say(
            f"The keys were read from the log itself. Compare this one with one published elsewhere, or give it with "
            f"--key: {chain.terms[0].verifier.vkey}"
        )


def _open_since(chain: KeyChain, since: bytes | None, report: Report) -> Checkpoint | None:
    if since is None:
        return None
    with report.catching(), within("the earlier checkpoint"):
        return chain.open(since)[0]
    return None


def _open_entry(entry: bytes | None, report: Report) -> tuple[bytes, int] | None:
    if entry is None:
        return None
    with report.catching(), within("the entry file"):
        wanted = EntryFile.parse(entry)
        return leaf_hash(wanted.leaf), wanted.index
    return None


def _report_tree(checkpoint: Checkpoint, result: Scan, report: Report) -> None:
    for failure in result.failures[:FAILURES_MAX]:
        report.fail(failure)
    if not result.failures:
        report.say(f"All {checkpoint.size:,} entries give the signed root; {result.files:,} files are as signed.")
    if result.unsigned:
        report.say(f"{result.unsigned} files under tile/ are not covered by the checkpoint and were not looked at.")


def _check_handovers(chain: KeyChain, checkpoint: Checkpoint, result: Scan, report: Report) -> None:
    for number, handover in enumerate(chain.handovers, 1):
        with report.catching(), within(f"keys/{number}"):
            _check_root(handover.size, handover.root, checkpoint, result)


def _check_since(earlier: Checkpoint, checkpoint: Checkpoint, result: Scan, report: Report) -> None:
    with report.catching(), within("the earlier checkpoint"):
        _check_root(earlier.size, earlier.root, checkpoint, result)
        report.say(f"The first {earlier.size:,} entries are those of the earlier checkpoint: nothing was changed.")


def _check_root(size: int, root: bytes, checkpoint: Checkpoint, result: Scan) -> None:
    if size > checkpoint.size:
        raise LogShrank(f"it is over {size:,} entries, and the log has {checkpoint.size:,} now")
    if size and result.roots[size] != root:
        raise LogForked(f"it was signed over other entries than the first {size:,} of this log")


def _check_entry(index: int, checkpoint: Checkpoint, result: Scan, report: Report) -> None:
    with report.catching(), within("the entry file"):
        if index in result.found:
            report.say(f"The entry is in the log at index {index:,}, word for word.")
        elif result.found:
            raise EntryElsewhere(f"the entry is not at index {index:,} of the log but at {result.found[0]:,}")
        elif index >= checkpoint.size:
            raise EntryNotInLog(f"there is no entry {index:,} in a log of {checkpoint.size:,}")
        else:
            raise EntryDiffers(f"the entry or its salt is not what was logged at index {index:,}")

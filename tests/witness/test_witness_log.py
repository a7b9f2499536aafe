"""The writer: what it takes and signs, and every state of the disk and the database in which it refuses to."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from witness import Folder, Log, Signer, Tree, Verifier, create_key, load_key, verify
from witness.checkpoint import Checkpoint
from witness.failures import (
    BehindLastCheckpoint,
    BundleAltered,
    Failure,
    FolderNotEmpty,
    InconsistentWithLastCheckpoint,
    KeyFileExists,
    KeyFileMissing,
    KeyFileTooOpen,
    KeyMalformed,
    LastCheckpointChanged,
    LastCheckpointMissing,
    LeafTooLong,
    LeavesDiffer,
    LeavesMissing,
    LogBroken,
    LogBusy,
    LogMissing,
    TileMissing,
    TilesAhead,
    WrongKey,
    WrongOrigin,
)

ORIGIN = "city.example/log"
LEAVES = [b"leaf %d" % number for number in range(1_000)]


def begin(root: Path, **options: bool) -> Log:
    """The log under a test's folder."""
    return Log(root / "log", root / "keys", ORIGIN, **options)


def written(root: Path, *sizes: int) -> None:
    """A log with a checkpoint at each of these sizes."""
    with begin(root) as log:
        for size in sizes:
            log.append(LEAVES[log.size : size])
            log.checkpoint()


def files(root: Path) -> set[str]:
    """The files of the log that the public reads."""
    return {path.relative_to(root / "log").as_posix() for path in (root / "log").rglob("*") if path.is_file()}


def assert_holds(root: Path, size: int) -> None:
    report = verify(Folder(root / "log"))
    assert report.failures == []
    assert report.checkpoint == Checkpoint(ORIGIN, size, Tree(LEAVES[:size]).root())


def test_new_log_has_a_key_and_an_empty_checkpoint(tmp_path: Path) -> None:
    with begin(tmp_path) as log:
        assert log.size == log.signed.size == 0
        assert log.chain.current == load_key(tmp_path / "keys/log-0.key").verifier
    assert files(tmp_path) == {".lock", "checkpoint", "keys/0"}
    assert (tmp_path / "keys/last-checkpoint").read_bytes() == (tmp_path / "log/checkpoint").read_bytes()
    assert_holds(tmp_path, 0)


def test_leaves_get_the_next_indices(tmp_path: Path) -> None:
    with begin(tmp_path) as log:
        assert log.append(LEAVES[:3]) == range(3)
        assert log.append([]) == range(3, 3)
        assert log.append(LEAVES[3:10]) == range(3, 10)
        assert (log.size, log.signed.size) == (10, 0)
        assert log.checkpoint() == log.signed == Checkpoint(ORIGIN, 10, Tree(LEAVES[:10]).root())
        assert log.note == (tmp_path / "log/checkpoint").read_bytes()


@pytest.mark.parametrize("sizes", [[1], [255], [256], [257], [512], [1, 2, 3, 255, 256, 257, 600], [600, 600], [999]])
def test_log_holds_after_any_steps(tmp_path: Path, sizes: list[int]) -> None:
    written(tmp_path, *sizes)
    assert_holds(tmp_path, sizes[-1])


def test_log_goes_on_where_it_stood(tmp_path: Path) -> None:
    for size in (5, 256, 300, 900):
        written(tmp_path, size)
        assert_holds(tmp_path, size)


def test_nothing_is_signed_twice(tmp_path: Path) -> None:
    written(tmp_path, 10)
    before = (tmp_path / "log/checkpoint").stat().st_ino
    with begin(tmp_path) as log:
        opened = (tmp_path / "log/checkpoint").stat().st_ino
        log.checkpoint()
        assert (tmp_path / "log/checkpoint").stat().st_ino == opened
    assert before != opened  # opening writes the same note once more, in case it had been cut off


def test_narrow_tiles_stay_until_the_whole_one_is_there(tmp_path: Path) -> None:
    written(tmp_path, 3, 5)
    assert {"tile/0/000.p/3", "tile/0/000.p/5", "tile/entries/000.p/3", "tile/entries/000.p/5"} <= files(tmp_path)
    written(tmp_path, 260)
    tiles = {path for path in files(tmp_path) if path.startswith("tile/")}
    assert tiles == {
        "tile/0/000",
        "tile/0/001.p/4",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/4",
    }


def test_many_leaves_are_written_before_the_checkpoint(tmp_path: Path) -> None:
    leaf = b"x"
    with begin(tmp_path) as log:
        log.append([leaf] * 256 * 600)
        assert (tmp_path / "log/tile/0/599").exists()
        log.checkpoint()
    assert verify(Folder(tmp_path / "log")).failures == []


def test_too_long_leaf_is_refused_and_nothing_else_lost(tmp_path: Path) -> None:
    with begin(tmp_path) as log:
        log.append([b"x" * 65_535])
        with pytest.raises(LeafTooLong):
            log.append([b"good", b"x" * 65_536])
        assert log.size == 1
        log.checkpoint()
    assert verify(Folder(tmp_path / "log")).failures == []


# The database and the log


def test_what_the_database_has_more_is_caught_up(tmp_path: Path) -> None:
    written(tmp_path, 300)
    with begin(tmp_path) as log:
        assert log.missing(300) == range(300, 300)
        assert log.missing(400) == range(300, 400)
        assert log.catch_up(300, LEAVES[300:350]) == range(300, 350)
        assert log.catch_up(100, LEAVES[100:400]) == range(350, 400)
        log.checkpoint()
    assert_holds(tmp_path, 400)


def test_database_that_lost_entries_is_named(tmp_path: Path) -> None:
    written(tmp_path, 300)
    with begin(tmp_path) as log, pytest.raises(TilesAhead, match="holds 300 entries and the database 299"):
        log.missing(299)


@pytest.mark.parametrize("at", [0, 255, 256, 299])
def test_altered_entry_in_the_database_is_named(tmp_path: Path, at: int) -> None:
    written(tmp_path, 300)
    altered = [*LEAVES[:at], b"forged", *LEAVES[at + 1 : 310]]
    with begin(tmp_path) as log:
        with pytest.raises(LeavesDiffer, match=f"entry {at} in the database"):
            log.catch_up(0, altered)
        log.compare(0, LEAVES[:300])


def test_gap_between_log_and_database_is_refused(tmp_path: Path) -> None:
    written(tmp_path, 10)
    with begin(tmp_path) as log:
        with pytest.raises(LeavesMissing, match="leaves 10 to 11 are missing"):
            log.catch_up(12, LEAVES[12:20])
        with pytest.raises(LeavesMissing):
            log.compare(5, LEAVES[5:11])


# Refusals


def change(path: str, data: bytes | None) -> Callable[[Path], None]:
    """Another content for a file, or none."""

    def apply(root: Path) -> None:
        (root / path).unlink() if data is None else (root / path).write_bytes(data)

    return apply


def flip(path: str, at: int = 0) -> Callable[[Path], None]:
    """One bit of a file turned."""

    def apply(root: Path) -> None:
        data = bytearray((root / path).read_bytes())
        data[at] ^= 1
        (root / path).write_bytes(data)

    return apply


def lose(path: str) -> Callable[[Path], None]:
    """A folder gone."""
    return lambda root: shutil.rmtree(root / path)


def old_backup(root: Path) -> None:
    """A folder of an earlier time, that has gone another way since."""
    shutil.rmtree(root / "log")
    shutil.copytree(root / "backup", root / "log")
    (root / "keys/last-checkpoint").rename(root / "kept")
    (root / "log/checkpoint").rename(root / "keys/last-checkpoint")
    shutil.copy(root / "keys/last-checkpoint", root / "log/checkpoint")
    with begin(root) as log:
        log.append([b"another way"] * 300)
        log.checkpoint()
    (root / "kept").replace(root / "keys/last-checkpoint")


def foreign_key(root: Path) -> None:
    (root / "keys/log-0.key").unlink()
    create_key(root / "keys/log-0.key", ORIGIN)


REFUSALS: dict[str, tuple[Callable[[Path], None], type[Failure]]] = {
    "key gone": (change("keys/log-0.key", None), KeyFileMissing),
    "key of another log": (foreign_key, WrongKey),
    "key no key": (change("keys/log-0.key", b"nothing"), KeyMalformed),
    "key open to others": (lambda root: (root / "keys/log-0.key").chmod(0o640), KeyFileTooOpen),
    "copy gone": (change("keys/last-checkpoint", None), LastCheckpointMissing),
    "copy and checkpoint gone": (
        lambda root: [path.unlink() for path in (root / "keys/last-checkpoint", root / "log/checkpoint")],  # type: ignore[arg-type, return-value, func-returns-value]
        LastCheckpointMissing,
    ),
    "copy altered": (flip("keys/last-checkpoint", 20), Failure),
    "checkpoint altered": (flip("log/checkpoint", 20), Failure),
    "tile altered": (flip("log/tile/0/001.p/44"), InconsistentWithLastCheckpoint),
    "tile above altered": (flip("log/tile/1/000.p/1"), InconsistentWithLastCheckpoint),
    "tile gone": (change("log/tile/0/001.p/44", None), TileMissing),
    "bundle altered": (flip("log/tile/entries/001.p/44", 5), BundleAltered),
    "tiles gone": (lose("log/tile"), TileMissing),
    "folder gone": (lose("log"), LogMissing),
    "log's keys gone": (lose("log/keys"), LogMissing),
    "log's key altered": (flip("log/keys/0"), KeyMalformed),
    "another way since a backup": (old_backup, InconsistentWithLastCheckpoint),
}


@pytest.mark.parametrize(("damage", "failure"), REFUSALS.values(), ids=REFUSALS.keys())
def test_damaged_log_is_not_signed_over(tmp_path: Path, damage: Callable[[Path], None], failure: type[Failure]) -> None:
    written(tmp_path, 100)
    shutil.copytree(tmp_path / "log", tmp_path / "backup")
    written(tmp_path, 300)
    damage(tmp_path)
    with pytest.raises(failure):
        begin(tmp_path)


def test_older_folder_beside_a_newer_copy_is_refused(tmp_path: Path) -> None:
    written(tmp_path, 100)
    shutil.copytree(tmp_path / "log", tmp_path / "backup")
    written(tmp_path, 300)
    shutil.rmtree(tmp_path / "log")
    (tmp_path / "backup").rename(tmp_path / "log")
    with pytest.raises(TileMissing):
        begin(tmp_path)


def test_older_copy_is_brought_up_to_the_log(tmp_path: Path) -> None:
    written(tmp_path, 100)
    older = (tmp_path / "keys/last-checkpoint").read_bytes()
    written(tmp_path, 300)
    (tmp_path / "keys/last-checkpoint").write_bytes(older)
    with begin(tmp_path) as log:
        assert log.signed.size == 300
    assert (tmp_path / "keys/last-checkpoint").read_bytes() == (tmp_path / "log/checkpoint").read_bytes()


def test_lost_checkpoint_is_published_again(tmp_path: Path) -> None:
    written(tmp_path, 300)
    (tmp_path / "log/checkpoint").unlink()
    with begin(tmp_path):
        assert_holds(tmp_path, 300)


def test_two_empty_checkpoints_are_no_trouble(tmp_path: Path) -> None:
    written(tmp_path, 0)
    (tmp_path / "log/checkpoint").unlink()
    written(tmp_path, 0, 5)
    assert_holds(tmp_path, 5)


def test_other_origin_is_refused(tmp_path: Path) -> None:
    written(tmp_path, 3)
    with pytest.raises(WrongOrigin):
        Log(tmp_path / "log", tmp_path / "keys", "town.example/log")


def test_only_one_has_the_log_open(tmp_path: Path) -> None:
    with begin(tmp_path):
        with pytest.raises(LogBusy):
            begin(tmp_path)
        with pytest.raises(LogBusy):
            begin(tmp_path)
    begin(tmp_path).close()


def test_closed_log_takes_nothing(tmp_path: Path) -> None:
    log = begin(tmp_path)
    log.close()
    log.close()
    with pytest.raises(LogBroken):
        log.append([b"late"])


@pytest.mark.parametrize("data", [b"something else", None])
def test_copy_that_changes_while_the_log_is_open_stops_it(tmp_path: Path, data: bytes | None) -> None:
    with begin(tmp_path) as log:
        log.append(LEAVES[:5])
        change("keys/last-checkpoint", data)(tmp_path)
        with pytest.raises(LastCheckpointChanged):
            log.checkpoint()
        with pytest.raises(LogBroken):
            log.checkpoint()


def test_written_tile_that_is_not_what_was_written_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with begin(tmp_path) as log:
        log.append(LEAVES[:5])
        monkeypatch.setattr("witness.growth.Edge.root", lambda _: bytes(32))
        with pytest.raises(InconsistentWithLastCheckpoint, match="do not give the root of 5"):
            log.checkpoint()
    assert b"\n0\n" in (tmp_path / "log/checkpoint").read_bytes()


def test_full_disk_breaks_the_open_log_but_not_the_one_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, 10)
    with begin(tmp_path) as log:
        log.append(LEAVES[10:20])
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(OSError, match="No space left"):
                log.checkpoint()
        with pytest.raises(LogBroken):
            log.append(LEAVES[20:])
    with begin(tmp_path) as log:
        log.catch_up(10, LEAVES[10:20])
        log.checkpoint()
    assert_holds(tmp_path, 20)


# Rebuilding


def empty_folder(root: Path) -> None:
    """The old folder put aside, a new one with its keys."""
    (root / "log").rename(root / "evidence")
    shutil.copytree(root / "evidence/keys", root / "log/keys")


def test_log_is_rebuilt_from_the_database(tmp_path: Path) -> None:
    written(tmp_path, 300)
    empty_folder(tmp_path)
    with pytest.raises(LogMissing, match="300 entries were signed"):
        begin(tmp_path)
    with begin(tmp_path, rebuild=True) as log:
        assert (log.size, log.signed.size) == (0, 300)
        log.catch_up(0, LEAVES[:200])
        with pytest.raises(BehindLastCheckpoint):
            log.checkpoint()
        log.catch_up(200, LEAVES[200:300])
        log.checkpoint()
    assert (tmp_path / "log/checkpoint").read_bytes() == (tmp_path / "evidence/checkpoint").read_bytes()
    assert_holds(tmp_path, 300)


def test_log_is_rebuilt_with_what_is_new(tmp_path: Path) -> None:
    written(tmp_path, 300)
    empty_folder(tmp_path)
    with begin(tmp_path, rebuild=True) as log:
        log.catch_up(0, LEAVES[:310])
        log.checkpoint()
    assert_holds(tmp_path, 310)


@pytest.mark.parametrize("size", [300, 310])
def test_log_is_not_rebuilt_from_altered_entries(tmp_path: Path, size: int) -> None:
    written(tmp_path, 300)
    empty_folder(tmp_path)
    with begin(tmp_path, rebuild=True) as log:
        log.catch_up(0, [*LEAVES[:7], b"forged", *LEAVES[8:size]])
        with pytest.raises(InconsistentWithLastCheckpoint):
            log.checkpoint()
    assert not (tmp_path / "log/checkpoint").exists()


def test_nothing_is_rebuilt_over_a_log(tmp_path: Path) -> None:
    written(tmp_path, 300)
    with pytest.raises(FolderNotEmpty):
        begin(tmp_path, rebuild=True)
    (tmp_path / "log/checkpoint").unlink()
    with pytest.raises(FolderNotEmpty):
        begin(tmp_path, rebuild=True)


def test_empty_log_needs_no_rebuilding(tmp_path: Path) -> None:
    written(tmp_path, 0)
    empty_folder(tmp_path)
    with begin(tmp_path, rebuild=True) as log:
        log.append(LEAVES[:5])
        log.checkpoint()
    assert_holds(tmp_path, 5)


# Keys


def test_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    signer = create_key(tmp_path / "new/log.key", ORIGIN)
    assert stat.S_IMODE((tmp_path / "new/log.key").stat().st_mode) == 0o600
    assert load_key(tmp_path / "new/log.key") == signer
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["log.key"]


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o601, 0o644])
def test_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    create_key(tmp_path / "log.key", ORIGIN)
    (tmp_path / "log.key").chmod(mode)
    with pytest.raises(KeyFileTooOpen, match=f"{mode:04o}"):
        load_key(tmp_path / "log.key")


def test_key_is_never_overwritten(tmp_path: Path) -> None:
    signer = create_key(tmp_path / "log.key", ORIGIN)
    with pytest.raises(KeyFileExists):
        create_key(tmp_path / "log.key", ORIGIN)
    assert load_key(tmp_path / "log.key") == signer
    assert [path.name for path in tmp_path.iterdir()] == ["log.key"]


def test_key_is_handed_over(tmp_path: Path) -> None:
    with begin(tmp_path) as log:
        first = log.chain.current
        log.append(LEAVES[:300])
        assert log.rotate().size == 300
        second = log.chain.current
        assert [term.verifier for term in log.chain.terms] == [first, second]
        assert [(term.start, term.end) for term in log.chain.terms] == [(0, 300), (300, None)]
        log.append(LEAVES[300:400])
        log.checkpoint()
        log.rotate()
    written(tmp_path, 500)
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["last-checkpoint", "log-2.key"]
    assert_holds(tmp_path, 500)
    for key in (first, second):
        assert verify(Folder(tmp_path / "log"), key=key).failures == []
    assert verify(Folder(tmp_path / "log"), key=Signer.generate(ORIGIN).verifier).failures == ["UnknownKey"]


def test_key_is_handed_over_before_the_first_entry(tmp_path: Path) -> None:
    with begin(tmp_path) as log:
        log.rotate()
    written(tmp_path, 5)
    assert_holds(tmp_path, 5)


def test_public_key_is_published_with_the_log(tmp_path: Path) -> None:
    with begin(tmp_path) as log:
        assert Verifier.parse((tmp_path / "log/keys/0").read_text().strip()) == log.chain.current

"""What a stranger finds: a log as it is holds, and every way to tamper with one has its name."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from tests.shared_data import SHARED, shared

from witness import (
    EMPTY_ROOT,
    Checkpoint,
    EntryFile,
    Folder,
    Handover,
    KeyChain,
    Log,
    Note,
    Report,
    Signer,
    Tree,
    Verifier,
    canonical_json,
    commitment,
    leaf_hash,
    read_chain,
    sign_note,
    verify,
)
from witness.checkpoint import sign_handover
from witness.failures import (
    BadSignature,
    BundleAltered,
    BundleMissing,
    CheckpointMalformed,
    Failure,
    HandoverMalformed,
    KeyRetired,
    KeyTooEarly,
    NoteMalformed,
    UnknownKey,
)
from witness.merkle import fold, leaf_hashes
from witness.note import encode64
from witness.tiles import Edge, pack, read_leaves, unpack

ORIGIN = "city.example/log"
SIZE, SINCE = 600, 300
SALTS = [number.to_bytes(32, "big") for number in range(SIZE)]
ENTRIES = [{"operation": "consultation", "who": f"officer {number}"} for number in range(SIZE)]
LEAVES = [commitment(salt, canonical_json(entry)) for salt, entry in zip(SALTS, ENTRIES, strict=True)]


class Memory:
    """A log in memory, so that thousands of them can be damaged."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def read_many(self, paths: Iterable[str]) -> Iterator[bytes | None]:
        return map(self.read, paths)

    def listing(self) -> Iterator[str]:
        return (path for path in self.files if path.startswith("tile/"))


Files = dict[str, bytes]


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 600 entries, with a checkpoint kept at 300, handed over to a new key there, and narrow tiles left."""
    root = tmp_path_factory.mktemp("witness")
    with Log(root / "log", root / "keys", ORIGIN) as log:
        log.append(LEAVES[:SINCE])
        log.checkpoint()
        shutil.copy(root / "log/checkpoint", root / "since")
        shutil.copy(root / "keys/log-0.key", root / "old.key")
        log.rotate()
        for size in (550, SIZE):
            log.append(LEAVES[log.size : size])
            log.checkpoint()
    return root


@pytest.fixture(scope="session")
def good(root: Path) -> Files:
    """All its files."""
    log = root / "log"
    return {
        path.relative_to(log).as_posix(): path.read_bytes()
        for path in log.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture(scope="session")
def since(root: Path) -> bytes:
    return (root / "since").read_bytes()


@pytest.fixture(scope="session")
def signers(root: Path) -> tuple[Signer, Signer]:
    """Both private keys, the old and the new."""
    return Signer.parse((root / "old.key").read_text().strip()), Signer.parse(
        (root / "keys/log-1.key").read_text().strip()
    )


def failures(files: Files, since: bytes | None = None, entry: bytes | None = None) -> list[str]:
    """The names of what fails."""
    return verify(Memory(files), since=since, entry=entry).failures


def words(report: Report) -> str:
    return "\n".join(finding.words for finding in report.findings)


# What holds


def test_log_holds_with_every_question(good: Files, since: bytes) -> None:
    chain = read_chain(good.get)
    assert chain is not None
    entry = EntryFile(7, SALTS[7], ENTRIES[7]).write()
    report = verify(Memory(good), key=chain.terms[0].verifier, since=since, entry=entry)
    old, new = (term.verifier.label for term in chain.terms)
    assert report.holds
    assert [finding.words for finding in report.findings] == [
        f"The checkpoint of {ORIGIN} over 600 entries is signed by {new}.",
        f"The keys were handed over, each signed by the one before: {old}, then {new}.",
        "All 600 entries give the signed root; 7 files are as signed.",
        "The first 300 entries are those of the earlier checkpoint: nothing was changed.",
        "The entry is in the log at index 7, word for word.",
    ]
    assert report.checkpoint == Checkpoint(ORIGIN, SIZE, Tree(LEAVES).root())


def test_key_that_was_not_given_is_said_to_be_the_logs_own(good: Files) -> None:
    assert "The keys were read from the log itself." in words(verify(Memory(good)))


def test_folder_and_memory_say_the_same(root: Path, good: Files, since: bytes) -> None:
    assert verify(Folder(root / "log"), since=since) == verify(Memory(good), since=since)


def test_unsigned_leftovers_are_told_and_do_no_harm(good: Files) -> None:
    leftovers = {
        "tile/0/002.p/200": b"",
        "tile/0/x001/000": b"",
        "tile/0/00x.p/3": b"",
        "tile/0/000.p/03": b"",
        "tile/9/000": b"",
        "tile/x": b"",
    }
    report = verify(Memory(good | leftovers))
    assert report.holds
    assert "6 files under tile/ are not covered by the checkpoint" in words(report)


def test_narrow_files_may_go_while_the_log_is_read(good: Files) -> None:
    class Growing(Memory):
        def listing(self) -> Iterator[str]:
            return iter([*super().listing(), "tile/0/000.p/7", "tile/entries/000.p/7"])

    assert verify(Growing(good)).holds


def test_narrow_files_may_go_when_the_whole_ones_are_there(good: Files, signers: tuple[Signer, Signer]) -> None:
    whole = {path: data for path, data in good.items() if ".p/" not in path}
    for level, leaves in (("0", leaf_hashes), ("entries", pack)):
        whole[f"tile/{level}/002"] = leaves(LEAVES[512:] + LEAVES[:168])
    whole["tile/1/000"] = good["tile/1/000.p/2"] + bytes(254 * 32)
    assert failures(whole) == []


def test_empty_log_holds(signers: tuple[Signer, Signer]) -> None:
    files = forged([], signers[0])
    assert failures(files) == []
    assert failures(files, since=files["checkpoint"]) == []


@pytest.mark.parametrize("size", range(16))
def test_log_of_another_implementation_holds(size: int) -> None:
    source = Folder(shared("vectors/tessera_log/log"))
    key = Verifier.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
    earlier = (SHARED / f"vectors/tessera_log/log/checkpoint.{size}").read_bytes()
    assert verify(source, key=key, since=earlier).failures == []
    assert list(read_leaves(source.read, 0, 4, 15)) == [b"one", b"two", b"three", b"four"]
    assert verify(source).failures == ["UnknownKey"]


# What does not


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    turned = bytearray(data)
    turned[at] ^= 1 << bit
    return bytes(turned)


def test_every_byte_of_every_file_counts(good: Files) -> None:
    assert len(good) == 13
    for path, data in good.items():
        step = 1 if len(data) < 700 else 41
        for at in range(0, len(data), step):
            names = failures(good | {path: flipped(data, at, at % 8)})
            assert names, f"{path} may be altered at byte {at}"
            if path.startswith("tile/"):
                expected = {"BundleAltered"} if "entries" in path else {"TileAltered"}
                assert set(names) <= expected | {"WrongRoot"}, (path, at)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("checkpoint", "CheckpointMissing"),
        ("keys/0", "UnknownKey"),
        ("keys/1", "UnknownKey"),
        ("tile/0/000", "TileMissing"),
        ("tile/0/002.p/88", "TileMissing"),
        ("tile/1/000.p/2", "TileMissing"),
        ("tile/entries/000", "BundleMissing"),
        ("tile/entries/002.p/88", "BundleMissing"),
    ],
)
def test_every_file_that_is_gone_is_missed(good: Files, path: str, name: str) -> None:
    assert failures({key: data for key, data in good.items() if key != path}) == [name]


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/0/002.p/38"])
def test_altered_tile_is_named_alone(good: Files, path: str) -> None:
    report = verify(Memory(good | {path: flipped(good[path], 40)}))
    assert report.failures == ["TileAltered"]
    assert path in words(report)


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/entries/002.p/88", "tile/entries/002.p/38"])
@pytest.mark.parametrize("at", [0, 1, 2, 40, -1])
def test_altered_bundle_is_named_alone(good: Files, path: str, at: int) -> None:
    report = verify(Memory(good | {path: flipped(good[path], at)}))
    assert report.failures == ["BundleAltered"]
    assert path in words(report)


@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: data + b"\x00", lambda data: data[34:], lambda _: b""]
)
def test_shortened_and_lengthened_files_are_named(good: Files, change: Callable[[bytes], bytes]) -> None:
    for path, name in (("tile/0/000", "TileAltered"), ("tile/entries/000", "BundleAltered")):
        assert failures(good | {path: change(good[path])}) == [name]


def altered_everywhere(good: Files, levels: int) -> Files:
    """Entry 3 rewritten in its bundle, its tile, and the tile above, as far as asked."""
    leaves = [*LEAVES[:3], b"forged".ljust(32), *LEAVES[4:256]]
    tile = leaf_hashes(leaves)
    above = fold(tile) + good["tile/1/000.p/2"][32:]
    files = {"tile/entries/000": pack(leaves), "tile/0/000": tile, "tile/1/000.p/2": above}
    return good | dict(list(files.items())[:levels])


@pytest.mark.parametrize(
    ("levels", "names"),
    [
        (1, ["BundleAltered"]),
        (2, ["TileAltered", "BundleAltered"]),
        (3, ["WrongRoot", "TileAltered"]),  # the narrow tile of an earlier time tells
    ],
)
def test_rewritten_entry_is_named_as_far_as_it_was_covered_up(good: Files, levels: int, names: list[str]) -> None:
    assert failures(altered_everywhere(good, levels)) == names


def test_several_damages_are_all_named(good: Files) -> None:
    files = good | {
        "tile/0/000": flipped(good["tile/0/000"], 5),
        "tile/entries/000": flipped(good["tile/entries/000"], 5),
        "tile/0/001": flipped(good["tile/0/001"], 5),
        "tile/entries/002.p/88": flipped(good["tile/entries/002.p/88"], 5),
    }
    report = verify(Memory(files))
    assert sorted(report.failures) == ["BundleAltered", "BundleAltered", "TileAltered", "TileAltered"]


def test_lost_tile_and_bundle_are_both_missed(good: Files) -> None:
    lost = {"tile/0/001", "tile/entries/001"}
    assert failures({path: data for path, data in good.items() if path not in lost}) == ["TileMissing", "BundleMissing"]


def test_damage_to_edge_and_entries_leaves_the_root_unproven(good: Files) -> None:
    files = good | {
        "tile/1/000.p/2": flipped(good["tile/1/000.p/2"], 40),
        "tile/entries/000": flipped(good["tile/entries/000"], 5),
    }
    names = failures(files)
    assert names[0] == "WrongRoot"
    assert {"TileAltered", "BundleAltered"} <= set(names)


def test_edge_that_is_gone_beside_altered_entries(good: Files) -> None:
    files = good | {"tile/entries/000": flipped(good["tile/entries/000"], 5)}
    del files["tile/1/000.p/2"]
    assert failures(files)[:2] == ["TileMissing", "WrongRoot"]


def test_report_of_a_ruin_ends(signers: tuple[Signer, Signer]) -> None:
    checkpoint = Checkpoint(ORIGIN, 10**15, bytes(32))
    files = {"checkpoint": checkpoint.sign([signers[0]]), "keys/0": signers[0].verifier.vkey.encode()}
    names = failures(files)
    assert set(names) == {"TileMissing", "BundleMissing"}
    assert len(names) == 20


# Signatures and keys


def forged(leaves: list[bytes], signer: Signer, **options: bytes | str) -> Files:
    """A log of these leaves, written and signed by hand."""
    edge = Edge()
    tiles = edge.extend(leaf_hashes(leaves)) + edge.partial()
    files = {tile.path: tile.data for tile in tiles}
    for tile in tiles:
        if tile.level == 0:
            path = tile.path.replace("tile/0", "tile/entries")
            files[path] = pack(leaves[tile.index * 256 : tile.index * 256 + tile.width])
    origin, tree_root = options.get("origin", ORIGIN), options.get("root", edge.root())
    assert isinstance(origin, str)
    assert isinstance(tree_root, bytes)
    files["checkpoint"] = Checkpoint(origin, len(leaves), tree_root).sign([signer])
    files["keys/0"] = f"{signer.verifier.vkey}\n".encode()
    return files


def test_checkpoint_of_another_log_is_named(signers: tuple[Signer, Signer]) -> None:
    assert failures(forged(LEAVES, signers[0], origin="town.example/log")) == ["WrongOrigin"]


def test_signed_root_that_is_not_the_trees_is_named(signers: tuple[Signer, Signer]) -> None:
    assert failures(forged(LEAVES, signers[0], root=bytes(32))) == ["WrongRoot"]


def test_log_by_an_unknown_key_is_named(good: Files) -> None:
    stranger = Signer.generate(ORIGIN)
    assert failures(good | {"checkpoint": Checkpoint(ORIGIN, SIZE, Tree(LEAVES).root()).sign([stranger])}) == [
        "UnknownKey"
    ]
    report = verify(Memory(good), key=stranger.verifier)
    assert report.failures == ["UnknownKey"]
    assert report.checkpoint is None


def test_whole_log_written_anew_by_another_key_is_named(good: Files) -> None:
    chain = read_chain(good.get)
    assert chain is not None
    anew = forged([b"forged", *LEAVES[1:]], Signer.generate(ORIGIN))
    assert failures(anew) == []
    assert verify(Memory(anew), key=chain.current).failures == ["UnknownKey"]


def test_key_signs_only_in_its_term(good: Files, signers: tuple[Signer, Signer]) -> None:
    old, new = signers
    checkpoint = Checkpoint(ORIGIN, SIZE, Tree(LEAVES).root())
    early = Checkpoint(ORIGIN, 299, Tree(LEAVES[:299]).root())
    assert failures(good | {"checkpoint": checkpoint.sign([old])}) == ["KeyRetired"]
    assert failures(good | {"checkpoint": checkpoint.sign([new, old])}) == ["KeyRetired"]
    assert failures(good, since=early.sign([new])) == ["KeyTooEarly"]
    assert failures(good, since=early.sign([old])) == []
    at_handover = Checkpoint(ORIGIN, SINCE, Tree(LEAVES[:SINCE]).root())
    assert failures(good, since=at_handover.sign([old, new])) == []


def test_cosignature_of_a_witness_is_welcome(good: Files, signers: tuple[Signer, Signer]) -> None:
    checkpoint = Checkpoint(ORIGIN, SIZE, Tree(LEAVES).root())
    assert failures(good | {"checkpoint": checkpoint.sign([Signer.generate("witness.example"), signers[1]])}) == []


def handover(signers: tuple[Signer, Signer], **changes: object) -> bytes:
    """The handover of the log, with something changed, signed by both keys."""
    old, new = signers
    fields: dict[str, object] = {"origin": ORIGIN, "old": old.verifier, "new": new.verifier, "size": SINCE}
    fields |= {"root": Tree(LEAVES[:SINCE]).root()} | changes
    return sign_handover(Handover(**fields), old, new)  # type: ignore[arg-type]


def test_handover_is_that_of_the_log(good: Files, signers: tuple[Signer, Signer]) -> None:
    assert Handover.parse(handover(signers)) == Handover.parse(good["keys/1"])


def test_handover_over_another_tree_is_a_fork(good: Files, signers: tuple[Signer, Signer]) -> None:
    assert failures(good | {"keys/1": handover(signers, root=bytes(32))}) == ["LogForked"]


def test_handover_of_a_larger_tree_means_the_log_shrank(good: Files, signers: tuple[Signer, Signer]) -> None:
    old = signers[0]
    files = forged(LEAVES[:200], old) | {"keys/1": good["keys/1"]}
    assert failures(files) == ["LogShrank"]


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "town.example/log"},
        {"old": Signer.generate(ORIGIN).verifier},
        {"new": Signer.generate(ORIGIN).verifier},
        {"size": -1},
        {"root": bytes(31)},
    ],
)
def test_handover_that_does_not_fit_is_refused(
    good: Files, signers: tuple[Signer, Signer], changes: dict[str, object]
) -> None:
    assert len(failures(good | {"keys/1": handover(signers, **changes)})) == 1


def test_handover_needs_both_signatures(signers: tuple[Signer, Signer], good: Files) -> None:
    old, new = signers
    text = Handover.parse(good["keys/1"]).text
    for by in ([old], [new]):
        with pytest.raises(BadSignature, match="both"):
            Handover.parse(sign_note(text, by))
    with pytest.raises(UnknownKey):
        Handover.parse(sign_note(text, [Signer.generate(ORIGIN)]))


def test_other_text_is_no_handover(signers: tuple[Signer, Signer], good: Files) -> None:
    text = Handover.parse(good["keys/1"]).text
    for other in (text + "more\n", text.replace("v1", "v2"), "short\n"):
        with pytest.raises(HandoverMalformed):
            Handover.parse(sign_note(other, signers))


def test_handover_to_a_key_of_another_name_is_refused(signers: tuple[Signer, Signer]) -> None:
    old, other = signers[0], Signer.generate("town.example/log")
    with pytest.raises(HandoverMalformed):
        KeyChain(old.verifier, [Handover(ORIGIN, old.verifier, other.verifier, 0, EMPTY_ROOT)])


def test_handovers_do_not_go_back(signers: tuple[Signer, Signer]) -> None:
    old, new = (signer.verifier for signer in signers)
    third = Signer.generate(ORIGIN).verifier
    steps = [Handover(ORIGIN, old, new, 5, bytes(32)), Handover(ORIGIN, new, third, 4, bytes(32))]
    with pytest.raises(HandoverMalformed):
        KeyChain(old, steps)


@pytest.mark.parametrize("start", [0, 5])
@pytest.mark.parametrize(("size", "failure"), [(4, KeyTooEarly), (11, KeyRetired)])
def test_terms_of_keys(start: int, size: int, failure: type[Failure], signers: tuple[Signer, Signer]) -> None:
    first, (second, third) = Signer.generate(ORIGIN), signers
    steps = [
        Handover(ORIGIN, first.verifier, second.verifier, 5, bytes(32)),
        Handover(ORIGIN, second.verifier, third.verifier, 10, bytes(32)),
    ]
    chain = KeyChain(first.verifier, steps)
    assert chain.open(Checkpoint(ORIGIN, 5 + start, bytes(32)).sign([second]))[1] == [second.verifier]
    with pytest.raises(failure):
        chain.open(Checkpoint(ORIGIN, size, bytes(32)).sign([second]))


@pytest.mark.parametrize(
    "text",
    [
        "one\n",
        f"{ORIGIN}\n5\n",
        f"\n5\n{encode64(bytes(32))}\n",
        f"{ORIGIN}\n05\n{encode64(bytes(32))}\n",
        f"{ORIGIN}\n-5\n{encode64(bytes(32))}\n",
        f"{ORIGIN}\n٥\n{encode64(bytes(32))}\n",
        f"{ORIGIN}\n5.0\n{encode64(bytes(32))}\n",
        f"{ORIGIN}\n{10**30}\n{encode64(bytes(32))}\n",
        f"{ORIGIN}\n5\n{encode64(bytes(31))}\n",
        f"{ORIGIN}\n5\n{encode64(bytes(32))[:-1]}\n",
        f"{ORIGIN}\n5\n{bytes(32).hex()}!\n",
        f"{ORIGIN}\n0\n{encode64(bytes(32))}\n",
        f"{ORIGIN}\n5\n{encode64(bytes(32))}\n\nmore\n",
    ],
)
def test_malformed_checkpoint_is_refused(text: str, signers: tuple[Signer, Signer]) -> None:
    files = forged(LEAVES, signers[0]) | {"checkpoint": sign_note(text, [signers[0]])}
    assert failures(files) == ["CheckpointMalformed"]
    with pytest.raises(CheckpointMalformed):
        Checkpoint.parse(text.encode())


def test_extension_lines_are_passed_over(signers: tuple[Signer, Signer]) -> None:
    files = forged(LEAVES, signers[0])
    longer = Note.parse(files["checkpoint"]).text.decode() + "an extension\n"
    assert failures(files | {"checkpoint": sign_note(longer, [signers[0]])}) == []


# The earlier checkpoint


def test_log_that_shrank_is_named(good: Files, signers: tuple[Signer, Signer]) -> None:
    larger = Checkpoint(ORIGIN, SIZE + 1, bytes(32)).sign([signers[1]])
    assert failures(good, since=larger) == ["LogShrank"]


@pytest.mark.parametrize("size", [1, 256, 299, 300, 512, 599, 600])
def test_fork_is_named(good: Files, signers: tuple[Signer, Signer], size: int) -> None:
    signer = signers[0] if size <= SINCE else signers[1]
    assert failures(good, since=Checkpoint(ORIGIN, size, Tree(LEAVES[:size]).root()).sign([signer])) == []
    forked = Tree([b"other", *LEAVES[1:size]]).root()
    assert failures(good, since=Checkpoint(ORIGIN, size, forked).sign([signer])) == ["LogForked"]


def test_log_rewritten_by_its_own_key_is_a_fork(signers: tuple[Signer, Signer]) -> None:
    before = forged(LEAVES[:SINCE], signers[0])
    after = forged([b"forged", *LEAVES[1:]], signers[0])
    assert failures(after) == []
    assert failures(after, since=before["checkpoint"]) == ["LogForked"]


@pytest.mark.parametrize(
    ("data", "failure"),
    [(b"", NoteMalformed), (sign_note("x\n", [Signer.generate(ORIGIN)]), UnknownKey)],
)
def test_earlier_checkpoint_that_is_none_is_named(good: Files, data: bytes, failure: type[Failure]) -> None:
    report = verify(Memory(good), since=data)
    assert report.failures == [failure.__name__]
    assert "the earlier checkpoint: " in words(report)


def test_nothing_is_said_of_the_past_of_a_damaged_log(good: Files, since: bytes) -> None:
    report = verify(Memory(good | {"tile/0/000": b""}), since=since)
    assert report.failures == ["TileAltered"]
    assert "earlier checkpoint" not in words(report)


# The entry


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (EntryFile(SIZE, new := b"n" * 32, "x"), "EntryNotInLog"),
        (EntryFile(10**12, new, "x"), "EntryNotInLog"),
        (EntryFile(7, SALTS[7], {**ENTRIES[7], "who": "officer 8"}), "EntryDiffers"),
        (EntryFile(7, SALTS[8], ENTRIES[7]), "EntryDiffers"),
        (EntryFile(8, SALTS[7], ENTRIES[7]), "EntryElsewhere"),
        (EntryFile(SIZE, SALTS[7], ENTRIES[7]), "EntryElsewhere"),
        (EntryFile(7, SALTS[7], {"amount": "1.5", **ENTRIES[7]}), "EntryDiffers"),
    ],
)
def test_entry_that_was_not_logged_so_is_named(good: Files, entry: EntryFile, name: str) -> None:
    assert failures(good, entry=entry.write()) == [name]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"no JSON", "EntryMalformed"),
        (EntryFile(7, SALTS[7], ENTRIES[7]).write().replace(SALTS[7].hex().encode(), b"00"), "SaltMalformed"),
        (b'{"index":7,"salt":"%s","entry":9007199254740992}' % SALTS[7].hex().encode(), "EntryMalformed"),
    ],
)
def test_malformed_entry_file_is_named(good: Files, text: bytes, name: str) -> None:
    assert failures(good, entry=text) == [name]


def test_every_entry_is_found_where_it_is(good: Files) -> None:
    for index in (0, 255, 256, 511, 512, 599):
        assert failures(good, entry=EntryFile(index, SALTS[index], ENTRIES[index]).write()) == []


def test_words_of_an_entry_may_stand_in_any_order(good: Files) -> None:
    text = (
        b'{"salt": "%s",\n "entry": {"who": "officer 7", "operation": "consultation"}, "index": 7}'
        % SALTS[7].hex().encode()
    )
    assert failures(good, entry=text) == []


# Bundles


@pytest.mark.parametrize("leaves", [[], [b""], [b"a", b"", b"b" * 65_535], [bytes(32)] * 256])
def test_bundle_reads_back(leaves: list[bytes]) -> None:
    assert unpack(pack(leaves)) == leaves


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x01", b"\x00\x01a\x00", b"\xff\xff" + bytes(65_534)])
def test_bundle_that_is_cut_off_is_refused(data: bytes) -> None:
    with pytest.raises(BundleAltered):
        unpack(data)


def test_leaves_are_read_from_any_place(good: Files) -> None:
    for start, end in ((0, 600), (0, 0), (250, 260), (255, 256), (512, 600), (511, 513)):
        assert list(read_leaves(good.get, start, end, SIZE)) == LEAVES[start:end]
    with pytest.raises(BundleMissing):
        list(read_leaves({}.get, 0, 5, SIZE))


def test_leaf_hash_of_a_commitment_is_what_the_tile_holds(good: Files) -> None:
    assert good["tile/0/000"][:32] == leaf_hash(LEAVES[0])

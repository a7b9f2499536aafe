"""Refusals in other languages: what plain modules refuse with is in every catalogue, and is said with its values."""

from __future__ import annotations

import ast
import importlib.util
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from openbeat.forecast.states import State
from openbeat.kernel.errors import Contradiction, NotFound, Said, Word
from openbeat.web.refusals import sentences

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ["kk", "ru", "uz", "zh_Hans"]
ONLY_WHEN_IT_HAPPENS = {"accounts/actions.py": {"words"}, "patrol/actions.py": {"str(failure)"}}
"""Words that another library says: Django's of a field, the planner's of an edit."""

spec = importlib.util.spec_from_file_location("gather_refusals", ROOT / "scripts" / "gather_refusals.py")
assert spec
assert spec.loader
gather = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gather)


def shouted(text: str) -> str:
    return text.upper().replace("{NAME}", "{name}").replace("{STATE}", "{state}").replace("{WHAT}", "{what}")


@pytest.mark.parametrize(
    ("refusal", "english", "shout"),
    [
        (
            Contradiction("there is a unit {name} already", mend="choose another", name="u7"),
            Said("there is a unit u7 already", "choose another"),
            Said("THERE IS A UNIT u7 ALREADY", "CHOOSE ANOTHER"),
        ),
        (
            Contradiction("it is {state}", state=State.NOT_BETTER),
            Said("it is not better", ""),
            Said("IT IS NOT BETTER", ""),
        ),
        (NotFound("no such {what}", what=Word("post")), Said("no such post", ""), Said("NO SUCH POST", "")),
        (NotFound("braces {} of its own"), Said("braces {} of its own", ""), Said("BRACES {} OF ITS OWN", "")),
    ],
)
def test_a_refusal_is_said_with_its_values(refusal: Contradiction, english: Said, shout: Said) -> None:
    assert Said(refusal.words, refusal.mend) == english
    assert str(refusal) == english.words
    assert refusal.said(shouted) == shout


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (NotFound("there is no such file"), "There is no such file."),
        (NotFound("there is none", mend="ask again."), "There is none. Ask again."),
    ],
)
def test_a_refusal_is_told_in_sentences(refusal: NotFound, words: str) -> None:
    assert sentences(refusal) == words


def test_every_word_of_the_code_is_gathered() -> None:
    """Else `make messages` is due."""
    kept = ast.parse(gather.TARGET.read_text(encoding="utf-8"))
    written = {one.value for one in ast.walk(kept) if isinstance(one, ast.Constant)}
    assert len(gather.words()) > 300
    assert not set(gather.words()) - written


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_refusal_is_in_the_catalogue(language: str) -> None:
    path = ROOT / "src" / "openbeat" / "locale" / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    missing = [text for text in gather.words() if catalogue.get(text) is None]
    assert not missing, "run `make messages`"


def test_no_refusal_speaks_words_that_no_catalogue_can_hold() -> None:
    known = gather.kinds()
    loose = [
        f"{path.relative_to(gather.HOUSE)}:{value.lineno} {ast.unparse(value)}"
        for path, tree in gather.trees()
        for value in gather.spoken(tree, known)
        if not list(gather.fixed(value)) and not at_an_edge(path, value)
    ]
    assert not loose


def at_an_edge(path: Path, value: ast.expr) -> bool:
    """Whether the words are translated where they stand, are the keeper's, or only known when it happens."""
    room = path.relative_to(gather.HOUSE)
    translated = "_(" in ast.unparse(value) or "gettext(" in ast.unparse(value) or "_t(" in ast.unparse(value)
    expected = ONLY_WHEN_IT_HAPPENS.get(str(room), set())
    return room.parts[0] == "kernel" or (room.parts[0] == "web" and translated) or ast.unparse(value) in expected


def test_every_value_that_a_refusal_names_is_given() -> None:
    known, calls = gather.kinds(), 0
    for path, tree in gather.trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known):
                continue
            given = {keyword.arg for keyword in node.keywords} - {"mend"}
            mend = [keyword.value for keyword in node.keywords if keyword.arg == "mend"]
            texts = [text for value in [*node.args[:1], *mend] for text in gather.fixed(value)]
            named = {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            if given:
                calls += 1
                assert named == given, f"{path}:{node.lineno}"
            else:
                assert not any(named), f"{path}:{node.lineno}"
    assert calls > 60

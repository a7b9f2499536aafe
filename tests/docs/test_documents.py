"""The documents say what is so: links lead somewhere, addresses are some, words stand on pages, tables are whole."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve
from tests.docs.told import DOCS, LINK, PAGES, ROOT, links, name, text_of

from openbeat.access import Permission, Role
from openbeat.api.v1 import api
from openbeat.audit.words import Operation
from witness import failures

LARGEST = 200_000
"""Bytes of a picture."""
WITHOUT_PAGES = {"forecast-in-a-notebook.md"}
"""How-tos that lead over no page."""


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = [target for _words, target in links(page) if not goes(page, target)]
    assert lost == []


def goes(page: Path, target: str) -> bool:
    """Whether the file is there, and the heading in it."""
    path, _hash, heading = target.partition("#")
    file = page.parent / path if path else page
    return file.exists() and (not heading or heading in headings(file))


def headings(page: Path) -> set[str]:
    """The addresses of a page's headings, as the usual viewers make them."""
    found = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in found}


def test_every_page_is_reached_from_the_first() -> None:
    reached, waiting = set[Path](), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page.suffix != ".md" or page in reached:
            continue
        reached.add(page)
        waiting += [page.parent / target.partition("#")[0] for _words, target in links(page)]
    assert [name(page) for page in PAGES if page not in reached] == []


def test_documents_that_the_program_names_are_there() -> None:
    sources = [path for kind in ("py", "html", "ts", "toml") for path in (ROOT / "src").rglob(f"*.{kind}")]
    named = {found for path in sources for found in re.findall(r"docs/[\w./-]+\.md", path.read_text(encoding="utf-8"))}
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_pictures_are_few_small_and_shown() -> None:
    shown = {
        (page.parent / target).resolve() for page in PAGES for _words, target in links(page) if target.endswith(".png")
    }
    kept = set((DOCS / "pictures").glob("*"))
    assert kept == shown
    assert [path.name for path in kept if path.stat().st_size > LARGEST] == []


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [path.name.partition("-")[0] for path in sorted((DOCS / "adr").glob("*.md"))]
    assert numbers == sorted(set(numbers))


# Clauses of the charter


def clauses() -> dict[int, str]:
    """The charter's clauses by number."""
    parts = re.split(r"^(\d)\. ", (DOCS / "charter.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.mark.parametrize("number", range(1, 9))
def test_each_clause_of_the_charter_leads_to_its_tests(number: int) -> None:
    told = [(words.strip("`"), target) for words, target in LINK.findall(clauses()[number]) if target.endswith(".py")]
    assert told, "a clause without a test"
    for words, target in told:
        file = (DOCS / target).resolve()
        tests = {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}
        assert words in tests, target


# Addresses and words of pages


def addresses() -> list[tuple[str, str]]:
    """Page and address of our own, as set in code: `/public/`."""
    found = {(name(page), each) for page in PAGES for each in re.findall(r"`(/[a-z][\w/.-]*)`", text_of(page))}
    return sorted(found)


@pytest.mark.parametrize(("page", "address"), addresses())
def test_every_address_is_one(page: str, address: str) -> None:
    try:
        resolve(address if not address.endswith(("/ogc/", "/log/", "/v1/")) else f"{address}me/")
    except Resolver404:
        try:
            resolve(f"{address}me")
        except Resolver404:
            pytest.fail(f"{page} names {address}, which no page answers")


SAID = " ".join(
    path.read_text(encoding="utf-8")
    for path in [*(ROOT / "src/openbeat/web").rglob("*.html"), *(ROOT / "src/openbeat/web").glob("*.py")]
)


def labels() -> list[tuple[str, str]]:
    """How-to and label, for each word of a page that a how-to sets in italics."""
    guides = [page for page in sorted((DOCS / "how-to").glob("*.md")) if page.name not in WITHOUT_PAGES]
    return [
        (name(page), label)
        for page in guides
        for label in dict.fromkeys(re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", text_of(page)))
    ]


@pytest.mark.parametrize(("page", "label"), labels())
def test_every_label_stands_on_a_page(page: str, label: str) -> None:
    assert f'"{label}"' in SAID or f'"{label}…"' in SAID, f"{page}: no page says «{label}»"


def test_there_is_a_guide_for_each_who_comes() -> None:
    guides = {page.stem.removeprefix("as-") for page in (DOCS / "how-to").glob("as-*.md")}
    assert guides == {"analyst", "commander", "officer", "overseer", "administrator", "resident"}
    front = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [one for one in sorted(guides) if f"docs/how-to/as-{one}.md" not in front] == []


# Tables of the reference against the program


def rows(page: str) -> list[list[str]]:
    """The cells of every row of a page's tables."""
    lines = [line for line in (DOCS / page).read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


READ = re.compile(
    r'(?:env\.\w+|environ\.get|environ\.setdefault)\(\s*"((?:OPENBEAT|DATABASE)_\w+)"(?:, ("[^"]*"|\d+))?'
)


def test_every_setting_that_is_read_is_told_and_no_other() -> None:
    files = [path for path in (ROOT / "src").rglob("*.py") if path.name != "env.py"]
    read = {variable for path in files for variable, _default in READ.findall(path.read_text(encoding="utf-8"))}
    told = [re.sub("`", "", row[0]) for row in rows("reference/configuration.md") if row[0].startswith("`")]
    assert len(told) == len(set(told))
    assert set(told) == read


def test_settings_are_told_with_their_defaults() -> None:
    text = (ROOT / "src/openbeat/settings.py").read_text(encoding="utf-8")
    text += (ROOT / "src/openbeat/ops/up.py").read_text(encoding="utf-8")
    defaults = {variable: default.strip('"') for variable, default in READ.findall(text) if default.strip('"')}
    defaults |= {"OPENBEAT_TLS": "0", "OPENBEAT_TLS_REDIRECT": "1", "OPENBEAT_PROXY": "0", "OPENBEAT_LOG_JSON": "1"}
    told = {row[0].strip("`"): row[2].strip("`") for row in rows("reference/configuration.md") if len(row) == 3}
    elsewhere = {"OPENBEAT_BASE_URL", "DATABASE_URL", "OPENBEAT_APP_DATABASE_URL", "OPENBEAT_HOSTS"}
    assert {key: told[key] for key in defaults.keys() - elsewhere} == {
        key: value for key, value in defaults.items() if key not in elsewhere
    }


def test_settings_that_other_pages_tell_are_settings() -> None:
    ours = {"OPENBEAT_SHARED_DATA", "OPENBEAT_PICTURES"}  # of the tests
    known = {row[0].strip("`") for row in rows("reference/configuration.md")} | ours
    told = {each for page in PAGES for each in re.findall(r"\bOPENBEAT_\w+", page.read_text(encoding="utf-8"))}
    assert sorted(told - known) == []


def test_every_folder_that_is_written_is_told() -> None:
    files = [path.read_text(encoding="utf-8") for path in (ROOT / "src" / "openbeat").rglob("*.py")]
    written = {found for text in files for found in re.findall(r'(?:VAR\)?|self\.root) / "(\w+)"', text)} - {"media"}
    part = (
        (DOCS / "how-to" / "run.md").read_text(encoding="utf-8").partition("## What lies in")[2].partition("\n## ")[0]
    )
    told = {
        each
        for line in part.splitlines()
        if line.startswith("| `")
        for each in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert told == written | {"cache"}  # where the tests keep what they make once


def test_every_call_of_the_api_is_told_and_no_other() -> None:
    paths = api.get_openapi_schema(path_prefix="/api/v1")["paths"]
    there = {f"{verb.upper()} {path}" for path, verbs in paths.items() for verb in verbs}
    told = {row[0].strip("`"): row[2].strip("`") for row in rows("reference/api.md") if re.match("`[A-Z]+ /", row[0])}
    assert set(told) == {f"{verb} /api/v1{path.removeprefix('/api/v1')}" for verb, _, path in map(_halves, there)}
    assert set(told.values()) <= {"none", *(permission.value for permission in Permission)}


def _halves(call: str) -> tuple[str, str, str]:
    return call.partition(" ")


def test_the_glossary_has_each_word_once_in_order() -> None:
    words = [row[0] for row in rows("reference/glossary.md") if row[0] != "word"]
    assert words == sorted(set(words), key=str.casefold)
    needed = {role.value for role in Role} | {operation.value for operation in Operation}
    assert sorted(needed - set(words)) == []


def test_the_glossary_has_no_word_that_nobody_uses() -> None:
    kinds = ("py", "html", "md", "ts")
    texts = [path.read_text(encoding="utf-8") for kind in kinds for path in (ROOT / "src").rglob(f"*.{kind}")]
    texts += [page.read_text(encoding="utf-8") for page in PAGES if page.name != "glossary.md"]
    used = re.sub(r"[\s_-]+", " ", " ".join(texts)).lower()
    words = [row[0] for row in rows("reference/glossary.md") if row[0] != "word"]
    assert [word for word in words if word.lower().replace("-", " ") not in used] == []


def test_each_failure_of_the_log_is_told_by_its_name() -> None:
    page = (DOCS / "reference" / "log.md").read_text(encoding="utf-8")
    told = {each for each in re.findall(r"`([A-Z]\w+)`", page) if hasattr(failures, each)}
    there = {
        found.__name__
        for found in vars(failures).values()
        if isinstance(found, type) and issubclass(found, failures.Failure) and not found.__subclasses__()
    }
    assert told <= there | {"Failure"}
    assert sorted(there - told) == []

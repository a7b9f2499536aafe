"""Every word on a page goes through gettext: bare text in a template, a form or a message is found here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

WEB = Path(__file__).resolve().parents[2] / "src" / "openbeat" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
MODULES = sorted(WEB.rglob("*.py"))

PROPER = {
    "Openbeat",
    "GPX",
    "GeoJSON",
    "CSV",
    "PDF",
    "Ctrl",
    "API",
    "Esc",
    "Tab",
    "Enter",
    "km",
    "OpenStreetMap",
    "contributors",
}
"""Names and signs that no language translates."""

TRANSLATED = re.compile(r"{%-?\s*blocktranslate\b.*?{%-?\s*endblocktranslate\s*-?%}", re.DOTALL)
COMMENT = re.compile(r"{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}|<!--.*?-->", re.DOTALL)
CODE = re.compile(r"<(script|style|svg)\b.*?</\1>|<!doctype[^>]*>", re.DOTALL | re.IGNORECASE)
VALUE = re.compile(r"{%\s*block (main_class|body_class|tone|code|html_attributes)\s*%}.*?{%\s*endblock\s*%}", re.DOTALL)
"""Blocks that hold a class or a number, never words."""

WITHOUT_SETTINGS = {"errors/500.html"}
"""The page shown when nothing works, gettext included: it says the same in five languages."""

TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
ATTRIBUTE = re.compile(r'\b(?:title|alt|placeholder|aria-label|aria-roledescription)="([^"]*)"')
MARKUP = re.compile(r"<[^>]*>", re.DOTALL)
WORD = re.compile(r"[A-Za-zА-Яа-я]{2,}")
EXAMPLE = re.compile(r"^[a-z]+(\.[a-z]+)+$")


def bare(text: str) -> list[str]:
    """Words outside of gettext: between the tags, and in attributes that are read out."""
    for pattern in (COMMENT, TRANSLATED, VALUE, CODE):
        text = pattern.sub(" ", text)
    text = TAG.sub("\0", text)
    spoken = [value for value in ATTRIBUTE.findall(text) if not EXAMPLE.match(value)]
    seen = re.sub(r"&[a-z]+;", " ", MARKUP.sub("\n", text))
    found = [word for part in (seen, *spoken) for word in WORD.findall(part.replace("\0", " "))]
    return [word for word in found if word not in PROPER]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<p>{% translate "Fine" %}</p>', []),
        ("<p>Not fine</p>", ["Not", "fine"]),
        ('<a title="bare one">{{ name }}</a>', ["bare", "one"]),
        ("{% blocktranslate %}All of {{ this }}{% endblocktranslate %}", []),
        ("{# a remark #}<b>{{ x }} km</b> &nbsp;", []),
    ],
)
def test_the_finder_finds(text: str, words: list[str]) -> None:
    assert bare(text) == words


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(WEB / "templates")))
def test_no_template_has_bare_text(template: Path) -> None:
    if str(template.relative_to(WEB / "templates")) in WITHOUT_SETTINGS:
        assert "我们" in template.read_text()
        return
    assert bare(template.read_text()) == []


SAID = {"success", "error", "info", "warning"}
NAMED = {"label", "help_text", "intro", "submit"}


def plain_strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """String constants handed to a person without gettext: messages, labels, help."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        handed = [word.value for word in node.keywords if word.arg in NAMED]
        if isinstance(called, ast.Attribute) and called.attr in SAID and getattr(called.value, "id", "") == "messages":
            handed += node.args[1:2]
        for value in handed:
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and WORD.search(value.value):
                yield node.lineno, value.value


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(WEB)))
def test_no_module_hands_out_plain_strings(module: Path) -> None:
    found = list(plain_strings(ast.parse(module.read_text())))
    assert [text for _line, text in found if text not in PROPER] == []


LANGUAGES = {"kk": 2, "ru": 4, "uz": 2, "zh_Hans": 1}
"""Plural forms of each language that a catalogue is kept for."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_catalogue(language: str) -> None:
    with (WEB.parent / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    assert len(catalogue) > 500
    assert "nplurals" in dict(catalogue.mime_headers)["Plural-Forms"]
    plural = next(message for message in catalogue if isinstance(message.id, tuple))
    assert len(plural.string) <= LANGUAGES[language]

"""What the import contracts can't say, said as tests: where things live and how they are called."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from django.apps import apps
from django.db import models

from openbeat.access import RULES, Permission
from openbeat.acting import REGISTER
from openbeat.kernel.privacy import Privacy

HOUSE = Path(__file__).resolve().parents[2] / "src" / "openbeat"
ROOMS = {"models", "states", "rules", "actions", "queries", "migrations", "apps", "__init__"}
EDGES = {"web", "ops", "api"}


def modules(name: str) -> list[ModuleType]:
    """Every `<domain>/<name>.py` of the product, and of the rooms within a domain, imported."""
    return [importlib.import_module(dotted(path)) for path in sorted(HOUSE.rglob(f"{name}.py"))]


def dotted(path: Path) -> str:
    """The name of the module in this file."""
    return ".".join(("openbeat", *path.relative_to(HOUSE).with_suffix("").parts))


def public_functions(module: ModuleType) -> Iterator[tuple[str, object]]:
    """The module's own functions without a leading underscore."""
    for name, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_"):
            yield name, value


def our_models() -> list[type[models.Model]]:
    """Every stored model of the product."""
    return [model for model in apps.get_models() if model.__module__.startswith("openbeat.")]


@pytest.mark.parametrize("module", modules("actions"), ids=lambda module: module.__name__)
def test_every_action_is_registered_at_the_door(module: ModuleType) -> None:
    missing = [name for name, _ in public_functions(module) if f"{module.__name__}.{name}" not in REGISTER]
    assert not missing, f"not behind @action: {missing}"


@pytest.mark.parametrize("module", modules("queries"), ids=lambda module: module.__name__)
def test_every_question_takes_the_actor_first(module: ModuleType) -> None:
    for name, function in public_functions(module):
        first = next(iter(inspect.signature(function).parameters), None)  # type: ignore[arg-type]
        assert first == "actor", f"{name} does not take the actor first"


def test_rules_cover_every_permission() -> None:
    assert set(RULES) == set(Permission)


def test_every_permission_guards_something() -> None:
    """A right that opens nothing is not in the table."""
    text = "".join(path.read_text() for path in HOUSE.rglob("*.py") if path.parent.name != "access")
    idle = [permission.name for permission in Permission if f"Permission.{permission.name}" not in text]
    assert not idle


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_every_field_has_a_privacy_class(model: type[models.Model]) -> None:
    named = getattr(model, "PRIVACY", {})
    fields = {field.name for field in model._meta.concrete_fields}
    assert set(named) == fields
    assert all(isinstance(privacy, Privacy) for privacy in named.values())


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_foreign_keys_point_sideways_or_down(model: type[models.Model]) -> None:
    """Sideways within a room; down to a floor below. The floors are those of the import contract."""
    floors = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
    home = model.__module__.split(".")[1]
    for field in model._meta.concrete_fields:
        target = field.related_model
        if isinstance(target, type) and target.__module__.startswith("openbeat."):
            room = target.__module__.split(".")[1]
            assert room == home or floors[room] < floors[home], f"{model.__name__}.{field.name} points up"


FLOORS = (
    {"audit"},
    {"accounts", "places"},
    {"incidents"},
    {"intake", "dispatch", "records", "evidence", "community", "exchange"},
    {"forecast"},
    {"patrol"},
    {"transparency", "oversight", "indicators"},
)


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_every_state_is_in_its_moves(model: type[models.Model]) -> None:
    field = next((f for f in model._meta.concrete_fields if f.name == "state"), None)
    if field is None:
        pytest.skip("has no states")
    moves = importlib.import_module(f"{model.__module__.removesuffix('.models')}.states").MOVES
    named = {str(state) for source, targets in moves.items() for state in (source, *targets)}
    assert {value for value, _ in field.choices or ()} <= named


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def test_only_edges_and_doors_read_the_clock() -> None:
    """Elsewhere the time comes in as `at=`."""
    allowed = EDGES | {"acting", "seeing", "kernel"}
    guilty = []
    for path in HOUSE.rglob("*.py"):
        if path.relative_to(HOUSE).parts[0] in allowed:
            continue
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in {"now", "utcnow", "today"} and "migrations" not in path.parts:
                guilty.append(f"{path.relative_to(HOUSE)}:{node.lineno}")
    assert not guilty


def test_only_the_door_opens_transactions() -> None:
    allowed = {"acting", "ops", "audit"}
    guilty = [
        str(path.relative_to(HOUSE))
        for path in HOUSE.rglob("*.py")
        if path.relative_to(HOUSE).parts[0] not in allowed and "transaction.atomic" in path.read_text()
    ]
    assert not guilty


def test_models_are_imported_at_home_only() -> None:
    """A domain asks another's queries and actions; for a foreign key it may name the model's class."""
    guilty = []
    for path in HOUSE.rglob("*.py"):
        home = path.relative_to(HOUSE).parts[0]
        if path.name == "models.py" or "migrations" in path.parts:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".models"):
                owner = node.module.split(".")[1]
                if node.module.startswith("openbeat.") and owner != home:
                    guilty.append(f"{path.relative_to(HOUSE)} imports {node.module}")
    assert not guilty


def test_a_domain_keeps_to_the_few_names() -> None:
    """Another name needs a decision record that names it."""
    records = "".join(path.read_text() for path in (HOUSE.parents[1] / "docs" / "adr").glob("*.md"))
    domains = {room for floor in FLOORS for room in floor} - {"audit"}
    strangers = [
        f"{path.parent.name}/{path.name}"
        for domain in domains
        for path in (HOUSE / domain).rglob("*.py")
        if path.stem not in ROOMS and path.parent.name != "migrations"
        if f"{path.parent.name}/{path.name}" not in records
    ]
    assert not strangers

"""A table as a value: columns, rows, order and pages. `{% table t %}` draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from openbeat.web.ui.bits import Words, icon, missing
from openbeat.web.ui.scales import number
from openbeat.web.ui.times import moment

KINDS = ("text", "number", "time", "code", "acts")


class UnknownColumnKind(ValueError):
    """A column kind that tables do not have."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's key (used in `?sort=`), heading, and kind: text, number, time, code or acts."""

    key: str
    label: Words
    kind: str = "text"
    sortable: bool = False
    digits: int | None = None
    hint: Words = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownColumnKind(f"{self.kind!r} is none of {', '.join(KINDS)}")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells in the order of the columns; with `url`, the first cell is the link that Enter opens."""

    cells: Sequence[object]
    url: str = ""
    here: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty place says: what will be here, and how it comes."""

    title: Words
    text: Words = ""
    icon: str = "inbox"
    action: Words = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """Where in the list we are: numbered (`number` of `count`), or by cursor (`before`, `after`)."""

    number: int = 0
    count: int = 0
    before: str = ""
    after: str = ""
    first: int = 0
    last: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head as drawn: its sort link and state."""

    column: Column
    link: str
    state: str

    @property
    def icon(self) -> str:
        """The arrow beside a heading that sorts."""
        return {"ascending": "arrow-up", "descending": "arrow-down"}.get(self.state, "chevrons-up-down")


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that a table shows. `query` is the request's GET: filters, order and page live in the address."""

    caption: Words
    columns: Sequence[Column]
    rows: Sequence[Row]
    query: QueryDict = field(default_factory=QueryDict)
    sort: str = ""
    pages: Pages | None = None
    export_url: str = ""
    empty: Empty | None = None
    note: Words = ""
    id: str = ""
    total: int | None = None
    stacks: bool = True
    dense: bool = False
    tall: bool = False
    foot: Sequence[object] = ()
    now: datetime | None = None
    show_caption: bool = True

    def headings(self) -> list[Heading]:
        """The heads with their sort links; a second press turns the order round."""
        return [self._heading(column) for column in self.columns]

    def lines(self) -> list[tuple[Row, list[tuple[Column, SafeString]]]]:
        """Rows with their cells drawn."""
        return [(row, self._cells(row.cells)) for row in self.rows]

    def foot_cells(self) -> list[tuple[Column, SafeString]]:
        """The totals' line drawn."""
        return self._cells(self.foot)

    def before_link(self) -> str:
        """The address of the page before, or nothing."""
        return self._page_link(-1)

    def after_link(self) -> str:
        """The address of the next page, or nothing."""
        return self._page_link(1)

    def export_link(self) -> str:
        """The export's address with this table's filters."""
        kept = self.query.urlencode()
        return f"{self.export_url}?{kept}" if kept else self.export_url

    def _heading(self, column: Column) -> Heading:
        if not column.sortable:
            return Heading(column, "", "")
        up, down = self.sort == column.key, self.sort == f"-{column.key}"
        first = "-" if column.kind in ("number", "time") else ""
        following = f"-{column.key}" if up else column.key if down else f"{first}{column.key}"
        return Heading(column, self._with(sort=following), "ascending" if up else "descending" if down else "")

    def _cells(self, cells: Sequence[object]) -> list[tuple[Column, SafeString]]:
        return [(column, draw(value, column, self.now)) for column, value in zip(self.columns, cells, strict=True)]

    def _page_link(self, step: int) -> str:
        pages = self.pages
        if pages is None:
            return ""
        if not pages.count:
            cursor = pages.before if step < 0 else pages.after
            return self._with(cursor=cursor) if cursor else ""
        number = pages.number + step
        return self._with(page=str(number)) if 1 <= number <= pages.count else ""

    def _with(self, **changes: str) -> str:
        query = self.query.copy()
        for gone in ("page", "cursor"):
            query.pop(gone, None)
        for key, value in changes.items():
            query[key] = value
        return f"?{query.urlencode()}"


def draw(value: object, column: Column, now: datetime | None = None) -> SafeString:
    """A cell's value as HTML: numbers by the reader's habits, times relative, a dash for what is not known."""
    if value is None or value == "":
        return missing()
    if isinstance(value, bool):
        return icon("check", _("yes")) if value else icon("minus", _("no"))
    if isinstance(value, (int, float, Decimal)):
        return SafeString(number(value, column.digits))
    if isinstance(value, (date, datetime)):
        return moment(value, now)
    return format_html("<code>{}</code>" if column.kind == "code" else "{}", value)

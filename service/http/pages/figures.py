"""Tables of the catalogue on a page: rows of an answer, and numbers that can each be asked why they are so."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any

from markupsafe import Markup, escape

from projections.figure import Column, Figure
from projections.figures import FIGURES
from service.http.pages.address import KNOWN_AT, VALID_ON, ApiAddress, encoded_query, written
from service.http.pages.asking import Answer
from service.http.pages.value_words import word_of
from service.http.pages.view import View
from service.http.pages.words import NONE
from service.queries.figure_tables import FIGURES_ADDRESS

Row = Mapping[str, Any]

#: Under which a cell is told with its parts, and what moved it.
WHY, CHANGED = "waarom", "veranderd"
#: What of a question to a table names no cell of it.
_OF_TABLES = frozenset({"groupBy", "atPosition"})
_NONE = Markup('<span class="none">{}</span>').format(NONE)


def figure_question(view: View, name: str, given: Mapping[str, Any] | None = None) -> ApiAddress:
    """The question to a table, with the dates of the page unless `given` has others."""
    return view.question_with(f"{FIGURES_ADDRESS}/{name}", given or {})


class FigureTable:
    """A table as the API answered it to who looks; without rows where it was refused."""

    def __init__(self, view: View, figure: Figure, answer: Answer) -> None:
        self.view = view
        self.figure = figure
        self.answer = answer
        self.ok: bool = answer.ok
        #: Its rows in their order.
        self.rows: list[Row] = answer.body["items"] if answer.ok else []
        self._named: tuple[Row | None, str] = None, ""

    @property
    def operation(self) -> str:
        """The rule that says who may see it."""
        return f"read_figure_{self.figure.name.replace('-', '_')}"

    @property
    def address(self) -> ApiAddress:
        """Where the API has it."""
        return self.answer.address

    @property
    def rounded(self) -> bool:
        """Whether small numbers in it are rounded for who looks."""
        return self.ok and self.answer.body["disclosure"]["rule"] != "exact"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that its rows have."""
        group_by = self.answer.body["groupBy"] if self.ok else None
        return tuple(one for one in self.figure.columns if group_by is None or group_by in one.groups)

    def row(self, code: str, **dimensions: Any) -> Row | None:
        """The row of a code, with these values of its dimensions; None where there is none."""
        found = (row for row in self.rows if row["code"] == code)
        return next((row for row in found if all(row[name] == value for name, value in dimensions.items())), None)

    def rows_of(self, code: str) -> Iterator[Row]:
        """The rows of a code, one for each value of its dimensions."""
        return (row for row in self.rows if row["code"] == code)

    def value(self, row: Row | None, column: str) -> Any:
        """The value of a cell as the API has it; None where it has none."""
        return None if row is None else row[column]

    def number(self, row: Row | None, column: str, signed: bool = False, whole: bool = False) -> Markup:
        """The value of a cell as people read it, with the way to its reasons; `whole`: without decimals, in a text.

        What is no number but a text stands there in words.
        """
        value = None if row is None else row[column]
        if row is None or value is None:
            return _NONE
        language, unit = self.view.language, self.figure.column(column).unit
        if unit == "text":
            text = word_of(self.view, value)
        else:
            text = language.number(value, 0, signed) if whole else language.measure(value, unit, signed)
        # Put together by hand: a page has thousands of these.
        why = self.why(row, column).replace("&", "&amp;")
        return Markup(f'<a class="number" data-value="{escape(value)}" href="{why}">{escape(text)}</a>')  # noqa: S704

    def why(self, row: Row, column: str) -> str:
        """The address of the reasons of a cell."""
        return f"{self._cells(WHY)}{self._cell(row)}&column={column}"

    def changed(self, row: Row, column: str, **moments: Any) -> str:
        """The address of what moved a cell between two moments of knowledge."""
        return f"{self._cells(CHANGED)}{self._cell(row)}&column={column}&{encoded_query(written(moments))}"

    def _cell(self, row: Row) -> str:
        """What names a row in an address; a row is asked for once a column, one after the other."""
        if row is not self._named[0]:
            self._named = row, self._name(row)
        return self._named[1]

    def _name(self, row: Row) -> str:
        dimensions = [(one.name, str(row[one.name])) for one in self.figure.dimensions]
        return encoded_query([("code", row["code"]), *dimensions])

    def _cells(self, page: str) -> str:
        """What the addresses of all cells begin with."""
        found = self._beginnings.get(page)
        if found is None:
            given = self._given(_OF_TABLES)
            if given.get(VALID_ON) == self.view.times.latest.isoformat() and VALID_ON not in self.view.kept:
                del given[VALID_ON]
            beginning = self.view.link_with(f"cijfers/{self.figure.name}/{page}", given)
            found = self._beginnings[page] = beginning + ("&" if "?" in beginning else "?")
        return found

    def _given(self, besides: Collection[str]) -> dict[str, str | None]:
        """The parameters of the question, as links give them: what is known now also where the page is of then."""
        given: dict[str, str | None] = {KNOWN_AT: None}
        given.update((name, value) for name, value in self.address.parameters if name not in besides)
        if given[KNOWN_AT] == self.view.times.known_at:
            # As it stands in the address of the page, where it does.
            del given[KNOWN_AT]
        return given

    @cached_property
    def _beginnings(self) -> dict[str, str]:
        return {}

    @property
    def page(self) -> str:
        """The address of the page of the table, asked as here."""
        given = self._given(frozenset({"atPosition"}))
        return self.view.link_with(f"cijfers/{self.figure.name}", given)

    def file(self, form: str) -> str:
        """The address of the table as a file, as who looks gets it."""
        more = {} if form == "json" else {"format": form, "labels": self.view.language.code}
        return self.view.file(str(self.view.as_asked(self.address.with_parameters(**more))))

    @property
    def data(self) -> Markup:
        """An attribute that says where the numbers within an element come from: `<table {{ table.data }}>`."""
        return Markup('data-api="{}"').format(str(self.address)[1:])


async def read_figures(view: View, *questions: ApiAddress) -> list[FigureTable]:
    """Some tables, as known at one position."""
    answers = await view.ask(*questions)
    return [FigureTable(view, FIGURES[one.address.path.rpartition("/")[2]], one) for one in answers]

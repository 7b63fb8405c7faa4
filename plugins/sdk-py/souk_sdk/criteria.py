"""Magento's ``searchCriteria``, without its traps."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self, get_args

from .failure import Failure

Comparable = str | int | float | bool
"""What a field is compared with. Magento writes true and false as 1 and 0."""

Condition = Literal[
    "eq", "neq", "gt", "gteq", "lt", "lteq", "moreq", "from", "to", "like", "nlike", "in", "nin",
    "null", "notnull", "finset", "nfinset",
]
"""Every condition that Magento knows. One that it does not know it takes for `eq`."""

_CONDITIONS = frozenset(get_args(Condition))


@dataclass(frozen=True)
class Filter:
    """A field compared with a value. `null` and `notnull` take none."""

    field: str
    condition: Condition
    value: Comparable = ""

    def __post_init__(self) -> None:
        _field_name(self.field)
        if self.condition not in _CONDITIONS:
            raise _invalid(f"`{self.condition}` is no condition of Magento's")

    def to_text(self) -> str:
        """The value as Magento takes it."""
        return "1" if self.condition in ("null", "notnull") else _text(self.value)


def any_of(field: str, values: Iterable[Comparable]) -> Filter:
    """The field is one of these values."""
    return Filter(field, "in", _list(field, values))


def none_of(field: str, values: Iterable[Comparable]) -> Filter:
    """The field is none of these values."""
    return Filter(field, "nin", _list(field, values))


def starts_with(field: str, start: str) -> Filter:
    """The field begins with this text, wildcards in it taken literally."""
    return Filter(field, "like", f"{_literally(start)}%")


def contains(field: str, part: str) -> Filter:
    """The field holds this text, wildcards in it taken literally."""
    return Filter(field, "like", f"%{_literally(part)}%")


class Criteria:
    """What to search for: filters, all of which must hold, sorts, a page, and which fields to answer.

    ``Criteria().filter("is_active", "eq", True).sort("entity_id").page(20, 1)``
    """

    def __init__(self) -> None:
        self._groups: list[tuple[Filter, ...]] = []
        self._sorts: list[tuple[str, str]] = []
        self._page: tuple[int, int] | None = None
        self._fields: tuple[str, ...] = ()

    def filter(self, field: str, condition: Condition, value: Comparable = "") -> Self:
        """This must hold too."""
        return self.any(Filter(field, condition, value))

    def any(self, *filters: Filter) -> Self:
        """One of these must hold too. None of them is no condition."""
        if filters:
            self._groups.append(filters)
        return self

    def sort(self, field: str, direction: Literal["ASC", "DESC"] = "ASC") -> Self:
        """Sorts by this field, after those named before.

        Pages overlap and lose rows unless the last sort is unique.
        """
        self._sorts.append((_field_name(field), direction))
        return self

    def page(self, size: int, number: int = 1) -> Self:
        """Only this page, counted from 1, of so many items. Magento takes a size of 0 for all."""
        self._page = (max(1, size), max(1, number))
        return self

    def fields(self, *names: str) -> Self:
        """Only these fields of each item."""
        if not names:
            raise _invalid("no field is named")
        self._fields = tuple(_field_name(name) for name in names)
        return self

    def to_query(self) -> list[tuple[str, str]]:
        """The query parameters; never without one of `searchCriteria`, which Magento requires."""
        query: list[tuple[str, str]] = []
        for g, group in enumerate(self._groups):
            for f, one in enumerate(group):
                at = f"searchCriteria[filter_groups][{g}][filters][{f}]"
                query += [(f"{at}[field]", one.field), (f"{at}[value]", one.to_text())]
                query.append((f"{at}[condition_type]", one.condition))
        for s, (field, direction) in enumerate(self._sorts):
            at = f"searchCriteria[sortOrders][{s}]"
            query += [(f"{at}[field]", field), (f"{at}[direction]", direction)]
        if self._page:
            size, number = self._page
            query.append(("searchCriteria[pageSize]", str(size)))
            query.append(("searchCriteria[currentPage]", str(number)))
        if not query:
            query.append(("searchCriteria", ""))
        if self._fields:
            query.append(("fields", f"items[{','.join(self._fields)}],total_count,search_criteria"))
        return query


def _field_name(field: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_.-]+", field):
        return field
    raise _invalid(f"`{field}` is not a field's name: letters, digits, `_`, `.` and `-`")


def _list(field: str, values: Iterable[Comparable]) -> str:
    texts = [_text(value) for value in values]
    if not texts:
        raise _invalid(f"the list for `{field}` is empty")
    for text in texts:
        if "," in text:
            raise _invalid(
                f"`{text}` holds a comma, which Magento's lists cannot express",
                remedy="ask for it alone, with the condition `eq`",
            )
    return ",".join(texts)


def _invalid(message: str, remedy: str | None = None) -> Failure:
    return Failure("validation-error", message, remedy=remedy)


def _text(value: Comparable) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _literally(value: str) -> str:
    return re.sub(r"[%_\\]", r"\\\g<0>", value)

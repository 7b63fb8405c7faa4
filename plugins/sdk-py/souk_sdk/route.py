"""Routes, and reads made of them."""

import re
from dataclasses import dataclass, replace

from wit_world.imports import types

from .criteria import Criteria
from .failure import fail

SESSION_DEFAULT: types.StoreView = types.StoreView_SessionDefault()
"""The session's default view. For reads only: a write says where it goes."""

GLOBAL: types.StoreView = types.StoreView_Global()
"""Global values."""


def view(code: str) -> types.StoreView:
    """One store view, by its code."""
    return types.StoreView_View(code)


Parameter = str | int | types.BindingSource
"""What may stand for a parameter: a text, a number, or what the host fills in."""

_SEGMENT = re.compile(r"\{\w+\}|[\w-]+(?:\.[\w-]+)*", re.ASCII)


@dataclass(frozen=True)
class Route:
    """A route of a back end, with its parameters in braces.

    Declared once as a constant, it is both what an action is granted and what its handler asks:
    ``BLOCK = Route("/V1/cmsBlock/{block_id}")``.
    """

    template: str
    upstream: str | None = None
    """The back end's name in the operator's configuration; absent: the store."""

    def __post_init__(self) -> None:
        start, *segments = self.template.split("/")
        if start or not segments or not all(map(_SEGMENT.fullmatch, segments)):
            raise ValueError(f"`{self.template}` is not a route, like `/V1/products/{{sku}}`")

    def read(self, *parameters: Parameter) -> "Read":
        """A read with these parameters, in the route's order, in the session's view."""
        return Read(self.to_contract(), self.bind(parameters), [], SESSION_DEFAULT)

    def bind(self, parameters: tuple[Parameter, ...]) -> list[types.Binding]:
        """The route's parameters with their values."""
        names = re.findall(r"\{(\w+)\}", self.template)
        if len(names) != len(parameters):
            raise fail.internal(f"`{self.template}` takes {len(names)} parameters")
        return [
            types.Binding(name, _source(value))
            for name, value in zip(names, parameters, strict=True)
        ]

    def to_contract(self) -> types.Route:
        """As the contract has it."""
        return types.Route(None if self.upstream == "magento" else self.upstream, self.template)


def _source(value: Parameter) -> types.BindingSource:
    return types.BindingSource_Text(str(value)) if isinstance(value, (str, int)) else value


class Read(types.Read):
    """A GET on a back end."""

    def with_query(self, name: str, value: str | int) -> "Read":
        """With a query parameter. The host encodes both name and value."""
        return self._and([(name, str(value))])

    def search(self, criteria: Criteria) -> "Read":
        """With search criteria."""
        return self._and(criteria.to_query())

    def in_view(self, at: types.StoreView) -> "Read":
        """In this view of the store and not the session's."""
        return replace(self, view=at)

    def _and(self, query: list[tuple[str, str]]) -> "Read":
        more = [types.Binding(name, types.BindingSource_Text(value)) for name, value in query]
        return replace(self, query=[*self.query, *more])

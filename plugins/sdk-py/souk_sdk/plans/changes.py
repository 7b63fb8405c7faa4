"""What an action may write, as constants beside the code that does it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wit_world.exports import actions
from wit_world.imports import plans, types

from ..route import Route
from .change import SUBJECT, ChangeBuilder, Method


@dataclass(frozen=True)
class Changes:
    """Changes of one kind of subject: how the host reads a subject, and the writes that change it.

    An action that declares them is granted both::

        RETITLE = Changes("cms-block", BLOCK).put(BLOCK_WRITE, only=["/block/title"])
    """

    kind: str
    lookup: Route
    """With this route the host reads a subject, by its id."""
    writes: tuple[actions.WriteGrant, ...] = ()

    def post(self, route: Route, only: Sequence[str] | None = None) -> "Changes":
        """A POST to this route may be a step of a change, or of its undo.

        It may set ``only`` these fields of its body, with all that stands below them.
        """
        return self._with("post", route, only)

    def put(self, route: Route, only: Sequence[str] | None = None) -> "Changes":
        """The same for a PUT."""
        return self._with("put", route, only)

    def patch(self, route: Route, only: Sequence[str] | None = None) -> "Changes":
        """The same for a PATCH."""
        return self._with("patch", route, only)

    def delete(self, route: Route, only: Sequence[str] | None = None) -> "Changes":
        """The same for a DELETE."""
        return self._with("delete", route, only)

    def change(self, id: str | int, label: str | None = None) -> ChangeBuilder:
        """Begins a change of the subject with this id; a person calls it ``label``."""
        return ChangeBuilder(self.kind, id, label)

    def intent(self, summary: str, view: types.StoreView) -> plans.Intent:
        """What a draft of these changes is for, in one line.

        Subjects are looked up one by one, whole, in the view that is written.
        """
        read = self.lookup.read(SUBJECT).in_view(view)
        return plans.Intent(summary, view, plans.Lookup(one=read, many=None, inherits=False))

    def grants(self) -> list[actions.Grant]:
        """Everything that is granted with them."""
        lookup = actions.Grant_Read(self.lookup.to_contract())
        return [lookup, *(actions.Grant_Write(write) for write in self.writes)]

    def _with(self, method: Method, route: Route, only: Sequence[str] | None) -> "Changes":
        fields = None if only is None else list(only)
        write = actions.WriteGrant(types.WriteMethod[method.upper()], route.to_contract(), fields)
        return replace(self, writes=(*self.writes, write))

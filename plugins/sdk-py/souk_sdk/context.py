"""What a handler is given."""

import json
from collections.abc import Sequence
from typing import Any

from componentize_py_types import Ok
from wit_world.imports import progress, session, settings, upstream

from .failure import Failure, hosted
from .route import Read


class Context:
    """What every action may do: read, within its grants, and tell how far it is."""

    def get(self, read: Read) -> Any:
        """Reads. What the host refuses or the store answers otherwise is raised as a `Failure`."""
        with hosted():
            answer = upstream.get(read)
        return _decoded(read, answer)

    def find(self, read: Read) -> Any:
        """Reads, and answers None where there is no such thing."""
        try:
            return self.get(read)
        except Failure as failure:
            if failure.is_not_found:
                return None
            raise

    def get_all(self, reads: Sequence[Read]) -> list[Any]:
        """Reads many at once, concurrently within the operator's limit.

        The answers come in the order asked; one that failed is a `Failure` in its place.
        """
        return [
            _decoded(read, answer.value)
            if isinstance(answer, Ok)
            else Failure.from_contract(answer.value)
            for read, answer in zip(reads, upstream.get_all(list(reads)), strict=True)
        ]

    def session(self) -> session.Info | None:
        """The caller's session as it was when the call began, if there is one."""
        return session.current()

    def capabilities(self, refresh: bool = False) -> Any:
        """What the store can do for this session: `session.capabilities` of the contract."""
        with hosted():
            return json.loads(session.capabilities(refresh))

    def setting(self, name: str) -> Any:
        """The operator's setting of this name for this plugin: ``[plugins.NAME.settings]``."""
        value = settings.get(name)
        return None if value is None else json.loads(value)

    def progress(self, done: int, total: int | None, note: str) -> None:
        """Tells the caller how far this call is. Cheap; dropped where nobody listens."""
        progress.report(done, total, note)


def _decoded(read: Read, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as wrong:
        raise Failure(
            "upstream-error",
            f"the answer to `GET {read.route.template}` is no JSON: {wrong}",
            upstream=read.route.upstream or "magento",
        ) from None

"""Drafts: what actions of effect `prepare` and `apply` may do besides reading."""

import json
from typing import Any, Self

from wit_world.imports import plans

from ..context import Context
from ..failure import hosted
from .change import ChangeBuilder
from .results import PreparedResult, prepared

CHUNK = 100
"""How many changes go to the host at once."""


class Draft:
    """Changes on their way to the host, which checks and stores them as they come."""

    def __init__(self, intent: plans.Intent) -> None:
        self._open = plans.Draft(intent)
        self._waiting: list[plans.Change] = []

    def add(self, *changes: ChangeBuilder) -> Self:
        """Adds changes.

        They go to the host in chunks, so what it refuses may come out of a later call: more than the
        operator allows, a field, a price, a route, a subject that does not exist.
        """
        for change in changes:
            self._waiting.append(change.done())
            if len(self._waiting) == CHUNK:
                self._send()
        return self

    def _send(self) -> plans.Draft:
        chunk, self._waiting = self._waiting, []
        if chunk:
            with hosted():
                self._open.add(chunk)
        return self._open


class PreparedDraft(Draft):
    """A draft that becomes a plan, which waits for its commit."""

    def __init__(self, intent: plans.Intent, commit_tool: str) -> None:
        super().__init__(intent)
        self._commit_tool = commit_tool
        self._warnings: list[str] = []

    def warn(self, warning: str) -> Self:
        """What the reviewer should know of the plan as a whole."""
        self._warnings.append(warning)
        return self

    def propose(self) -> PreparedResult:
        """Closes the draft and keeps it as a plan. The answer names the tool that commits it."""
        with hosted():
            plan = self._send().propose()
        return prepared(plan, self._warnings, self._commit_tool)


class AppliedDraft(Draft):
    """A draft that is executed at once."""

    def apply(self) -> plans.Outcome:
        """Closes the draft and executes it. Items that fail are no failure of the call."""
        with hosted():
            return self._send().apply()

    def apply_with_response(self) -> tuple[plans.Outcome, Any]:
        """The same, for a draft of one change that may not be sent twice.

        Beside the outcome what the store answered to its first step, such as the id of what that
        made.
        """
        outcome = self.apply()
        response = self._open.response()
        return outcome, None if response is None else json.loads(response)


class PrepareContext(Context):
    """What a `prepare` action's handler is given."""

    def __init__(self, commit_tool: str) -> None:
        self._commit_tool = commit_tool

    def draft(self, intent: plans.Intent) -> PreparedDraft:
        """Begins a draft. One that is dropped leaves nothing behind."""
        return PreparedDraft(intent, self._commit_tool)


class ApplyContext(Context):
    """What an `apply` action's handler is given."""

    def draft(self, intent: plans.Intent) -> AppliedDraft:
        """Begins a draft. One that is dropped leaves nothing behind."""
        return AppliedDraft(intent)

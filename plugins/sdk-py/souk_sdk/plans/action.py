"""Actions that change the store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wit_world.exports import actions
from wit_world.imports import types

from ..action import Action, Handler, Tier, action, declaration
from ..route import Route
from .changes import Changes
from .draft import ApplyContext, PrepareContext


@dataclass(frozen=True, kw_only=True)
class commit:  # noqa: N801 (read as a word of the decorator's: `commit=commit(tier="critical")`)
    """The tool that commits what a `prepare` action proposed. The host makes it and runs it."""

    name: str | None = None
    """Its name, without the group's; of `prepare_retitle` it is `commit_retitle`."""
    title: str | None = None
    description: str | None = None
    tier: Tier | None = None
    """How much harm it can do; `risk` unless it is said, and not below the action's own."""
    subject_as: str | None = None
    """The result's name for the subject as read back, for plans of one change."""


def prepare(
    *,
    changes: Sequence[Changes],
    reads: Sequence[Route] = (),
    tier: Tier = "safe",
    needs_session: bool = True,
    commit: commit = commit(),  # noqa: B008 (it is frozen)
    **details: Any,
) -> Callable[[Handler], Action]:
    """Declares an action that reads, and proposes one plan, which waits for its commit.

    ``changes``: what it may propose, with its lookups and its writes.
    """

    def declare(handler: Handler) -> Action:
        said = declaration(handler, reads, tier, needs_session, details)
        committing = commit.name or f"commit_{said.name.removeprefix('prepare_')}"
        made = (
            f"Commit {said.title.removeprefix('Plan ')}"
            if said.title.startswith("Plan ")
            else f"Commit: {said.title}"
        )

        def effect(group: str) -> actions.Effect:
            description = (
                f"Carries out a plan of {group}_{said.name}: writes each subject as the plan shows "
                "it, leaves out those that changed since, and reads every one back."
            )
            least = "critical" if tier == "critical" else "risk"
            return actions.Effect_Prepare(actions.CommitTool(
                name=committing,
                title=commit.title or made,
                description=commit.description or description,
                tier=types.RiskTier[(commit.tier or least).upper()],
                subject_as=commit.subject_as,
            ))

        def run(args: Mapping[str, Any], group: str) -> Any:
            return handler(PrepareContext(f"{group}_{committing}"), **args)

        return action(
            said,
            handler,
            effect=effect,
            run=run,
            writes=[grant for one in changes for grant in one.grants()],
            note=lambda group: f" Changes nothing yet; commit the plan with {group}_{committing}.",
        )

    return declare


def apply(
    *,
    changes: Sequence[Changes],
    bound: int | Literal["bulk"] = 1,
    reads: Sequence[Route] = (),
    tier: Tier = "safe",
    needs_session: bool = True,
    **details: Any,
) -> Callable[[Handler], Action]:
    """Declares an action that changes the store in the same call.

    From tier risk upwards the host asks the caller for confirmation and a reason. ``bound``: how many
    changes one call may make, or the operator's bulk cap.
    """
    most = actions.Bound_Bulk() if bound == "bulk" else actions.Bound_AtMost(bound)

    def declare(handler: Handler) -> Action:
        return action(
            declaration(handler, reads, tier, needs_session, details),
            handler,
            effect=lambda _: actions.Effect_Apply(most),
            run=lambda args, _: handler(ApplyContext(), **args),
            writes=[grant for one in changes for grant in one.grants()],
        )

    return declare

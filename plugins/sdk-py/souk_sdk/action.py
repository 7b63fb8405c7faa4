"""Actions: a function with type hints, and what it may do."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wit_world.exports import actions
from wit_world.imports import types

from . import schema
from .context import Context
from .route import Route

Tier = Literal["safe", "risk", "critical"]
Handler = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What is said of an action beside its function."""

    name: str
    """`[a-z0-9_]+`; the tool is `GROUP_NAME`."""
    title: str
    description: str
    tier: Tier
    needs_session: bool
    reads: Sequence[Route]
    keywords: Sequence[str]
    untrusted: Sequence[str]
    deprecated: str | None
    completions: Mapping[str, actions.CompletionSource]


@dataclass(frozen=True)
class Action:
    """One tool."""

    said: Declaration
    input: str
    output: str
    grants: Sequence[actions.Grant]
    effect: Callable[[str], actions.Effect]
    """The effect, in the group of this name."""
    note: Callable[[str], str]
    """What the group's name adds to the description."""
    run: Callable[[Mapping[str, Any], str], Any]
    """Runs it on arguments that the host has checked, in the group of this name."""

    def describe(self, group: str) -> actions.Action:
        """As the contract has it."""
        said = self.said
        completions = [actions.Completion(name, by) for name, by in said.completions.items()]
        return actions.Action(
            name=said.name,
            title=said.title,
            description=said.description + self.note(group),
            tier=types.RiskTier[said.tier.upper()],
            effect=self.effect(group),
            needs_session=said.needs_session,
            input=self.input,
            output=self.output,
            grants=list(self.grants),
            details=actions.ActionDetails(
                completions=completions,
                untrusted=list(said.untrusted),
                keywords=list(said.keywords),
                deprecated=said.deprecated,
                extensions=[],
            ),
        )


def query(
    *,
    reads: Sequence[Route] = (),
    tier: Tier = "safe",
    needs_session: bool = True,
    **details: Any,
) -> Callable[[Handler], Action]:
    """Declares an action that only reads.

    The function's name is the action's. The first paragraph of its docstring is the title, the rest
    is the description that models read. Its first parameter is the context, the others are the
    arguments. ``details``: `keywords`, `untrusted`, `deprecated`, `completions`.
    """

    def declare(handler: Handler) -> Action:
        said = declaration(handler, reads, tier, needs_session, details)
        return action(
            said,
            handler,
            effect=lambda _: actions.Effect_Query(),
            run=lambda args, _: handler(Context(), **args),
        )

    return declare


def action(
    said: Declaration,
    handler: Handler,
    *,
    effect: Callable[[str], actions.Effect],
    run: Callable[[Mapping[str, Any], str], Any],
    writes: Sequence[actions.Grant] = (),
    note: Callable[[str], str] = lambda _: "",
) -> Action:
    """An action of any effect."""
    grants = [*(actions.Grant_Read(route.to_contract()) for route in said.reads), *writes]
    return Action(
        said=said,
        input=json.dumps(schema.of_arguments(handler), ensure_ascii=False),
        output=json.dumps(schema.of_result(handler), ensure_ascii=False),
        grants=[grant for at, grant in enumerate(grants) if grant not in grants[:at]],
        effect=effect,
        note=note,
        run=run,
    )


def declaration(
    handler: Handler,
    reads: Sequence[Route],
    tier: Tier,
    needs_session: bool,
    details: Mapping[str, Any],
) -> Declaration:
    """What a handler says itself, with what its decorator says."""
    title, _, description = inspect.cleandoc(handler.__doc__ or "").partition("\n\n")
    if not description:
        raise TypeError(
            f"`{handler.__name__}` wants a docstring: a title, an empty line, a description for models"
        )
    defaults: dict[str, Any] = {"keywords": (), "untrusted": (), "deprecated": None, "completions": {}}
    return Declaration(
        name=handler.__name__,
        title=" ".join(title.split()),
        description=" ".join(description.split()),
        tier=tier,
        needs_session=needs_session,
        reads=reads,
        **(defaults | dict(details)),
    )

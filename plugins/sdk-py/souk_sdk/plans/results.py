"""What actions answer that plan or make changes."""

import json
from collections.abc import Sequence
from typing import Annotated, TypedDict

from wit_world.imports import plans

from ..failure import word


class PreparedResult(TypedDict):
    """What a `prepare` action answers."""

    plan_id: Annotated[str, "What the commit tool and `plans_*` name."]
    expires_at: Annotated[str, "RFC 3339; afterwards it has to be prepared again."]
    affected_count: Annotated[
        int, "How many will change; what already has these values is not counted."
    ]
    sample_diffs: Annotated[list[dict], "The first changes: subject, field, before, after."]
    warnings: Annotated[list[str], "What to look at before committing."]
    message: Annotated[str, "What to do next."]


class ItemError(TypedDict):
    """One subject that was not changed, or not for certain."""

    id: str
    state: str
    error: str


class AppliedResult(TypedDict):
    """What an `apply` action answers."""

    message: Annotated[str, "What happened, in a sentence."]
    success_count: Annotated[int, "How many were written, and a read shows it."]
    error_count: Annotated[int, "How many were not, or not for certain."]
    errors: Annotated[
        list[ItemError],
        "The first of those: state is failed, drifted (somebody changed it meanwhile), skipped, or "
        "unknown (it may have happened).",
    ]
    plan_id: Annotated[
        str,
        "The plan that was carried out: `plans_get` lists every item, `plans_undo` takes it back.",
    ]


def prepared(plan: plans.Plan, warnings: Sequence[str], tool: str) -> PreparedResult:
    """The answer for a plan, which ``tool`` commits."""
    planned = _counted(plan.count, "change is", "changes are")
    return {
        "plan_id": plan.id,
        "expires_at": plan.expires_at,
        "affected_count": plan.count,
        "sample_diffs": json.loads(plan.sample_diffs),
        "warnings": list(dict.fromkeys([*warnings, *plan.warnings])),
        "message": f"{planned} planned, nothing changed yet: review the plan, then commit it with "
        f"`{tool}`",
    }


def applied(outcome: plans.Outcome) -> AppliedResult:
    """The answer for an outcome."""
    errors = outcome.failed + outcome.drifted + outcome.skipped + outcome.unknown
    return {
        "message": _sentence(outcome, errors),
        "success_count": outcome.done,
        "error_count": errors,
        "errors": [
            {
                "id": item.subject.id,
                "state": word(item.state),
                "error": item.failure.message if item.failure else "",
            }
            for item in outcome.failures
        ],
        "plan_id": outcome.plan_id,
    }


def _sentence(outcome: plans.Outcome, errors: int) -> str:
    done = _counted(outcome.done, "change", "changes")
    match word(outcome.state):
        case "done" if outcome.unverifiable:
            return (
                f"{done} written, and read back but for what is reported by the store and not readable"
            )
        case "done":
            return f"{done} written, and read back"
        case "running":
            return f"{done} written so far, and the rest goes on: see `plans_get` with the plan's id"
        case "previewed":
            return (
                "nothing was sent: `plans_get` with the plan's id shows what would change, "
                "`plans_commit` carries it out"
            )
        case "stopped":
            return f"{done} written before somebody stopped it: `plans_resume` goes on with the rest"
        case "frozen":
            return f"{done} written; the rest waits until the plugin is approved: see `plans_get`"
        case _:
            return f"{done} written, {errors} not: see `errors`"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"

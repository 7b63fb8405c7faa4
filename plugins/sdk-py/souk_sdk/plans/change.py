"""Changes in the making: a body and the edits that point into it are written in one go."""

import json
from typing import Any, Literal, NoReturn, Self

from wit_world.imports import plans, types

from ..failure import fail
from ..route import Parameter, Route
from .pointer import find, put

SUBJECT: types.BindingSource = types.BindingSource_Subject()
"""The id of the change's subject, where a parameter of a route stands."""

Method = Literal["post", "put", "patch", "delete"]


def from_response(at: str) -> types.BindingSource:
    """What stands here in the response to the change's first step: for the undo of a create."""
    return types.BindingSource_FromResponse(at)


class Step:
    """One request of a change. Its body grows as values are put into it."""

    def __init__(
        self, method: Method, route: Route, parameters: tuple[Parameter, ...], view: types.StoreView
    ) -> None:
        self._method, self._view = types.WriteMethod[method.upper()], view
        self._route, self._path = route.to_contract(), route.bind(parameters)
        self._body: Any = None
        self._bindings: list[plans.BodyBinding] = []
        self._failures: list[plans.FailureResponse] = []

    def constant(self, body: str, value: Any) -> Self:
        """Puts a value into the body that changes nothing by itself: an identifier, a flag.

        The review shows it as a constant.
        """
        self._body = put(self._body, body, value)
        return self

    def before(self, body: str, field: str) -> Self:
        """Has the host put what stood in an edit's field before the change into the body.

        For steps that undo. Null where nothing stood, or the value was inherited.
        """
        self._bindings.append(plans.BodyBinding(body, plans.BodySource_Before(field)))
        return self.constant(body, None)

    def fails_when(self, at: str, *equals: Any) -> Self:
        """A response means refusal although its status is 2xx, when this stands at that place.

        Without a value: when anything does.
        """
        value = json.dumps(equals[0]) if equals else None
        self._failures.append(plans.FailureResponse(at, value))
        return self

    def holds(self, body: str) -> Any:
        """What stands at a place of the body."""
        return find(self._body, body)

    def to_contract(self) -> plans.Step:
        """As the contract has it."""
        return plans.Step(
            method=self._method,
            route=self._route,
            path=self._path,
            query=[],
            view=self._view,
            body=None if self._body is None else json.dumps(self._body, ensure_ascii=False),
            body_bindings=self._bindings,
            failure_responses=self._failures,
        )


def step(method: Method, route: Route, *parameters: Parameter, view: types.StoreView) -> Step:
    """A write to this route with these parameters, as a step of a change."""
    return Step(method, route, parameters, view)


class ChangeBuilder:
    """One change in the making.

    Values get into a body only together with their edit (`set`), as a constant, or as something that
    the host fills in; so an edit cannot point at nothing and no value can be forgotten in the review.
    """

    def __init__(self, kind: str, id: str | int, label: str | None = None) -> None:
        self._subject = plans.Subject(kind, str(id), label)
        self._edits: list[plans.Edit] = []
        self._steps: list[Step] = []
        self._undo: list[Step] = []
        self._warnings: list[str] = []
        self._retry = plans.Retry.IDEMPOTENT
        self._irreversible: str | None = None

    def only_if_absent(self) -> Self:
        """Its steps create or spend something.

        They may be sent again only where the lookup shows that they did not happen.
        """
        self._retry = plans.Retry.IF_ABSENT
        return self

    def step(self, added: Step) -> Step:
        """Adds a request, after those added before."""
        self._steps.append(added)
        return added

    def set(self, into: Step, field: str, body: str, lookup: str, value: Any) -> Self:
        """Puts a value into a step's body and records it as an edit.

        The field's name in the review, the place in the body, the place in what the lookup answers.
        The same field may be sent by several steps, with the same value.
        """
        if into not in self._steps:
            self._mistake(f"`{field}` goes into a step that is not of this change")
        into.constant(body, value)
        at = plans.BodyPointer(self._steps.index(into), body)
        known = next((edit for edit in self._edits if edit.field == field), None)
        if known is None:
            return self._edit(field, lookup, plans.Expectation_AsSent([at]))
        if not isinstance(known.after, plans.Expectation_AsSent) or known.at != lookup:
            self._mistake(f"`{field}` is edited in two ways")
        first = known.after.value[0]
        if self._steps[first.step].holds(first.at) != value:
            self._mistake(f"`{field}` is set to two different values")
        known.after.value.append(at)
        return self

    def expect(self, field: str, lookup: str, value: Any, tolerance: str | None = None) -> Self:
        """Records what the store itself will make of a field."""
        after = plans.StoreSet(json.dumps(value, ensure_ascii=False), tolerance)
        return self._edit(field, lookup, plans.Expectation_SetByStore(after))

    def expect_removed(self, field: str, lookup: str) -> Self:
        """Records that the field, or the whole subject, will no longer exist."""
        return self._edit(field, lookup, plans.Expectation_Removed())

    def unverifiable(self, field: str, what: Any) -> Self:
        """Records something that happens and that no read can show: an e-mail that is sent.

        The store's answer is its only witness, so it is never sent again where none came.
        """
        self._retry = plans.Retry.IF_ABSENT
        what = json.dumps(what, ensure_ascii=False)
        return self._edit(field, "", plans.Expectation_Unverifiable(what))

    def warn(self, warning: str) -> Self:
        """What the reviewer should know of this change."""
        if warning not in self._warnings:
            self._warnings.append(warning)
        return self

    def undo_step(self, added: Step) -> Step:
        """Adds a request that takes the change back, instead of the steps with what was before."""
        self._undo.append(added)
        return added

    def cannot_be_undone(self, reason: str) -> Self:
        """The change cannot be taken back, for this reason."""
        self._irreversible = reason
        return self

    def done(self) -> plans.Change:
        """The change, checked."""
        if not self._edits:
            self._mistake("it edits nothing")
        if not self._steps:
            self._mistake("it has no step")
        undo: plans.Undo = plans.Undo_Restore()
        if self._irreversible is not None:
            undo = plans.Undo_None_(self._irreversible)
        elif self._undo:
            undo = plans.Undo_Steps([one.to_contract() for one in self._undo])
        return plans.Change(
            subject=self._subject,
            edits=self._edits,
            steps=[one.to_contract() for one in self._steps],
            retry=self._retry,
            undo=undo,
            warnings=self._warnings,
        )

    def _edit(self, field: str, at: str, after: plans.Expectation) -> Self:
        if any(edit.field == field for edit in self._edits):
            self._mistake(f"`{field}` is edited twice")
        self._edits.append(plans.Edit(field, at, after))
        return self

    def _mistake(self, what: str) -> NoReturn:
        subject = self._subject
        raise fail.internal(f"the change of {subject.kind} `{subject.id}`: {what}")

"""Failures: what an action answers where it did not do what was asked."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from componentize_py_types import Err
from wit_world.imports import types


class Failure(Exception):
    """What went wrong, and what to do: ``raise fail.not_found("no block has the id `9`")``.

    What the host refuses and what the store answers come as one, too, and may be passed on.
    ``code`` is the contract's word: ``not-found``.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        remedy: str | None = None,
        argument: str | None = None,
        upstream: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.remedy = code, message, remedy
        self.argument, self.upstream, self.status = argument, upstream, status

    @property
    def is_not_found(self) -> bool:
        """Whether a back end answered that there is no such thing."""
        return self.code == "not-found" or self.status == 404

    def or_missing(self, said: "Failure") -> "Failure":
        """``said`` where there is no such thing; any other failure is left as it is."""
        if not self.is_not_found:
            return self
        said.upstream, said.status = self.upstream, self.status
        return said

    @classmethod
    def of(cls, raised: BaseException) -> "Failure":
        """What was raised, as a failure. What is none is the plugin's fault; its stack is logged."""
        if isinstance(raised, Failure):
            return raised
        if isinstance(raised, Err) and isinstance(raised.value, types.Failure):
            return cls.from_contract(raised.value)
        traceback.print_exception(raised, file=sys.stderr)
        return fail.internal(f"{type(raised).__name__}: {raised}")

    @classmethod
    def from_contract(cls, failure: types.Failure) -> "Failure":
        """A failure as the contract has it."""
        return cls(
            word(failure.code),
            failure.message,
            remedy=failure.remedy,
            argument=failure.argument,
            upstream=failure.upstream,
            status=failure.status,
        )

    def to_contract(self) -> types.Failure:
        """As the contract has it."""
        argument = self.argument
        if argument and not argument.startswith("/"):
            argument = f"/{argument}"
        name = "".join(part.capitalize() for part in self.code.split("-"))
        case = getattr(types, f"FailureCode_{name}", None)
        code = case() if case and name != "Other" else types.FailureCode_Other(self.code)
        return types.Failure(
            code, self.message, self.remedy, argument, self.upstream, self.status
        )


class fail:  # noqa: N801 (read as a verb: `raise fail.not_found(…)`)
    """Makes failures. Messages are lower-case phrases, names in backticks, no full stop."""

    @staticmethod
    def argument(argument: str, message: str, *, remedy: str | None = None) -> Failure:
        """An argument is not what it must be: its name, or a JSON pointer into the arguments."""
        return Failure("validation-error", message, argument=argument, remedy=remedy)

    @staticmethod
    def not_found(
        message: str, *, argument: str | None = None, remedy: str | None = None
    ) -> Failure:
        """The subject does not exist in the store."""
        return Failure("not-found", message, argument=argument, remedy=remedy)

    @staticmethod
    def conflict(message: str, *, remedy: str | None = None) -> Failure:
        """What it is about is in a state that does not allow it."""
        return Failure("conflict", message, remedy=remedy)

    @staticmethod
    def unavailable(message: str, *, remedy: str | None = None) -> Failure:
        """The store, its edition or its configuration cannot do this."""
        return Failure("unavailable", message, remedy=remedy)

    @staticmethod
    def internal(message: str) -> Failure:
        """The plugin is at fault, not the caller."""
        return Failure("internal-error", message)


@contextmanager
def hosted() -> Iterator[None]:
    """Around a call of the host's, so that what it refuses is a `Failure`."""
    try:
        yield
    except Err as refused:
        raise Failure.of(refused) from None


def word(case: object) -> str:
    """A case of one of the contract's variants, as the contract spells it: `plan-not-found`."""
    name = type(case).__name__.partition("_")[2]
    if name == "Other":
        return str(getattr(case, "value", ""))
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")

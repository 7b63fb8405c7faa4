"""The table from which both ``describe`` and ``invoke`` come."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from componentize_py_types import Err
from wit_world.exports import actions as contract

from .action import Action
from .failure import Failure, fail


def group(
    *,
    name: str,
    version: str,
    title: str,
    description: str,
    actions: Sequence[Action],
    details: contract.GroupDetails | None = None,
) -> type:
    """The component's export: ``Actions = group(…)``.

    ``name``: `[a-z0-9]+`, unique among the groups a host loads; tools are named `GROUP_ACTION`.
    """
    table = {action.said.name: action for action in actions}

    class Actions:
        """What the host calls."""

        def describe(self) -> contract.Group:
            described = [action.describe(name) for action in actions]
            return contract.Group(name, version, title, description, described, details)

        def invoke(self, action: str, arguments: str) -> contract.Response:
            try:
                if action not in table:
                    raise fail.internal(f"`{name}` has no action `{action}`")
                result = table[action].run(json.loads(arguments), name)
                text = json.dumps(result, ensure_ascii=False, default=_plain)
                return contract.Response(text, [])
            except Exception as raised:
                raise Err(Failure.of(raised).to_contract()) from None

    return Actions


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"a result holds {type(value).__name__}, which is no JSON")

"""JSON Schema from type hints.

Descriptions and limits stand in ``Annotated``, and models read them with the tool:
``Annotated[int, "How many to answer.", limits(minimum=1, maximum=100)]``.
"""

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NotRequired, Required, Union

Json = dict[str, Any]

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object"}


class Limits(Json):
    """Words of JSON Schema beside a type."""


def limits(
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
    min_items: int | None = None,
    max_items: int | None = None,
) -> Limits:
    """Within what a value has to stay."""
    words = {
        "minimum": minimum, "maximum": maximum, "minLength": min_length, "maxLength": max_length,
        "pattern": pattern, "minItems": min_items, "maxItems": max_items,
    }
    return Limits({word: value for word, value in words.items() if value is not None})


def of_arguments(handler: Callable[..., Any]) -> Json:
    """The schema of a handler's arguments: its parameters after the first, the context."""
    hints = typing.get_type_hints(handler, include_extras=True)
    _, *parameters = inspect.signature(handler).parameters.values()
    properties, required = {}, []
    for parameter in parameters:
        if parameter.name not in hints:
            raise TypeError(f"`{handler.__name__}`: `{parameter.name}` has no type")
        schema = of(hints[parameter.name], closed=True)
        if parameter.default is inspect.Parameter.empty:
            required.append(parameter.name)
        elif parameter.default is not None:
            schema["default"] = parameter.default
        properties[parameter.name] = schema
    return _object(properties, required, closed=True)


def of_result(handler: Callable[..., Any]) -> Json:
    """The schema of what a handler answers, with room for members that it does not name."""
    hints = typing.get_type_hints(handler, include_extras=True)
    if "return" not in hints:
        raise TypeError(f"`{handler.__name__}` does not say what it returns")
    return of(hints["return"], closed=False)


def of(hint: Any, *, closed: bool) -> Json:
    """The schema of a type; ``closed``: objects take no members but those that are named."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        schema = of(args[0], closed=closed)
        for word in args[1:]:
            schema |= word if isinstance(word, Limits) else {}
            schema |= {"description": word} if isinstance(word, str) else {}
        return schema
    if origin in (Required, NotRequired):
        return of(args[0], closed=closed)
    if origin in (Union, types.UnionType):
        some = [arg for arg in args if arg is not types.NoneType]
        if len(some) == 1:
            return of(some[0], closed=closed)
    if origin is Literal and all(isinstance(arg, str) for arg in args):
        return {"type": "string", "enum": list(args)}
    if origin is list:
        return {"type": "array", "items": of(args[0], closed=closed)}
    if (origin or hint) in (dict, Mapping, Any):
        return {"type": "object"}
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if typing.is_typeddict(hint):
        return _members(hint, hint.__required_keys__, closed)
    if dataclasses.is_dataclass(hint) and not closed:
        return _members(hint, {field.name for field in dataclasses.fields(hint)}, closed)
    raise TypeError(
        f"`{hint}` has no schema: take `str`, `int`, `float`, `bool`, `Literal`, `list[…]`, `dict`, "
        "a `TypedDict`, `… | None` or, of results, a dataclass"
    )


def _members(hint: Any, required: typing.Collection[str], closed: bool) -> Json:
    hints = typing.get_type_hints(hint, include_extras=True)
    properties = {name: of(member, closed=closed) for name, member in hints.items()}
    return _object(properties, [name for name in properties if name in required], closed=closed)


def _object(properties: Json, required: list[str], *, closed: bool) -> Json:
    schema: Json = {"type": "object", "properties": properties}
    schema |= {"required": required} if required else {}
    schema |= {"additionalProperties": False} if closed else {}
    return schema

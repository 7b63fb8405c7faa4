"""Places in JSON documents: what edits and body bindings point with."""

import re
from typing import Any

Token = str | tuple[str, str]
"""A member's name, or the name and value of a member by which an element is found."""


def element(member: str, value: str) -> str:
    """The token for the element of an array whose member has this value, escaped: `[id=7]`."""
    return f"[{_escaped(member)}={_escaped(value)}]"


def find(document: Any, place: str) -> Any:
    """What stands at a place; None where nothing does."""
    for token in _tokens(place):
        if isinstance(token, str):
            document = document.get(token) if isinstance(document, dict) else None
        else:
            document = _element(document or [], token)
    return document


def put(document: Any, place: str, value: Any) -> Any:
    """The document with a value at a place, and with what is missing on the way there.

    That is objects, arrays, and the element that a `[name=value]` describes.
    """
    return _put(document, _tokens(place), value, place)


def _put(at: Any, tokens: list[Token], value: Any, place: str) -> Any:
    if not tokens:
        return value
    token, *rest = tokens
    if at is None:
        at = {} if isinstance(token, str) else []
    if not isinstance(at, dict if isinstance(token, str) else list):
        raise ValueError(f"`{place}` in a body: something else stands in the way")
    if isinstance(token, str):
        at[token] = _put(at.get(token), rest, value, place)
        return at
    found = _element(at, token)
    if found is None:
        found = {token[0]: token[1]}
        at.append(found)
    at[at.index(found)] = _put(found, rest, value, place)
    return at


def _element(items: list[Any], token: tuple[str, str]) -> Any:
    name, value = token
    return next((item for item in items if str(item.get(name)) == value), None)


def _tokens(place: str) -> list[Token]:
    if place and not place.startswith("/"):
        raise ValueError(f"`{place}` is not a place, like `/block/title`")
    tokens: list[Token] = []
    for token in place.split("/")[1:]:
        pair = re.fullmatch(r"\[([^=]+)=(.*)\]", token)
        tokens.append((_unescaped(pair[1]), _unescaped(pair[2])) if pair else _unescaped(token))
    return tokens


def _escaped(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1").replace("]", "~2")


def _unescaped(text: str) -> str:
    return text.replace("~2", "]").replace("~1", "/").replace("~0", "~")

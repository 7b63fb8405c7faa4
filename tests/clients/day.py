"""The merchant's day with the Python SDK.

day.py MODE SERVER [ARGUMENT…]

MODE is one of the client's: auto, legacy, 2026-07-28. SERVER is a URL, or a program to start.
"""

import json
import pathlib
import sys

import anyio
from mcp import Client, StdioServerParameters

STEPS = json.loads((pathlib.Path(__file__).parent / "day.json").read_text())["steps"]


def at(value, pointer):
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        value = value[int(token)] if isinstance(value, list) else value[token]
    return value


def filled(value, saved):
    if isinstance(value, str) and value.startswith("${"):
        return saved[value[2:-1]]
    if isinstance(value, dict):
        return {name: filled(member, saved) for name, member in value.items()}
    if isinstance(value, list):
        return [filled(item, saved) for item in value]
    return value


async def day(client):
    listed = {tool.name for tool in (await client.list_tools()).tools}
    assert "auth_login" in listed, listed
    saved = {}
    for step in STEPS:
        result = await client.call_tool(step["tool"], filled(step["arguments"], saved))
        text = result.content[0].text
        if "fails" in step:
            assert result.is_error and text.startswith(step["fails"]), f"{step['does']}: {text}"
            continue
        assert not result.is_error, f"{step['does']}: {text}"
        for pointer, wanted in step.get("expect", {}).items():
            found = at(result.structured_content, pointer)
            assert found == filled(wanted, saved), f"{step['does']}: {pointer} is {found}"
        for name, pointer in step.get("save", {}).items():
            saved[name] = at(result.structured_content, pointer)
    print(f"{len(STEPS)} steps")


async def main(mode, server, *arguments):
    if not server.startswith("http"):
        server = StdioServerParameters(command=server, args=list(arguments))
    async with Client(server, mode=mode) as client:
        await day(client)


anyio.run(main, *sys.argv[1:])

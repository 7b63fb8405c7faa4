"""The reference client against `souk serve`: list, log in, search, get, an error, a changed list, a
document.

test_client.py MODE SERVER PLUGINS PROBE

MODE is one of the client's. SERVER is a URL, or a `souk` to start in this environment. PLUGINS is the
directory that the server watches, and PROBE a plugin to drop into it.
"""

import os
import shutil
import sys

import anyio
from mcp import Client, MCPError, StdioServerParameters, types
from mcp.client.subscriptions import ToolsListChanged

TOOLS = [
    "auth_login",
    "auth_logout",
    "auth_whoami",
    "catalog_get_product",
    "catalog_search_products",
    "scope_list_websites_stores",
    "scope_set_default",
]
PATIENCE = 20


async def answer(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refusal(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    assert result.is_error and result.structured_content is None, result
    return result.content[0].text


async def names(client):
    return [tool.name for tool in (await client.list_tools()).tools]


async def works(client):
    assert await names(client) == await names(client)
    assert set(TOOLS) <= set(await names(client))
    assert client.server_info is None or client.server_info.name == "souk"

    session = await answer(client, "auth_login")
    assert session["auth_method"] == "oauth", session
    found = await answer(
        client,
        "catalog_search_products",
        filters={"sku": {"value": "TEN-%", "condition": "like"}},
        fields=["sku", "name"],
        page_size=2,
    )
    assert found["items"] == [
        {"sku": "TEN-001", "name": "Skarv 1 Tent"},
        {"sku": "TEN-002", "name": "Skarv 2 Tent"},
    ], found
    product = await answer(client, "catalog_get_product", params={"sku": "TEN-002"})
    assert product["name"] == "Skarv 2 Tent", product

    assert (await refusal(client, "catalog_get_product", sku="NOPE")).startswith("NOT_FOUND: ")
    wrong = await refusal(client, "catalog_get_product", skuu="TEN-002")
    assert wrong.startswith("VALIDATION_ERROR: ") and "skuu" in wrong, wrong
    try:
        await client.call_tool("catalog_fly", {})
    except MCPError as error:
        assert error.code == types.INVALID_PARAMS, error
    else:
        raise AssertionError("an unknown tool was called")


class Told:
    """Whether a client of the older era was told that the list has changed."""

    def __init__(self):
        self.event = anyio.Event()

    async def __call__(self, message):
        if isinstance(message, types.ToolListChangedNotification):
            self.event.set()


async def hears_of_change(client, told, drop_in):
    with anyio.fail_after(PATIENCE):
        if client.protocol_version >= "2026-07-28":
            async with client.listen(tools_list_changed=True) as subscription:
                drop_in()
                async for event in subscription:
                    assert isinstance(event, ToolsListChanged), event
                    break
        else:
            # Nobody can see whether the older era's stream is open already, so once may not do.
            # The plugin comes and goes until the client hears of it.
            while not told.event.is_set():
                drop_in()
                with anyio.move_on_after(2):
                    await told.event.wait()
        if "probe_safe" not in await names(client):
            drop_in()
    with anyio.fail_after(PATIENCE):
        while "probe_safe" not in await names(client):
            await anyio.sleep(0.05)
    assert (await answer(client, "probe_safe"))["build"].startswith("probe build")


async def exports(client):
    """A document: linked, listed, read whole. Below the megabyte that this client takes over HTTP."""
    line = "0123456789" * 10 + "\n"
    wanted = {"name": "a.csv", "media_type": "text/csv", "text": line, "times": 8_000}
    result = await client.call_tool("probe_export", wanted)
    assert not result.is_error, result.content
    document = result.structured_content["document"]
    link = next(block for block in result.content if block.type == "resource_link")
    assert (link.uri, link.size) == (document["uri"], 808_000), link
    listed = (await client.list_resources()).resources
    assert document["uri"] in [resource.uri for resource in listed], listed
    (contents,) = (await client.read_resource(document["uri"])).contents
    assert contents.mime_type == "text/csv" and contents.text == line * 8_000
    try:
        await client.read_resource("souk://exports/" + "0" * 32)
    except MCPError as error:
        modern = client.protocol_version >= "2026-07-28"
        assert error.code == (types.INVALID_PARAMS if modern else -32002), error
    else:
        raise AssertionError("a document was read that is not there")


async def main(mode, server, plugins, probe):
    place = os.path.join(plugins, "probe.wasm")

    def drop_in():
        if os.path.exists(place):
            os.remove(place)
        else:
            shutil.copy(probe, place + ".new")
            os.rename(place + ".new", place)

    if not server.startswith("http"):
        server = StdioServerParameters(command=server, args=["serve"], env=dict(os.environ))
    told = Told()
    async with Client(server, mode=mode, message_handler=told) as client:
        modern = client.protocol_version >= "2026-07-28"
        assert modern == (mode != "legacy"), client.protocol_version
        await works(client)
        await hears_of_change(client, told, drop_in)
        await exports(client)
        await answer(client, "auth_logout")
    if os.path.exists(place):
        os.remove(place)


anyio.run(main, *sys.argv[1:])

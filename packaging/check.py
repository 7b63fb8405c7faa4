"""A release, tried as those who get it do: check.py ARCHIVE.tar.gz BUNDLE.mcpb

The archive is unpacked and its program serves its own plugins, found beside it, to the reference client;
the bundle is unpacked and started by what its manifest says and nothing else, as Claude Desktop does, its
settings typed in from the demo store's credentials. Each lives through a search and a reviewed change.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import anyio
from mcp import Client, StdioServerParameters


def unpack(path, into):
    shutil.unpack_archive(path, into, "zip" if path.suffix == ".mcpb" else None)
    if path.suffix == ".mcpb":
        # The format keeps modes; Python's zip does not.
        for program in pathlib.Path(into).glob("bin/*"):
            program.chmod(0o755)
    return pathlib.Path(into)


class DemoStore:
    """The bundle's own demo store, as a process; what it prints are its credentials."""

    def __init__(self, souk, home):
        command = [souk, "demo-store", "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=home)
        self.credentials = {}
        for line in self.process.stdout:
            if line.startswith("demo store at "):
                self.url = line.removeprefix("demo store at ").strip()
            for name, value in re.findall(r"(MAGENTO_OAUTH_\w+)=(\S+)", line):
                self.credentials.setdefault(name, value)
            if line.startswith("customer"):
                break

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def clean_environment(home):
    return {"HOME": str(home), "PATH": "/usr/bin:/bin"}


def of_manifest(directory, settings, home):
    """The process that a client starts which has read the manifest alone."""
    manifest = json.loads((directory / "manifest.json").read_text())
    wanted = {name: one.get("default") for name, one in manifest["user_config"].items()}
    wanted.update(settings)
    missing = [name for name, value in wanted.items() if value is None]
    assert not missing, f"the manifest asks for more: {missing}"
    sensitive = [name for name, one in manifest["user_config"].items() if one.get("sensitive")]
    assert {"consumer_secret", "access_token_secret"} <= set(sensitive), sensitive

    def filled(text):
        text = text.replace("${__dirname}", str(directory))
        return re.sub(r"\$\{user_config\.(\w+)\}", lambda found: wanted[found[1]], text)

    config = manifest["server"]["mcp_config"]
    env = {name: filled(value) for name, value in config["env"].items()}
    return StdioServerParameters(
        command=filled(config["command"]),
        args=[filled(one) for one in config["args"]],
        env={**clean_environment(home), **env},
        cwd=str(home),
    )


async def answer(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, (tool, result.content)
    return result.structured_content


async def all_tools(client):
    """The list once every plugin is compiled, which the first start takes its time for."""
    tools = []
    for _ in range(60):
        tools = [tool.name for tool in (await client.list_tools()).tools]
        if "catalog_search_products" in tools and len(tools) >= 40:
            break
        await anyio.sleep(1)
    else:
        raise AssertionError(tools)
    return tools


async def works(server):
    async with Client(server) as client:
        tools = await all_tools(client)
        await answer(client, "auth_login")
        found = await answer(client, "catalog_search_products", page_size=1)
        sku = found["items"][0]["sku"]
        plan = await answer(
            client,
            "catalog_prepare_bulk_update",
            match={"sku_list": [sku]},
            updates={"name": "Checked"},
            scope={"scope": "global"},
        )
        done = await answer(
            client,
            "catalog_commit_bulk_update",
            plan_id=plan["plan_id"],
            confirm=True,
            reason="a release is checked",
        )
        product = await answer(client, "catalog_get_product", sku=sku)
        assert product["name"] == "Checked", (done, product)
        return len(tools)


def main(archive, bundle):
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        home = place / "home"
        home.mkdir()
        unpack(archive, place / "archive")
        (release,) = (place / "archive").iterdir()
        souk = str(release / "bin/souk")
        served = StdioServerParameters(
            command=souk, args=["serve", "--demo"], env=clean_environment(home), cwd=str(home)
        )
        print(f"{archive.name}: {anyio.run(works, served)} tools, a search and a change")

        directory = unpack(bundle, place / "bundle")
        (home / "other").mkdir()
        with DemoStore(str(directory / "bin/souk"), home) as store:
            oauth = store.credentials
            settings = {
                "base_url": store.url,
                "consumer_key": oauth["MAGENTO_OAUTH_CONSUMER_KEY"],
                "consumer_secret": oauth["MAGENTO_OAUTH_CONSUMER_SECRET"],
                "access_token": oauth["MAGENTO_OAUTH_TOKEN"],
                "access_token_secret": oauth["MAGENTO_OAUTH_TOKEN_SECRET"],
            }
            tools = anyio.run(works, of_manifest(directory, settings, home / "other"))
            print(f"{bundle.name}: {tools} tools, a search and a change")


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))

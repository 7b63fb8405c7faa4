#!/usr/bin/env python3
"""What a release is made of: `inventory.py sbom` and `inventory.py licences`, both to standard output.

Every crate that is linked into the program or into a plugin, as `cargo metadata --locked` resolves it;
what only builds or tests is not among them. The same Cargo.lock gives the same bytes.
"""

import json
import pathlib
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LICENCE_FILES = ("license", "licence", "copying", "notice", "unlicense", "copyright")
# What is shipped: the program for its own system, the plugins for theirs.
SHIPPED = {"souk": None}
PLUGINS = "wasm32-wasip2"


def metadata(target):
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def host_target():
    version = subprocess.run(["rustc", "-vV"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return next(line.removeprefix("host: ") for line in version.splitlines() if line.startswith("host: "))


def linked(data, roots):
    """The ids of everything that these packages link."""
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    names = {package["id"]: package["name"] for package in data["packages"]}
    left = [id for id, name in names.items() if name in roots]
    found = set()
    while left:
        id = left.pop()
        if id in found:
            continue
        found.add(id)
        for dependency in nodes[id]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                left.append(dependency["pkg"])
    return found


def shipped_plugins():
    manifests = sorted(ROOT.glob("plugins/*/Cargo.toml"))
    names = [tomllib.loads(path.read_text())["package"]["name"] for path in manifests]
    return {name for name in names if name.startswith("souk-plugin-")}


def packages():
    found = {}
    for target, roots in ((host_target(), {"souk"}), (PLUGINS, shipped_plugins())):
        data = metadata(target)
        ids = linked(data, roots)
        for package in data["packages"]:
            if package["id"] in ids:
                found[(package["name"], package["version"])] = package
    return [found[key] for key in sorted(found)]


def checksums():
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    return {(one["name"], one["version"]): one.get("checksum") for one in locked}


def component(package, checksum):
    name, version = package["name"], package["version"]
    made = {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:cargo/{name}@{version}",
        "bom-ref": f"pkg:cargo/{name}@{version}",
    }
    if package["license"]:
        made["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if checksum:
        made["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return made


def sbom():
    all_packages, sums = packages(), checksums()
    own = next(one for one in all_packages if one["name"] == "souk")
    others = [one for one in all_packages if one is not own]
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {**component(own, None), "type": "application"}},
        "components": [component(one, sums.get((one["name"], one["version"]))) for one in others],
    }
    json.dump(bom, sys.stdout, indent=1)
    print()


def licence_texts(package):
    directory = pathlib.Path(package["manifest_path"]).parent
    for path in sorted(directory.iterdir()):
        if path.is_file() and path.name.lower().startswith(LICENCE_FILES):
            yield path.read_text(encoding="utf-8", errors="replace").strip()


def licences():
    """The licence of every crate of others, and each text that comes with one, once."""
    others = [package for package in packages() if package["source"] is not None]
    print("Souk is made with these crates, each under its own licence.\n")
    texts = {}
    for package in others:
        name = f"{package['name']} {package['version']}"
        print(f"{name}: {package['license'] or package['license_file'] or 'no licence is named'}")
        for text in licence_texts(package):
            texts.setdefault(text, []).append(name)
    for text, names in texts.items():
        print(f"\n{'=' * 78}\n{', '.join(names)}\n\n{text}")


if __name__ == "__main__":
    asked = sys.argv[1:]
    if asked == ["sbom"]:
        sbom()
    elif asked == ["licences"]:
        licences()
    else:
        sys.exit("inventory.py sbom|licences")

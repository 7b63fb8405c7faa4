"""The command of authors: ``souk-py build greet.py --out greet.wasm``: Python in, a component out."""

import argparse
import sys
from modulefinder import ModuleFinder
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGE = Path(__file__).resolve().parent
WORLDS = {"plans": "proposer", "cache": "purger", "session_control": "session-keeper"}
"""The worlds of the contract that have more than `reader`, by what they import."""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="souk-py", description="Makes components of Python.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help in [
        ("build", "make a component"),
        ("types", "write the contract's types for an editor: a package `wit_world`"),
    ]:
        command = commands.add_parser(name, help=help)
        command.add_argument("--out", "-o", type=Path, help="where it goes")
        if name == "build":
            command.add_argument("entry", type=Path, help="the module that ends with `Actions = …`")
    said = parser.parse_args()
    if said.command == "types":
        out = said.out or Path("types")
        _componentize("--world", "action-group", "bindings", str(out))
        return
    entry: Path = said.entry
    if not entry.is_file():
        parser.error(f"there is no `{entry}`")
    out = said.out or Path(f"{entry.stem}.wasm")
    world = _world(entry)
    paths = [flag for path in _paths(entry) for flag in ("--python-path", path)]
    _componentize("--world", world, "componentize", *paths, "--output", str(out), entry.stem)
    print(f"{out}: {out.stat().st_size} bytes, world {world}")


def _paths(entry: Path) -> list[str]:
    return [str(entry.absolute().parent), str(PACKAGE.parent)]


def _world(entry: Path) -> str:
    """The smallest world of the contract that has all that the modules import."""
    with TemporaryDirectory() as everything:
        _componentize("--world", "action-group", "bindings", everything)
        finder = ModuleFinder([*_paths(entry), everything])
        finder.run_script(str(entry))
    used = [world for name, world in WORLDS.items() if f"wit_world.imports.{name}" in finder.modules]
    return "action-group" if len(used) > 1 else (used or ["reader"])[0]


def _componentize(*arguments: str) -> None:
    """Runs componentize-py on the contract, which stands in the package."""
    import componentize_py  # Not at the top: a type checker of plugins need not have it.

    sys.argv = ["componentize-py", "--quiet", "--wit-path", str(PACKAGE / "souk.wit"), *arguments]
    try:
        status = componentize_py.script()
    except AssertionError as failed:
        # What went wrong in the plugin comes first, and then twice the stack of the tool itself.
        sys.exit(str(failed).partition("\n\nCaused by:")[0])
    if status:
        sys.exit(status)

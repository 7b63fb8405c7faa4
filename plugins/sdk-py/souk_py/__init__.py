"""The command of authors: ``souk-py build greet.py --out greet.wasm``: Python in, a component out."""

import argparse
import re
import shutil
import sys
import sysconfig
from modulefinder import ModuleFinder
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGE = Path(__file__).resolve().parent
CONTRACT = PACKAGE / "souk.wit"


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
        # Not there at once: the tool writes over nothing.
        with TemporaryDirectory() as types:
            _componentize(str(CONTRACT), "action-group", "bindings", types)
            shutil.copytree(types, said.out or Path("types"), dirs_exist_ok=True)
        return
    entry: Path = said.entry
    if not entry.is_file():
        parser.error(f"there is no `{entry}`")
    out = said.out or Path(f"{entry.stem}.wasm")
    used = _used(entry)
    paths = [flag for path in _paths(entry) for flag in ("--python-path", path)]
    with TemporaryDirectory() as wit:
        _write_world(Path(wit), used)
        _componentize(wit, "plugin", "componentize", *paths, "--output", str(out), entry.stem)
    print(f"{out}: {out.stat().st_size} bytes, imports {', '.join(used)}")


def _paths(entry: Path) -> list[str]:
    """Where its modules are: beside it, the SDK, and what is installed."""
    return [str(entry.absolute().parent), str(PACKAGE.parent), sysconfig.get_path("purelib")]


def _used(entry: Path) -> list[str]:
    """Which interfaces of the contract are imported."""
    with TemporaryDirectory() as everything:
        _componentize(str(CONTRACT), "action-group", "bindings", everything)
        finder = ModuleFinder([*_paths(entry), everything])
        finder.run_script(str(entry))
    prefix = "wit_world.imports."
    modules = (name.removeprefix(prefix) for name in finder.modules if name.startswith(prefix))
    return sorted(name.replace("_", "-") for name in modules)


def _write_world(wit: Path, used: list[str]) -> None:
    """A world of the contract that has what is used: a file then shows what it can do."""
    deps = wit / "deps" / "souk"
    deps.mkdir(parents=True)
    shutil.copyfile(CONTRACT, deps / "souk.wit")
    imports = "".join(f"  import souk:plugin/{name}@0.1.0;\n" for name in used)
    world = f"world plugin {{\n{imports}  export souk:plugin/actions@0.1.0;\n}}\n"
    (wit / "world.wit").write_text(f"package souk:build;\n{world}")


def _componentize(wit: str, world: str, *arguments: str) -> None:
    """Runs componentize-py."""
    import componentize_py  # Not at the top: a type checker of plugins need not have it.

    sys.argv = ["componentize-py", "--quiet", "--wit-path", wit, "--world", world, *arguments]
    try:
        status = componentize_py.script()
    except AssertionError as failed:
        # What went wrong in the plugin comes first, and then the stack of the tool itself.
        sys.exit(re.split(r"\n\n(?:Caused by|Stack backtrace):", str(failed))[0])
    if status:
        sys.exit(status)

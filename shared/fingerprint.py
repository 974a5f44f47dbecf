"""What makes a set of read models, told from its source: any change of the code or the SQL gives another fingerprint.

Better once too often than once too seldom: a comment counts too, and making read models anew does no harm.
"""

import ast
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path


def fingerprint(modules: Sequence[str], within: Collection[str], *others: Path) -> str:
    """SHA-256 over `modules`, whatever they import of the packages `within`, however far, and `others`."""
    files = [path for _, path in sorted(sources(modules, within).items())]
    return sha256(b"".join(path.read_bytes() for path in (*files, *others))).hexdigest()


def sources(modules: Sequence[str], within: Collection[str]) -> dict[str, Path]:
    """The file of each of the modules, and of those of the packages `within` that they import, by the module's name."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = file_of(name)
        if name in found or path is None:
            continue
        found[name] = path
        waiting += [other for other in imported(path) if belongs(other, within)]
    return found


def file_of(name: str) -> Path | None:
    """Where a module is; None for what is no module but a name within one."""
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec is not None and spec.origin is not None else None


def imported(path: Path) -> Iterator[str]:
    """Every name that may be a module which the file imports."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{each.name}" for each in names)
            case _:
                pass


def belongs(name: str, within: Collection[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in within)

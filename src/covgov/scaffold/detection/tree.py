"""The files of a repository as the detection sees them: names and texts. Pure."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

_NOT_SOURCE = """
    tests test testing docs doc examples example benchmarks benchmark bench perf build dist scripts script
    tools tool node_modules vendor _vendor third_party ci etc venv env virtualenv samples demo demos tasks
    requirements notebooks assets static integration migrations ext coverage htmlcov site bin fuzz fuzzing
    packaging contrib
"""
NOT_SOURCE = frozenset(_NOT_SOURCE.split())
"""Names of directories at the top of a repository that hold no code of a package, unless the project says so."""

TEST_DIRECTORIES = ("tests", "test", "testing")


@dataclass(frozen=True)
class Tree:
    """files: repository-relative paths, sorted. read: bytes of a file, None when there is none."""

    files: tuple[str, ...]
    read: Callable[[str], bytes | None]

    @cached_property
    def python(self) -> tuple[str, ...]:
        """Python files outside of environments and hidden directories."""
        return tuple(path for path in self.files if path.endswith(".py") and not _foreign(path))

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.files)

    @cached_property
    def pyproject(self) -> Mapping[str, object]:
        """pyproject.toml, {} when there is none or it cannot be read."""
        return self.toml("pyproject.toml")

    def inside(self, directory: str) -> Tree:
        """The tree of a directory, with paths that start there; "" is the top."""
        if not directory:
            return self
        start = f"{directory}/"
        files = tuple(path.removeprefix(start) for path in self.files if path.startswith(start))
        return Tree(files, lambda path: self.read(joined(directory, path)))

    def text(self, path: str) -> str:
        """The text of a file, "" when there is none."""
        return (self.read(path) or b"").decode("utf-8", errors="replace")

    def toml(self, path: str) -> Mapping[str, object]:
        """The tables of a TOML file, {} when there is no such file or it cannot be read."""
        try:
            return tomllib.loads(self.text(path))
        except tomllib.TOMLDecodeError:
            return {}

    def ini(self, path: str) -> configparser.ConfigParser:
        """The sections of an INI file, none when there is no such file or it cannot be read."""
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(self.text(path))
        except configparser.Error:
            return configparser.ConfigParser()
        return parser

    def below(self, directory: str) -> tuple[str, ...]:
        """Python files below a directory; "" is the top."""
        return tuple(path for path in self.python if not directory or path.startswith(f"{directory}/"))

    def children(self, directory: str) -> tuple[str, ...]:
        """Directories directly below a directory that hold Python files, sorted."""
        start = len(directory) + 1 if directory else 0
        rest = (path[start:] for path in self.below(directory))
        names = sorted({name.split("/")[0] for name in rest if "/" in name})
        return tuple(joined(directory, name) for name in names)

    def modules(self, directory: str) -> tuple[str, ...]:
        """Python files directly in a directory, sorted."""
        depth = directory.count("/") + 1 if directory else 0
        return tuple(path for path in self.below(directory) if path.count("/") == depth)


def outermost(places: Iterable[str]) -> tuple[str, ...]:
    """The paths without those below another one of them, sorted."""
    every = sorted(set(places))
    return tuple(place for place in every if not any(place.startswith(f"{other}/") for other in every))


def joined(directory: str, name: str) -> str:
    """A path below a directory; "" and "." are the top."""
    return f"{directory}/{name}" if directory not in ("", ".") else name


def table(value: object, *keys: str) -> Mapping[str, object]:
    """The table below nested keys, {} where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, Sequence) else ()


def _foreign(path: str) -> bool:
    parts = path.split("/")[:-1]
    return any(part.startswith(".") or part in ("node_modules", "site-packages", "__pycache__") for part in parts)

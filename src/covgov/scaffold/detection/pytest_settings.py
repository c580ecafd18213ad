"""pytest's own settings, from the file that pytest would read. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from covgov.scaffold.detection.tree import Tree, table, texts


@dataclass(frozen=True, slots=True)
class PytestSettings:
    """where: the file, "" when there is none. patterns: `python_files`, () for pytest's default."""

    where: str = ""
    testpaths: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    addopts: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()

    def option(self, name: str) -> tuple[str, ...]:
        """The values of an option in `addopts`."""
        found = [word.partition("=")[2] for word in self.addopts if word.startswith(f"{name}=")]
        pairs = zip(self.addopts, self.addopts[1:], strict=False)
        return (*found, *(value for word, value in pairs if word == name and not value.startswith("-")))


def pytest_settings(tree: Tree) -> PytestSettings:
    """In pytest's order: https://docs.pytest.org/en/stable/reference/customize.html"""
    for where in ("pytest.toml", ".pytest.toml"):
        if tree.read(where) is not None:
            return _settings(where, table(tree.toml(where), "pytest"))
    for where in ("pytest.ini", ".pytest.ini"):
        if tree.read(where) is not None:
            return _settings(where, _section(tree, where, "pytest"))
    tool = table(tree.pyproject, "tool", "pytest")
    options = table(tool, "ini_options") or tool
    if options:
        return _settings("pyproject.toml", options)
    for where, section in (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        if tree.ini(where).has_section(section):
            return _settings(where, _section(tree, where, section))
    return PytestSettings()


def _section(tree: Tree, where: str, section: str) -> Mapping[str, object]:
    ini = tree.ini(where)
    return dict(ini.items(section)) if ini.has_section(section) else {}


def _settings(where: str, options: Mapping[str, object]) -> PytestSettings:
    return PytestSettings(
        where, *(_words(options.get(name)) for name in ("testpaths", "python_files", "addopts", "pythonpath"))
    )


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, str):
        return texts(value)
    try:
        return tuple(shlex.split(value, comments=True))
    except ValueError:
        return tuple(value.split())

"""What coverage.py would be told to leave out, read from the text of the file that it would read first.

Order and rules are coverage.py's own (`coverage.config.read_coverage_config`): its own two files count as soon as they
exist, the shared ones only when they hold a setting. Values are kept as written; `${NAME}` is not filled in.
"""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from covgov.errors import InputError

Read = Callable[[str], bytes | None]

OWN_FILES = (".coveragerc", ".coveragerc.toml")
SHARED_FILES = ("setup.cfg", "tox.ini", "pyproject.toml")

DEFAULT_EXCLUDE = (
    r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(cover|COVER)",
    r"^\s*(((async )?def .*?)?[\])]+(\s*->.*?)?:\s*)?\.\.\.\s*(#|$)",
    r"^\s*if (typing\.)?TYPE_CHECKING:",
)
DEFAULT_PARTIAL = (r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(branch|BRANCH)",)
DEFAULT_PARTIAL_ALWAYS = (r"^\s*while (True|1|False|0):", r"^\s*if (True|1|False|0):")
"""coverage.py's defaults (`coverage.config`), which a list in the file replaces."""

Sections = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """where: the file that was read, "" when coverage.py would find none. Patterns are regular expressions."""

    where: str = ""
    branch: bool = False
    source: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    partial: tuple[str, ...] = (*DEFAULT_PARTIAL, *DEFAULT_PARTIAL_ALWAYS)


def load_settings(read: Read) -> CoverageSettings:
    """The settings in force; `read` gives a file's bytes or None. Raises InputError (`coverage-config-damaged`)."""
    for where in (*OWN_FILES, *SHARED_FILES):
        data = read(where)
        if data is None:
            continue
        sections = _sections(data, where)
        if sections or where in OWN_FILES:
            return _settings(sections, where)
    return CoverageSettings()


def _settings(sections: Sections, where: str) -> CoverageSettings:
    run, report = sections.get("run", {}), sections.get("report", {})
    return CoverageSettings(
        where=where,
        branch=str(run.get("branch", "")).strip().lower() in ("true", "1", "yes", "on"),
        source=(*_list(run, "source"), *_list(run, "source_pkgs"), *_list(run, "source_dirs")),
        include=(*_list(run, "include"), *_list(report, "include")),
        omit=(*_list(run, "omit"), *_list(report, "omit")),
        exclude=(*_lines(report, "exclude_lines", DEFAULT_EXCLUDE), *_lines(report, "exclude_also")),
        partial=(
            *_lines(report, "partial_branches", DEFAULT_PARTIAL),
            *_lines(report, "partial_branches_always", DEFAULT_PARTIAL_ALWAYS),
            *_lines(report, "partial_also"),
        ),
    )


def _sections(data: bytes, where: str) -> Sections:
    try:
        text = data.decode("utf-8")
        return _toml_sections(text, where) if where.endswith(".toml") else _ini_sections(text, where)
    except (UnicodeDecodeError, configparser.Error, tomllib.TOMLDecodeError) as error:
        raise InputError(
            "coverage-config-damaged",
            f"{where} cannot be read: {' '.join(str(error).split())}",
            hint="coverage.py would refuse it too: mend the file",
        ) from error


def _ini_sections(text: str, where: str) -> Sections:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text, source=where)
    plain = where in OWN_FILES
    return {
        name.removeprefix("coverage:"): dict(parser.items(name))
        for name in parser.sections()
        if plain or name.startswith("coverage:")
    }


def _toml_sections(text: str, where: str) -> Sections:
    top = tomllib.loads(text)
    tool = top.get("tool", {})
    table = tool.get("coverage", {}) if isinstance(tool, dict) else {}
    if not table and where in OWN_FILES:
        table = top
    return {name: value for name, value in table.items() if isinstance(value, dict)}


def _list(section: Mapping[str, object], key: str) -> tuple[str, ...]:
    """A list as coverage.py splits it: at commas and line ends."""
    value = section.get(key)
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    parts = str(value or "").replace("\n", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _lines(section: Mapping[str, object], key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """A list of expressions: one per line. A key that is there replaces the default, even when it is empty."""
    if key not in section:
        return default
    value = section[key]
    parts = [str(item) for item in value] if isinstance(value, list) else str(value).split("\n")
    return tuple(part.strip() for part in parts if part.strip())

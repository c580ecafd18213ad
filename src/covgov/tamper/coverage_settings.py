"""What coverage.py's settings leave out, read from the text of the file that it would read first.

Order and rules are coverage.py's own (`coverage.config`): its own two files count as soon as they exist, the shared
ones only when they set an option that it knows; a section with its prefix (`[coverage:run]`, `[tool.coverage.run]`)
hides the plain one as a whole. Values are kept as written; `${NAME}` is not filled in.
"""

from __future__ import annotations

import configparser
import io
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from covgov.errors import InputError

Read = Callable[[str], bytes | None]

OWN_TOML = ".coveragerc.toml"
"""Older versions of coverage.py do not know this file."""
OWN_FILES = (".coveragerc", OWN_TOML)
SHARED_FILES = ("setup.cfg", "tox.ini", "pyproject.toml")

DEFAULT_EXCLUDE = (
    r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(cover|COVER)",
    r"^\s*(((async )?def .*?)?[\])]+(\s*->.*?)?:\s*)?\.\.\.\s*(#|$)",
    r"^\s*if (typing\.)?TYPE_CHECKING:",
)
DEFAULT_PARTIAL = (r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(branch|BRANCH)",)
DEFAULT_PARTIAL_ALWAYS = (r"^\s*while (True|1|False|0):", r"^\s*if (True|1|False|0):")
"""coverage.py's defaults (`coverage.config`), which a list in the file replaces."""

KNOWN: Mapping[str, str] = {
    "run": "branch command_line concurrency context core cover_pylib data_file debug debug_file disable_warnings"
    " dynamic_context parallel patch plugins relative_files include omit sigterm source source_pkgs source_dirs timid"
    " _crash",
    "report": "exclude_lines exclude_also fail_under format ignore_errors include_namespace_packages"
    " partial_branches_always partial_branches partial_also precision contexts include omit show_missing skip_covered"
    " skip_empty sort",
    "html": "extra_css directory skip_covered skip_empty title show_contexts",
    "xml": "output package_depth",
    "json": "output pretty_print show_contexts",
    "lcov": "output line_checksums",
}
"""Every option that makes a shared file coverage.py's configuration."""

FLAGS = ("run:cover_pylib", "run:sigterm", "run:timid", "report:ignore_errors", "report:include_namespace_packages")
LISTS = ("run:concurrency", "run:patch", "run:plugins", "report:contexts")
TEXTS = ("run:context", "run:core", "run:data_file", "run:dynamic_context")
"""Further options that decide what is counted; whatever else there is only shapes reports and messages."""

Section = Mapping[str, object]
Sections = Mapping[str, Section]


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """where: the file that was read, "" when coverage.py would find none. Patterns are regular expressions.

    include is of the run, report_include of the reports. others: further options that decide what is counted, by name,
    without those that stand on their default. fail_under: as it is written. older: what a
    coverage.py reads that does not know `.coveragerc.toml`; None when that is the same.
    """

    where: str = ""
    branch: bool = False
    source: tuple[str, ...] = ()
    source_pkgs: tuple[str, ...] = ()
    source_dirs: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    report_include: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    partial: tuple[str, ...] = (*DEFAULT_PARTIAL, *DEFAULT_PARTIAL_ALWAYS)
    others: tuple[tuple[str, str], ...] = ()
    fail_under: str = ""
    older: CoverageSettings | None = None


def load_settings(read: Read, rcfile: str | None = None) -> CoverageSettings:
    """The settings in force; `read` gives a file's bytes or None. rcfile: the value of COVERAGE_RCFILE, if it is set; a
    file that `read` does not know is passed over (coverage.py would refuse to run). Raises InputError
    (`coverage-config-damaged`).
    """
    given = [rcfile] if rcfile else []
    found = _first(read, (*given, *OWN_FILES, *SHARED_FILES), (*given, *OWN_FILES))
    if found.where != OWN_TOML or found.where in given:
        return found
    return replace(found, older=_first(read, (OWN_FILES[0], *SHARED_FILES), OWN_FILES))


def _first(read: Read, names: tuple[str, ...], own: tuple[str, ...]) -> CoverageSettings:
    for where in names:
        data = read(where)
        if data is None:
            continue
        sections = _sections(data, where, own=where in own)
        if where in own or _says_something(sections):
            return _settings(sections, where)
    return CoverageSettings()


def _says_something(sections: Sections) -> bool:
    known = any(option in sections.get(name, {}) for name, options in KNOWN.items() for option in options.split())
    plugins = _list(sections.get("run", {}), "plugins")
    return known or bool(sections.get("paths")) or any(sections.get(plugin) for plugin in plugins)


def _settings(sections: Sections, where: str) -> CoverageSettings:
    run, report = sections.get("run", {}), sections.get("report", {})
    return CoverageSettings(
        where=where,
        branch=_flag(run, "branch"),
        source=_list(run, "source"),
        source_pkgs=_list(run, "source_pkgs"),
        source_dirs=_list(run, "source_dirs"),
        include=_list(run, "include"),
        report_include=_list(report, "include"),
        omit=(*_list(run, "omit"), *_list(report, "omit")),
        exclude=(*_lines(report, "exclude_lines", DEFAULT_EXCLUDE), *_lines(report, "exclude_also")),
        partial=(
            *_lines(report, "partial_branches", DEFAULT_PARTIAL),
            *_lines(report, "partial_branches_always", DEFAULT_PARTIAL_ALWAYS),
            *_lines(report, "partial_also"),
        ),
        others=tuple((name, value) for name, value in _others(sections) if value),
        fail_under=str(report.get("fail_under", "")),
    )


def _others(sections: Sections) -> Iterator[tuple[str, str]]:
    """(option, value), "" for an option at its default."""
    for name in FLAGS:
        yield name, "true" if _flag(*_at(sections, name)) else ""
    for name in LISTS:
        yield name, ", ".join(_list(*_at(sections, name)))
    for name in TEXTS:
        section, option = _at(sections, name)
        yield name, str(section.get(option, "")).strip()
    for table in ("paths", *_list(sections.get("run", {}), "plugins")):
        for option in sorted(sections.get(table, {})):
            yield f"{table}:{option}", ", ".join(_list(sections[table], option))


def _at(sections: Sections, name: str) -> tuple[Section, str]:
    section, option = name.split(":")
    return sections.get(section, {}), option


def _sections(data: bytes, where: str, *, own: bool) -> Sections:
    """Every section by its plain name; one with coverage.py's prefix, even if it is empty, hides the plain one."""
    try:
        text = io.StringIO(data.decode("utf-8"), newline=None).read()  # line ends as `open` reads them
        if where.endswith(".toml"):
            return _toml_sections(text, own=own)
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(text, source=where)
    except (UnicodeDecodeError, configparser.Error, tomllib.TOMLDecodeError) as error:
        raise InputError(
            "coverage-config-damaged",
            f"{where} cannot be read: {' '.join(str(error).split())}",
            hint="coverage.py would refuse it too: mend the file",
        ) from error
    named = {name: dict(parser.items(name)) for name in parser.sections()}
    prefixed = {n.removeprefix("coverage:"): section for n, section in named.items() if n.startswith("coverage:")}
    return {**(named if own else {}), **prefixed}


def _toml_sections(text: str, *, own: bool) -> Sections:
    top = tomllib.loads(text)
    tool = top.get("tool", {})
    table = tool.get("coverage", {}) if isinstance(tool, dict) else {}
    found = {**(top if own else {}), **(table if isinstance(table, dict) else {})}
    return {name: value for name, value in found.items() if isinstance(value, dict)}


def _flag(section: Section, key: str) -> bool:
    return str(section.get(key, "")).strip().lower() in ("true", "1", "yes", "on")


def _list(section: Section, key: str) -> tuple[str, ...]:
    """A list as coverage.py splits it: at commas and line ends."""
    value = section.get(key)
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    parts = str(value or "").replace("\n", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _lines(section: Section, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """A list of expressions: one per line. A key that is there replaces the default, even when it is empty."""
    if key not in section:
        return default
    value = section[key]
    parts = [str(item) for item in value] if isinstance(value, list) else str(value).splitlines()
    return tuple(part.strip() for part in parts if part.strip())

"""Report paths -> repository paths, without guessing.

Reports name files relative to a source root, absolute on another machine, or with Windows separators. Only paths that
exist in the repository are returned. Absolute paths, and paths below a source root that the report names, are certain;
the others are placed as a whole (`covgov.ingest.places.placing`).
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from covgov.ingest.interface import ParsedReport
from covgov.ingest.merge import merge, merge_files
from covgov.ingest.places import package_paths, placing
from covgov.ingest.places.placing import PathMatches
from covgov.ingest.places.source_tree import SourceTree
from covgov.model.snapshot import FileCoverage

__all__ = ["NormalisedReport", "PathMatches", "match", "merge", "normalise", "one_base"]

_NO_FILE = re.compile(r"(?!(?i:file):)[A-Za-z][\w+.-]+:|<")
"""`webpack://x`, `node:fs`, `<string>`: names of code that is no file."""


@dataclass(frozen=True, slots=True)
class NormalisedReport:
    """files: by repository path. unmatched: report paths that are not files of the repository, sorted; `unplaced` are
    those of them that should be. rewrites, ambiguous: as in `PathMatches`. targets: report path -> repository path."""

    files: dict[str, FileCoverage]
    unmatched: tuple[str, ...]
    rewrites: tuple[str, ...] = ()
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unplaced: tuple[str, ...] = ()
    targets: Mapping[str, str] = field(default_factory=dict)


def normalise(parsed: ParsedReport, tree: SourceTree, *, place: str | None = None, start: str = "") -> NormalisedReport:
    """The report's files by repository path. Two report paths of one file are merged.

    place: the report's own directory in the repository, None when it lies elsewhere. start: the directory that relative
    paths start from, "" when nobody said.
    """
    matched = match(parsed.files, parsed.roots, tree, place=place, start=start)
    found: dict[str, list[FileCoverage]] = defaultdict(list)
    for path, target in matched.paths.items():
        found[target].append(parsed.files[path])
    return NormalisedReport(
        files={target: merge_files(found[target], target) for target in sorted(found)},
        unmatched=tuple(sorted(parsed.files.keys() - matched.paths.keys())),
        rewrites=matched.rewrites,
        ambiguous=matched.ambiguous,
        unplaced=tuple(sorted(matched.unplaced)),
        targets=matched.paths,
    )


def match(
    paths: Iterable[str], roots: Iterable[str], tree: SourceTree, *, place: str | None = None, start: str = ""
) -> PathMatches:
    """Where the files of a report are. The arguments are those of `normalise`."""
    top = _clean(tree.root)
    bases = [_clean(base) for base in roots]
    names = {p: p if p in tree.blobs else _clean(p) for p in paths if p in tree.blobs or not _NO_FILE.match(p)}
    here = {path: _below(name, top) for path, name in names.items() if _absolute(name)}
    local = [base for base in (_below(base, top) for base in bases if _absolute(base)) if base is not None]
    foreign = [base for base in bases if _absolute(base) and _below(base, top) is None]
    certain = placing.below([""], {path: spot for path, spot in here.items() if spot is not None}, tree)
    rest = {path: name for path, name in names.items() if path not in here}
    if local and not start:
        rooted = placing.below(local, rest, tree)
        certain += PathMatches(rooted.paths, ambiguous=rooted.ambiguous)
        rest = {path: rest[path] for path in rooted.unplaced if not foreign}
    modules = package_paths.in_modules(rest, tree, start)
    certain += modules
    unknown = package_paths.of_unknown_modules(rest, modules, tree)
    rest = {path: name for path, name in rest.items() if path not in modules.known and path not in unknown}
    starts = [start] if start else list(_above(place))
    steps = [base for base in bases if not _absolute(base)]
    placed = placing.relative(rest, starts, steps, [] if start else foreign, tree)
    if rest and not placed.holds and all(name.endswith(package_paths.JVM) for name in rest.values()):
        placed = package_paths.in_source_folders(rest, tree, start)
    certain += placed
    away = {**{path: names[path] for path, spot in here.items() if spot is None}, **unknown}
    return certain if local or any(here.values()) else certain + placing.absolute(away, tree, certain.paths.values())


def one_base(roots: Iterable[str], *, root: str) -> str | None:
    """The directory in the repository ("." for its top) that the report's relative paths start from.

    root: absolute directory of the repository; "/" for unknown. None when the report's roots are several,
    outside of the repository, or unclear.
    """
    bases = {_base(_clean(base), _clean(root)) for base in roots} or {"."}
    return bases.pop() if len(bases) == 1 else None


def _base(base: str, top: str) -> str | None:
    if _absolute(base):
        return None if top == "/" else _below(base, top)
    return None if base.split("/")[0] == ".." or ":/" in base else base


def _below(path: str, top: str) -> str | None:
    """An absolute path, relative to the repository: "." for its top, None when it is not below it."""
    inside = f"{path}/".startswith(f"{top.rstrip('/')}/")
    return posixpath.normpath(path[len(top.rstrip("/")) + 1 :]) if inside else None


def _above(place: str | None) -> Iterator[str]:
    """The directory and those above it, up to the top of the repository."""
    while place:
        yield place
        place = posixpath.dirname(place)
    yield ""


def _clean(path: str) -> str:
    """POSIX form: no `file://`, backslashes, `.` or `..`, except leading `..` of outside paths."""
    text = unquote(path[7:]) if path.lower().startswith("file://") else path
    text = text.replace("\\", "/")
    if re.match(r"/[A-Za-z]:/", text):
        text = text[1:]
    if re.match(r"[A-Za-z]:/", text):
        text = text[0].upper() + text[1:]
    return posixpath.normpath(text) if text else "."


def _absolute(path: str) -> bool:
    return path.startswith("/") or re.match(r"[A-Z]:/", path) is not None

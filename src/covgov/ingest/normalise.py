"""Report paths -> repository paths, without guessing.

Reports name files relative to a source root, absolute on another machine, or with Windows
separators. Only paths that exist in the repository are returned. Evidence is used in this order, and a tie decides
nothing: the path below the root or below a root in the report; the path itself; then, only for a report without any
match so far, the one common prefix to strip or add that matches strictly the most files.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from covgov.ingest.interface import ParsedReport
from covgov.ingest.merge import merge, merge_files
from covgov.model.snapshot import FileCoverage

__all__ = ["NormalisedReport", "PathMatches", "match", "merge", "normalise", "one_base"]


@dataclass(frozen=True, slots=True)
class NormalisedReport:
    """files: by repository path. unmatched: report paths that are not files of the repository, sorted.

    rewrites: common prefixes that were stripped (`/ci/build/ -> `) or added (` -> src/`), as text.
    ambiguous: unmatched report paths that fit several files of the repository equally well, with these files, sorted.
    """

    files: dict[str, FileCoverage]
    unmatched: tuple[str, ...]
    rewrites: tuple[str, ...] = ()
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PathMatches:
    """paths: report path -> repository path. rewrites and ambiguous: as in `NormalisedReport`."""

    paths: dict[str, str]
    rewrites: tuple[str, ...] = ()
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def normalise(parsed: ParsedReport, *, root: str, tree: Collection[str]) -> NormalisedReport:
    """The report's files by repository path.

    root: absolute directory of the repository. tree: every path in it, relative, POSIX. Two report paths of one file
    are merged. Only paths in `tree` are returned.
    """
    matched = match(parsed.files, parsed.roots, root=root, tree=tree)
    found: dict[str, list[FileCoverage]] = defaultdict(list)
    for path, target in matched.paths.items():
        found[target].append(parsed.files[path])
    return NormalisedReport(
        files={target: merge_files(found[target], target) for target in sorted(found)},
        unmatched=tuple(sorted(parsed.files.keys() - matched.paths.keys())),
        rewrites=matched.rewrites,
        ambiguous=matched.ambiguous,
    )


def match(paths: Iterable[str], roots: Iterable[str], *, root: str, tree: Collection[str]) -> PathMatches:
    """Report path -> repository path of unambiguous paths, with the rewrites and the ambiguous paths."""
    known = tree if isinstance(tree, (set, frozenset, dict)) else frozenset(tree)
    wanted = list(paths)
    top = _clean(root)
    bases = [_clean(base) for base in roots]
    fits = {path: _direct(path, bases, top, known) for path in wanted}
    direct = {path: next(iter(hits)) for path, hits in fits.items() if len(hits) == 1}
    if direct:
        return PathMatches(direct, (), {path: tuple(sorted(hits)) for path, hits in fits.items() if len(hits) > 1})
    return _by_prefix({path: _clean(path) for path in wanted}, known)


def one_base(roots: Iterable[str], *, root: str) -> str | None:
    """The directory in the repository ("." for its top) that the report's relative paths start from.

    root: absolute directory of the repository; "/" for unknown. None when the report's roots are several,
    outside of the repository, or unclear.
    """
    bases = {_below(_clean(base), _clean(root)) for base in roots} or {"."}
    return bases.pop() if len(bases) == 1 else None


def _below(base: str, top: str) -> str | None:
    if _absolute(base):
        inside = top != "/" and f"{base}/".startswith(f"{top}/")
        return posixpath.normpath(base[len(top) + 1 :]) if inside else None
    return None if base.split("/")[0] == ".." or ":/" in base else base


def _direct(path: str, bases: list[str], top: str, tree: Collection[str]) -> set[str]:
    """The files that the path can mean."""
    named = path if path in tree else _clean(path)
    if _absolute(named):
        return _one(_inside(named, top, tree))
    hits = {hit for base in bases if (hit := _inside(_join(top, base, named), top, tree))}
    if hits:
        return hits
    itself = _one(_inside(_join(top, "", named), top, tree))
    tails = {tail for base in bases if _absolute(base) for tail in _tails(base, named, tree)} - itself
    if not tails:
        return itself
    return itself | tails if itself or len(tails) > 1 else set()


def _one(hit: str | None) -> set[str]:
    return set() if hit is None else {hit}


def _tails(base: str, path: str, tree: Collection[str]) -> set[str]:
    """The files of a path whose root on another machine ends in a directory of the repository: `/ci/src` + `a.py` =
    `src/a.py`."""
    parts = [part for part in base.split("/") if part]
    found = ("/".join((*parts[start:], path)) for start in range(len(parts)))
    return {tail for tail in found if tail in tree}


def _join(top: str, base: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(base if _absolute(base) else posixpath.join(top, base), path))


def _inside(path: str, top: str, tree: Collection[str]) -> str | None:
    """The repository path of an absolute path, None when it is not below `top` or not in the tree."""
    prefix = top.rstrip("/") + "/"
    below = path[len(prefix) :] if path.startswith(prefix) else None
    return below if below in tree else None


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


def _by_prefix(paths: Mapping[str, str], tree: Collection[str]) -> PathMatches:
    by_name: dict[str, list[str]] = defaultdict(list)
    for target in tree:
        by_name[posixpath.basename(target)].append(target)
    candidates: dict[str, dict[str, str]] = {}
    for path, clean in paths.items():
        if not clean.startswith("../"):
            candidates[path] = _rewrites(clean, by_name.get(posixpath.basename(clean), []))
    votes = Counter(rewrite for found in candidates.values() for rewrite in found)
    best = votes.most_common(2)
    if not best or (len(best) == 2 and best[0][1] == best[1][1]):
        several = {path: tuple(sorted(found.values())) for path, found in candidates.items() if len(found) > 1}
        return PathMatches({}, (), several)
    winner = best[0][0]
    return PathMatches({path: found[winner] for path, found in candidates.items() if winner in found}, (winner,))


def _rewrites(path: str, targets: list[str]) -> dict[str, str]:
    """Rewrite -> target, for every target that is the path, has it as a tail, or is a tail of it."""
    found = {}
    for target in targets:
        if path == target:  # a vote against every prefix
            found[" -> "] = target
        elif path.endswith("/" + target):
            found[f"{path[: -len(target)]} -> "] = target
        elif target.endswith("/" + path) and not _absolute(path):
            found[f" -> {target[: -len(path)]}"] = target
    return found

"""Paths that a language gives its packages, and where they are in the repository.

Go names a file by its module, which a `go.mod` declares. Java, Kotlin, Scala and Groovy name it by its package, below
source folders that the report does not know: the one file that ends in the path is meant.
"""

from __future__ import annotations

import re
from collections import defaultdict

from covgov.ingest.places.placing import Names, PathMatches, below, tails_of
from covgov.ingest.places.source_tree import SourceTree

MODULE = re.compile(rb'^[ \t]*module[ \t]+"?([^\s"]+)', re.MULTILINE)
HOSTED_GO = re.compile(r"(?!\.)[^/]*\.[^/]*/.*\.go$")
JVM = (".java", ".kt", ".scala", ".groovy")


def in_modules(names: Names, tree: SourceTree, start: str) -> PathMatches:
    """Go files of the modules of the repository, or of the directory `start`; a file of an inner module is that
    module's. Two directories that declare one module may both have a file: then it is ambiguous."""
    go = {path: name for path, name in names.items() if name.endswith(".go") and name not in tree.blobs}
    modules = _modules(tree, start) if go else {}
    inside: dict[str, dict[str, str]] = defaultdict(dict)
    for path, name in go.items():
        fitting = [module for module in modules if name.startswith(f"{module}/")]
        if fitting:
            module = max(fitting, key=len)
            inside[module][path] = name[len(module) + 1 :]
    found = PathMatches()
    for module, files in inside.items():
        found += below(modules[module], files, tree)
    return found


def of_unknown_modules(names: Names, found: PathMatches, tree: SourceTree) -> Names:
    """Go files of a module with a host's name, where no `go.mod` says which directory it is."""
    go = {path: name for path, name in names.items() if HOSTED_GO.match(name) and name not in tree.blobs}
    return {} if found.known else go


def in_source_folders(names: Names, tree: SourceTree, start: str) -> PathMatches:
    """Files of packages, each below any directory of the repository, or of the directory `start`."""
    inside = (f"/{spot}" for spot in tree.blobs if f"{spot}/".startswith(f"{start}/" if start else ""))
    spots: dict[str, list[str]] = defaultdict(list)
    for spot, _, name in tails_of(inside, set(names.values())):
        spots[name].append(spot[1:])
    fitting = {path: tuple(sorted(spots[name])) for path, name in names.items()}
    return PathMatches(
        {path: found[0] for path, found in fitting.items() if len(found) == 1},
        ambiguous={path: found for path, found in fitting.items() if len(found) > 1},
        unplaced=frozenset(path for path, found in fitting.items() if not found),
    )


def _modules(tree: SourceTree, start: str) -> dict[str, list[str]]:
    """Module -> directories that declare it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(tree.blobs):
        place, _, name = path.rpartition("/")
        if name == "go.mod" and f"{place}/".startswith(f"{start}/" if start else ""):
            declared = MODULE.search(tree.read(path) or b"")
            if declared:
                found[declared[1].decode("utf-8", "replace")].append(place)
    return found

"""Which packages and modules a Python project is made of. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from covgov.scaffold.detection.declared import DeclaredPackages, declared
from covgov.scaffold.detection.tree import NOT_SOURCE, TEST_DIRECTORIES, Tree, joined, outermost

NOT_MODULES = re.compile(r"(?:setup|conftest|noxfile|tasks|fabfile|manage|versioneer|runtests|run_tests|ez_setup)\.py$")
TEST_FILE = re.compile(r"(?:.*/)?(?:test[^/]*|[^/]*_tests?)\.py$")


PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Package:
    """path: of the directory, or of the module with its suffix. name: as it is imported."""

    path: str
    name: str

    @property
    def root(self) -> str:
        """The directory that has to be on the path of imports; "" is the top."""
        return self.path.removesuffix(".py").removesuffix(self.name.replace(".", "/")).rstrip("/")

    @property
    def is_module(self) -> bool:
        return self.path.endswith(".py")


@dataclass(frozen=True, slots=True)
class PackageSearch:
    packages: tuple[Package, ...]
    why: str


def packages(tree: Tree) -> PackageSearch:
    """The packages of every project of the repository."""
    places = projects(tree)
    if places == ("",):
        return _of_project(tree)
    found = tuple(
        replace(package, path=joined(place, package.path))
        for place in places
        for package in _of_project(tree.inside(place)).packages
    )
    return PackageSearch(found, f"of the projects in {', '.join(places)}")


def projects(tree: Tree) -> tuple[str, ...]:
    """("",) for the project at the top, else the directories that have a project each."""
    marked = {path.rpartition("/")[0] for path in tree.files if path.rpartition("/")[2] in PROJECT_FILES}
    nested = outermost(
        place
        for place in marked - {""}
        if not NOT_SOURCE.intersection(place.casefold().split("/")) and _of_project(tree.inside(place)).packages
    )
    inside = tuple(f"{place}/" for place in nested)
    rest = Tree(tuple(path for path in tree.files if not path.startswith(inside)), tree.read)
    has_own = any(one.is_module or f"{one.path}/__init__.py" in tree.known for one in _of_project(rest).packages)
    return ("",) if has_own or not nested else nested


def _of_project(tree: Tree) -> PackageSearch:
    """The packages that the project's settings name, else those that are found by their look."""
    said = declared(tree)
    if named := tuple(_named(tree, said)):
        return PackageSearch(named, f"named in {said.where}")
    roots = tuple(root.strip("./") for root in said.roots if tree.below(root.strip("./"))) or _roots(tree)
    found = tuple(dict.fromkeys(package for root in roots for package in _in_root(tree, root, said.name)))
    layout = "at the top of the repository" if roots == ("",) else f"found in {', '.join(r or '.' for r in roots)}"
    return PackageSearch(found, layout)


def _named(tree: Tree, said: DeclaredPackages) -> Iterator[Package]:
    for path in said.paths:
        if f"{path}.py" in tree.known:
            yield Package(f"{path}.py", path.rpartition("/")[2])
        elif path not in ("", ".") and tree.below(path):
            yield from _descended(tree, path, _root_of(path, said.roots))


def _root_of(path: str, roots: Iterable[str]) -> str:
    usual = (*roots, "src", "lib", "python")
    return next((root for root in usual if root and path.startswith(f"{root}/")), "")


def _roots(tree: Tree) -> tuple[str, ...]:
    """`src` when it holds packages and is none itself."""
    is_root = tree.below("src") and "src/__init__.py" not in tree.known
    return ("src",) if is_root else ("",)


def _in_root(tree: Tree, root: str, project: str) -> Iterator[Package]:
    """Directories with an `__init__.py` and PEP 420 packages (at the top: of the project's name, or alone); modules."""
    candidates = [path for path in tree.children(root) if root or path.casefold() not in NOT_SOURCE]
    regular = [path for path in candidates if f"{path}/__init__.py" in tree.known and not _only_tests(tree, path)]
    implicit = [path for path in candidates if path not in regular and not _only_tests(tree, path)]
    if not root:
        wanted = _spelled(re.split(r"[.]", project)[0])
        named = [path for path in implicit if _spelled(path) in (wanted, _spelled(project))]
        implicit = named if named or regular else implicit
    found = [package for path in (*regular, *implicit) for package in _descended(tree, path, root)]
    yield from found
    modules = [path for path in tree.modules(root) if _is_source(path)]
    own = [path for path in modules if _spelled(_stem(path)) == _spelled(project)]
    if root:
        yield from (Package(path, _stem(path)) for path in modules)
    elif own or not found:
        yield from (Package(path, _stem(path)) for path in own or modules)


def _descended(tree: Tree, path: str, root: str) -> Iterator[Package]:
    """The package, or below a directory without modules of its own (PEP 420, `pkgutil`) what is in it."""
    own = [module for module in tree.modules(path) if not _declares_namespace(tree, module)]
    children = [child for child in tree.children(path) if not _only_tests(tree, child)]
    if not own and children:
        for child in children:
            yield from _descended(tree, child, root)
        return
    inner = path[len(root) + 1 :] if root else path
    yield Package(path, inner.replace("/", "."))


def _declares_namespace(tree: Tree, module: str) -> bool:
    text = tree.text(module)
    return module.endswith("/__init__.py") and ("declare_namespace" in text or "extend_path" in text)


def _only_tests(tree: Tree, path: str) -> bool:
    name = path.rpartition("/")[2].casefold()
    if name in ("tests", "test"):
        return True
    inside = [file for file in tree.below(path) if not file.endswith(("/__init__.py", "/conftest.py"))]
    direct = any(TEST_FILE.match(file) for file in tree.modules(path))
    return direct and not tree.text(f"{path}/__init__.py").strip() and all(TEST_FILE.match(file) for file in inside)


def _is_source(path: str) -> bool:
    return not NOT_MODULES.search(path) and not TEST_FILE.match(path)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")


def _spelled(name: str) -> str:
    """A project's name as PEP 503 compares them."""
    return re.sub(r"[-_.]+", "-", name).casefold()


def paths_without(tree: Tree, directory: str, left_out: Iterable[str]) -> tuple[str, ...]:
    """Globs of everything below a directory but these directories, which a glob cannot leave out."""
    inside = [path for path in left_out if path == directory or path.startswith(f"{directory}/")]
    if not inside:
        return (f"{directory}/**",)
    if directory in inside:
        return ()
    deeper = [glob for child in tree.children(directory) for glob in paths_without(tree, child, inside)]
    return (joined(directory, "*"), *deeper)


def inner_tests(tree: Tree, package: Package) -> tuple[str, ...]:
    """Directories of tests inside a package: they have such a name, and a test file in them."""
    found: list[str] = []
    for file in tree.below(package.path) if not package.is_module else ():
        parts = file[len(package.path) + 1 :].split("/")[:-1]
        depth = next((index for index, part in enumerate(parts) if part.casefold() in TEST_DIRECTORIES), None)
        if depth is not None and TEST_FILE.match(file):
            found.append(joined(package.path, "/".join(parts[: depth + 1])))
    return tuple(sorted(set(found)))

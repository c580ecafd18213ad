"""What a project's own packaging settings say about its packages: pyproject.toml, setup.cfg, setup.py. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from covgov.scaffold.detection.tree import Tree, joined, table, texts


@dataclass(frozen=True, slots=True)
class DeclaredPackages:
    """roots: directories that hold packages. paths: packages and modules as paths without suffix, of which some may not
    exist. name: the project's. where: the file that declares the roots or paths.
    """

    roots: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    name: str = ""
    where: str = ""


def declared(tree: Tree) -> DeclaredPackages:
    """The first of the files that says something; the project's name from any."""
    found = [_of_pyproject(tree), _of_setup_cfg(tree), _of_setup_py(tree)]
    said = next((one for one in found if one.roots or one.paths), DeclaredPackages())
    name = next((one.name for one in found if one.name), "")
    return DeclaredPackages(said.roots, said.paths, name, said.where)


def _of_pyproject(tree: Tree) -> DeclaredPackages:
    tool = table(tree.pyproject, "tool")
    project, poetry = table(tree.pyproject, "project"), table(tool, "poetry")
    name = str(project.get("name") or poetry.get("name") or "")
    paths = tuple(dict.fromkeys(path.strip("/") for path in _tool_paths(tool) if path))
    roots = tuple(dict.fromkeys(_tool_roots(tool)))
    return DeclaredPackages(roots, paths, name, "pyproject.toml")


def _tool_roots(tool: Mapping[str, object]) -> Iterator[str]:
    setuptools = table(tool, "setuptools")
    yield from texts(table(setuptools, "packages", "find").get("where"))
    yield from (str(root) for key, root in table(setuptools, "package-dir").items() if not key)
    for given in (table(tool, "pdm", "build").get("package-dir"), table(tool, "maturin").get("python-source")):
        if isinstance(given, str):
            yield given
    poetry = table(tool, "poetry").get("packages")
    placed = [str(table(one).get("from") or "") for one in poetry] if isinstance(poetry, list) else []
    module_root = table(tool, "uv", "build-backend").get("module-root")
    yield from filter(None, [*placed, module_root if isinstance(module_root, str) else ""])


def _tool_paths(tool: Mapping[str, object]) -> Iterator[str]:
    setuptools = table(tool, "setuptools")
    root = str(table(setuptools, "package-dir").get("") or "")
    packages = setuptools.get("packages")
    listed = texts(packages) if isinstance(packages, list) else ()
    yield from (joined(root, name.replace(".", "/")) for name in _top((*listed, *texts(setuptools.get("py-modules")))))
    wheel = table(tool, "hatch", "build", "targets", "wheel")
    for given in (wheel.get("packages"), wheel.get("only-include"), table(tool, "hatch", "build").get("packages")):
        yield from texts(given) if isinstance(given, list) else ()
    yield from _poetry_paths(table(tool, "poetry").get("packages"))
    for module in (table(tool, "flit", "module").get("name"), table(tool, "flit", "metadata").get("module")):
        if isinstance(module, str):
            yield from (module.replace(".", "/"), joined("src", module.replace(".", "/")))


def _poetry_paths(packages: object) -> Iterator[str]:
    for package in packages if isinstance(packages, list) else ():
        given = table(package)
        include = str(given.get("include") or "").split("*")[0].strip("/").removesuffix(".py")
        yield joined(str(given.get("from") or ""), include)


def _of_setup_cfg(tree: Tree) -> DeclaredPackages:
    ini = tree.ini("setup.cfg")
    options = dict(ini.items("options")) if ini.has_section("options") else {}
    directory = dict(re.findall(r"^\s*([\w.]*)\s*=\s*(\S+)", options.get("package_dir", ""), re.MULTILINE))
    where = ini.get("options.packages.find", "where", fallback="").strip()
    roots = tuple(dict.fromkeys(filter(None, (directory.get("", ""), where))))
    words = f"{options.get('packages', '')}\n{options.get('py_modules', '')}".replace(",", "\n").split()
    names = [] if any("find" in word for word in words) else words
    root = roots[0] if roots else ""
    paths = tuple(joined(root, name.replace(".", "/")) for name in _top(names))
    return DeclaredPackages(roots, paths, ini.get("metadata", "name", fallback="").strip(), "setup.cfg")


def _of_setup_py(tree: Tree) -> DeclaredPackages:
    try:
        module = ast.parse(tree.text("setup.py"))
    except (SyntaxError, ValueError, RecursionError):
        return DeclaredPackages()
    keywords: dict[str, ast.expr] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and _called(node) in ("setup", "setuptools.setup"):
            keywords |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    directory = _literal(keywords.get("package_dir"))
    root = str(directory.get("", "")) if isinstance(directory, dict) else ""
    roots = tuple(dict.fromkeys(filter(None, (root, _found_in(keywords.get("packages"))))))
    names = [*texts(_literal(keywords.get("packages"))), *texts(_literal(keywords.get("py_modules")))]
    paths = tuple(joined(root, name.replace(".", "/")) for name in _top(names))
    name = _literal(keywords.get("name"))
    return DeclaredPackages(roots, paths, name if isinstance(name, str) else "", "setup.py")


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def _found_in(value: ast.expr | None) -> str:
    """The directory of `find_packages("src")`."""
    if not isinstance(value, ast.Call) or "find" not in _called(value):
        return ""
    given = [keyword.value for keyword in value.keywords if keyword.arg == "where"] or value.args[:1]
    found = _literal(given[0]) if given else ""
    return found.strip("./") if isinstance(found, str) else ""


def _literal(value: ast.expr | None) -> object:
    try:
        found: object = ast.literal_eval(value) if value is not None else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return found


def _top(names: list[str] | tuple[str, ...]) -> Iterator[str]:
    """The names without those that are below another one of them."""
    for name in names:
        if not any(name.startswith(f"{other}.") for other in names):
            yield name

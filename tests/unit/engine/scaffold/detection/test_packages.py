"""Which packages a project is made of, by its settings or by its look."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from covgov.scaffold.detection.packages import inner_tests, packages, paths_without
from covgov_testing.trees import tree

PYPROJECT, SETUP_CFG, SETUP = "pyproject.toml", "setup.cfg", "setup.py"
CASES: Mapping[str, tuple[Mapping[str, str], dict[str, str]]] = {
    "flat": ({"pkg/__init__.py": "", "tests/test_a.py": "", "docs/conf.py": ""}, {"pkg": "pkg"}),
    "src": ({"src/pkg/__init__.py": "", "setup.py": ""}, {"src/pkg": "pkg"}),
    "several": ({"one/__init__.py": "", "two/__init__.py": "", "scripts/x.py": ""}, {"one": "one", "two": "two"}),
    "PEP 420 in src": ({"src/zope/proxy/__init__.py": "", "src/zope/proxy/x.py": ""}, {"src/zope/proxy": "zope.proxy"}),
    "pkgutil namespace": (
        {
            "zope/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)",
            "zope/x/__init__.py": "",
        },
        {"zope/x": "zope.x"},
    ),
    "PEP 420 at the top, of the project's name": (
        {PYPROJECT: '[project]\nname = "my-app"', "my_app/core.py": "", "other/x.py": ""},
        {"my_app": "my_app"},
    ),
    "PEP 420 at the top, alone": ({"app/main.py": "", "tests/test_a.py": ""}, {"app": "app"}),
    "one module": ({"six.py": "", "setup.py": "", "test_six.py": "", "conftest.py": ""}, {"six.py": "six"}),
    "a module of the project's name beside scripts": (
        {SETUP: "from setuptools import setup\nsetup(name='six', py_modules=['six'])", "six.py": "", "release.py": ""},
        {"six.py": "six"},
    ),
    "modules in src": ({"src/mod.py": ""}, {"src/mod.py": "mod"}),
    "setuptools find": (
        {PYPROJECT: '[tool.setuptools.packages.find]\nwhere = ["lib"]', "lib/pkg/__init__.py": "", "x/__init__.py": ""},
        {"lib/pkg": "pkg"},
    ),
    "setuptools list": (
        {
            PYPROJECT: '[tool.setuptools]\npackages = ["tools", "tools.sub"]',
            "tools/__init__.py": "",
            "b/__init__.py": "",
        },
        {"tools": "tools"},
    ),
    "hatch": (
        {PYPROJECT: '[tool.hatch.build.targets.wheel]\npackages = ["src/a"]', "src/a/b.py": "", "src/c/d.py": ""},
        {"src/a": "a"},
    ),
    "poetry": (
        {PYPROJECT: '[[tool.poetry.packages]]\ninclude = "pkg"\nfrom = "code"', "code/pkg/__init__.py": ""},
        {"code/pkg": "pkg"},
    ),
    "flit": ({PYPROJECT: '[tool.flit.module]\nname = "a.b"', "a/b/__init__.py": ""}, {"a/b": "a.b"}),
    "pdm": ({PYPROJECT: '[tool.pdm.build]\npackage-dir = "code"', "code/pkg/__init__.py": ""}, {"code/pkg": "pkg"}),
    "maturin": (
        {PYPROJECT: '[tool.maturin]\npython-source = "python"', "python/pkg/__init__.py": ""},
        {"python/pkg": "pkg"},
    ),
    "setup.cfg": (
        {SETUP_CFG: "[options]\npackages = find:\npackage_dir =\n    = lib", "lib/pkg/__init__.py": ""},
        {"lib/pkg": "pkg"},
    ),
    "setup.py find_packages": (
        {SETUP: "from setuptools import *\nsetup(packages=find_packages('code'))", "code/pkg/__init__.py": ""},
        {"code/pkg": "pkg"},
    ),
    "setup.py package_dir": (
        {SETUP: "import setuptools\nsetuptools.setup(package_dir={'': 'code'}, packages=['pkg'])", "code/pkg/a.py": ""},
        {"code/pkg": "pkg"},
    ),
    "damaged settings": ({PYPROJECT: "[", SETUP_CFG: "x", SETUP: "(", "pkg/__init__.py": ""}, {"pkg": "pkg"}),
    "a directory of tests alone is no package": (
        {"pkg/__init__.py": "", "checks/test_a.py": "", "checks/__init__.py": ""},
        {"pkg": "pkg"},
    ),
    "an environment is no package": (
        {"pkg/__init__.py": "", ".venv/lib/x/__init__.py": "", "venv/y.py": ""},
        {"pkg": "pkg"},
    ),
    "nothing": ({"README.md": ""}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_packages_of_every_shape_are_found(case: str) -> None:
    files, expected = CASES[case]
    assert {package.path: package.name for package in packages(tree(files)).packages} == expected


def test_the_root_of_a_package_is_what_imports_need() -> None:
    files = {"src/a/b/__init__.py": "", "src/a/b/c.py": "", "src/mod.py": ""}
    assert {package.root for package in packages(tree(files)).packages} == {"src"}


def test_globs_leave_directories_out() -> None:
    files = tree(
        {"pkg/a.py": "", "pkg/tests/test_a.py": "", "pkg/sub/b.py": "", "pkg/sub/tests/test_b.py": "", "pkg/c/d.py": ""}
    )
    assert paths_without(files, "pkg", ()) == ("pkg/**",)
    inner = inner_tests(files, packages(files).packages[0])
    assert inner == ("pkg/sub/tests", "pkg/tests")
    assert paths_without(files, "pkg", inner) == ("pkg/*", "pkg/c/**", "pkg/sub/*")


def test_a_testing_package_without_tests_is_source() -> None:
    files = tree({"pkg/__init__.py": "", "pkg/testing/__init__.py": "", "pkg/testing/helpers.py": ""})
    assert inner_tests(files, packages(files).packages[0]) == ()

from __future__ import annotations

from pathlib import Path

import pytest
from coverage.config import CoverageConfig

from coverage import Coverage
from covgov.errors import InputError
from covgov.tamper.coverage_settings import KNOWN, CoverageSettings, load_settings

RC = """\
[run]
branch = True
source = src, lib
    more
omit =
    */x.py
    y/*
[report]
include = src/*
exclude_lines =
    no cover here
exclude_also =
    def __repr__
    if debug, maybe:
partial_branches = never
partial_also = seldom
"""
TOML = """\
[tool.coverage.run]
branch = true
omit = ["a/*", "b/*"]
[tool.coverage.report]
exclude_also = ["def __repr__"]
"""


def settings(**files: str) -> CoverageSettings:
    named = {name.replace("__", "."): text for name, text in files.items()}
    return load_settings(lambda path: named[path].encode() if path in named else None)


def test_without_any_file_the_defaults_hold() -> None:
    assert settings() == CoverageSettings()


def test_an_ini_file_is_read_as_coverage_reads_it() -> None:
    found = settings(__coveragerc=RC)
    assert found.where == ".coveragerc"
    assert found.branch
    assert found.source == ("src", "lib", "more")
    assert found.omit == ("*/x.py", "y/*")
    assert (found.include, found.report_include) == ((), ("src/*",))
    assert found.exclude == ("no cover here", "def __repr__", "if debug, maybe:")
    assert found.partial[0] == "never"
    assert found.partial[-1] == "seldom"


def test_a_toml_file_is_read_as_coverage_reads_it() -> None:
    found = settings(pyproject__toml=TOML)
    assert (found.where, found.omit) == ("pyproject.toml", ("a/*", "b/*"))
    assert found.exclude[-1] == "def __repr__"


def test_coverages_own_toml_file_needs_no_prefix() -> None:
    assert settings(__coveragerc__toml='[run]\nomit = "a/*, b/*"\n').omit == ("a/*", "b/*")
    assert settings(__coveragerc__toml=TOML).omit == ("a/*", "b/*")


def test_the_first_file_that_says_anything_wins() -> None:
    assert settings(__coveragerc="", pyproject__toml=TOML).where == ".coveragerc"
    assert settings(setup__cfg="[flake8]\nx = 1\n", pyproject__toml=TOML).where == "pyproject.toml"
    assert settings(setup__cfg="[coverage:run]\nbranch = 1\n", pyproject__toml=TOML).where == "setup.cfg"
    assert settings(pyproject__toml="tool = 3\n").where == ""


@pytest.mark.security
def test_a_shared_file_that_sets_nothing_does_not_hide_the_next() -> None:
    assert settings(setup__cfg="[coverage:run]\n", pyproject__toml=TOML).where == "pyproject.toml"
    assert settings(setup__cfg="[coverage:run]\nno_such = 1\n", pyproject__toml=TOML).where == "pyproject.toml"
    assert settings(setup__cfg="[coverage:html]\ntitle = x\n", pyproject__toml=TOML).where == "setup.cfg"
    assert settings(setup__cfg="[coverage:paths]\nx = y\n", pyproject__toml=TOML).where == "setup.cfg"


def test_the_known_options_are_coverages_own() -> None:
    ours = {f"{section}:{option}" for section, options in KNOWN.items() for option in options.split()}
    assert ours == {spec[1] for spec in CoverageConfig.CONFIG_FILE_OPTIONS}


@pytest.mark.security
def test_the_file_that_the_environment_names_comes_first() -> None:
    files = {"ci/cov.ini": b"[run]\nomit = z/*\n", ".coveragerc": b"[run]\nomit = y/*\n"}
    assert load_settings(files.get, "ci/cov.ini").omit == ("z/*",)
    assert load_settings(files.get, "gone.ini").omit == ("y/*",)
    assert load_settings({"cov.toml": b"[run]\nomit = ['t/*']\n"}.get, "cov.toml").omit == ("t/*",)


@pytest.mark.security
def test_what_an_older_coverage_reads_beside_its_own_toml_file_is_known() -> None:
    found = settings(__coveragerc__toml='[run]\nomit = ["a/*"]\n', pyproject__toml=TOML)
    assert found.where == ".coveragerc.toml"
    assert found.older is not None
    assert (found.older.where, found.older.omit) == ("pyproject.toml", ("a/*", "b/*"))
    assert settings(pyproject__toml=TOML).older is None


def test_options_that_decide_what_is_counted_are_kept_unless_they_are_the_default() -> None:
    text = "[run]\nplugins = mine\nconcurrency = thread\nsigterm = no\n[paths]\nsrc =\n    a\n    b\n[mine]\nx = 1\n"
    assert settings(__coveragerc=text).others == (
        ("run:concurrency", "thread"),
        ("run:plugins", "mine"),
        ("paths:src", "a, b"),
        ("mine:x", "1"),
    )
    assert settings(setup__cfg="[coverage:run]\nplugins = mine\n[coverage:mine]\nx = 1\n").where == "setup.cfg"


def test_an_empty_list_of_exclusions_replaces_the_default() -> None:
    assert settings(__coveragerc="[report]\nexclude_lines =\n").exclude == ()


@pytest.mark.reliability
@pytest.mark.parametrize("text", ["[run\n", "branch = 1\n", "[run]\nx = 1\nx = 2\n"])
def test_a_damaged_file_is_one_clear_error(text: str) -> None:
    with pytest.raises(InputError, match=r"\.coveragerc cannot be read") as caught:
        settings(__coveragerc=text)
    assert caught.value.code == "coverage-config-damaged"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".coveragerc", RC),
        (".coveragerc", RC.replace("[run]", "[coverage:run]").replace("[report]", "[coverage:report]")),
        (".coveragerc", RC + "[coverage:run]\n[coverage:report]\nomit = only/*\n"),
        (".coveragerc", RC.replace("\n", "\r")),
        (".coveragerc", "[DEFAULT]\nomit = d/*\n[coverage:run]\n[run]\nbranch = on\n"),
        (".coveragerc.toml", '[run]\nomit = ["a/*"]\n[report]\nomit = ["b/*"]\n[tool.coverage.run]\nbranch = true\n'),
        ("setup.cfg", RC.replace("[run]", "[coverage:run]").replace("[report]", "[coverage:report]")),
        ("tox.ini", "[coverage:report]\nexclude_lines =\n    a\n"),
        ("pyproject.toml", TOML),
        (".coveragerc.toml", TOML),
        (".coveragerc.toml", TOML.replace("tool.coverage.", "")),
    ],
)
def test_coverage_itself_reads_the_same(name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    theirs = Coverage().config
    ours = load_settings(lambda path: Path(path).read_bytes() if Path(path).is_file() else None)
    assert ours.branch is theirs.branch
    assert ours.exclude == tuple(theirs.exclude_list)
    assert sorted(ours.partial) == sorted((*theirs.partial_list, *theirs.partial_always_list))
    assert ours.omit == tuple(theirs.run_omit or theirs.report_omit or ())
    assert ours.include == tuple(theirs.run_include or ())
    assert ours.report_include == tuple(theirs.report_include or ())
    assert ours.source == tuple(theirs.source or ())

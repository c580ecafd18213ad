from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.ingest.interface import ParsedReport
from covgov.ingest.normalise import NormalisedReport, normalise, one_base
from covgov.model.snapshot import Identity
from covgov_testing.builders.coverage import cov

TREE = frozenset({"src/a.py", "src/pkg/__init__.py", "src/pkg/core.py", "lib/a.py", "tests/test_a.py", "setup.py"})


def report(paths: Sequence[str], roots: Sequence[str] = ()) -> ParsedReport:
    return ParsedReport("x", Identity("x"), {path: cov("+-") for path in paths}, (), (), roots=tuple(roots))


def mapped(
    *paths: str, roots: Sequence[str] = (), root: str = "/repo", tree: frozenset[str] = TREE
) -> NormalisedReport:
    return normalise(report(paths, roots), root=root, tree=tree)


@pytest.mark.parametrize(
    "path",
    [
        "src/a.py",
        "./src/a.py",
        "src\\a.py",
        "src/../src/a.py",
        "/repo/src/a.py",
        "/repo/./src/pkg/../a.py",
        "file:///repo/src/a.py",
        "file:///repo/src/%61.py",
    ],
)
def test_spellings_of_one_path_come_out_as_one(path: str) -> None:
    found = mapped(path)
    assert list(found.files) == ["src/a.py"]
    assert found.unmatched == found.rewrites == ()


@pytest.mark.parametrize("root", ["/repo/src", "src", "./src/", "/repo/src/pkg/.."])
def test_a_named_root_comes_first(root: str) -> None:
    assert list(mapped("a.py", roots=[root]).files) == ["src/a.py"]


def test_a_path_below_two_named_roots_is_not_guessed() -> None:
    found = mapped("a.py", "pkg/core.py", roots=["/repo/src", "/repo/lib"])
    assert list(found.files) == ["src/pkg/core.py"]
    assert found.ambiguous == {"a.py": ("lib/a.py", "src/a.py")}


def test_windows_roots_match_whatever_the_case_of_the_drive() -> None:
    assert list(mapped("c:\\work\\repo\\src\\a.py", root="C:\\work\\repo").files) == ["src/a.py"]
    assert list(mapped("file:///C:/work/repo/src/a.py", root="c:/work/repo").files) == ["src/a.py"]


def test_a_report_of_another_checkout_is_rewritten_as_a_whole() -> None:
    found = mapped("/ci/build/src/pkg/core.py", "/ci/build/tests/test_a.py", "/usr/lib/python3/os.py")
    assert sorted(found.files) == ["src/pkg/core.py", "tests/test_a.py"]
    assert found.unmatched == ("/usr/lib/python3/os.py",)
    assert found.rewrites == ("/ci/build/ -> ",)


def test_a_report_from_a_subdirectory_is_rewritten_as_a_whole() -> None:
    found = mapped("a.py", "pkg/core.py")
    assert sorted(found.files) == ["src/a.py", "src/pkg/core.py"]
    assert found.rewrites == (" -> src/",)


def test_an_ambiguous_tail_is_unmatched_and_named_with_what_it_fits() -> None:
    assert mapped("a.py") == NormalisedReport({}, ("a.py",), ambiguous={"a.py": ("lib/a.py", "src/a.py")})


def test_a_tail_of_two_lengths_is_unmatched() -> None:
    assert mapped("/ci/src/a.py", tree=frozenset({"a.py", "src/a.py"})).files == {}


def test_foreign_files_are_not_matched_by_name_once_others_are_found() -> None:
    found = mapped("src/a.py", "/usr/lib/python3/setup.py")
    assert found.ambiguous == {}
    assert list(found.files) == ["src/a.py"]
    assert found.unmatched == ("/usr/lib/python3/setup.py",)


def test_a_path_that_also_fits_a_foreign_root_is_not_guessed() -> None:
    tree = frozenset({"a.py", "src/a.py"})
    found = mapped("a.py", roots=["/ci/src"], tree=tree)
    assert (found.files, found.ambiguous) == ({}, {"a.py": ("a.py", "src/a.py")})
    beside = mapped("a.py", "b.py", roots=["/ci/src"], tree=tree | {"b.py"})
    assert (list(beside.files), beside.ambiguous) == (["b.py"], {"a.py": ("a.py", "src/a.py")})
    assert mapped("a.py", "b.py", roots=["/ci/src"], tree=frozenset({"src/a.py", "b.py"})).ambiguous == {}
    assert list(mapped("a.py", roots=["/ci/work"], tree=tree).files) == ["a.py"]


def test_two_report_paths_of_one_file_are_merged() -> None:
    files = {"src/a.py": cov("+-"), "/repo/src/a.py": cov("-+")}
    found = normalise(ParsedReport("x", Identity("x"), files, (), ()), root="/repo", tree=TREE)
    assert found.files == {"src/a.py": cov("++")}


def test_a_backslash_in_a_real_name_is_kept() -> None:
    assert list(mapped("src\\a.py", tree=frozenset({"src\\a.py"})).files) == ["src\\a.py"]


@pytest.mark.security
@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "..\\..\\windows\\system32\\x",
        "//server/share/x",
        "%2e%2e/%2e%2e/etc/passwd",
        "src/./../../x",
        "/repo/../etc/passwd",
        "/repository/src/b.py",
        "/repo",
        ".",
        "file://",
    ],
)
def test_hostile_paths_match_nothing(path: str) -> None:
    assert mapped(path) == NormalisedReport({}, (path,))


@pytest.mark.security
def test_hostile_roots_lead_nowhere() -> None:
    assert mapped("passwd", roots=["/etc", "../../etc", "/repo/../etc"]).files == {}


SEGMENTS = st.sampled_from(["..", ".", "src", "pkg", "a.py", "repo", "", "C:", "core.py", "%2e%2e", "file://"])


@pytest.mark.security
@given(
    st.lists(st.lists(SEGMENTS, max_size=6).map("/".join), max_size=4, unique=True),
    st.lists(st.lists(SEGMENTS, max_size=4).map("/".join), max_size=2),
)
def test_only_repository_paths_come_out_of_a_report(paths: list[str], roots: list[str]) -> None:
    found = mapped(*paths, roots=roots)
    assert found.files.keys() <= TREE
    assert set(found.unmatched) <= set(paths)


@pytest.mark.parametrize(
    ("roots", "root", "wanted"),
    [
        ((), "/", "."),
        (("shop",), "/", "shop"),
        (("./shop/",), "/ci/build", "shop"),
        (("shop", "shop/."), "/", "shop"),
        ((".",), "/", "."),
        (("/ci/build/shop",), "/ci/build", "shop"),
        (("/ci/build",), "/ci/build/", "."),
        (("file:///ci/build/a%20b",), "/ci/build", "a b"),
        (("c:\\ci\\shop",), "C:/ci", "shop"),
        (("/ci/build/shop", "shop"), "/ci/build", "shop"),
        (("/ci/build/shop",), "/", None),
        (("/ci/build-2/shop",), "/ci/build", None),
        (("/ci/build/shop", "/elsewhere"), "/ci/build", None),
        (("shop", "lib"), "/", None),
        (("../shop",), "/", None),
        (("..",), "/", None),
        (("https://ci.example/shop",), "/", None),
    ],
)
def test_report_roots_resolve_to_one_directory_or_none(roots: Sequence[str], root: str, wanted: str | None) -> None:
    assert one_base(roots, root=root) == wanted

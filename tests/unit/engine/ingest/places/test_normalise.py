from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.ingest.interface import ParsedReport
from covgov.ingest.places.normalise import NormalisedReport, normalise, one_base
from covgov.ingest.places.source_tree import SourceTree
from covgov.model.snapshot import Identity
from covgov_testing.builders.coverage import cov

TREE = frozenset({"src/a.py", "src/pkg/__init__.py", "src/pkg/core.py", "lib/a.py", "tests/test_a.py", "setup.py"})


def report(paths: Sequence[str], roots: Sequence[str] = ()) -> ParsedReport:
    return ParsedReport("x", Identity("x"), {path: cov("+-") for path in paths}, (), (), roots=tuple(roots))


def mapped(
    *paths: str,
    roots: Sequence[str] = (),
    root: str = "/repo",
    tree: Collection[str] = TREE,
    disk: Collection[str] = (),
    ignored: str = "^$",
    place: str | None = None,
    start: str = "",
) -> NormalisedReport:
    """disk: files that git does not list. ignored: a pattern of paths that git ignores."""
    there = SourceTree(
        root,
        dict.fromkeys(tree, "blob"),
        on_disk=disk.__contains__,
        ignored=lambda asked: {path for path in asked if re.search(ignored, path)},
    )
    return normalise(report(paths, roots), there, place=place, start=start)


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
    found = mapped("a.py")
    assert (found.files, found.unmatched) == ({}, ("a.py",))
    assert found.ambiguous == {"a.py": ("lib/a.py", "src/a.py")}


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
    assert (list(beside.files), beside.ambiguous) == (["a.py", "b.py"], {}), "b.py is only there where a.py is too"
    apart = mapped("a.py", "b.py", roots=["/ci/src"], tree=frozenset({"src/a.py", "b.py"}))
    assert (apart.ambiguous, apart.unplaced) == ({}, ("a.py",))
    assert list(mapped("a.py", roots=["/ci/work"], tree=tree).files) == ["a.py"]


def test_two_report_paths_of_one_file_are_merged() -> None:
    files = {"src/a.py": cov("+-"), "/repo/src/a.py": cov("-+")}
    tree = SourceTree("/repo", dict.fromkeys(TREE, ""))
    found = normalise(ParsedReport("x", Identity("x"), files, (), ()), tree)
    assert found.files == {"src/a.py": cov("++")}


def test_a_backslash_in_a_real_name_is_kept() -> None:
    assert list(mapped("src\\a.py", tree=frozenset({"src\\a.py"})).files) == ["src\\a.py"]


MONOREPO = {"packages/a/src/index.js", "packages/b/src/index.js", "packages/b/src/gen.js", "tools/x.js"}
A_ONLY = {"src/index.js": "packages/a/src/index.js", "src/gen.js": "packages/a/src/gen.js"}


@pytest.mark.reliability
def test_a_report_is_read_from_where_it_lies_whatever_others_have() -> None:
    found = mapped(*A_ONLY, tree=MONOREPO, disk=["packages/a/src/gen.js"], place="packages/a/cov")
    assert list(found.files) == ["packages/a/src/index.js"]
    assert (found.unmatched, found.unplaced, found.rewrites) == (("src/gen.js",), (), ())
    tracked = mapped(*A_ONLY, tree=MONOREPO | {*A_ONLY.values()}, place="packages/a/cov")
    assert list(tracked.files) == ["packages/a/src/gen.js", "packages/a/src/index.js"]
    assert list(mapped(*A_ONLY, tree=MONOREPO, place="packages/b").files) == [
        "packages/b/src/gen.js",
        "packages/b/src/index.js",
    ]


def test_the_nearest_directory_that_has_all_files_wins() -> None:
    tree = {"src/a.js", "src/b.js", "packages/x/src/a.js"}
    assert list(mapped("src/a.js", tree=tree, place="packages/x").files) == ["packages/x/src/a.js"]
    assert list(mapped("src/a.js", "src/b.js", tree=tree, place="packages/x").files) == ["src/a.js", "src/b.js"]


@pytest.mark.reliability
def test_two_packages_that_have_all_files_are_ambiguous_until_the_suite_names_one() -> None:
    tree = MONOREPO | {*A_ONLY.values()}
    found = mapped(*A_ONLY, tree=tree, place="coverage")
    assert found.ambiguous["src/gen.js"] == ("packages/a/src/gen.js", "packages/b/src/gen.js")
    assert found.files == {}
    named = mapped(*A_ONLY, tree=tree, place="coverage", start="packages/a")
    assert list(named.files) == ["packages/a/src/gen.js", "packages/a/src/index.js"]
    ignored = mapped(*A_ONLY, tree=MONOREPO, ignored="gen", place="coverage")
    assert set(ignored.ambiguous) == {"src/index.js"}


@pytest.mark.reliability
def test_a_place_that_has_some_files_is_not_outvoted_by_one_that_has_all() -> None:
    found = mapped(*A_ONLY, tree=MONOREPO, place="packages/a/cov")
    assert found.ambiguous == {"src/index.js": ("packages/a/src/index.js", "packages/b/src/index.js")}
    assert (found.files, found.unplaced) == ({}, ("src/gen.js",))


def test_a_start_that_lacks_a_file_leaves_it_unplaced() -> None:
    found = mapped(*A_ONLY, tree=MONOREPO, start="packages/a")
    assert (list(found.files), found.unplaced) == (["packages/a/src/index.js"], ("src/gen.js",))


@pytest.mark.reliability
@pytest.mark.parametrize("path", ["src/gone.py", "/repo/src/gone.py", "gone.py", "src/../gone.py"])
def test_a_file_that_is_nowhere_is_unplaced_beside_others(path: str) -> None:
    found = mapped("src/a.py", "src/pkg/core.py", path)
    assert sorted(found.files) == ["src/a.py", "src/pkg/core.py"]
    assert found.unplaced == (path,)


@pytest.mark.parametrize(
    "path",
    [
        "/usr/lib/python3/os.py",
        "/venv/lib/site-packages/src/pkg/core.py",
        "../elsewhere/a.py",
        "webpack://app/src/a.py",
        "node:internal/main",
        "<string>",
        "src/_version.py",
        "build/lib/a.py",
    ],
)
def test_files_outside_of_the_repository_and_ignored_ones_are_no_fault(path: str) -> None:
    found = mapped("src/a.py", path, disk=["build/lib/a.py"], ignored="_version")
    assert (list(found.files), found.unmatched, found.unplaced) == (["src/a.py"], (path,), ())


@pytest.mark.reliability
def test_a_path_of_another_machine_beside_others_is_not_dropped_where_it_means_a_file() -> None:
    assert mapped("src/a.py", "/ci/src/pkg/core.py").unplaced == ("/ci/src/pkg/core.py",)
    assert mapped("src/a.py", "/copy/src/a.py").unplaced == (), "the report has this file itself"
    assert mapped("/repo/src/a.py", "/ci/src/pkg/core.py").unplaced == (), "measured here, so the other is elsewhere"
    two = mapped("/one/src/a.py", "/one/setup.py", "/two/src/pkg/core.py")
    assert (sorted(two.files), two.unplaced) == (["setup.py", "src/a.py"], ("/two/src/pkg/core.py",))
    assert mapped("/one/src/a.py", "/one/src/gone.py").unplaced == ("/one/src/gone.py",)


@pytest.mark.reliability
def test_a_name_below_two_roots_is_ambiguous_also_where_git_ignores_one() -> None:
    found = mapped("pkg/core.py", roots=["/repo/src", "/repo/vendor"], disk=["vendor/pkg/core.py"])
    assert found.ambiguous == {"pkg/core.py": ("src/pkg/core.py", "vendor/pkg/core.py")}
    assert found.files == {}


def test_roots_of_another_machine_are_read_together() -> None:
    found = mapped("pkg/core.py", "test_a.py", roots=["/ci/x/src", "/ci/x/tests"])
    assert sorted(found.files) == ["src/pkg/core.py", "tests/test_a.py"]
    assert found.unplaced == ()


def test_what_is_below_none_of_the_local_roots_is_below_one_outside() -> None:
    found = mapped("a.py", "six.py", roots=["/repo/src", "/venv/lib"])
    assert (list(found.files), found.unmatched, found.unplaced) == (["src/a.py"], ("six.py",), ())


def test_relative_roots_start_where_the_report_lies() -> None:
    found = mapped("index.js", roots=["src"], tree=MONOREPO, place="packages/a")
    assert list(found.files) == ["packages/a/src/index.js"]


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
    found = mapped(path)
    assert (found.files, found.unmatched, found.ambiguous) == ({}, (path,), {})


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


def placed(files: dict[str, str], *paths: str, start: str = "") -> NormalisedReport:
    """files: path -> text."""
    texts = {path: text.encode() for path, text in files.items()}
    there = SourceTree("/repo", dict.fromkeys(files, "blob"), read=texts.get)
    return normalise(report(paths), there, start=start)


GO = {"go/go.mod": "// shop\nmodule example.com/shop // v1\n", "go/main.go": "", "go/cart/cart.go": ""}


def test_go_mod_says_which_directory_a_module_is() -> None:
    found = placed(GO, "example.com/shop/cart/cart.go", "example.com/shop/main.go")
    assert set(found.files) == {"go/cart/cart.go", "go/main.go"}
    assert found.unmatched == ()


def test_a_file_of_a_module_that_is_not_there_is_unplaced() -> None:
    assert placed(GO, "example.com/shop/main.go", "example.com/shop/gone.go").unplaced == ("example.com/shop/gone.go",)


def test_an_inner_module_has_its_own_files() -> None:
    files = {"go.mod": "module x/shop", "pay/go.mod": 'module "x/shop/pay"', "pay/a.go": "", "a.go": ""}
    assert set(placed(files, "x/shop/pay/a.go", "x/shop/a.go").files) == {"pay/a.go", "a.go"}


def test_two_directories_with_one_module_are_ambiguous_until_root_says_which() -> None:
    files = {"a/go.mod": "module x/shop", "b/go.mod": "module x/shop", "a/c.go": "", "b/c.go": ""}
    assert placed(files, "x/shop/c.go").ambiguous == {"x/shop/c.go": ("a/c.go", "b/c.go")}
    assert set(placed(files, "x/shop/c.go", start="b").files) == {"b/c.go"}


def test_without_go_mod_the_module_is_what_no_file_begins_with() -> None:
    assert set(placed({"cart/cart.go": ""}, "example.com/shop/cart/cart.go").files) == {"cart/cart.go"}


MAVEN = {"java/a/src/main/java/com/s/a/A.java": "", "java/b/src/main/java/com/s/b/B.java": ""}


def test_a_go_file_of_the_repository_is_no_module() -> None:
    files = {"a.go": "", "v1.2/b.go": ""}
    assert set(placed(files, *files).files) == set(files)


def test_modules_and_languages_have_source_folders_of_their_own() -> None:
    assert set(placed(MAVEN, "com/s/a/A.java", "com/s/b/B.java").files) == set(MAVEN)
    mixed = {"src/main/java/com/s/A.java": "", "src/main/kotlin/com/s/B.kt": ""}
    assert set(placed(mixed, "com/s/A.java", "com/s/B.kt").files) == set(mixed)


def test_a_package_path_of_no_file_is_unplaced() -> None:
    assert placed(MAVEN, "com/s/a/A.java", "com/s/a/Gone.java").unplaced == ("com/s/a/Gone.java",)


def test_one_package_path_in_two_modules_is_ambiguous_until_root_says_which() -> None:
    twins = {**MAVEN, "java/b/src/main/java/com/s/a/A.java": ""}
    assert set(placed(twins, "com/s/a/A.java").ambiguous) == {"com/s/a/A.java"}
    assert set(placed(twins, "com/s/a/A.java", start="java/a").files) == {"java/a/src/main/java/com/s/a/A.java"}


def test_a_go_file_without_a_module_is_an_ordinary_path() -> None:
    assert set(placed({"a.go": "", "cart/b.go": ""}, "a.go", "cart/b.go").files) == {"a.go", "cart/b.go"}

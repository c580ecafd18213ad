from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import InputError
from covgov.ingest import building
from covgov.ingest.building import FileBuilder
from covgov.model import lines
from covgov.model.snapshot import CountedExits


def test_a_line_listed_twice_is_covered_if_it_ran_once() -> None:
    builder = FileBuilder()
    builder.hit(3, True)
    builder.hit(3, False)
    builder.hit(4, False)
    built = builder.build()
    assert (built.statements, built.covered) == (0b11000, 0b01000)


def test_an_exit_listed_twice_is_taken_if_taken_once() -> None:
    builder = FileBuilder()
    builder.exit(1, 2, True)
    builder.exit(1, 2, False)
    builder.exit(1, 3, False)
    built = builder.build()
    assert built.exits == ((1, 2), (1, 3))
    assert built.taken == ((1, 2),)


def test_a_line_with_counted_exits_keeps_no_exact_ones() -> None:
    builder = FileBuilder()
    builder.exit(1, 2, True)
    builder.count(1, CountedExits(1, 2))
    built = builder.build()
    assert built.exits == ()
    assert built.by_number == {1: CountedExits(1, 2)}


def test_a_line_both_counted_and_excluded_counts() -> None:
    builder = FileBuilder(excluded=0b110)
    builder.hit(1, False)
    assert builder.build().excluded == 0b100


def test_attributes_hold_only_covered_lines() -> None:
    builder = FileBuilder(attributes={"security": 0b10_0000_0110})
    builder.hit(1, True)
    builder.hit(2, False)
    assert builder.build().attribute("security") == 0b10


@pytest.mark.security
@pytest.mark.parametrize("line", [0, -1, building.MAX_LINE + 1, 10**308])
def test_unbelievable_line_numbers_are_refused(line: int) -> None:
    with pytest.raises(InputError, match="here: line"):
        building.line_number(line, "here")


@pytest.mark.security
@pytest.mark.parametrize("name", ["", "  ", "a\0b", "a\nb", "\x7f", "\ud800", "x" * 4097])
def test_names_that_no_file_can_have_are_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        building.file_path(name, "here")
    assert caught.value.code == "report-damaged"


def test_ordinary_names_pass_unchanged() -> None:
    assert building.file_path("src/ä b.py", "here") == "src/ä b.py"


@pytest.mark.security
def test_many_files_with_huge_line_numbers_are_refused_before_memory_is_taken() -> None:
    files = {str(n): FileBuilder(hits={building.MAX_LINE: True}) for n in range(501)}
    with pytest.raises(InputError, match="lines in all"):
        building.build_all(files, "here")


@pytest.mark.parametrize(
    ("context", "tags"),
    [
        ("", ()),
        ("local", ()),
        ("covgov:security", ("security",)),
        ("static|covgov:architecture,security", ("architecture", "security")),
        ("test_covgov:security", ()),
        ("covgov:", ()),
    ],
)
def test_tags_are_read_from_contexts(context: str, tags: tuple[str, ...]) -> None:
    assert building.tags_of(context) == tags


@pytest.mark.parametrize(
    ("version", "writes"),
    [("4.5.4", True), ("5.5", True), ("6.2", True), ("6.3", False), ("7.17.3", False)],
)
def test_only_coverage_before_6_3_writes_line_zero(version: str, writes: bool) -> None:
    assert building.writes_line_zero(version) is writes


def test_no_branch_lines_are_made_up_for_when_they_explain_the_stated_number() -> None:
    builder = FileBuilder(exits={(1, 2): True, (1, 3): False, (5, 6): True})
    building.settle_pragmas(builder, 4)
    assert builder.counted == {5: CountedExits(2, 2)}
    assert building.listed_exits(builder) == (3, 4)


def test_no_branch_lines_are_left_alone_when_they_do_not_explain_the_number() -> None:
    builder = FileBuilder(exits={(1, 2): True, (5, 6): True})
    building.settle_pragmas(builder, 9)
    assert builder.counted == {}


@given(st.sets(st.sampled_from(["lines", "branches", "exits", "contexts", "excluded", "tests"])))
def test_every_capability_is_either_carried_or_lacking(present: set[str]) -> None:
    carries, lacks = building.capabilities(present)
    assert set(carries) == present
    assert set(carries).isdisjoint(lacks)
    assert len(carries) + len(lacks) == 6


@pytest.mark.security
def test_exits_by_number_are_bounded_because_other_formats_list_each() -> None:
    builders = {path: FileBuilder() for path in "ab"}
    for builder in builders.values():
        builder.count(1, CountedExits(0, building.MAX_COUNTED // 2))
    builders["a"].hit(1, True)
    builders["a"].count(2, CountedExits(0, 10))
    assert building.build_all(builders, "r").keys() == builders.keys()
    builders["a"].count(3, CountedExits(0, 1))
    with pytest.raises(InputError, match="r: its 1 lines have 1000011 branch exits"):
        building.build_all(builders, "r")


def test_lines_with_hits_are_read_as_one_text() -> None:
    assert building.line_sets(b"1=0;\n2=17;\n9=3", b"=", b";\n", b"=;") == (lines.of([1, 2, 9]), lines.of([2, 9]))


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"1", b"1=", b"=1", b"1=0;\n", b"1=0;\n2", b"1;\n2=0", b"1=0=2;\n3", b"1=0;2=0", b"1=0 ;\n2=0"),
        *(b"1=0;3\n2=0", b"1=0;\n2=0;3\n", b"01=0", b"1=00", b"0=1", b"-1=0", b"1=-1", b"1=1.0", b"1=0;\n1=0"),
        *(b"1000001=0", b"1=9007199254740993", b"\xb2=1", b"1 =0"),
    ],
)
def test_any_other_text_is_left_to_the_strict_reader(text: bytes) -> None:
    assert building.line_sets(text, b"=", b";\n", b"=;") is None


@given(st.text("0123456789=;\n", max_size=30))
def test_a_text_is_read_only_if_it_is_what_it_would_be_written_as(text: str) -> None:
    found = building.line_sets(text.encode(), b"=", b";\n", b"=;")
    if found is not None:
        rows = [row.split("=") for row in text.split(";\n")]
        assert text == ";\n".join(f"{int(line)}={int(count)}" for line, count in rows)
        assert found == (lines.of(int(line) for line, _ in rows), lines.of(int(line) for line, n in rows if int(n)))

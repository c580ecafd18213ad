from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.history.format import texts
from covgov.model import codec, lines
from covgov.model.ratio import Ratio
from covgov.model.snapshot import FileCoverage, Metric, Snapshot, by_exits
from covgov_testing.builders.coverage import IDENTITY, cov, snap
from covgov_testing.builders.run import run
from covgov_testing.golden_history import LOGIN, second_verdict
from covgov_testing.reports import COUNTED

NUMBERS = st.integers(1, 60)


@st.composite
def files(draw: st.DrawFn) -> FileCoverage:
    statements = draw(st.sets(NUMBERS))
    covered = {line for line in statements if draw(st.booleans())}
    exits = sorted(draw(st.sets(st.tuples(NUMBERS, st.integers(-60, 60)), max_size=8)))
    inexact = sorted(draw(st.sets(NUMBERS, max_size=3)) - {line for line, _ in exits})
    counted = by_exits({line: draw(st.sampled_from(COUNTED)) for line in inexact})
    tags = sorted(draw(st.sets(st.sampled_from(["*", "security", "é"]))))
    return FileCoverage(
        statements=lines.of(statements),
        covered=lines.of(covered),
        exits=tuple(exits),
        taken=tuple(exit_ for exit_ in exits if draw(st.booleans())),
        counted=counted,
        excluded=lines.of(draw(st.sets(NUMBERS)) - statements),
        attributes=tuple((tag, lines.of(line for line in covered if draw(st.booleans()))) for tag in tags),
        source=draw(st.sampled_from(["", "d" * 40])),
    )


PATHS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@given(st.dictionaries(PATHS, files(), max_size=5))
def test_coverage_comes_back_equal(made: dict[str, FileCoverage]) -> None:
    text = texts.of_snapshot(Snapshot("api", made, IDENTITY))
    assert dict(texts.files(text)) == made
    assert texts.paths(text) == sorted(made)
    assert not any(b"\n" in line for line in text)
    texts.check(text, set())


def test_a_verdict_comes_back_with_its_very_bytes() -> None:
    verdict = second_verdict()
    text = texts.of_verdict(verdict)
    assert len(text) > 100
    assert texts.compact(text) == codec.encode(texts.to_verdict(text)) == codec.encode(verdict)


def test_the_verdict_that_is_kept_is_the_published_one() -> None:
    kept = msgspec.json.decode(texts.compact(texts.of_record(run())[texts.VERDICT]))
    assert (kept["format"], kept["version"]) == ("covgov-verdict", 1)


def test_an_edit_above_changes_no_branch_below_it() -> None:
    before, after = (
        cov("+" * 40, exits=[(line + shift, line + shift + 2) for line in (5, 20, 30)], source="s") for shift in (0, 1)
    )
    old, new = (msgspec.json.decode(texts.of_snapshot(snap({"a.py": one}))[0]) for one in (before, after))
    assert (old["exits"], new["exits"]) == ([[3, [2], []]], [[3, [2], []]])
    assert (old["gaps"], new["gaps"]) == ([5, 15, 10], [6, 15, 10])


def test_only_files_that_changed_are_decoded_again() -> None:
    before, after = (texts.of_snapshot(snap({"a.py": LOGIN, "b.py": last, "c.py": "+-"})) for last in ("++", "+-"))
    old = texts.decode(before, {})
    new = texts.decode(after, old)
    assert dict(new.values()) == dict(texts.files(after))
    here, there = dict(old.values()), dict(new.values())
    assert [path for path in here if here[path] is there[path]] == ["a.py", "c.py"]


def ratios(coverage: FileCoverage | Snapshot) -> tuple[Ratio, Ratio]:
    return coverage.ratio(Metric.LINE), coverage.ratio(Metric.BRANCH)


@given(st.dictionaries(PATHS, files(), min_size=1, max_size=5))
def test_files_that_are_folded_count_what_they_count_one_by_one(made: dict[str, FileCoverage]) -> None:
    snapshot = Snapshot("api", made, IDENTITY)
    assert ratios(texts.fold(texts.decode(texts.of_snapshot(snapshot), {}))) == ratios(snapshot)


NAMES = st.sampled_from(["a.py", "b.py", "c.py", "d.py"])
SUITES = st.dictionaries(
    st.sampled_from(["api", "auth"]),
    st.dictionaries(NAMES, st.sampled_from([cov("+"), cov("-"), LOGIN]), max_size=4),
    min_size=1,
)


@given(SUITES, SUITES, st.sets(NAMES))
def test_same_files_are_those_of_one_suite_that_did_not_change(
    before: dict[str, dict[str, FileCoverage]], after: dict[str, dict[str, FileCoverage]], paths: set[str]
) -> None:
    old, new = (
        {suite: texts.of_snapshot(Snapshot(suite, made, IDENTITY)) for suite, made in side.items()}
        for side in (before, after)
    )
    found = texts.same(old, new, paths)
    expected = {
        path
        for suite in before
        for path, one in before[suite].items()
        if after.get(suite, {}).get(path) == one
        and path not in paths
        and not any(path in side.get(other, {}) for other in {"api", "auth"} - {suite} for side in (before, after))
    }
    assert {path for pair in found for path, _ in texts.files(list(pair))} == expected
    assert len(found) == len(expected)
    for suite, text in new.items():
        left = {path: one for path, one in after[suite].items() if path not in expected}
        assert dict(texts.without(text, found)) == left


Groups = list[tuple[int, list[int], list[int]]]


def one_at_a_time(
    statements: bytes, gaps: list[int], groups: Groups, missed: str, untaken: bytes
) -> FileCoverage | None:
    """What two lines say of a file, one exit at a time; None = they are refused."""
    if sum(count for count, _, _ in groups) != len(gaps):
        return None
    exits, line, distances = list[tuple[int, int]](), 0, iter(gaps)
    for count, inside, outside in groups:
        for _ in range(count):
            line += next(distances)
            targets = [*(offset - line for offset in outside), *(line + offset for offset in inside)]
            if not 0 < line <= lines.MAX_LINE or any(abs(target) > lines.MAX_LINE for target in targets):
                return None
            exits += [(line, target) for target in targets]
    there, gone, bits = lines.from_bytes(statements), lines.unspell(missed), lines.from_bytes(untaken)
    if gone & ~there or bits >> len(exits) or there & 1 or exits != sorted(set(exits)):
        return None
    taken = tuple(exit_ for index, exit_ in enumerate(exits) if not bits >> index & 1)
    return FileCoverage(there, there & ~gone, tuple(exits), taken)


EDGE = lines.MAX_LINE
INSIDE = st.lists(st.one_of(st.integers(1, 4), st.sampled_from([-1, 0, EDGE - 2, EDGE])), max_size=3)
OUTSIDE = st.lists(st.one_of(st.integers(-3, 0), st.sampled_from([4, -EDGE])), max_size=2)
GAPS = st.lists(st.one_of(st.integers(1, 4), st.sampled_from([0, EDGE])), max_size=3)
BITS = st.one_of(st.sampled_from([b"", b"\x02", b"\x1e"]), st.binary(max_size=2))


@pytest.mark.security
@given(
    st.lists(st.tuples(GAPS, INSIDE, OUTSIDE), max_size=3),
    st.sampled_from([0, 0, 0, 1, -1]),
    BITS,
    st.sampled_from(["", "1", "2-4", "3,9"]),
    BITS,
)
def test_lines_of_any_content_say_what_they_say_one_exit_at_a_time(
    drawn: list[tuple[list[int], list[int], list[int]]], more: int, statements: bytes, missed: str, untaken: bytes
) -> None:
    gaps = [gap for some, _, _ in drawn for gap in some]
    groups = [(max(0, len(some) + more), inside, outside) for some, inside, outside in drawn]
    code = {"statements": statements, "gaps": gaps, "exits": groups}
    text = [msgspec.json.encode(code), msgspec.json.encode({"path": "a.py", "missed": missed, "untaken": untaken})]
    expected = one_at_a_time(statements, gaps, groups, missed, untaken)
    if expected is None:
        for read in (lambda: dict(texts.files(text)), lambda: texts.fold([(text[0], text[1])])):
            with pytest.raises(ValueError, match=r".+"):
                read()
    else:
        assert dict(texts.files(text)) == {"a.py": expected}
        assert ratios(texts.fold([(text[0], text[1])])) == ratios(expected)


def changed(half: int, **fields: object) -> list[bytes]:
    text = texts.of_snapshot(snap({"a.py": LOGIN}))
    text[half] = msgspec.json.encode({**msgspec.json.decode(text[half]), **fields})
    return text


@pytest.mark.security
@pytest.mark.parametrize(
    "text",
    [
        changed(0)[:1],
        changed(0, more=1),
        changed(1, more=1),
        changed(1, missed="9"),
        changed(1, missed="0"),
        changed(1, missed="5-"),
        changed(1, missed="-5"),
        changed(1, missed="5,,8"),
        changed(1, missed="1-9999999999"),
        changed(1, untaken="/w=="),
        changed(1, counted=[]),
        changed(1, counted=[3]),
        changed(0, gaps=[2, 3]),
        changed(0, gaps=[2_000_000]),
        changed(0, exits=[[2, [1, 3], []]]),
        changed(0, exits=[[1, [2_000_000], []]]),
        changed(0, exits=[[1, [3, 1], [1]]]),
        changed(0, statements="////"),
        changed(0, excluded="////"),
        changed(1, attributes=[["*", "////"]]),
    ],
)
def test_coverage_that_covgov_did_not_write_is_refused(text: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        dict(texts.files(text))


@pytest.mark.security
def test_a_file_that_is_there_twice_or_out_of_order_is_refused() -> None:
    text = texts.of_snapshot(snap({"a.py": "+", "b.py": "-"}))
    for wrong in ([text[0], text[0], text[2], text[2]], [text[1], text[0], text[3], text[2]]):
        with pytest.raises(ValueError, match="sorted"):
            texts.paths(wrong)

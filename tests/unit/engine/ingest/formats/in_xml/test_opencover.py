"""Sequence points, branches with and without lines, and what OpenCover's totals count."""

from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_xml.opencover import HIDDEN, OpenCover
from covgov.ingest.interface import ParsedReport
from covgov.model.ratio import Ratio
from covgov.model.snapshot import CountedExits, Metric


def method(points: str, branches: str = "", *, name: str = "M", reference: str = '<FileRef uid="1"/>') -> str:
    return (
        f"<Method><Name>{name}</Name>{reference}<SequencePoints>{points}</SequencePoints>"
        f"<BranchPoints>{branches}</BranchPoints></Method>"
    )


def point(first: int, last: int, visits: int, offset: int = 0, more: str = "") -> str:
    return f'<SequencePoint vc="{visits}" offset="{offset}" sl="{first}" el="{last}" {more}/>'


def branch(visits: int, offset: int, path: int, line: str = "") -> str:
    return f'<BranchPoint vc="{visits}" offset="{offset}" path="{path}" {line}/>'


def module(*methods: str, path: str = "a.cs") -> str:
    files = f'<Files><File uid="1" fullPath="{path}"/></Files>'
    return f"<Module>{files}<Classes><Class><Methods>{''.join(methods)}</Methods></Class></Classes></Module>"


def parse(*modules: str, summary: str = "") -> ParsedReport:
    text = f"<CoverageSession>{summary}<Modules>{''.join(modules)}</Modules></CoverageSession>"
    return OpenCover().parse(text.encode(), "o.xml")


def summary(points: str, branches: str) -> str:
    (ran, every), (taken, exits) = points.split("/"), branches.split("/")
    return (
        f'<Summary numSequencePoints="{every}" visitedSequencePoints="{ran}"'
        f' numBranchPoints="{exits}" visitedBranchPoints="{taken}"/>'
    )


def test_all_lines_of_a_point_are_held_and_ran_when_one_of_their_points_did() -> None:
    file = parse(module(method(point(2, 4, 1) + point(4, 5, 0)))).files["a.cs"]
    assert (file.statements, file.covered) == (0b111100, 0b011100)


def test_totals_are_the_tools_own_sequence_points() -> None:
    parsed = parse(module(method(point(2, 4, 1) + point(4, 5, 0))), summary=summary("1/2", "0/0"))
    assert parsed.unit == "sequence points"
    assert parsed.stated(Metric.LINE) == parsed.claims[Metric.LINE] == Ratio(1, 2)
    assert parsed.counted(Metric.LINE) == Ratio(3, 4)
    assert parsed.faults == parsed.notes == ()


def test_exits_are_counted_per_line() -> None:
    taken = branch(1, 3, 0, 'sl="2"') + branch(0, 3, 1, 'sl="2"')
    assert parse(module(method(point(2, 2, 1), taken))).files["a.cs"].by_number == {2: CountedExits(1, 2)}


def test_a_branch_without_a_line_is_on_the_last_point_before_it() -> None:
    points = point(2, 2, 1, offset=0) + point(3, 3, 1, offset=9) + point(7, 7, 1, offset=20)
    assert parse(module(method(points, branch(1, 12, 0) + branch(0, 12, 1)))).files["a.cs"].by_number == {
        3: CountedExits(1, 2)
    }


def test_a_file_of_two_modules_is_merged_with_its_exits() -> None:
    one = module(method(point(2, 2, 1), branch(1, 3, 0, 'sl="2"') + branch(0, 3, 1, 'sl="2"')))
    other = module(method(point(2, 2, 0), branch(0, 3, 0, 'sl="2"') + branch(4, 3, 1, 'sl="2"')))
    file = parse(one, other).files["a.cs"]
    assert (file.ratio(Metric.LINE), file.by_number) == (Ratio(1, 1), {2: CountedExits(2, 2)})


def test_the_entries_of_methods_among_the_branches_are_no_contradiction() -> None:
    methods = method(point(2, 2, 1), branch(1, 3, 0, 'sl="2"')), method(point(5, 5, 0), name="N")
    assert parse(module(*methods), summary=summary("1/2", "2/3")).notes == ()
    assert "has 7 branches" in parse(module(*methods), summary=summary("1/2", "2/7")).notes[0]


def test_code_without_a_source_is_left_out() -> None:
    file = parse(module(method(point(HIDDEN, HIDDEN, 1) + point(2, 2, 1)))).files["a.cs"]
    assert file.statements == 0b100


def test_skipped_modules_have_nothing() -> None:
    assert parse('<Module skippedDueTo="Filter"><FullName>m.dll</FullName><Classes/></Module>').files == {}


def test_a_trimmed_report_is_a_fault() -> None:
    assert "1/400 sequence points" in parse(module(method(point(2, 2, 1))), summary=summary("1/400", "0/0")).faults[0]


@pytest.mark.parametrize(
    "points",
    [
        point(0, 0, 1),
        point(5, 4, 1),
        point(1, 100_000, 1),
        point(1, 1, 1, more='fileid="7"'),
        "<SequencePoint/>",
        '<SequencePoint vc="x" sl="1"/>',
    ],
)
def test_a_point_that_is_none_is_refused(points: str) -> None:
    with pytest.raises(InputError, match=r"o\.xml: "):
        parse(module(method(points)))


def test_a_point_of_no_file_is_refused() -> None:
    with pytest.raises(InputError, match="which the module does not have"):
        parse(module(), f"<Module>{method(point(1, 1, 1))}</Module>")


def test_it_is_recognised_by_its_root() -> None:
    assert OpenCover().recognises(b'\xef\xbb\xbf<?xml version="1.0"?><CoverageSession xmlns:xsi="x">')
    assert not OpenCover().recognises(b"<root><CoverageSession/></root>")

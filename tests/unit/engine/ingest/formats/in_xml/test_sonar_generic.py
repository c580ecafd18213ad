from __future__ import annotations

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_xml.sonar_generic import SonarGeneric
from covgov.ingest.interface import ParsedReport
from covgov.model.ratio import Ratio
from covgov.model.snapshot import CountedExits, Metric


def parse(*lines: str, path: str = "a.c") -> ParsedReport:
    body = "".join(f"<lineToCover {line}/>" for line in lines)
    return SonarGeneric().parse(f'<coverage version="1"><file path="{path}">{body}</file></coverage>'.encode(), "s.xml")


def test_lines_and_branches_are_read() -> None:
    parsed = parse(
        'lineNumber="3" covered="true" branchesToCover="4" coveredBranches="1"', 'lineNumber="5" covered="0"'
    )
    assert parsed.stated(Metric.LINE) == Ratio(1, 2)
    assert parsed.files["a.c"].by_number == {3: CountedExits(1, 4)}
    assert parsed.identity.branch


def test_a_report_without_branches_lacks_them() -> None:
    assert "branches" in parse('lineNumber="3" covered="true"').lacks


@pytest.mark.parametrize(
    "line",
    [
        'lineNumber="0" covered="true"',
        'lineNumber="1"',
        'lineNumber="1" covered="maybe"',
        'lineNumber="1" covered="true" branchesToCover="1" coveredBranches="2"',
        'lineNumber="1" covered="true" branchesToCover="x"',
        'covered="true"',
    ],
)
def test_a_line_that_is_none_is_refused_with_its_file(line: str) -> None:
    with pytest.raises(InputError, match=r"s.xml: a.c: "):
        parse(line)


def test_a_file_without_a_path_is_refused() -> None:
    with pytest.raises(InputError, match="without a name"):
        parse(path="")


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'<coverage version="1">\n<file path="a">', True),
        (b'<coverage version="0.3"><assembly filename="a"/><class name="b"/>', False),
        (b'<coverage line-rate="1" version="1.9"><packages/>', False),
        (b'<coverage generated="1" version="1"><project><file name="a"/>', False),
    ],
)
def test_it_is_recognised_by_its_version_and_files(head: bytes, known: bool) -> None:
    assert SonarGeneric().recognises(head) is known

"""Real reports of many tools, in place, against totals from independent readers (see the corpus's own README)."""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from covgov.errors import InputError
from covgov.ingest import known
from covgov.ingest.formats.in_json import coveragepy as coveragepy_json
from covgov.ingest.formats.in_text import go_cover
from covgov.ingest.formats.in_text import lcov as lcov_info
from covgov.ingest.formats.in_xml import clover, jacoco
from covgov.ingest.formats.in_xml import cobertura as cobertura_xml
from covgov.ingest.interface import HEAD_BYTES, ParsedReport
from covgov.ingest.read import read_report
from covgov.ingest.registry import FORMATS, detect
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.publish.reports.convert import convert
from covgov.publish.reports.registry import WRITERS
from covgov.runner.analyse import analyser
from covgov_testing.reports import child_env, no_analysis

CHECKOUT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("COVGOV_CORPUS", str(CHECKOUT.parent / "shared" / "corpus")))

pytestmark = pytest.mark.skipif(not (CORPUS / "MANIFEST.tsv").is_file(), reason=f"no corpus of reports in {CORPUS}")

TRUSTED = {"strong", "majority", "tool-summary", "stated"}
REFUSED = {
    "istanbul-json/codecov__ifbinarymb.json": "two parts of a report, side by side in one object",
    "istanbul-json/codecov__inline.json": "two parts of a report, side by side in one object",
    "jacoco/codecov-inline__jacoco_xml1.xml": "line 0",
    "dlst/codecov-inline__dlst_RAW1.txt": "a line that is none of a listing",
    "dotcover-xml/codacy-coverage-reporter__resources__non-git-report.xml": "statements of a file that it does not list",
    "opencover/ReportGenerator__MultiOpenCover.xml": "two reports below an element of nobody's",
    "opencover/codecov-inline__csharp_xml1.xml": "sequence points that end before they begin",
    "scoverage/codecov-inline__scoverage_as_cobertura.xml": "Cobertura's elements below scoverage's root",
    "vs-coveragexml/sonar-dotnet__visualstudio_coverage_xml__wrong_covered.coveragexml": "covered='foo'",
    "cobertura/codecov-inline__cobertura_mixed.xml": "hit counts 'undefined'",
    "cobertura/jenkins-cca__coverage__sec1699.xml": "an external entity",
    "cobertura/qlty__cobertura__sample.xml": "line 0",
    "lcov/codecov-inline__lcov_txt1.txt": "lines that are no records",
    "lcov/derived__empty.info": "an empty file: fail closed",
    "lcov/grcov__test__invalid_DA_record.info": "a DA record without a count",
    "lcov/lcov__format__format.info": "a hit count 1.a0e+19",
}
"""What is refused on purpose though some tool reads it, and why: covgov never skips in silence."""

WANTED_BY_THE_RULES = {"cobertura/jenkins-cca__coverage__sec1699.xml", "lcov/derived__empty.info"}
"""Refused by the oracles' own rules: 10 (no external entity), 8 (a report in which nothing is found is an error)."""

DIFFERING = WANTED_BY_THE_RULES | {
    # rule 1: lines of a method only if the class has none; these are `undefined`, and no two readers agree
    "cobertura/codecov-inline__cobertura_mixed.xml",
    # lines and branches agree; the oracles count a record without a name as a file
    "lcov/lcov__errs__emptyFileRecord.info",
}
"""Trusted reports with other files, lines or branches than the oracles say."""

RECOUNTED = {"cobertura/ReportGenerator__Reports__Cobertura_dotnettest_old.xml"} | {
    "cobertura/jenkins-cca__steps__cobertura-lower-coverage.xml"
}
"""Trimmed by hand, and no two oracles agree: only that the contradiction is told can be asserted."""


TRIMMED = {
    "clover/ReportGenerator__Other__Clover_Istanbul.xml",
    "clover/octocov__clover__coverage_package.xml",
    "clover/sonar-php__phpunit__phpunit.coverage-with-package.xml",
    "lcov/lcov__errs__emptyFileRecord.info",
}
"""Most files were taken out by hand: the summary has more than the report lists. In the last one, readers count a
record without a name as a file."""

UNSEEN = {
    "jacoco/gen__gcovr8.8-jacoco.xml": "gcovr writes JaCoCo without instructions: whether a line ran is unknown",
    "cobertura/gcovr__several-functions-on-same-line__gcc-8__cobertura.xml": "half of its lines are written twice",
    "cobertura/gen__php__phpunit9-xdebug-path-cobertura.xml": "paths of functions, which PHPUnit gives no lines",
    "lcov/lcov__errs__lineNoBranch.info": "made wrong on purpose, to try lcov's own check",
    "cobertura/php-code-coverage__Cobertura__BankAccount-path.xml": "paths of functions, which PHPUnit gives no lines",
}
"""Uncovered units of the summary that no line shows, and why."""


def rows(table: str) -> list[dict[str, str]]:
    if not (CORPUS / table).is_file():
        return []
    with (CORPUS / table).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


MANIFEST = rows("MANIFEST.tsv")
OURS = [row for row in MANIFEST if row["format"] in FORMATS and row["format"] != "coveragepy-data"]


def believed(row: dict[str, str]) -> set[tuple[str, str]]:
    """(covered, total) lines by the trust rules: the stated totals, and what readers of lines agree on."""
    agreed = row["line_consensus"].split(" ")[0].split("/")
    found = {(agreed[1], agreed[0])} if len(agreed) == 2 else set()
    stated = {(row["lines_covered"], row["lines_valid"])}
    return found | stated if row["trust"] in TRUSTED else found or stated


@pytest.mark.parametrize("row", [r for r in OURS if r["path"] not in REFUSED], ids=lambda row: str(row["path"]))
def test_totals_are_those_of_the_oracles(row: dict[str, str]) -> None:
    parsed = read_report(CORPUS / row["path"], no_analysis)
    assert parsed.format == row["format"]
    assert str(len(parsed.files)) == row["files"] or row["path"] in TRIMMED
    if row["path"] in RECOUNTED:
        assert "its summary has" in (*parsed.notes, *parsed.faults)[0]
    else:
        # of a tool that counts something else, the readers of lines agree on the lines
        held = [parsed.counted(Metric.LINE)] if parsed.unit != "lines" else []
        ratios = [parsed.stated(Metric.LINE), *held]
        assert believed(row) & {(str(ratio.covered), str(ratio.total)) for ratio in ratios}


BRANCHES = {"clover", "opencover", "sonar-generic"}


@pytest.mark.parametrize(
    "row",
    [r for r in OURS if r["format"] in BRANCHES and r["branches_valid"] and r["path"] not in REFUSED],
    ids=lambda row: str(row["path"]),
)
def test_branches_are_those_of_the_oracles(row: dict[str, str]) -> None:
    ratio = read_report(CORPUS / row["path"], no_analysis).stated(Metric.BRANCH)
    assert (str(ratio.covered), str(ratio.total)) == (row["branches_covered"], row["branches_valid"])


@pytest.mark.parametrize(
    "row",
    [r for r in OURS if r["trust"] in TRUSTED and r["path"] not in {*REFUSED, *UNSEEN}],
    ids=lambda row: str(row["path"]),
)
def test_reports_of_real_runs_are_believed_unless_they_are_totals_alone(row: dict[str, str]) -> None:
    faults = read_report(CORPUS / row["path"], no_analysis).faults
    expected = [] if FORMATS[row["format"]].capabilities else ["it has totals without lines"]
    assert [fault.partition(",")[0] for fault in faults] == expected


def test_all_but_one_in_a_hundred_agree_with_the_oracles() -> None:
    trusted = [row for row in OURS if row["trust"] in TRUSTED]
    differing = {row["path"] for row in trusted if row["path"] in REFUSED or not _agrees(row)}
    assert differing == DIFFERING
    assert len(differing - WANTED_BY_THE_RULES) * 100 <= len(trusted)


def _agrees(row: dict[str, str]) -> bool:
    """On files, lines and, where they are stated, branches: as the tool states them, or as covgov counts them."""
    parsed = read_report(CORPUS / row["path"], no_analysis)
    lines, branches = (
        {parsed.stated(metric), parsed.counted(metric), parsed.claims.get(metric)}
        for metric in (Metric.LINE, Metric.BRANCH)
    )
    exits = _ratio(row["branches_covered"], row["branches_valid"])
    return (
        str(len(parsed.files)) == row["files"]
        and _ratio(row["lines_covered"], row["lines_valid"]) in lines
        and (exits is None or exits in branches)
    )


def _ratio(covered: str, total: str) -> Ratio | None:
    return Ratio(int(covered), int(total)) if covered and total else None


@pytest.mark.parametrize("path", sorted(UNSEEN))
def test_units_that_only_the_summary_has_are_a_fault(path: str) -> None:
    assert "its summary has" in read_report(CORPUS / path, no_analysis).faults[-1]


@pytest.mark.parametrize("path", sorted(REFUSED))
def test_what_cannot_be_read_without_skipping_is_refused(path: str) -> None:
    with pytest.raises(InputError, match=path.rpartition("/")[2].replace(".", r"\.")):
        read_report(CORPUS / path, no_analysis)


def test_no_report_is_taken_for_one_of_another_format() -> None:
    there = [row for row in MANIFEST if (CORPUS / row["path"]).is_file()]
    names = {"coveragepy4-data": "coveragepy-data"}
    taken = {row["path"]: detect((CORPUS / row["path"]).read_bytes()[:HEAD_BYTES]) for row in there}
    assert len(there) > 400
    assert [
        row["path"]
        for row in there
        if (known := taken[row["path"]]) and known.name != names.get(row["format"], row["format"])
    ] == []


NAMED = [row for row in MANIFEST if row["format"] in {each.name for each in known.KNOWN}]


@pytest.mark.parametrize("row", NAMED, ids=lambda row: str(row["path"]))
def test_a_format_that_is_not_read_is_refused_by_its_name(row: dict[str, str]) -> None:
    found = known.named((CORPUS / row["path"]).read_bytes()[:HEAD_BYTES])
    assert found is not None
    assert found.name == row["format"]
    with pytest.raises(InputError) as caught:
        read_report(CORPUS / row["path"], no_analysis)
    assert found.what in caught.value.message
    assert caught.value.hint == found.instead


def test_no_report_that_is_read_has_the_name_of_a_format_that_is_not() -> None:
    assert [row["path"] for row in OURS if known.named((CORPUS / row["path"]).read_bytes()[:HEAD_BYTES])] == []


def test_reports_of_one_run_agree() -> None:
    groups: dict[str, list[dict[str, str]]] = {}
    for row in rows("GROUPS.tsv"):
        ours = row["format"] in FORMATS and row["format"] != "coveragepy-data" and row["path"] not in REFUSED
        alone = ours and not FORMATS[row["format"]].capabilities
        if ours and (alone or not read_report(CORPUS / row["path"], no_analysis).faults):
            groups.setdefault(row["group"], []).append(row)
    compared = 0
    for group, members in groups.items():
        parsed = [read_report(CORPUS / row["path"], no_analysis) for row in members]
        alike = [p for p, row in zip(parsed, members, strict=True) if _lines(row) == _lines(members[0])]
        # gcovr's own total has the copies of a line in functions, and its LCOV lists lines that it excludes
        totals = [{p.stated(Metric.LINE), p.counted(Metric.LINE), p.claims.get(Metric.LINE)} - {None} for p in alike]
        assert set.intersection(*totals), group
        compared += len(members) > 1
    assert compared > 3


def _lines(row: dict[str, str]) -> tuple[str, str]:
    return row["lines_covered"], row["lines_valid"]


@pytest.mark.security
@pytest.mark.parametrize("row", rows("malformed/README.tsv"), ids=lambda row: str(row["name"]))
def test_malformed_reports_are_refused_in_bounded_time(row: dict[str, str], tmp_path: Path) -> None:
    path = CORPUS / "malformed" / row["name"]
    started = time.monotonic()
    try:
        parsed = read_report(path, analyser(sys.executable, tmp_path, child_env()))
    except InputError as error:
        assert str(path) in error.message  # noqa: PT017 - what may be read instead is asserted below
    else:
        assert "accept" in row["expected"] or "never open" in row["expected"]
        assert parsed.files
    assert time.monotonic() - started < 20


STRICT = {
    "lcov": lcov_info.parse_strictly,
    "cobertura": cobertura_xml.parse_strictly,
    "coveragepy-json": coveragepy_json.parse_strictly,
    "go-cover": go_cover.parse_strictly,
    "jacoco": jacoco.parse_strictly,
    "clover": clover.parse_strictly,
}


@pytest.mark.parametrize("name", STRICT)
def test_the_fast_readers_give_what_the_strict_ones_give(name: str) -> None:
    """Of every file that the format recognises, also among the malformed ones."""
    found = [data for path in sorted(CORPUS.rglob("*")) if path.is_file() and (data := path.read_bytes())]
    of_format = [data for data in found if FORMATS[name].recognises(data[:HEAD_BYTES])]
    assert of_format
    for data in of_format:
        assert _outcome(FORMATS[name].parse, data) == _outcome(STRICT[name], data)


def _outcome(parse: Callable[[bytes, str], ParsedReport], data: bytes) -> tuple[object, ...]:
    try:
        report = parse(data, "here")
    except InputError as error:
        return error.code, error.message
    return report, tuple(report.files), tuple(report.beyond)


CONVERTED = 12
"""Reports of a format that are tried, the smallest first."""


@pytest.mark.parametrize("to", sorted(WRITERS))
def test_real_reports_keep_their_files_and_lines_in_every_format(to: str) -> None:
    tried: Counter[str] = Counter()
    for row in sorted(OURS, key=lambda row: (CORPUS / row["path"]).stat().st_size):
        if row["path"] in REFUSED or row["trust"] not in TRUSTED or tried[row["format"]] == CONVERTED:
            continue
        report = read_report(CORPUS / row["path"], no_analysis)
        if report.faults or not report.files:
            continue
        read = convert(report, to, row["path"]).read
        assert read.counted(Metric.LINE) == report.counted(Metric.LINE)
        tried[row["format"]] += 1
    assert len(tried) >= 12

"""Reports that try to break a reader, to exhaust it, or to say more than their own totals."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable

import pytest

from covgov.errors import InputError
from covgov.ingest.registry import FORMATS
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric

_LISTING = b"        -:    0:Source:a.c\n        1:    1:a\n"
LAST = 1_000_000
MANY = 600
"""Files of which the last lines add up to too much."""


def slipcover(version: str = "1.1.0", **report: object) -> bytes:
    meta = {"software": "slipcover", "version": version, "branch_coverage": True}
    return json.dumps({"meta": meta, "files": {}, **report}).encode()


def llvm(*files: object, **export: object) -> bytes:
    return json.dumps({"type": "llvm.coverage.json.export", "data": [{"files": files, **export}]}).encode()


def simplecov(version: str = "0.23.0", **report: object) -> bytes:
    return json.dumps({"meta": {"simplecov_version": version}, "coverage": {}, **report}).encode()


def gcovr(files: Iterable[tuple[str, Iterable[int]]]) -> bytes:
    """Files with these lines excluded."""
    listed = [
        {"file": path, "lines": [{"line_number": line, "count": 0, "gcovr/excluded": True} for line in lines]}
        for path, lines in files
    ]
    return json.dumps({"gcovr/format_version": "0.15", "files": listed}).encode()


def clover(files: Iterable[str]) -> bytes:
    """Files with a last line that ran."""
    listed = "".join(f'<file name="{n}"><line num="{LAST}" type="stmt" count="1"/></file>' for n in files)
    return f'<coverage generated="1"><project>{listed}</project></coverage>'.encode()


def vs_coverage(files: Iterable[str]) -> bytes:
    """The same in ranges of two lines."""
    names = list(files)
    ran = f'start_line="{LAST - 1}" end_line="{LAST}" covered="yes"'
    ranges = "".join(f'<range source_id="{n}" {ran}/>' for n in names)
    listed = "".join(f'<source_file id="{n}" path="{n}"/>' for n in names)
    return f"<results><modules><module>{ranges}{listed}</module></modules></results>".encode()


@pytest.mark.security
@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("lcov", b"SF:a.py\nDA:\x1e1,1\nend_of_record\n"),
        ("lcov", b"SF:a.py\nDA:1,1\x1f\nend_of_record\n"),
        ("gcov-text", _LISTING + b"        .:    2:b\n"),
        ("gcov-text", _LISTING + b"    1.2.3:    2:b\n"),
        ("gcov-text", _LISTING + b"branch  0 taken " + b"9" * 5000 + b"\n"),
        ("coveralls-json", rb'{"source_files": [{"name": "a.rb", "coverage": "\ud800"}]}'),
        ("gcov-json", rb'{"gcc_version": "\ud800", "files": []}'),
        ("gcov-json", rb'{"gcc_version": "12", "current_working_directory": "/a\u0000b", "files": []}'),
        ("slipcover-json", slipcover("1\x1b[2J")),
        ("simplecov-json", simplecov("\n")),
        ("coveragepy-json", rb'{"meta": {"version": "\ud800", "branch_coverage": true}, "files": {}}'),
        ("coveragepy-json", b'{"meta": {"version": "%b", "branch_coverage": true}, "files": {}}' % (b"7" * 1000)),
    ],
)
def test_it_is_refused_with_its_name(name: str, report: bytes) -> None:
    with pytest.raises(InputError, match=r"^somewhere/r"):
        FORMATS[name].parse(report, "somewhere/r")


_RUBY = {"a.rb": {"lines": [1, 0]}}
_SLIP = {"a.py": {"executed_lines": [1, 2], "missing_lines": [4], "executed_branches": [[2, 4]]}}
_SLIP_TOTAL = {"covered_lines": 2, "missing_lines": 1, "covered_branches": 1, "missing_branches": 0}
_RUST = {"filename": "a.rs", "segments": [[1, 1, 1, True, True]], "summary": {"lines": {"count": 9, "covered": 9}}}


@pytest.mark.security
@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("slipcover-json", slipcover(files=_SLIP, summary=_SLIP_TOTAL), {"missing_lines": 2}),
        ("slipcover-json", slipcover(files=_SLIP, summary=_SLIP_TOTAL), {"missing_branches": 3}),
        ("llvm-cov-json", llvm(_RUST, totals={"lines": {"count": 9, "covered": 9}}), {"count": 90}),
        ("simplecov-json", simplecov(coverage=_RUBY, total={"lines": {"covered": 1, "total": 2}}), {"total": 3}),
    ],
)
def test_totals_that_its_files_do_not_add_up_to_are_a_fault(name: str, right: bytes, wrong: dict[str, int]) -> None:
    report = FORMATS[name]
    assert report.parse(right, "r").faults == ()
    (key, value), *_ = wrong.items()
    tail = right.rpartition(b'"%b": ' % key.encode())
    damaged = tail[0] + tail[1] + str(value).encode() + tail[2].lstrip(b"0123456789")
    assert len(report.parse(damaged, "r").faults) == 1


def test_totals_are_claims() -> None:
    assert FORMATS["slipcover-json"].parse(slipcover(files=_SLIP, summary=_SLIP_TOTAL), "r").claims == {
        Metric.LINE: Ratio(2, 3),
        Metric.BRANCH: Ratio(1, 1),
    }


_CONTEXTS = {str(LAST): [f"covgov:{','.join(f't{number}' for number in range(MANY))}"]}
_TAGGED = {"executed_lines": [LAST], "missing_lines": [], "contexts": _CONTEXTS}


@pytest.mark.security
@pytest.mark.parametrize(
    ("name", "report"),
    [
        (
            "slipcover-json",
            slipcover(files={f"{n}": {"executed_lines": [LAST], "missing_lines": []} for n in range(MANY)}),
        ),
        ("llvm-cov-json", llvm(*({"filename": f"{n}", "segments": [[LAST, 1, 1, True, True]]} for n in range(MANY)))),
        ("gcovr-json", gcovr([(f"{n}", [LAST]) for n in range(MANY)])),
        ("clover", clover(f"{n}" for n in range(MANY))),
        ("vs-coveragexml", vs_coverage(f"{n}" for n in range(MANY))),
        ("go-cover", b"mode: set\n" + b"".join(b"%d.go:1.1,1000000.1 1 1\n" % n for n in range(MANY))),
        ("coveragepy-json", json.dumps({"meta": {"show_contexts": True}, "files": {"a.py": _TAGGED}}).encode()),
    ],
)
def test_a_small_report_of_long_files_is_refused_before_it_takes_memory(name: str, report: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="lines in all"):
            FORMATS[name].parse(report, "r")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_what_comes_line_by_line_is_counted_once() -> None:
    blocks = b"mode: set\na.go:1.1,4.1 1 1\na.go:2.1,6.1 1 0\na.go:2.2,3.1 1 1\n"
    file = FORMATS["go-cover"].parse(blocks, "r").files["a.go"]
    assert (file.statements, file.covered) == (0b1111110, 0b0011110)
    assert FORMATS["gcovr-json"].parse(gcovr([("a.c", [2, 5])]), "r").files["a.c"].excluded == 0b100100

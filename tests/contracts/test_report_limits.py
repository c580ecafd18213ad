"""Reports that are made to exhaust a reader: every format refuses or reads them in little time and memory."""

from __future__ import annotations

import gzip
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest
from tests.contracts.test_report_format import CASES

from covgov.errors import InputError
from covgov.ingest.junit import read_tests
from covgov.ingest.read import read_report
from covgov.ingest.registry import FORMATS

pytestmark = pytest.mark.security

LONG = 200_000
SECONDS, BYTES = 30, 32_000_000
"""Most for a report of LONG bytes: not a speed, but a hang. What takes time by the square of its length needs minutes."""

NUMBERS = (
    *(b"-1", b"0", b"1000001", b"1000000000000", b"9223372036854775808", b"9" * 5000),
    *(
        b"1e999",
        b"-1e999",
        b"NaN",
        b"Infinity",
        b"1.5",
        b"0x10",
        b"1_0",
        b"\x1e1",
        b"1\x1f",
        b"\xc2\x851",
        "٣".encode(),
    ),
)
RUNS = (b" ", b"9", b"-", b"\\", b"/", b"(", b"a,", b"1:", b"&", b"\xc3\xbc", b"\xff", b"\x00")
NESTS = (b"[", b'{"a":', b"<a>", b"<!--", b"<![CDATA[")


def bounded(name: str, data: bytes) -> bool:
    """Whether the report is read, and else refused with its name."""
    tracemalloc.reset_peak()
    before, began = tracemalloc.get_traced_memory()[0], process_time()
    try:
        FORMATS[name].parse(data, "somewhere/r")
    except InputError as error:
        assert error.message.startswith("somewhere/r")  # noqa: PT017 - either outcome is right
        assert len(error.message) < 1000  # noqa: PT017
        return False
    finally:
        assert process_time() - began < SECONDS, data[:200]
        assert tracemalloc.get_traced_memory()[1] - before < BYTES, data[:200]
    return True


@pytest.fixture(autouse=True)
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.fixture(params=list(FORMATS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def spots(data: bytes, pattern: bytes, most: int) -> list[re.Match[bytes]]:
    found = list(re.finditer(pattern, data))
    return found[:: max(1, len(found) // most)]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: str(number[:20]))
def test_no_number_is_too_much_wherever_it_is(name: str, number: bytes) -> None:
    data = CASES[name].data
    for spot in spots(data, rb"\d+", 40):
        bounded(name, data[: spot.start()] + number + data[spot.end() :])


@pytest.mark.parametrize("run", RUNS)
def test_no_text_is_too_long_wherever_it_is(name: str, run: bytes) -> None:
    data = CASES[name].data
    for spot in spots(data, rb"[\w.]+", 8):
        bounded(name, data[: spot.start()] + run * (LONG // len(run)) + data[spot.end() :])


@pytest.mark.parametrize("nest", NESTS)
def test_nothing_is_nested_too_deep(name: str, nest: bytes) -> None:
    data = CASES[name].data
    for spot in spots(data, rb"[\w.]+|[<{\[]", 8):
        bounded(name, data[: spot.start()] + nest * (LONG // len(nest)) + data[spot.start() :])


def test_another_encoding_is_refused_or_means_the_same(name: str) -> None:
    data = CASES[name].data
    text = data.decode()
    for other in (text.encode("utf-16"), text.encode("utf-16-le"), text.encode("utf-32"), b"\xef\xbb\xbf" + data):
        if bounded(name, other):
            assert FORMATS[name].parse(other, "r").files == FORMATS[name].parse(data, "r").files
    for bad in (data + b"\0", data[:9] + b"\0" + data[9:], data[:9] + b"\xed\xa0\x80" + data[9:]):
        bounded(name, bad)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-7"])
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.data.startswith(b"<")])
def test_entities_do_not_multiply_in_any_encoding(name: str, encoding: str) -> None:
    assert not bounded(name, _laughing(CASES[name].data, encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-7"])
def test_entities_of_a_test_report_do_not_multiply(encoding: str) -> None:
    report = b'<testsuite name="a.py" tests="1"><testcase name="a.py"/></testsuite>'
    with pytest.raises(InputError, match=r"^r: "):
        read_tests(_laughing(report, encoding), 0, "r")


def _laughing(data: bytes, encoding: str) -> bytes:
    """The report with a name that is two entities of ten each, ten deep."""
    document = re.sub(r"^<\?xml.*?\?>", "", data.decode())
    root = re.match(r"\s*<(\w+)", document)
    assert root is not None
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    body = f"<!DOCTYPE {root[1]} [{entities}]>{document.replace('a.py', '&e9;')}"
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    if encoding == "utf-7":  # without what a search of the bytes would find
        return head.encode() + b"+ADw-" + body[1:].replace("<!E", "\0").encode("utf-7").replace(b"+AAA-", b"+ADwAIQ-E")
    return (head + body).encode(encoding)


def test_a_little_gzip_that_is_a_lot_of_report_is_refused(tmp_path: Path) -> None:
    report = tmp_path / "r.xml.gz"
    report.write_bytes(gzip.compress(CASES["lcov"].data + b"\n" * 8_000_000))
    tracemalloc.reset_peak()
    with pytest.raises(InputError, match="more than 1000000 bytes"):
        read_report(report, lambda _: b"", limit=1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000

"""What libraries log goes through the hub's diagnostics."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from covgov.hub.eventlog.forwarding import forward
from covgov_testing.fakes.eventlog import diagnostics, lines_of

NAME = "covgov-test-library"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    source = logging.getLogger(NAME)
    yield
    source.handlers, source.propagate = [], True


@pytest.mark.parametrize(
    ("number", "level"), [(5, "debug"), (20, "info"), (25, "info"), (30, "warning"), (40, "error"), (99, "critical")]
)
def test_a_record_becomes_one_line_of_its_level(number: int, level: str) -> None:
    forward(NAME)
    logging.getLogger(NAME).setLevel(1)
    with diagnostics("debug") as stream:
        logging.getLogger(NAME).log(number, "listening on %s", "http://u:hunter2@127.0.0.1")
    [line] = lines_of(stream)
    assert line["level"] == level
    assert line["event"] == "library-message"
    assert line["library"] == NAME
    assert line["message"] == "listening on http://[redacted]@127.0.0.1"


def test_records_below_the_least_level_are_left_out() -> None:
    forward(NAME, least="warning")
    with diagnostics("debug") as stream:
        logging.getLogger(f"{NAME}.part").info("every statement")
        logging.getLogger(f"{NAME}.part").warning("odd")
    assert [line["message"] for line in lines_of(stream)] == ["odd"]


def test_calling_it_twice_does_not_double_the_lines() -> None:
    forward(NAME)
    forward(NAME)
    with diagnostics() as stream:
        logging.getLogger(NAME).warning("once")
    assert len(lines_of(stream)) == 1


@pytest.mark.reliability
def test_a_broken_format_string_is_still_a_message() -> None:
    forward(NAME)
    with diagnostics() as stream:
        logging.getLogger(NAME).warning("%d of them", "three")
    assert lines_of(stream)[0]["message"] == "%d of them"


def test_an_exception_brings_its_traceback() -> None:
    forward(NAME)
    with diagnostics() as stream:
        try:
            raise OSError("broken")
        except OSError:
            logging.getLogger(NAME).exception("failed")
    assert "OSError: broken" in str(lines_of(stream)[0]["exception"])

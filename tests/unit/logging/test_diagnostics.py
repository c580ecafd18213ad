"""Diagnostics are JSON lines with static names; what cannot be written is lost, and nothing else is."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator

import pytest

from covgov.hub.eventlog.diagnostics import LEVELS, SINK, bind, configure, logger
from covgov_testing.fakes.eventlog import FullDisk, Unshowable, diagnostics, lines_of


@pytest.fixture(autouse=True)
def _silent_again() -> Iterator[None]:
    yield
    configure(None)


def test_a_line_is_one_json_object_with_event_level_time_and_fields() -> None:
    with diagnostics() as stream:
        logger.info("upload-stored", suite="api", size=3)
    assert stream.getvalue().count("\n") == 1
    assert lines_of(stream) == [
        {"at": "2026-11-22T12:00:00.000Z", "level": "info", "event": "upload-stored", "suite": "api", "size": 3}
    ]


def test_the_time_comes_from_the_system_unless_a_clock_is_given() -> None:
    stream = io.StringIO()
    configure(stream)
    logger.info("started")
    assert str(lines_of(stream)[0]["at"]).endswith("Z")


def test_nothing_is_written_before_configure() -> None:
    configure(None)
    logger.error("nobody-listens")
    SINK.msg("nor here")
    assert SINK.lost == 0


@pytest.mark.parametrize("least", LEVELS)
def test_lines_below_the_level_are_left_out(least: str) -> None:
    with diagnostics(least) as stream:
        logger.debug("one")
        logger.info("one")
        logger.warning("one")
        logger.error("one")
        logger.critical("one")
    assert [line["level"] for line in lines_of(stream)] == [name for name in LEVELS if LEVELS[name] >= LEVELS[least]]


def test_an_unknown_level_changes_nothing() -> None:
    with diagnostics() as stream:
        with pytest.raises(KeyError):
            configure(None, "loud")
        logger.info("still-here")
    assert len(lines_of(stream)) == 1


@pytest.mark.security
def test_a_dynamic_event_name_becomes_data() -> None:
    with diagnostics() as stream:
        logger.info("user Bob\nlogged in with password=5ecret")
    assert lines_of(stream)[0]["event"] == "event-name-not-static"
    assert lines_of(stream)[0]["message"] == "user Bob\nlogged in with password=[redacted]"


@pytest.mark.security
def test_a_field_cannot_forge_a_second_line() -> None:
    with diagnostics() as stream:
        logger.info("asked", path='/x\n{"event":"forged"}\r\n')
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.security
def test_fields_cannot_take_the_place_of_event_level_and_time() -> None:
    with diagnostics() as stream:
        logger.info("real", event="forged", level="debug", at="1999", self="x")
    [line] = lines_of(stream)
    assert (line["event"], line["level"], line["at"]) == ("real", "info", "2026-11-22T12:00:00.000Z")


def test_the_request_id_is_on_every_line_of_its_block() -> None:
    with diagnostics() as stream:
        with bind(request_id="r-1"):
            logger.info("inside")
            with bind(request_id="r-2", suite="api"):
                logger.info("deeper")
            logger.info("inside")
        logger.info("outside")
    assert [line.get("request_id") for line in lines_of(stream)] == ["r-1", "r-2", "r-1", None]
    assert [line.get("suite") for line in lines_of(stream)] == [None, "api", None, None]


def test_two_threads_keep_their_request_ids_apart() -> None:
    both_bound = threading.Barrier(2)

    def ask(name: str) -> None:
        with bind(request_id=name):
            both_bound.wait(timeout=10)
            logger.info("asked", by=name)

    with diagnostics() as stream:
        threads = [threading.Thread(target=ask, args=(f"r-{n}",)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert [line["request_id"] for line in lines_of(stream)] == [line["by"] for line in lines_of(stream)]
    assert len(lines_of(stream)) == 2


def test_many_threads_do_not_mix_their_lines() -> None:
    def ask() -> None:
        for _ in range(50):
            logger.info("asked", text="x" * 200)

    with diagnostics() as stream:
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert len(lines_of(stream)) == 400


@pytest.mark.security
def test_the_traceback_of_an_exception_is_there_without_its_secrets() -> None:
    with diagnostics() as stream:
        try:
            raise ValueError("cannot open postgresql://u:hunter2@db/hub")
        except ValueError:
            logger.exception("request-failed")
    [line] = lines_of(stream)
    assert line["level"] == "error"
    assert "ValueError: cannot open postgresql://[redacted]@db/hub" in str(line["exception"])
    assert "hunter2" not in stream.getvalue()


@pytest.mark.security
def test_secrets_bound_to_the_context_or_to_a_logger_are_taken_out_too() -> None:
    with diagnostics() as stream, bind(authorization="Bearer hunter22"):
        logger.bind(note="cvg_hunter22").info("asked", headers=[(b"cookie", b"hunter22")])
    assert "hunter22" not in stream.getvalue()
    assert stream.getvalue().count("[redacted]") == 3


@pytest.mark.reliability
def test_a_line_that_cannot_be_written_is_counted() -> None:
    disk = FullDisk()
    with diagnostics(stream=disk):
        logger.info("lost")
        logger.info("lost")
        disk.full = False
        logger.info("written")
        logger.info("written-too")
    assert [line["event"] for line in lines_of(disk)] == ["diagnostics-lost", "written", "written-too"]
    assert lines_of(disk)[0]["lines"] == 2


@pytest.mark.reliability
def test_a_closed_stream_is_harmless() -> None:
    stream = io.StringIO()
    with diagnostics(stream=stream):
        stream.close()
        logger.error("lost")
        assert SINK.lost == 1


@pytest.mark.reliability
@pytest.mark.parametrize("value", [Unshowable(), "\ud800", float("inf"), 10**40, {1: object}])
def test_a_value_beyond_json_is_logged_as_text(value: object) -> None:
    with diagnostics() as stream:
        logger.info("odd", value=value)
    assert lines_of(stream)[0]["event"] == "odd"


class Hostile(dict[str, object]):
    def items(self) -> object:  # type: ignore[override]  # hostile on purpose
        raise RuntimeError("no items today")


@pytest.mark.reliability
def test_a_value_that_breaks_formatting_loses_its_line_only() -> None:
    with diagnostics() as stream:
        logger.info("odd", value=Hostile())
        logger.info("next")
    assert [line["event"] for line in lines_of(stream)] == ["diagnostics-lost", "next"]


def test_lines_are_readable_by_any_json_parser() -> None:
    with diagnostics() as stream:
        logger.info("asked", text="ünï \u2028 cødé", number=float("nan"))
    assert json.loads(stream.getvalue())["text"] == "ünï \u2028 cødé"

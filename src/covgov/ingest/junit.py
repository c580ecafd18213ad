"""Test counts from a JUnit XML report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from covgov.ingest.building import damaged
from covgov.model.snapshot import TestRun

STATUS = {
    **dict.fromkeys(("", "run", "completed", "executed", "finished", "done"), "passed"),
    **dict.fromkeys(("pass", "passed", "success", "successful", "succeeded", "ok"), "passed"),
    **dict.fromkeys(("fail", "failed", "failure", "failing"), "failure"),
    **dict.fromkeys(
        ("error", "errored", "broken", "aborted", "interrupted", "crashed", "timedout", "timeout"), "error"
    ),
    **dict.fromkeys(("unfinished", "incomplete", "inconclusive", "running", "started", "unknown"), "error"),
    **dict.fromkeys(
        ("skip", "skipped", "notrun", "not_run", "disabled", "ignored", "suppressed", "filtered"), "skipped"
    ),
    **dict.fromkeys(("pending", "todo", "xfail", "xfailed"), "skipped"),
}
"""How a case ended, by the word in its `status` or `result` (GoogleTest, CTest, Bazel and others write one)."""

KINDS = ("error", "failure", "skipped")


def read_tests(data: bytes, exit_code: int, where: str) -> TestRun:
    """The result of the tests. Cases are counted one by one, because nested suites repeat or lack counts.

    A case with both a failure and an error (a failing teardown) counts once, as an error. So does a case without a
    name that its suite does not count: pytest writes it for a test that never ended. Failures and errors that only a
    suite states (it crashed before its first case) are errors. `seconds` is the largest `time` of the outermost suites
    added up, else of the cases. Raises InputError `report-damaged` naming `where`.
    """
    if b"<!ENTITY" in data:
        raise damaged(where, "it declares XML entities, which are not accepted in a test report")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise damaged(where, f"not a JUnit report: {error}") from None
    if root.tag not in ("testsuites", "testsuite"):
        raise damaged(where, f"the root element is <{root.tag}>, not <testsuites>")
    cases = [case for parent in root.iter(etree.Element) for case in _cases(parent, where)]
    kinds = Counter(kind for kind, _ in cases)
    return TestRun(
        exit_code=exit_code,
        tests=kinds.total(),
        failures=kinds["failure"],
        errors=kinds["error"] + _bad(root, where) - sum(bad for _, bad in cases),
        skipped=kinds["skipped"],
        seconds=_seconds(root, where),
    )


def _cases(parent: etree._Element, where: str) -> Iterator[tuple[str, int]]:
    """How each case directly below an element ended, and how often its suite counts that as bad: a case that failed
    and then broke counts twice."""
    cases = parent.findall("testcase")
    unfinished = bool(cases) and parent.get("tests") is not None and _stated(parent, "tests", where) < len(cases)
    for case in cases:
        inside = {str(child.tag) for child in case} & {*KINDS}
        found = inside | {_status(case.get(key, ""), where) for key in ("status", "result")}
        lost = unfinished and case.get("name") is None
        kind = next((kind for kind in KINDS if kind in found), "error" if lost else "passed")
        yield kind, max(len(inside - {"skipped"}), kind in ("error", "failure"))


def _status(text: str, where: str) -> str:
    word = re.sub(r"[\s-]", "", text.lower())
    if word not in STATUS:
        raise damaged(where, f"a test case has the status {text[:40]!r}, which covgov does not know")
    return STATUS[word]


def _bad(suite: etree._Element, where: str) -> int:
    """Failures and errors below an element: what it states, or what its parts add up to where that is more."""
    stated = sum(_stated(suite, key, where) for key in ("failures", "errors"))
    inner = sum(_bad(child, where) for child in suite.iterchildren(etree.Element) if child.tag != "testcase")
    return max(stated, inner + sum(bad for _, bad in _cases(suite, where)))


def _stated(suite: etree._Element, key: str, where: str) -> int:
    text = suite.get(key, "").strip() or "0"
    if not re.fullmatch(r"\d{1,9}", text):
        raise damaged(where, f"{key} is no count: {text[:40]!r}")
    return int(text)


def _seconds(root: etree._Element, where: str) -> float:
    suites = [root] if root.tag == "testsuite" else [child for child in root if child.tag == "testsuite"]
    timed = [suite for suite in suites if suite.get("time")] or list(root.iter("testcase"))
    return round(sum(_times(timed, where)), 6)


def _times(elements: list[etree._Element], where: str) -> Iterator[float]:
    for element in elements:
        text = (element.get("time") or "0").replace(",", "")
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value < 1e9:
            raise damaged(where, f"not a time: {text[:40]!r}")
        yield value

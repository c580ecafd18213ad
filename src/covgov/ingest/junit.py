"""Test counts from a JUnit XML report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from covgov.ingest.building import damaged
from covgov.model.snapshot import TestRun


def read_tests(data: bytes, exit_code: int, where: str) -> TestRun:
    """The result of the tests. Cases are counted one by one, because nested suites repeat or lack counts.

    A case with both a failure and an error (a failing teardown) counts once, as an error. `seconds` is the largest
    `time` of the outermost suites added up, else of the cases. Raises InputError `report-damaged` naming `where`.
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
    kinds = Counter(_kind(case) for case in root.iter("testcase"))
    return TestRun(
        exit_code=exit_code,
        tests=kinds.total(),
        failures=kinds["failure"],
        errors=kinds["error"],
        skipped=kinds["skipped"],
        seconds=_seconds(root, where),
    )


def _kind(case: etree._Element) -> str:
    inside = {str(child.tag) for child in case}
    return next((kind for kind in ("error", "failure", "skipped") if kind in inside), "passed")


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

"""Which test cases of a JUnit report failed."""

from __future__ import annotations

from lxml import etree


def failed_cases(data: bytes) -> tuple[str, ...]:
    """`classname.name` of each, sorted. data: a report that `covgov.ingest.junit.read_tests` accepts."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    cases = etree.fromstring(data, parser).iter("testcase")
    failed = [case for case in cases if any(child.tag in ("error", "failure") for child in case)]
    names = ((case.get("classname") or "", case.get("name") or "") for case in failed)
    return tuple(sorted({".".join(filter(None, name)) for name in names}))

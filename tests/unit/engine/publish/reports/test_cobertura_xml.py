from __future__ import annotations

from dataclasses import replace

from lxml import etree

from covgov.model.snapshot import CountedExits, Snapshot, by_exits
from covgov.publish.reports import cobertura_xml
from covgov_testing.builders.coverage import cov, snap


def parsed(snapshot: Snapshot) -> etree._Element:
    return etree.fromstring(cobertura_xml.write(snapshot))


def attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def test_the_root_holds_the_totals_floored_and_no_time() -> None:
    root = parsed(snap({"a.py": cov("++-", exits=[(1, 2), (1, 3)], taken=[(1, 2)])}))
    assert attributes(root) == {
        "version": "7.17.3",
        "timestamp": "0",
        "lines-valid": "3",
        "lines-covered": "2",
        "line-rate": "0.6666",
        "branches-valid": "2",
        "branches-covered": "1",
        "branch-rate": "0.5000",
        "complexity": "0",
    }
    assert root.findtext("sources/source") == "."


def test_files_stand_in_the_package_of_their_folder() -> None:
    root = parsed(snap({"src/p/b.py": "+", "top.py": "+", "src/p/a.py": "-"}))
    told = {p.get("name"): [c.get("filename") for c in p.iter("class")] for p in root.iter("package")}
    assert told == {".": ["top.py"], "src.p": ["src/p/a.py", "src/p/b.py"]}
    assert [p.get("line-rate") for p in root.iter("package")] == ["1.0000", "0.5000"]


def test_a_line_with_exits_says_how_many_and_which_are_missing() -> None:
    coverage = cov("++-", exits=[(1, 2), (1, -1), (2, 3)], taken=[(1, 2), (2, 3)])
    first, second, third = parsed(snap({"a.py": coverage})).iter("line")
    assert attributes(first) == {
        "number": "1",
        "hits": "1",
        "branch": "true",
        "condition-coverage": "50% (1/2)",
        "missing-branches": "exit",
    }
    assert second.get("condition-coverage") == "100% (1/1)"
    assert second.get("missing-branches") is None
    assert attributes(third) == {"number": "3", "hits": "0"}


def test_missing_exits_name_the_line_they_lead_to() -> None:
    (line,) = parsed(snap({"a.py": cov("+", exits=[(1, 5), (1, 9)])})).iter("line")
    assert line.get("missing-branches") == "5,9"


def test_exits_known_by_number_are_counted() -> None:
    counted = by_exits({1: CountedExits(1, 3), 2: CountedExits(0, 0)})
    first, second = parsed(snap({"a.py": replace(cov("++"), counted=counted)})).iter("line")
    assert first.get("condition-coverage") == "33% (1/3)"
    assert second.get("branch") is None


def test_nothing_measured_has_a_rate_of_zero_and_is_still_a_report() -> None:
    root = parsed(snap({}))
    assert (root.get("line-rate"), root.get("lines-valid")) == ("0", "0")
    assert list(root.iter("package")) == []

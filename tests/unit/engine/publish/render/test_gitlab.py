from __future__ import annotations

import json

from msgspec import structs

from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, PatchRow, Scope
from covgov.publish.render.gitlab import GitlabRenderer
from covgov_testing.builders import verdict as build

render = GitlabRenderer()


def test_a_pass_without_findings_is_an_empty_list() -> None:
    assert json.loads(render(build.verdict())) == []


def test_an_entry_has_what_the_code_quality_format_requires() -> None:
    outcome, entry = json.loads(render(build.verdict(build.finding("told", scope=Scope.FILE, subject="src/a.py"))))
    assert (outcome["check_name"], outcome["severity"]) == ("covgov/outcome", "blocker")
    assert entry == {
        "description": "told",
        "check_name": "covgov/bar",
        "fingerprint": entry["fingerprint"],
        "severity": "critical",
        "location": {"path": "src/a.py", "lines": {"begin": 1}},
    }
    assert len({outcome["fingerprint"], entry["fingerprint"]}) == 2


def test_severities_follow_the_effect_and_a_waived_finding_is_information() -> None:
    found = (
        build.finding(effect=Effect.UNDETERMINED),
        build.finding(effect=Effect.NOTE),
        build.finding(waived_by="EX-1"),
    )
    issues = json.loads(render(build.verdict(*found)))
    assert [issue["severity"] for issue in issues] == ["critical", "major", "info", "info"]
    assert issues[-1]["description"].endswith("(waived by EX-1)")
    assert issues[-1]["location"]["path"] == "covgov.toml"


def test_a_soft_start_is_told_beside_a_pass_and_within_any_other_outcome() -> None:
    (told,) = json.loads(render(build.verdict(soft_start="bar is 60")))
    assert (told["check_name"], told["severity"]) == ("covgov/soft-start", "info")
    outcome, _ = json.loads(render(build.verdict(build.finding(), soft_start="bar is 60")))
    assert outcome["description"] == "covgov: fail (1 failing); soft start: bar is 60"


def test_what_is_not_enforced_is_information() -> None:
    evaluated = structs.replace(build.finding("bad"), enforced=False)
    issues = json.loads(GitlabRenderer()(build.verdict(evaluated)))
    assert [issue["severity"] for issue in issues] == ["info", "info"]


def test_uncovered_lines_of_the_change_are_shown_where_they_are() -> None:
    patch = PatchRow(Ratio(0, 4), None, 4, {"src/b.py": "7", "src/a.py": "3-4,9"})
    issues = json.loads(render(structs.replace(build.verdict(), patch=patch)))
    assert [(one["location"]["path"], one["location"]["lines"]["begin"]) for one in issues] == [
        ("src/a.py", 3),
        ("src/a.py", 9),
        ("src/b.py", 7),
    ]
    assert {one["severity"] for one in issues} == {"minor"}
    assert len({one["fingerprint"] for one in issues}) == 3

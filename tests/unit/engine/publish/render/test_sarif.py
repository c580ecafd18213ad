from __future__ import annotations

import json

import pytest
from msgspec import structs

from covgov.model.verdict import Effect, Scope
from covgov.publish.render.sarif import SarifRenderer
from covgov_testing.builders import verdict as build

render = SarifRenderer()


def test_the_document_has_what_sarif_requires() -> None:
    document = json.loads(render(build.verdict(build.finding("told"), build.finding("so", Effect.NOTE, rule="abc"))))
    assert document["version"] == "2.1.0"
    assert document["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = document["runs"]
    assert run["tool"]["driver"]["name"] == "covgov"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["abc", "bar"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "covgov.toml"
    assert [result["level"] for result in run["results"]] == ["error", "note"]
    assert len({result["partialFingerprints"]["covgov/v1"] for result in run["results"]}) == 2


def test_a_waived_finding_keeps_its_level_and_is_suppressed() -> None:
    (run,) = json.loads(render(build.verdict(build.finding(waived_by="EX-1"))))["runs"]
    (result,) = run["results"]
    assert result["level"] == "error"
    assert result["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "exception EX-1 of the register"}
    ]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b.py", "a%20b.py"),
        ("src/ü%.py", "src/%C3%BC%25.py"),
        ("\udcff.py", "%FF.py"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_a_path_is_a_relative_uri_reference(path: str, uri: str) -> None:
    (run,) = json.loads(render(build.verdict(build.finding(scope=Scope.FILE, subject=path))))["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_what_is_not_enforced_is_a_note() -> None:
    evaluated = structs.replace(build.finding("bad"), enforced=False)
    (run,) = json.loads(SarifRenderer()(build.verdict(evaluated)))["runs"]
    assert (run["properties"]["outcome"], run["properties"]["enforcedOutcome"]) == ("fail", "pass")
    assert [(one["level"], one["message"]["text"]) for one in run["results"]] == [
        ("note", "would fail, not enforced: bad")
    ]

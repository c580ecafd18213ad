"""What every renderer promises, checked through readers that share no code with the renderers.

A reader takes a rendered text apart as its consumer would (a Markdown parser, an XML parser, GitHub's command syntax)
and gives back the outcome and the messages. A name that broke out of its place would change what the reader sees.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree
from markdown_it import MarkdownIt
from msgspec import structs

from covgov.model.verdict import Effect, Finding, Outcome, Verdict
from covgov.publish.registry import RENDERERS
from covgov_testing.builders import verdict as build
from covgov_testing.laws import examples

quick = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Read:
    """What a consumer sees: the outcome, the texts that may hold messages, and how many entries there are."""

    outcome: str
    texts: list[str]
    entries: int | None = None


def read_text(text: str) -> Read:
    lines = text.split("\n")
    assert all(line.isprintable() for line in lines)
    outcome = re.fullmatch(r"covgov: ([A-Z]+) \(.*\)", lines[0])
    assert outcome is not None
    return Read(outcome[1].lower(), lines)


def read_json(text: str) -> Read:
    document = json.loads(text)
    messages = [finding["message"] for finding in document["findings"]]
    return Read(document["outcome"], messages, len(messages))


def read_markdown(text: str) -> Read:
    assert text.startswith("<!-- covgov:summary -->\n")
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    heading = next(tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open")
    shown = [
        "".join(child.content for child in token.children or ()).replace("\u200b", "")
        for token in tokens
        if token.type == "inline"
    ]
    outcome = re.match(r"(?:✔|✘|⚠) covgov: ([a-z]+)", heading)
    assert outcome is not None
    return Read(outcome[1], shown)


def read_github(text: str) -> Read:
    told = []
    for line in text.rstrip("\n").split("\n"):
        places = r"(?:file=[^,:]*,line=\d+,endLine=\d+,)?"
        command = re.fullmatch(rf"::(error|warning|notice) ({places}title=[^,:]*)::(.*)", line)
        assert command is not None, line
        if command[2].endswith("title=covgov uncovered"):
            continue
        told.append(command[3].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%"))
    outcome = re.match(r"covgov: ([a-z]+) \(", told[0])
    assert outcome is not None
    return Read(outcome[1], told[1:], len(told) - 1)


def read_gitlab(text: str) -> Read:
    issues = json.loads(text)
    own = [issue for issue in issues if issue["check_name"] == "covgov/outcome"]
    soft_start = [issue for issue in issues if issue["check_name"] == "covgov/soft-start"]
    outcome = re.match(r"covgov: ([a-z]+) \(", own[0]["description"]) if own else None
    rest = [i["description"] for i in issues if i["severity"] in {"critical", "major", "minor", "info"}]
    return Read(outcome[1] if outcome else "pass", rest, len(issues) - len(own) - len(soft_start))


def read_junit(text: str) -> Read:
    root = etree.fromstring(text.encode())
    outcome = root.find(".//property[@name='outcome']")
    assert outcome is not None
    told = [element.text or "" for tag in ("failure", "error", "skipped", "system-out") for element in root.iter(tag)]
    return Read(str(outcome.get("value")), [line for block in told for line in block.split("\n")])


def read_sarif(text: str) -> Read:
    (run,) = json.loads(text)["runs"]
    messages = [result["message"]["text"] for result in run["results"]]
    return Read(run["properties"]["outcome"], messages, len(messages))


READERS: dict[str, Callable[[str], Read]] = {
    "text": read_text,
    "json": read_json,
    "markdown": read_markdown,
    "github": read_github,
    "gitlab": read_gitlab,
    "junit": read_junit,
    "sarif": read_sarif,
}

every_renderer = pytest.mark.parametrize("name", sorted(RENDERERS))


def failing(verdict: Verdict) -> list[Finding]:
    return [f for f in verdict.findings if f.effect is Effect.FAIL and not f.waived_by]


def essence(text: str) -> str:
    """Letters and digits: what is left of a message however its place spells the rest."""
    return "".join(re.findall(r"[a-zA-Z0-9]+", text.encode("unicode_escape").decode()))


def test_every_renderer_has_a_reader_here_and_is_named_as_it_is_registered() -> None:
    assert {name: renderer.name for name, renderer in RENDERERS.items()} == {name: name for name in READERS}


@quick
@given(verdict=build.verdicts())
def test_the_outcome_can_be_read_back(verdict: Verdict) -> None:
    outcomes = {name: READERS[name](render(verdict)).outcome for name, render in RENDERERS.items()}
    assert outcomes == dict.fromkeys(RENDERERS, str(verdict.outcome))


@quick
@given(verdict=build.verdicts())
def test_the_message_of_every_failing_finding_can_be_read_back(verdict: Verdict) -> None:
    for name, render in RENDERERS.items():
        shown = [essence(text) for text in READERS[name](render(verdict)).texts]
        lost = [f.message for f in failing(verdict) if not any(essence(f.message) in text for text in shown)]
        assert not lost, name


@quick
@given(verdict=build.verdicts())
def test_the_same_verdict_gives_the_same_bytes(verdict: Verdict) -> None:
    again = structs.replace(verdict, soft_start=verdict.soft_start)
    for name, render in RENDERERS.items():
        assert render(verdict).encode() == render(again).encode(), name


@quick
@given(verdict=build.verdicts())
def test_there_is_one_entry_per_finding_however_hostile_its_text(verdict: Verdict) -> None:
    entries = {name: READERS[name](RENDERERS[name](verdict)).entries for name in ("json", "github", "gitlab", "sarif")}
    pieces = verdict.patch.uncovered.values() if verdict.patch else ()
    lines = sum(spelled.count(",") + 1 for spelled in pieces)
    assert entries.pop("gitlab") == len(verdict.findings) + lines, "GitLab has an entry for each beside the findings"
    assert set(entries.values()) == {len(verdict.findings)}


@pytest.mark.security
@every_renderer
@pytest.mark.parametrize("hostile", build.HOSTILE)
def test_control_characters_and_overrides_never_reach_the_output(name: str, hostile: str) -> None:
    rendered = RENDERERS[name](build.verdict(build.finding(hostile, subject=hostile, rule=hostile)))
    told = json.dumps(json.loads(rendered)) if name == "json" else rendered
    assert not set(told) & set("\x00\x07\x1b\u202e\u2028\ud800\udc80")


@pytest.mark.security
@pytest.mark.parametrize("hostile", build.HOSTILE)
def test_markdown_has_as_many_cells_items_and_links_as_for_a_harmless_name(hostile: str) -> None:
    def structure(name: str) -> list[tuple[str, int]]:
        row = build.row(name, attributes={name: None}, uncovered={name: "1"})
        verdict = build.verdict(build.finding(name, rule=name, subject=name), rows=(row,), soft_start=name + ".")
        tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(RENDERERS["markdown"](verdict))
        inline = [child.type for token in tokens for child in token.children or ()]
        assert not {"link_open", "image", "html_inline", "s_open"} & set(inline)
        return [(token.type, token.nesting) for token in tokens]

    assert structure(hostile) == structure("harmless")


@pytest.mark.security
@pytest.mark.parametrize("hostile", build.HOSTILE)
def test_no_line_of_the_text_is_a_command_to_a_ci_runner(hostile: str) -> None:
    row = build.row(hostile, uncovered={hostile: "1"})
    verdict = build.verdict(build.finding(hostile, rule=hostile), rows=(row,), soft_start=hostile)
    rendered = RENDERERS["text"](verdict)
    assert not any(line.strip().startswith("::") for line in rendered.split("\n"))
    assert "##" not in rendered


@pytest.mark.parametrize("effect", [Effect.FAIL, Effect.UNDETERMINED])
@every_renderer
def test_a_waived_finding_is_shown_with_its_exception_and_the_outcome_stays_pass(name: str, effect: Effect) -> None:
    live = RENDERERS[name](build.verdict(build.finding("m", effect)))
    waived = RENDERERS[name](build.verdict(build.finding("m", effect, waived_by="EX-7")))
    assert (READERS[name](live).outcome, READERS[name](waived).outcome) == (effect, "pass")
    assert "EX-7" in waived


@every_renderer
def test_a_soft_start_in_force_is_printed(name: str) -> None:
    told = "total bar of api lowered to 60"
    assert told in RENDERERS[name](build.verdict(soft_start=told))


@pytest.mark.parametrize("effect", [Effect.FAIL, Effect.UNDETERMINED])
@every_renderer
def test_a_verdict_that_is_only_evaluated_is_marked_as_not_enforced(name: str, effect: Effect) -> None:
    enforced = build.verdict(build.finding("m", effect), rows=(build.row(outcome=Outcome(effect)),))
    row = structs.replace(enforced.rows[0], enforced=False)
    evaluated = structs.replace(
        enforced, findings=(structs.replace(enforced.findings[0], enforced=False),), rows=(row,)
    )
    marks = ("not enforced", "NOT ENFORCED", '"enforced": false')
    assert not any(mark in RENDERERS[name](enforced) for mark in marks)
    assert any(mark in RENDERERS[name](evaluated) for mark in marks)


@pytest.mark.security
@every_renderer
def test_what_fork_code_measured_is_labelled(name: str) -> None:
    ours = build.verdict(build.finding())
    theirs = structs.replace(ours, fork="mallory/shop")
    marks = ("measured by fork code", "MEASURED BY FORK CODE", '"fork": "mallory/shop"')
    assert not any(mark in RENDERERS[name](ours) for mark in marks)
    assert any(mark in RENDERERS[name](theirs) for mark in marks)

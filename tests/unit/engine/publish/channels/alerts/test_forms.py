from __future__ import annotations

import json
import string

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from covgov.publish.channels.alerts import forms
from covgov.publish.channels.alerts.note import Note, Paragraph, Severity
from covgov.publish.render.parts.safe_text import log_line
from covgov_testing.builders.verdict import HOSTILE
from covgov_testing.slack_rules import slack_faults, slack_shows

MENTIONS = (
    "<!channel> <!here|x> <@U123>",
    "[a](http://b) <https://evil.example|good>",
    "{{app_body}} {{ app_title }}",
    "&&<<>>" * 700,
)
quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
lines = st.one_of(
    st.sampled_from((*HOSTILE, *MENTIONS)), st.text(alphabet=string.printable + "&<>é", max_size=300)
).map(log_line)
notes = st.builds(
    Note,
    title=lines,
    severity=st.sampled_from(Severity),
    lead=lines,
    paragraphs=st.lists(st.builds(Paragraph, st.lists(lines, min_size=1, max_size=4).map(tuple)), max_size=6).map(
        tuple
    ),
    link=st.sampled_from(("", "https://ci.example/run/1?a=1&b=2")),
)


def note(*paragraphs: str, title: str = "title", link: str = "") -> Note:
    return Note(title, Severity.FAILURE, "lead", tuple(Paragraph((one,)) for one in paragraphs), link)


def as_slack_gets_it(one: Note) -> dict[str, object]:
    return {"attachments": [json.loads(forms.slack(one))]}


def runs(one: Note) -> list[str]:
    card = json.loads(forms.teams(one))["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    return [run["text"] for block in card["body"] for run in block["inlines"]]


def test_text_has_the_link_near_the_top() -> None:
    assert (
        forms.text(note("one", "two", link="https://x.example/1")) == "lead\nrun: https://x.example/1\n\none\n\ntwo\n"
    )
    assert forms.text(note()) == "lead\n"


def test_slack_shows_title_lead_paragraphs_and_link() -> None:
    payload = as_slack_gets_it(note("one <b> & c", link="https://x.example/?a=1&b=2"))
    assert slack_faults(payload) == []
    shown = slack_shows(payload)
    assert shown == "title\nlead\none <b> & c\n<https://x.example/?a=1&b=2|open the run>"


@quick
@given(notes)
@example(note(*(f"paragraph {number}" for number in range(80)), link="https://x.example"))
@example(note("&" * 40_000, title="<" * 400))
def test_any_note_is_a_message_that_slack_takes_and_reads_as_text(one: Note) -> None:
    payload = as_slack_gets_it(one)
    assert slack_faults(payload) == []
    assert "{{" not in forms.slack(one)
    if len(one.title) <= 30 and one.title:
        assert slack_shows(payload).startswith(one.title)


def test_text_cut_for_slack_is_marked() -> None:
    shown = slack_shows(as_slack_gets_it(note(*(f"paragraph {number}" for number in range(80)))))
    assert "paragraph 45\n" in shown
    assert shown.endswith("the rest is left out")
    assert "paragraph 46" not in shown


def test_lines_of_a_paragraph_share_a_block_until_it_is_full() -> None:
    one = Note("t", Severity.INFO, "l", (Paragraph(("x" * 2000, "y" * 999, "z")),))
    blocks = json.loads(forms.slack(one))["blocks"]
    assert [len(block["text"]["text"]) for block in blocks[2:]] == [3000, 1]


def test_teams_shows_every_line_as_a_run_of_text() -> None:
    one = Note("t **x**", Severity.INFO, "lead", (Paragraph(("a [b](http://c)", "")),), "https://x.example/1")
    assert runs(one) == ["t **x**", "lead", "a [b](http://c)", " "]
    card = json.loads(forms.teams(one))["attachments"][0]["content"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open the run", "url": "https://x.example/1"}]
    assert json.loads(forms.teams(note()))["attachments"][0]["content"]["actions"] == []


@quick
@given(notes)
@example(note(*("é" * 3000 for _ in range(20))))
@pytest.mark.security
def test_any_note_is_a_card_without_markup_that_teams_takes(one: Note) -> None:
    made = forms.teams(one)
    assert len(made.encode()) < 28_000 + 8 * len((one.title + one.lead).encode())
    assert set(runs(one)) <= {
        one.title or " ",
        one.lead or " ",
        "the rest is left out",
        " ",
        *(line for part in one.paragraphs for line in part.lines),
    }
    assert "{{" not in made


def test_text_cut_for_teams_is_marked() -> None:
    assert runs(note(*("x" * 3000 for _ in range(20))))[-1] == "the rest is left out"


def test_a_paragraph_without_lines_is_no_block() -> None:
    empty = Note("t", Severity.INFO, "l", (Paragraph(()),))
    assert len(json.loads(forms.slack(empty))["blocks"]) == 2
    assert runs(empty) == ["t", "l"]

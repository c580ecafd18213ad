"""A Note in the forms that services take: plain text, Slack's blocks, a Teams card. Nothing in a name is markup there.

Slack: every outside text stands in a `plain_text` object, whose control characters are escaped
(https://docs.slack.dev/reference/block-kit/composition-objects/text-object); at most 50 blocks, 150 characters in a
header, 3000 in a text. Teams: outside texts are TextRuns, which know no Markdown
(https://adaptivecards.io/explorer/TextRun.html).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from covgov.publish.channels.alerts.note import Note
from covgov.publish.channels.alerts.wording import shortened

HEADER, SECTION, BLOCKS = 150, 3000, 50
TEAMS_SIZE = 20_000
"""Bytes of what a card tells; Teams refuses messages of more than 28 KB."""

Json = dict[str, object]


def text(note: Note) -> str:
    """Plain text; the link stands near the top, lest a service that cuts long messages cut it."""
    head = [note.lead, *([f"run: {note.link}"] if note.link else [])]
    parts = ["\n".join(head), *("\n".join(paragraph.lines) for paragraph in note.paragraphs)]
    return "\n\n".join(parts) + "\n"


def slack(note: Note) -> str:
    """JSON of an attachment with blocks, as Slack's messages carry it."""
    title = _plain(note.title, HEADER)
    link: Json = {"type": "mrkdwn", "text": f"<{_escaped(note.link)}|open the run>", "verbatim": True}
    told = [_section(piece) for part in note.paragraphs for piece in _pieces(part.lines)]
    blocks: list[Json] = [
        {"type": "header", "text": title},
        {"type": "context", "elements": [_plain(note.lead, SECTION)]},
        *_fitting(told, BLOCKS - 3, _section("the rest is left out")),
    ]
    blocks += [{"type": "section", "text": link}] if note.link else []
    return _dumped({"fallback": title["text"], "blocks": blocks})


def teams(note: Note) -> str:
    """JSON of a message with an Adaptive Card, as Power Automate's workflows take it."""
    told = [_run(line, separator=index == 0) for part in note.paragraphs for index, line in enumerate(part.lines)]
    card: Json = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [_run(note.title, weight="Bolder"), _run(note.lead), *_affordable(told)],
        "actions": [{"type": "Action.OpenUrl", "title": "Open the run", "url": note.link}] if note.link else [],
        "msteams": {"width": "full"},
    }
    attachment: Json = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return _dumped({"type": "message", "attachments": [attachment]})


def _section(piece: str) -> Json:
    return {"type": "section", "text": {"type": "plain_text", "text": piece, "emoji": False}}


def _plain(words: str, limit: int) -> Json:
    return {"type": "plain_text", "text": _cut(words or " ", limit), "emoji": False}


def _cut(words: str, limit: int) -> str:
    """Escaped, and short enough after that; an entity is never cut in two."""
    kept = len(words)
    while len(escaped := _escaped(shortened(words, kept))) > limit:
        kept -= max(1, (len(escaped) - limit) // 5)
    return escaped


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pieces(lines: Sequence[str]) -> Iterator[str]:
    """The lines in as few texts as the limit allows."""
    piece = ""
    for line in lines:
        told = _cut(line or " ", SECTION - 1)
        if piece and len(piece) + 1 + len(told) > SECTION:
            yield piece
            piece = ""
        piece = f"{piece}\n{told}" if piece else told
    if piece:
        yield piece


def _fitting(blocks: Sequence[Json], limit: int, notice: Json) -> Sequence[Json]:
    return blocks if len(blocks) <= limit else [*blocks[: limit - 1], notice]


def _run(line: str, *, weight: str = "Default", separator: bool = False) -> Json:
    run = {"type": "TextRun", "text": line or " ", "weight": weight}
    return {"type": "RichTextBlock", "inlines": [run], "separator": separator, "spacing": "Small"}


def _affordable(runs: Sequence[Json]) -> Sequence[Json]:
    """As many from the front as a card may hold, in bytes, with a notice if some are left out."""
    room = TEAMS_SIZE
    for index, run in enumerate(runs):
        room -= len(json.dumps(run))
        if room < 0:
            return [*runs[:index], _run("the rest is left out", separator=True)]
    return runs


def _dumped(value: Json) -> str:
    """Without `{{`, which Apprise would take for the beginning of a name to fill in; only a string can hold it."""
    return json.dumps(value, ensure_ascii=False).replace("{{", "\\u007b\\u007b")

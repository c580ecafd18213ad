"""A Note as plain text, Slack blocks, or a Teams card. Outside texts are never interpreted as markup.

Slack: every outside text is in a `plain_text` object, whose control characters are escaped
(https://docs.slack.dev/reference/block-kit/composition-objects/text-object); at most 50 blocks, 150 characters in a
header, 3000 in a text. Teams: outside texts are TextRuns, which have no Markdown
(https://adaptivecards.io/explorer/TextRun.html).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from covgov.publish.channels.alerts.note import Note
from covgov.publish.channels.alerts.wording import shortened

HEADER, SECTION, BLOCKS = 150, 3000, 50
TEAMS_SIZE = 20_000
"""Most bytes of a card's text; Teams refuses messages of more than 28 KB."""

Json = dict[str, object]


def text(note: Note) -> str:
    """Plain text, with the link near the top, because some services cut long messages."""
    head = [note.lead, *([f"run: {note.link}"] if note.link else [])]
    parts = ["\n".join(head), *("\n".join(paragraph.lines) for paragraph in note.paragraphs)]
    return "\n\n".join(parts) + "\n"


def slack(note: Note) -> str:
    """A Slack attachment with blocks, as JSON."""
    title = _plain(note.title, HEADER)
    link: Json = {"type": "mrkdwn", "text": f"<{_escaped(note.link)}|open the run>", "verbatim": True}
    content = [_section(piece) for part in note.paragraphs for piece in _pieces(part.lines)]
    blocks: list[Json] = [
        {"type": "header", "text": title},
        {"type": "context", "elements": [_plain(note.lead, SECTION)]},
        *_fitting(content, BLOCKS - 3, _section("the rest is left out")),
    ]
    blocks += [{"type": "section", "text": link}] if note.link else []
    return _dumped({"fallback": title["text"], "blocks": blocks})


def teams(note: Note) -> str:
    """A message with an Adaptive Card for Power Automate's workflows, as JSON."""
    content = [_run(line, separator=index == 0) for part in note.paragraphs for index, line in enumerate(part.lines)]
    card: Json = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [_run(note.title, weight="Bolder"), _run(note.lead), *_affordable(content)],
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
    """Escaped and shortened to the limit, without cutting an entity."""
    kept = len(words)
    while len(escaped := _escaped(shortened(words, kept))) > limit:
        kept -= max(1, (len(escaped) - limit) // 5)
    return escaped


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pieces(lines: Sequence[str]) -> Iterator[str]:
    """The lines joined into texts within the limit."""
    piece = ""
    for line in lines:
        content = _cut(line or " ", SECTION - 1)
        if piece and len(piece) + 1 + len(content) > SECTION:
            yield piece
            piece = ""
        piece = f"{piece}\n{content}" if piece else content
    if piece:
        yield piece


def _fitting(blocks: Sequence[Json], limit: int, notice: Json) -> Sequence[Json]:
    return blocks if len(blocks) <= limit else [*blocks[: limit - 1], notice]


def _run(line: str, *, weight: str = "Default", separator: bool = False) -> Json:
    run = {"type": "TextRun", "text": line or " ", "weight": weight}
    return {"type": "RichTextBlock", "inlines": [run], "separator": separator, "spacing": "Small"}


def _affordable(runs: Sequence[Json]) -> Sequence[Json]:
    """As many from the front as fit into a card, with a notice if some are left out."""
    room = TEAMS_SIZE
    for index, run in enumerate(runs):
        room -= len(json.dumps(run))
        if room < 0:
            return [*runs[:index], _run("the rest is left out", separator=True)]
    return runs


def _dumped(value: Json) -> str:
    """JSON without `{{`, which Apprise would read as a template variable."""
    return json.dumps(value, ensure_ascii=False).replace("{{", "\\u007b\\u007b")

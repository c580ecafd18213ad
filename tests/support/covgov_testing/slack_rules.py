"""Slack's rules for messages with blocks, written down a second time, from its documentation.

https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from covgov_testing.receivers import Answer, Received

LINK = re.compile(r"<https?://[^<>|]+\|[^<>|]+>")
CONTROL = re.compile(r"[<>]|&(?!(?:amp|lt|gt);)")
"""What Slack reads as more than text: `<!channel>`, `<@user>`, a link, half an entity."""


def slack_faults(payload: Mapping[str, object]) -> list[str]:
    """What Slack would refuse about a message, or read as something else than text."""
    faults: list[str] = []
    blocks = _blocks(payload)
    if not 1 <= len(blocks) <= 50:
        faults.append(f"{len(blocks)} blocks")
    for number, block in enumerate(blocks):
        texts = _texts(block)
        limit = 150 if block["type"] == "header" else 3000
        if block["type"] not in ("header", "section", "context", "divider"):
            faults.append(f"block {number}: type {block['type']}")
        if block["type"] == "context" and not 1 <= len(texts) <= 10:
            faults.append(f"block {number}: {len(texts)} elements")
        for text in texts:
            words = str(text["text"])
            if not 1 <= len(words) <= limit:
                faults.append(f"block {number}: {len(words)} characters")
            if block["type"] == "header" and text["type"] != "plain_text":
                faults.append(f"block {number}: a header is plain text")
            if text["type"] == "plain_text" and CONTROL.search(words):
                faults.append(f"block {number}: control characters in plain text")
            if text["type"] == "mrkdwn" and (not text.get("verbatim") or CONTROL.search(LINK.sub("", words))):
                faults.append(f"block {number}: markup")
    return faults


def slack_answer(one: Received) -> Answer:
    """As Slack answers a webhook."""
    return (400, "invalid_blocks") if slack_faults(one.json) else (200, "ok")


def slack_shows(payload: Mapping[str, object]) -> str:
    """The texts of a message as a reader sees them."""
    return "\n".join(html.unescape(str(text["text"])) for block in _blocks(payload) for text in _texts(block))


def _blocks(payload: Mapping[str, object]) -> Sequence[dict[str, object]]:
    attachments = payload["attachments"]
    assert isinstance(attachments, list)
    blocks = attachments[0]["blocks"]
    assert isinstance(blocks, list)
    return blocks


def _texts(block: Mapping[str, object]) -> list[dict[str, object]]:
    found = block.get("elements", [block.get("text")])
    assert isinstance(found, list)
    return found

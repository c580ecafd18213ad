"""Pictures: pages of HTML made from evidence, photographed by Chromium; each picture carries its page's hash."""

from __future__ import annotations

import hashlib
import html
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from markdown_it import MarkdownIt

from covgov_testing.evidence import pull_request
from covgov_testing.evidence.cycles import Mail, Told

FOLDER = Path("docs/portfolio/images")
KEYWORD = b"covgov-page-sha256"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
STYLE = """\
body { font: 14px/1.5 "DejaVu Sans", sans-serif; color: #1f2328; background: #fff; margin: 24px; width: 1150px; }
table { border-collapse: collapse; margin: 12px 0; font-size: 12px; }
td, th { border: 1px solid #d1d9e0; padding: 5px 9px; text-align: left; }
code { background: #f0f1f2; padding: 1px 4px; border-radius: 4px; font-family: "DejaVu Sans Mono", monospace; }
h1 { font-size: 15px; color: #59636e; font-weight: normal; border-bottom: 1px solid #d1d9e0; padding-bottom: 8px; }
pre { font: 13px/1.5 "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: 80px auto; } dt { color: #59636e; } dd { margin: 0; }
"""


REQUEST_STYLE = """\
section { border: 1px solid #d1d9e0; border-radius: 6px; } .said { padding: 0 16px; }
.by { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; color: #59636e; }
"""


def pages(told: Told) -> Mapping[str, str]:
    """File name -> the HTML page that it is a picture of."""
    return {
        "pull-request.png": _page(f"{pull_request.TITLE} #7", _comment(told.request)),
        "job-summary.png": _page("Job summary of govern", _rendered(told.summary)),
        "alert.png": _page("Mail, as the server received it", _letter(told.mail)),
    }


def source(picture: bytes) -> str:
    """SHA-256 of the page that a picture was made of; "" when it does not say."""
    for kind, data in _chunks(picture):
        if kind == b"tEXt" and data.startswith(KEYWORD + b"\0"):
            return data.partition(b"\0")[2].decode("ascii")
    return ""


def digest(page: str) -> str:
    return hashlib.sha256(page.encode()).hexdigest()


def labelled(picture: bytes, page: str) -> bytes:
    """The picture with its page's hash in a text chunk (https://www.w3.org/TR/png-3/#11tEXt)."""
    kept = b"".join(_packed(kind, data) for kind, data in _chunks(picture) if kind not in (b"IEND", b"tEXt"))
    return SIGNATURE + kept + _packed(b"tEXt", KEYWORD + b"\0" + digest(page).encode()) + _packed(b"IEND", b"")


def photographed(page: str) -> bytes:
    """A PNG by the Chromium of the system (`make setup-system`)."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only `make evidence` takes pictures

    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        sheet = browser.new_page(viewport={"width": 1200, "height": 400})
        sheet.set_content(page)
        taken = sheet.screenshot(full_page=True)
        browser.close()
    return labelled(taken, page)


def _page(title: str, body: str) -> str:
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    return f"{head}</head><body><h1>{title}</h1>{body}</body></html>\n"


def _rendered(markdown: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))


def _comment(markdown: str) -> str:
    """The comment as it is first seen: what is folded is left out."""
    seen = markdown.partition("<details><summary>")[0]
    by = f'<style>{REQUEST_STYLE}</style><div class="by"><b>github-actions</b> bot commented</div>'
    return f'<section>{by}<div class="said">{_rendered(seen)}</div></section>'


def _letter(mail: Mail) -> str:
    rows = (("From", mail.sender), ("To", mail.to), ("Subject", mail.subject))
    told = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in rows)
    return f"<dl>{told}</dl><pre>{html.escape(mail.text)}</pre>"


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert picture.startswith(SIGNATURE), "no PNG"
    at = len(SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        yield picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        at += 12 + length


def _packed(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

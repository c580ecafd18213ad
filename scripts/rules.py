"""Write docs/rules: one page per rule id, from the rules' own files."""

from __future__ import annotations

from pathlib import Path

from covgov.hub.api import compose
from covgov.judge.registry import PAGES

ALL = (*PAGES.values(), compose.PAGE)
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"


def index() -> str:
    """The list of all pages."""
    rows = "\n".join(f"| [{rule.id}]({rule.id}.md) | {rule.title} |" for rule in ALL)
    return (
        f"# Rules\n\nEvery finding names its rule. Each rule has a page.\n\n| rule | finds |\n| --- | --- |\n{rows}\n"
    )


def pages() -> dict[str, str]:
    """File name -> text, of everything in docs/rules."""
    return {"README.md": index(), **{f"{rule.id}.md": rule.markdown for rule in ALL}}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")

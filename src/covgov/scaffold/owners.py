"""CODEOWNERS lines for what decides about coverage: policy, register, workflows. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from covgov.scaffold.detection.tree import Tree
from covgov.vcs.codeowners import LOCATIONS, parse

HEADING = "# What decides about coverage (covgov)"


def owner_lines(tree: Tree, places: Sequence[str]) -> tuple[str, str]:
    """(file, its new text): a line for each place that the file does not name. ("", "") without a file or an owner."""
    path = next((one for one in LOCATIONS if tree.read(one) is not None), "")
    text = tree.text(path)
    rules = parse(text)
    everyone = next((" ".join(rule.owners) for rule in rules.rules if rule.owners), "")
    named = {line.split()[0].strip("/") for line in text.splitlines() if line.strip() and not line.startswith("#")}
    missing = [place for place in places if place.strip("/") not in named]
    lines = [f"/{place} {rules.owner_of(place) or everyone}" for place in missing]
    if not path or not everyone or not lines:
        return "", ""
    ended = text if text.endswith("\n") or not text else f"{text}\n"
    return path, f"{ended}\n{HEADING}\n" + "".join(f"{line}\n" for line in lines)

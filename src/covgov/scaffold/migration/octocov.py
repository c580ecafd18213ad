"""octocov's acceptable coverage (https://github.com/k1LoW/octocov). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from covgov.scaffold.detection.tree import Tree, table
from covgov.scaffold.migration.setting import ImportedSetting, document, first_of, percent

FILES = (".octocov.yml", "octocov.yml", ".octocov.yaml", "octocov.yaml")
TERM = re.compile(r"(?:(?P<what>current|diff)\s*>=?\s*)?(?P<value>-?\d+(?:\.\d+)?)\s*%?")
BY_HAND = {
    "codeToTestRatio": "covgov does not judge how much test code there is",
    "testExecutionTime": "covgov records how long tests take, and does not judge it",
}


def settings(tree: Tree) -> Iterator[ImportedSetting]:
    """Of the first file that octocov would read."""
    where = first_of(tree, FILES)
    if not where:
        return
    found = document(tree, where)
    acceptable = table(found, "coverage").get("acceptable")
    if acceptable is not None:
        yield from _acceptable(where, str(acceptable))
    if table(found, "coverage").get("exclude"):
        yield ImportedSetting(where, "coverage.exclude", why="leave the paths out of your components' `paths`")
    for key, why in BY_HAND.items():
        if table(found, key).get("acceptable") is not None:
            yield ImportedSetting(where, f"{key}.acceptable", why=why)


def _acceptable(where: str, text: str) -> Iterator[ImportedSetting]:
    """`60%`, or terms `current >= 60%` and `diff >= -1%` joined by `&&`; anything else is left to the reader."""
    terms = [TERM.fullmatch(term.strip()) for term in text.split("&&")]
    for term in terms:
        if term is None:
            why = "set `fail_under` and `max_drop` by hand: this expression has no equal"
            yield ImportedSetting(where, f"coverage.acceptable `{text}`", why=why)
            return
    for term in filter(None, terms):
        if term["what"] == "diff":
            drop = max(-Decimal(term["value"]), Decimal(0))
            yield ImportedSetting(where, f"coverage.acceptable `{term[0]}`", "max_drop", drop)
        elif (bar := percent(term["value"])) is not None:
            yield ImportedSetting(where, f"coverage.acceptable `{term[0]}`", "fail_under", bar)

"""go-test-coverage's thresholds (https://github.com/vladopajic/go-test-coverage). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from covgov.scaffold.detection.tree import Tree, table
from covgov.scaffold.migration.setting import ImportedSetting, document, first_of, percent

FILES = (".testcoverage.yml", ".testcoverage.yaml")
BY_HAND = {
    "package": "one `[components.NAME]` for each package, with `fail_under`",
    "file": 'a `[[components.NAME.rules]]` with `scope = "file"` and `min`',
}


def settings(tree: Tree) -> Iterator[ImportedSetting]:
    """Of the first file that is there."""
    where = first_of(tree, FILES)
    thresholds = table(document(tree, where), "threshold") if where else {}
    if bar := percent(thresholds.get("total")):
        yield ImportedSetting(where, f"threshold total {bar:f}", "fail_under", bar)
    for key, why in BY_HAND.items():
        if bar := percent(thresholds.get(key)):
            yield ImportedSetting(where, f"threshold {key} {bar:f}", why=why)

from __future__ import annotations

from covgov.model.change import HEAD_CATEGORIES, Category, FileDelta, Tally
from covgov.model.lines import of
from covgov.model.snapshot import Metric


def test_twelve_categories_of_which_eight_exist_at_the_head() -> None:
    assert len(Category) == 12
    assert set(Category) - HEAD_CATEGORIES == {Category.ECB, Category.EUB, Category.DCB, Category.DUB}


def test_a_tally_counts_what_the_metric_sees() -> None:
    tally = Tally(lines={Category.LBC: 2}, exits={Category.LBC: 3})
    counts = {metric: tally.count(Category.LBC, metric) for metric in Metric}
    assert counts == {Metric.LINE: 2, Metric.BRANCH: 3, Metric.COMBINED: 5}
    assert tally.count(Category.GNC) == 0


def test_a_files_tally_adds_exact_and_counted_exits() -> None:
    delta = FileDelta(
        "a.py",
        "a.py",
        lines={Category.CBC: of([1, 2]), Category.UBC: 0},
        exits={Category.LBC: ((1, 2), (1, 3))},
        counted={Category.LBC: {1: of([7])}, Category.GBC: {1: of([7, 9]), 3: of([8])}},
    )
    assert delta.tally() == Tally({Category.CBC: 2}, {Category.LBC: 3, Category.GBC: 5})


def test_only_uncovered_units_of_masked_lines_are_masked() -> None:
    delta = FileDelta(
        "a.py",
        "a.py",
        lines={Category.DUB: of([1, 2]), Category.DCB: of([3])},
        exits={Category.DUB: ((3, 4), (9, 1)), Category.DCB: ((1, 2),)},
        masked=of([2, 3]),
    )
    masked = {metric: delta.masked_uncovered(metric) for metric in Metric}
    assert masked == {Metric.LINE: 1, Metric.BRANCH: 1, Metric.COMBINED: 2}

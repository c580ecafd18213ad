from __future__ import annotations

import json
from dataclasses import replace

from covgov.model.snapshot import CountedExits, by_exits
from covgov.publish.reports import codecov_json
from covgov_testing.builders.coverage import cov, snap


def test_a_line_has_its_hits_or_the_share_of_its_exits() -> None:
    coverage = replace(cov("++-.", exits=[(1, 2), (1, 3)], taken=[(1, 2)]), counted=by_exits({3: CountedExits(0, 2)}))
    assert json.loads(codecov_json.write(snap({"src/a.py": coverage}))) == {
        "coverage": {"src/a.py": {"1": "1/2", "2": 1, "3": "0/2"}}
    }


def test_a_line_that_ran_and_took_no_exit_keeps_its_hit() -> None:
    counted = by_exits({1: CountedExits(0, 2), 2: CountedExits(1, 2), 3: CountedExits(1, 2)})
    assert json.loads(codecov_json.write(snap({"a.py": replace(cov("+-."), counted=counted)}))) == {
        "coverage": {"a.py": {"1": 1, "2": 0}}
    }

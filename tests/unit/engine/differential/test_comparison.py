from __future__ import annotations

import json

from covgov.differential.comparison import REMEDY, as_payload, as_text, compare
from covgov.model.change import Category
from covgov.model.diff import Diff, FileDiff, Hunk
from covgov.model.snapshot import Identity, Metric
from covgov_testing.builders.coverage import IDENTITY, cov, snap

BASE = snap({
    "edited.py": cov("++-", exits=[(1, 2)], taken=[(1, 3)]),
    "gone.py": "-",
    "old.py": "+",
    "same.py": "+-",
})  # fmt: skip
HEAD = snap({
    "edited.py": cov("+--+", exits=[(1, 2), (1, 3)]),
    "new.py": "-",
    "same.py": "+-",
})  # fmt: skip
DIFF = Diff((
    FileDiff("edited.py", "edited.py", (Hunk(3, 0, 4, 1),)),
    FileDiff("gone.py", None),
    FileDiff("old.py", "new.py"),
))  # fmt: skip


def test_text_tells_ratios_words_changed_files_and_totals() -> None:
    assert list(as_text(compare(BASE, HEAD, DIFF, Metric.COMBINED, ("so it was",)))) == [
        "base  5/9 = 55.55 %",
        "head  3/9 = 33.33 %",
        "-22.23 pp = +4.94 new covered code, -33.34 tests no longer reach 2 lines and 1 branch exit, "
        "+6.17 deleted uncovered code",
        "",
        "edited.py:",
        "  new, covered (GNC): line 4",
        "  no longer covered (LBC): line 2, 1 branch exit",
        "gone.py (no longer measured):",
        "  deleted, was not covered (DUB): line 1",
        "old.py -> new.py:",
        "  no longer covered (LBC): line 1",
        "",
        "total: 1 new, covered (GNC); 2 covered as before (CBC); 3 not covered, as before (UBC); "
        "3 no longer covered (LBC); 1 deleted, was not covered (DUB)",
        "3 of 4 files changed, 1 unchanged",
        "note: so it was",
    ]


def test_text_of_equal_snapshots_lists_no_file() -> None:
    told = list(as_text(compare(snap({"a": "+-"}), snap({"a": "+-"}), Diff(), Metric.LINE)))
    assert told[2:] == [
        "no change",
        "",
        "total: 1 covered as before (CBC); 1 not covered, as before (UBC)",
        "0 of 1 file changed, 1 unchanged",
    ]
    assert "total: no units" in list(as_text(compare(snap({}), snap({}), Diff(), Metric.LINE)))


def test_the_payload_is_plain_json_with_all_categories_and_exact_figures() -> None:
    payload = json.loads(json.dumps(as_payload(compare(BASE, HEAD, DIFF, Metric.COMBINED))))
    assert payload["base"] == {"covered": 5, "total": 9, "percent": "55.55"}
    assert (payload["points"], payload["exact_points"]) == ("-22.23", "-200/9")
    assert set(payload["totals"]["lines"]) == set(payload["totals"]["exits"]) == {c.value for c in Category}
    assert payload["totals"]["exits"]["LBC"] == 1
    assert payload["lost"] == {"edited.py": "2", "new.py": "1"}
    assert payload["files"][0] == {
        "base": "edited.py",
        "head": "edited.py",
        "lines": {"GNC": "4", "CBC": "1", "UBC": "3", "LBC": "2"},
        "exits": {"UBC": 1, "LBC": 1},
    }
    assert payload["parts"][1] == {"cause": "lost", "covered": -3, "total": 0, "exact_points": "-100/3"}
    assert payload["unchanged_files"] == 1


def test_a_payload_without_a_delta_says_so_with_null() -> None:
    payload = as_payload(compare(snap({}), HEAD, Diff(), Metric.LINE))
    assert (payload["points"], payload["exact_points"]) == (None, None)
    assert payload["base"] == {"covered": 0, "total": 0, "percent": None}


def test_two_measurements_are_noted_and_blamed() -> None:
    other = snap({"a": "-+"}, identity=Identity("coverage.py", "8.0", "python 3.11", branch=True))
    found = compare(snap({"a": "+"}), other, Diff(), Metric.LINE)
    assert found.notes == (f"measured differently: base by {IDENTITY}; head by {other.identity}{REMEDY}",)
    assert [part.cause.value for part in found.delta.parts] == ["measurement"]

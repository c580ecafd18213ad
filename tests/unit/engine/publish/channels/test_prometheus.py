from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs
from prometheus_client.parser import text_string_to_metric_families

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import DeliveryFailed, NotConfigured, UsageError
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric, TestRun
from covgov.model.verdict import Effect, ExceptionLine, ExceptionState, Scope, SuiteLine, Verdict
from covgov.publish.channels.interface import Parcel, Publication
from covgov.publish.channels.prometheus import FAMILIES, VARIABLE, PrometheusChannel
from covgov_testing.builders import verdict as build
from covgov_testing.builders.policy import policy

BOARD = Path(__file__).resolve().parents[5] / "docs" / "metrics" / "grafana.json"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
channel = PrometheusChannel()


def everything() -> Verdict:
    """A verdict of which every metric has something to say."""
    return build.verdict(
        build.finding(),
        build.finding(effect=Effect.NOTE),
        build.finding(waived_by="EX-001"),
        rows=(build.row(now=Ratio(3, 4), bar="79.5", delta=build.drop("-1/8"), attributes={"security": Ratio(1, 2)}),),
        project=build.row("project", Ratio(7, 8), None, scope=Scope.PROJECT, attributes={"security": None}),
        suites=(
            SuiteLine("api", arrived=True, tests=TestRun(1, tests=9, failures=2, errors=1, skipped=3, seconds=1.5)),
            SuiteLine("auth", arrived=False, reason="lost"),
        ),
        exceptions=(
            ExceptionLine("EX-001", "component:api", Metric.COMBINED, ExceptionState.ACTIVE, None, None, "@a", None),
            ExceptionLine("EX-002", "component:b", Metric.COMBINED, ExceptionState.ACTIVE, None, None, "@a", None),
        ),
    )


def publication(verdict: Verdict | None = None, *, event: CiEvent = CiEvent.PUSH, branch: str = "main") -> Publication:
    return Publication(
        verdict=verdict or everything(),
        file=lambda name: None,
        ci=CiContext("github", event, branch=branch),
        policy=policy(),
        repository="acme/tiny",
        commit="c" * 40,
        now=NOW,
    )


def parsed(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """(metric, values of its own labels) -> value, as a Prometheus client reads it."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert (labels.pop("repository"), labels.pop("branch")) == ("acme/tiny", "main")
            found[sample.name, tuple(labels[name] for name in FAMILIES[sample.name][1])] = sample.value
    return found


def text_of(verdict: Verdict | None = None) -> str:
    (parcel,) = channel.parcels(publication(verdict))
    return parcel.body["text"]


def test_every_metric_is_written_with_the_figures_of_the_verdict() -> None:
    found = parsed(text_of())
    assert {name for name, _ in found} == set(FAMILIES)
    assert found["covgov_judged_timestamp_seconds", ()] == NOW.timestamp()
    assert {key[1][0]: value for key, value in found.items() if key[0] == "covgov_outcome"} == {
        "pass": 0,
        "fail": 1,
        "undetermined": 0,
    }
    assert {key[1][0]: value for key, value in found.items() if key[0] == "covgov_findings"} == {
        "fail": 1,
        "undetermined": 0,
        "note": 1,
    }
    api = ("component", "api")
    assert (found["covgov_covered_units", api], found["covgov_units", api]) == (3, 4)
    assert (found["covgov_coverage_ratio", api], found["covgov_bar_ratio", api]) == (0.75, 0.795)
    assert found["covgov_change_ratio", api] == -0.00125
    assert found["covgov_coverage_ratio", ("project", "project")] == 0.875
    assert found["covgov_attribute_ratio", ("api", "security")] == 0.5
    assert (found["covgov_suite_arrived", ("api",)], found["covgov_suite_arrived", ("auth",)]) == (1, 0)
    results = {key[1][1]: value for key, value in found.items() if key[0] == "covgov_suite_tests"}
    assert results == {"passed": 3, "failed": 2, "error": 1, "skipped": 3}
    assert found["covgov_suite_seconds", ("api",)] == 1.5
    assert found["covgov_exceptions", ("active",)] == 2


@pytest.mark.parametrize("now", [None, Ratio(0, 0)])
def test_an_unmeasured_component_is_a_gap(now: Ratio | None) -> None:
    found = parsed(text_of(build.verdict(rows=(build.row(now=now),))))
    assert ("covgov_coverage_ratio", ("component", "api")) not in found
    assert found["covgov_bar_ratio", ("component", "api")] == 0.8


def test_the_same_verdict_gives_the_same_bytes() -> None:
    assert text_of() == text_of()


@pytest.mark.security
def test_names_cannot_end_a_label_or_a_line() -> None:
    hostile = 'a"} 1\ncovgov_outcome{outcome="pass"} 1\n\\'
    found = parsed(text_of(build.verdict(build.finding(), rows=(build.row(hostile, Ratio(1, 2)),))))
    assert found["covgov_coverage_ratio", ("component", hostile)] == 0.5
    assert found["covgov_outcome", ("pass",)] == 0


@pytest.mark.parametrize("event", [CiEvent.PULL_REQUEST, CiEvent.MERGE_QUEUE])
def test_pull_requests_write_no_metrics(event: CiEvent) -> None:
    assert channel.parcels(publication(event=event)) == ()
    assert "branches" in channel.silence(publication(event=event))


def test_the_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "textfile" / "covgov.prom"
    target.parent.mkdir()
    target.write_text("old " * 10_000, encoding="utf-8")
    (parcel,) = channel.parcels(publication())
    assert channel.send(parcel, {VARIABLE: str(target)}) == f"{target} written"
    assert target.read_text(encoding="utf-8") == parcel.body["text"]
    assert list(target.parent.iterdir()) == [target]
    assert target.stat().st_mode & 0o777 == 0o644


def test_without_the_variable_the_metrics_are_skipped() -> None:
    with pytest.raises(NotConfigured, match=VARIABLE) as caught:
        channel.send(Parcel("prometheus", "", "", {"text": ""}), {})
    assert caught.value.code == "textfile-unset"


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing/covgov.prom", "missing is not a directory"),
        ("file/covgov.prom", "file is not a directory"),
        ("covgov.txt", "does not end in .prom"),
        (".prom", "does not end in .prom"),
        ("", "does not end in .prom"),
    ],
)
def test_an_unreadable_textfile_path_is_refused(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DeliveryFailed, match=told) as caught:
        channel.send(Parcel("prometheus", "", "", {"text": ""}), {VARIABLE: str(tmp_path / name)})
    assert caught.value.code == "textfile-unusable"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.reliability
def test_an_unwritable_path_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "covgov.prom").mkdir()
    with pytest.raises(DeliveryFailed) as caught:
        channel.send(Parcel("prometheus", "", "", {"text": ""}), {VARIABLE: str(tmp_path / "covgov.prom")})
    assert caught.value.code == "artifact-unwritable"


def test_without_the_library_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(UsageError) as caught:
        channel.parcels(publication())
    assert (caught.value.code, caught.value.hint) == ("prometheus-extra-missing", "pip install 'covgov[prometheus]'")


def test_the_board_asks_for_every_metric_and_for_none_that_is_not_written() -> None:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked += [each["query"]["query"] for each in board["templating"]["list"] if each["type"] == "query"]
    assert {name for query in asked for name in re.findall(r"covgov_\w+", query)} == set(FAMILIES)


def test_the_board_asks_only_for_labels_that_the_metric_has() -> None:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel["targets"]:
            legend = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            for name, selector in re.findall(r"(covgov_\w+){([^}]*)}", target["expr"]):
                known = {"repository", "branch", *FAMILIES[name][1]}
                assert set(re.findall(r"(\w+)=", selector)) | legend <= known, panel["title"]


def test_findings_that_are_not_enforced_have_a_metric_of_their_own() -> None:
    bad = build.finding("bad")
    made = build.verdict(bad, structs.replace(bad, message="worse", enforced=False))
    found = parsed(text_of(made))
    assert found["covgov_findings", ("fail",)] == 2
    assert found["covgov_findings_not_enforced", ("fail",)] == 1

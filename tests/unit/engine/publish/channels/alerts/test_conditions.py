from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec import structs

from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.model.verdict import Effect, ExceptionLine, ExceptionState, Scope, Verdict
from covgov.policy.delivery import Occasion
from covgov.publish.channels.alerts.conditions import Condition, conditions
from covgov.publish.channels.interface import no_owner
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publication import below, dropped, unknown
from covgov_testing.laws import examples


def found(made: Verdict, owners: dict[str, str] | None = None) -> tuple[Condition, ...]:
    return conditions(made, lambda path: (owners or {}).get(path, ""))


def overdue(owner: str = "@ada", state: ExceptionState = ExceptionState.OVERDUE) -> ExceptionLine:
    now, review = Ratio(70, 100), date(2026, 11, 1)
    return ExceptionLine("EX-007", "component:api", Metric.COMBINED, state, Decimal(60), now, owner, review)


@pytest.mark.parametrize(
    ("rule", "effect", "occasion"),
    [
        ("max-drop", Effect.FAIL, Occasion.DROP),
        ("bar", Effect.FAIL, Occasion.UNDER_BAR),
        ("patch", Effect.FAIL, Occasion.FAIL),
        ("suite", Effect.FAIL, Occasion.FAIL),
        ("max-drop", Effect.UNDETERMINED, Occasion.UNDETERMINED),
        ("suite", Effect.UNDETERMINED, Occasion.UNDETERMINED),
    ],
)
def test_a_finding_is_a_condition_of_one_occasion(rule: str, effect: Effect, occasion: Occasion) -> None:
    (one,) = found(build.verdict(build.finding("said", effect, rule=rule)))
    assert (one.occasion, one.subject, one.message) == (occasion, "api", "said")


def test_notes_and_waived_findings_are_no_conditions() -> None:
    note = build.finding("only said", Effect.NOTE)
    waived = build.finding("waived", waived_by="EX-1")
    assert found(build.verdict(note, waived)) == ()


def test_a_drops_limit_is_not_shown_as_the_bar() -> None:
    limited = structs.replace(dropped(), bar=Decimal(2))
    (one,) = found(build.verdict(limited, rows=(build.row("api", bar="85"),)))
    assert (one.occasion, one.bar) == (Occasion.DROP, "85 %")
    (alone,) = found(build.verdict(limited))
    assert alone.bar == ""


def test_figure_bar_change_and_receipt_come_from_the_row() -> None:
    row = build.row(now=Ratio(85, 100), bar="90", delta=build.drop())
    (one,) = found(build.verdict(dropped(), rows=(row,)))
    assert (one.figure, one.bar) == ("85/100 = 85.00 %", "90 %")
    assert one.change == "-5.00 pp = -5.00 new uncovered code"
    assert one.receipt == "abcdef123456 (merge base with the target branch; 3 commits back, 2 days old)"


def test_the_projects_row_and_a_missing_baseline_are_shown() -> None:
    project = build.row("project", scope=Scope.PROJECT, receipt=build.NO_RECEIPT)
    (one,) = found(build.verdict(build.finding(scope=Scope.PROJECT, subject="project"), project=project))
    assert one.figure == "1599/2000 = 79.95 %"
    assert one.receipt == "none (first run: there is no history yet)"


def test_a_condition_without_a_row_has_no_figure() -> None:
    (one,) = found(build.verdict(unknown()))
    assert (one.figure, one.bar, one.change, one.owner) == ("", "", "", "")


def test_an_empty_total_has_no_figure() -> None:
    (one,) = found(build.verdict(below(), rows=(build.row(now=Ratio(0, 0)),)))
    assert one.figure == ""


def test_the_owner_of_a_component_owns_most_of_its_files_with_gaps() -> None:
    row = build.row(uncovered={"a.py": "1", "b.py": "2", "c.py": "3"}, partial_lines={"d.py": "4"})
    owners = {"a.py": "@bob", "b.py": "@ada", "d.py": "@ada"}
    (one,) = found(build.verdict(below(), rows=(row,)), owners)
    assert one.owner == "@ada"


def test_a_files_owner_comes_from_codeowners() -> None:
    (one,) = found(build.verdict(build.finding(scope=Scope.FILE, subject="a.py")), {"a.py": "@bob"})
    assert one.owner == "@bob"


def test_an_overdue_exception_is_one_condition_with_its_owner() -> None:
    finding = build.finding("EX-007 is overdue", rule="exception-overdue", scope=Scope.REGISTER, subject="EX-007")
    (one,) = found(build.verdict(finding, exceptions=(overdue(),)))
    assert (one.occasion, one.subject, one.owner) == (Occasion.OVERDUE, "EX-007", "@ada")
    assert one.message == "EX-007 is overdue"
    assert one.figure == "70/100 = 70.00 %"


def test_only_overdue_exceptions_are_conditions() -> None:
    assert found(build.verdict(exceptions=(overdue(state=ExceptionState.ACTIVE),))) == ()


def test_an_exception_without_id_and_date_is_named_by_its_scope() -> None:
    line = ExceptionLine("", "file:a.py", Metric.LINE, ExceptionState.OVERDUE, None, None, "", None)
    (one,) = found(build.verdict(exceptions=(line,)))
    assert one.subject == "file:a.py"
    assert one.message == ""


def test_changed_figures_keep_a_conditions_identity() -> None:
    (one,) = found(build.verdict(below(), rows=(build.row(now=Ratio(1, 2)),)))
    (other,) = found(build.verdict(build.finding("other words"), rows=(build.row(now=Ratio(1, 3)),)))
    assert one != other
    assert one.identity == other.identity


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(build.verdicts())
def test_only_a_clean_pass_has_no_conditions(made: Verdict) -> None:
    some = conditions(made, no_owner)
    late = [line for line in made.exceptions if line.state is ExceptionState.OVERDUE]
    assert bool(some) == (made.outcome != "pass" or bool(late))
    assert [one.occasion for one in some] == sorted((one.occasion for one in some), key=list(Occasion).index)


def test_what_is_not_enforced_is_marked_and_is_news_again_once_it_is() -> None:
    bad = build.finding("bad")
    (evaluated,) = found(build.verdict(structs.replace(bad, enforced=False)))
    (enforced,) = found(build.verdict(bad))
    assert (evaluated.message, enforced.message) == ("would fail, not enforced: bad", "bad")
    assert evaluated.identity != enforced.identity

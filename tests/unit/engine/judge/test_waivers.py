"""What the register waives, and everything it must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from covgov.judge.facts import BasePolicy
from covgov.judge.view import PolicyView
from covgov.judge.waivers import Waivers, apply
from covgov.model.approval import Approval
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.verdict import Effect, ExceptionState, Finding, Scope
from covgov.register.entry import Entry, Status
from covgov_testing.builders.coverage import FAILED, snap
from covgov_testing.builders.policy import knowing
from covgov_testing.builders.register import (
    COMPLETE,
    PATH,
    POLICY,
    PROPOSED,
    TODAY,
    bar_finding,
    component_facts,
    register,
    view,
)

BELOW = bar_finding(1599, 2000)
HEAD = register(COMPLETE)
RESOLVED = replace(COMPLETE, status=Status.RESOLVED, resolved=date(2026, 11, 1))


def state_of(waived: Waivers) -> ExceptionState:
    (line,) = waived.lines
    return line.state


def judged(head: Entry, base: Entry | None, findings: Sequence[Finding] = (BELOW,), **options: object) -> Waivers:
    there = register(base) if base else None
    return apply(findings, [knowing(view(register(head), there), **options)])


def test_an_entry_that_stands_on_the_base_branch_waives_and_the_finding_stays_a_failure() -> None:
    waived = judged(COMPLETE, COMPLETE)

    assert waived.findings == (structs.replace(BELOW, waived_by="EX-001"),)
    assert waived.findings[0].effect is Effect.FAIL
    assert not waived.findings[0].counts
    assert waived.extra == ()
    assert state_of(waived) is ExceptionState.ACTIVE


def test_an_entry_waives_its_component_as_the_base_branch_draws_it_too() -> None:
    twin = structs.replace(BELOW, message=f"{BELOW.message} (by the base branch's policy)")
    waived = judged(COMPLETE, COMPLETE, [BELOW, twin])

    assert [finding.waived_by for finding in waived.findings] == ["EX-001", "EX-001"]
    floor = judged(COMPLETE, COMPLETE, [BELOW, structs.replace(twin, now=Ratio(1, 2000))])
    assert not any(finding.waived_by for finding in floor.findings)


def test_lines_carry_the_entry_and_the_present_figure() -> None:
    (line,) = judged(COMPLETE, COMPLETE).lines

    assert (line.id, line.scope, line.metric, line.owner) == ("EX-001", "component:auth", Metric.COMBINED, "@security")
    assert (line.floor, line.current, line.review) == (Decimal("79.95"), Ratio(1599, 2000), date(2026, 12, 31))
    assert (line.opened, line.resolved) == (date(2026, 10, 1), None)


def test_stale_machine_columns_waive_all_the_same() -> None:
    stale = replace(COMPLETE, current="no idea", bar=Decimal(1), status=Status.PROPOSED, opened=None)

    assert judged(stale, stale).findings[0].waived_by == "EX-001"


def test_a_file_entry_waives_the_file_and_not_its_component() -> None:
    entry = replace(COMPLETE, scope=Scope.FILE, subject="src/auth/a.py")
    of_file = bar_finding(1599, 2000, subject="src/auth/a.py", scope=Scope.FILE, key="components.auth.rules[0]")

    assert [f.waived_by for f in judged(entry, entry, [BELOW, of_file]).findings] == [None, "EX-001"]


NOT_WAIVABLE = {
    "another rule": bar_finding(1599, 2000, rule="max-drop"),
    "patch": bar_finding(1599, 2000, rule="patch"),
    "a note": bar_finding(1599, 2000, effect=Effect.NOTE),
    "undetermined": bar_finding(1599, 2000, effect=Effect.UNDETERMINED),
    "another component": bar_finding(1599, 2000, subject="api", key="components.api.fail_under"),
    "the project": bar_finding(1599, 2000, scope=Scope.PROJECT, subject="project"),
    "another metric": structs.replace(BELOW, metric=Metric.LINE),
    "no figure": structs.replace(BELOW, now=None),
    "no bar": structs.replace(BELOW, bar=None),
    "no metric": structs.replace(BELOW, metric=None),
    "a maximum": bar_finding(1999, 2000),
    "a bar of tagged tests": bar_finding(1599, 2000, rule="attribute", key="components.auth.rules[1]"),
    "a bar on new code": bar_finding(1599, 2000, rule="change", key="components.auth.rules[2]"),
    "a limit": bar_finding(1599, 2000, rule="limit", key="components.auth.rules[9]"),
}


@pytest.mark.security
@pytest.mark.parametrize("case", NOT_WAIVABLE)
def test_nothing_but_the_total_bar_of_its_subject_is_waived(case: str) -> None:
    finding = NOT_WAIVABLE[case]

    assert judged(COMPLETE, COMPLETE, [finding]).findings == (finding,)


def refused(waived: Waivers) -> tuple[ExceptionState, str, Effect]:
    """State, rule and effect of an entry that waived nothing."""
    assert all(not finding.waived_by for finding in waived.findings)
    (extra,) = waived.extra
    assert (extra.scope, extra.message != "", extra.hint != "") == (Scope.REGISTER, True, True)
    return state_of(waived), extra.rule, extra.effect


@pytest.mark.parametrize("column", ["owner", "rationale", "mitigation", "approved_by"])
def test_an_entry_without_words_in_a_column_waives_nothing(column: str) -> None:
    values: dict[str, str] = {column: " todo "}
    entry = replace(COMPLETE, **values)  # type: ignore[arg-type]  # only text columns are named above

    assert refused(judged(entry, entry)) == (ExceptionState.INCOMPLETE, "exception-incomplete", Effect.FAIL)


@pytest.mark.parametrize("entry", [replace(COMPLETE, review=None), replace(COMPLETE, approved_on=None)])
def test_an_entry_without_dates_waives_nothing(entry: Entry) -> None:
    assert refused(judged(entry, entry))[0] is ExceptionState.INCOMPLETE


def test_an_entry_without_an_id_or_floor_waives_nothing() -> None:
    entry = replace(COMPLETE, id="", floor=None)
    waived = judged(entry, entry)

    assert refused(waived)[0] is ExceptionState.INCOMPLETE
    assert waived.extra[0].subject == "component:auth"
    assert "id, floor" in waived.extra[0].message


def test_a_proposed_row_waives_nothing() -> None:
    assert refused(judged(PROPOSED, PROPOSED)) == (ExceptionState.PROPOSED, "exception-incomplete", Effect.FAIL)


def test_a_resolved_row_waives_nothing_and_is_no_finding() -> None:
    waived = judged(RESOLVED, COMPLETE)

    assert (waived.findings, waived.extra, state_of(waived)) == ((BELOW,), (), ExceptionState.RESOLVED)


def test_the_review_date_holds_to_the_end_of_its_day() -> None:
    assert judged(COMPLETE, COMPLETE, today=date(2026, 12, 31)).findings[0].waived_by == "EX-001"
    overdue = judged(COMPLETE, COMPLETE, today=date(2027, 1, 1))
    assert refused(overdue) == (ExceptionState.OVERDUE, "exception-overdue", Effect.FAIL)


def test_an_overdue_entry_that_would_waive_nothing_is_a_note() -> None:
    assert refused(judged(COMPLETE, COMPLETE, [], today=date(2027, 1, 1)))[2] is Effect.NOTE


def with_term(days: int) -> PolicyView:
    return view(HEAD, HEAD, max_term_days=days)


def test_the_term_from_approval_to_review_must_be_within_the_policy_s_maximum() -> None:
    assert apply([BELOW], [with_term(90)]).findings[0].waived_by == "EX-001"
    assert refused(apply([BELOW], [with_term(89)])) == (ExceptionState.OVERLONG, "exception-overlong", Effect.FAIL)


@pytest.mark.security
def test_an_approval_dated_in_the_future_does_not_stretch_the_term() -> None:
    entry = replace(COMPLETE, approved_on=date(2030, 1, 1), review=date(2030, 2, 1))

    assert (
        refused(apply([BELOW], [view(register(entry), register(entry), max_term_days=90)]))[0]
        is ExceptionState.OVERLONG
    )


@pytest.mark.security
def test_a_figure_below_the_floor_is_not_waived() -> None:
    waived = judged(COMPLETE, COMPLETE, [bar_finding(1598, 2000)])

    assert refused(waived) == (ExceptionState.BELOW_FLOOR, "exception-below-floor", Effect.FAIL)
    assert "is below its floor: 1598/2000 = 79.90 % < 79.95 %" in waived.extra[0].message


@pytest.mark.security
@pytest.mark.parametrize(
    "base",
    [None, PROPOSED, RESOLVED, replace(COMPLETE, subject="api"), replace(COMPLETE, metric=Metric.LINE)],
    ids=["no register", "not yet complete", "resolved", "other component", "other metric"],
)
def test_an_entry_that_is_new_in_this_change_waives_nothing_in_it(base: Entry | None) -> None:
    assert refused(judged(COMPLETE, base)) == (ExceptionState.UNAPPROVED, "exception-unapproved", Effect.FAIL)


@pytest.mark.parametrize("base_policy", [BasePolicy.ABSENT, BasePolicy.NO_BASE])
def test_without_a_policy_on_the_base_branch_the_head_s_entries_count(base_policy: BasePolicy) -> None:
    assert judged(COMPLETE, None, base_policy=base_policy).findings[0].waived_by == "EX-001"


@pytest.mark.parametrize("changed", [{PATH}, set()])
def test_a_change_that_touches_only_the_register_needs_no_waiver(changed: set[str]) -> None:
    assert judged(COMPLETE, None, changed_paths=frozenset(changed)).findings[0].waived_by == "EX-001"


@pytest.mark.security
@pytest.mark.parametrize("changed", [None, frozenset({PATH, "src/auth/a.py"})])
def test_a_change_that_touches_more_or_is_unknown_needs_one(changed: frozenset[str] | None) -> None:
    assert refused(judged(COMPLETE, None, changed_paths=changed))[0] is ExceptionState.UNAPPROVED


@pytest.mark.security
def test_a_floor_lowered_in_this_change_counts_with_its_old_value() -> None:
    lowered = replace(COMPLETE, floor=Decimal(70))

    assert judged(lowered, COMPLETE).findings[0].waived_by == "EX-001"
    assert refused(judged(lowered, COMPLETE, [bar_finding(1500, 2000)]))[0] is ExceptionState.BELOW_FLOOR


def test_a_floor_raised_in_this_change_bites_at_once() -> None:
    assert refused(judged(replace(COMPLETE, floor=Decimal(85)), COMPLETE))[0] is ExceptionState.BELOW_FLOOR


@pytest.mark.security
def test_a_review_date_extended_in_this_change_counts_with_its_old_value() -> None:
    extended = replace(COMPLETE, review=date(2027, 6, 30))
    waived = judged(extended, COMPLETE, today=date(2027, 1, 1))

    assert refused(waived)[0] is ExceptionState.OVERDUE
    assert "2026-12-31" in waived.extra[0].message
    assert "once merged" in waived.extra[0].message


def test_a_damaged_register_waives_nothing() -> None:
    assert apply([BELOW], [view(None, HEAD)]) == Waivers((BELOW,), (), ())


def test_the_same_file_in_two_components_must_hold_the_floor_in_both() -> None:
    entry = replace(COMPLETE, scope=Scope.FILE, subject="src/auth/a.py")
    findings = [
        bar_finding(covered, 2000, subject="src/auth/a.py", scope=Scope.FILE, key="components.auth.rules[0]")
        for covered in (1700, 1500)
    ]

    assert refused(judged(entry, entry, findings))[0] is ExceptionState.BELOW_FLOOR


def measured(head: Entry, pictures: dict[str, str], **options: object) -> Waivers:
    """Both components measured, `pictures` by path; nothing fails."""
    components = [
        component_facts(name, snap({p: v for p, v in pictures.items() if f"/{name}/" in p}, suite=name))
        for name in POLICY.components
    ]
    known = view(register(head), register(head), components=components)
    return apply([], [knowing(known, **options)])


def test_an_entry_whose_figure_misses_no_bar_is_unused() -> None:
    waived = measured(COMPLETE, {"src/auth/a.py": "+++-"})

    assert refused(waived) == (ExceptionState.UNUSED, "exception-unused", Effect.NOTE)
    assert "3/4 = 75.00 % meets every bar" in waived.extra[0].message
    assert waived.lines[0].current == Ratio(3, 4)


def test_a_file_entry_whose_figure_misses_no_bar_is_unused() -> None:
    entry = replace(COMPLETE, scope=Scope.FILE, subject="src/api/b.py")

    assert measured(entry, {"src/auth/a.py": "+", "src/api/b.py": "++"}).lines[0].current == Ratio(2, 2)


def test_an_entry_for_a_file_that_is_gone_is_unused() -> None:
    waived = measured(replace(COMPLETE, scope=Scope.FILE, subject="src/api/gone.py"), {"src/auth/a.py": "+"})

    assert refused(waived)[0] is ExceptionState.UNUSED
    assert "its code is gone" in waived.extra[0].message


def test_an_entry_for_a_component_that_is_gone_is_unused() -> None:
    assert refused(measured(replace(COMPLETE, subject="old"), {}))[0] is ExceptionState.UNUSED


@pytest.mark.reliability
@pytest.mark.parametrize("entry", [COMPLETE, replace(COMPLETE, scope=Scope.FILE, subject="src/auth/a.py")])
@pytest.mark.parametrize(
    "snapshot",
    [None, snap({"src/auth/a.py": "+"}, suite="auth", tests=FAILED), snap({"src/auth/a.py": " "}, suite="auth")],
    ids=["not arrived", "tests failed", "nothing to count"],
)
def test_an_entry_whose_figure_is_unknown_is_not_called_unused(entry: Entry, snapshot: Snapshot | None) -> None:
    components = [component_facts("api", snap({"src/api/b.py": "+"})), component_facts("auth", snapshot)]

    waived = apply([], [view(register(entry), register(entry), components=components)])

    assert (waived.extra, state_of(waived), waived.lines[0].current) == ((), ExceptionState.ACTIVE, None)


ENTRIES = st.builds(
    replace,
    st.just(COMPLETE),
    floor=st.sampled_from([None, Decimal(70), Decimal("79.95"), Decimal(90)]),
    status=st.sampled_from(list(Status)),
    owner=st.sampled_from(["", "@x"]),
    review=st.sampled_from([None, *(TODAY + timedelta(days=n) for n in (-1, 0, 30, 400))]),
    approved_on=st.sampled_from([None, *(TODAY + timedelta(days=n) for n in (-30, 10))]),
)
FINDINGS = st.lists(st.sampled_from([BELOW, bar_finding(1500, 2000), *NOT_WAIVABLE.values()]), max_size=4)


@pytest.mark.security
@given(ENTRIES, st.none() | ENTRIES, FINDINGS, st.sampled_from([None, 60]))
def test_what_is_waived_is_covered_by_a_complete_entry_in_date_on_the_base_branch(
    head: Entry, base: Entry | None, findings: list[Finding], term: int | None
) -> None:
    known = view(register(head), register(base) if base else None, max_term_days=term)
    waived = apply(findings, [known])

    assert [structs.replace(f, waived_by=None) for f in waived.findings] == findings
    for finding in waived.findings:
        if finding.waived_by:
            assert finding.rule == "bar"
            assert finding.now is not None
            for entry in (head, base):
                assert entry is not None
                assert not entry.absent
                assert entry.open
                assert entry.review is not None
                assert entry.floor is not None
                assert finding.now.meets(entry.floor)
            assert base is not None
            assert min(head.review or TODAY, base.review or TODAY) >= TODAY


@given(ENTRIES, st.none() | ENTRIES, FINDINGS)
def test_the_order_of_findings_does_not_matter(head: Entry, base: Entry | None, findings: list[Finding]) -> None:
    known = view(register(head), register(base) if base else None)
    forward, backward = apply(findings, [known]), apply(findings[::-1], [known])

    assert forward.findings == backward.findings[::-1]
    assert [line.state for line in forward.lines] == [line.state for line in backward.lines]


LANDED = replace(COMPLETE, id="EX-005")


def branched(*here: Entry, base: Sequence[Entry] = (LANDED,), start: Sequence[Entry] = ()) -> Waivers:
    """A branch that was not rebased: its register, the base branch's, and the one where it started."""
    known = view(register(*here), register(*base))
    return apply([BELOW], [knowing(known, start_register=register(*start) if start else None)])


def test_a_row_that_landed_on_the_base_after_the_fork_waives() -> None:
    waived = branched()

    assert [finding.waived_by for finding in waived.findings] == ["EX-005"]
    assert [line.id for line in waived.lines] == ["EX-005"]


@pytest.mark.security
def test_a_row_that_the_change_deleted_does_not_waive() -> None:
    assert [finding.waived_by for finding in branched(start=[LANDED]).findings] == [None]


@pytest.mark.security
def test_a_row_whose_id_is_here_counts_as_it_is_here() -> None:
    assert [finding.waived_by for finding in branched(replace(LANDED, subject="api")).findings] == [None]


def test_a_proposal_here_does_not_fail_what_a_landed_row_waives() -> None:
    waived = branched(PROPOSED)

    assert [finding.waived_by for finding in waived.findings] == ["EX-005"]
    assert [(finding.rule, finding.effect) for finding in waived.extra] == [("exception-incomplete", Effect.NOTE)]


def test_a_waived_finding_does_not_ask_for_an_exception() -> None:
    asking = structs.replace(BELOW, hint="propose an exception")

    assert judged(COMPLETE, COMPLETE, [asking]).findings == (structs.replace(BELOW, waived_by="EX-001"),)
    assert judged(COMPLETE, None, [asking]).findings == (asking,)


def test_a_row_completed_in_advance_is_unused_and_nothing_is_to_be_done() -> None:
    ahead = measured(replace(COMPLETE, status=Status.PROPOSED, opened=None), {"src/auth/a.py": "+++-"})

    assert refused(ahead) == (ExceptionState.UNUSED, "exception-unused", Effect.NOTE)
    assert "stays proposed" in ahead.extra[0].hint
    assert "marks it resolved" in measured(COMPLETE, {"src/auth/a.py": "+++-"}).extra[0].hint


LOOSENED = Finding(
    "loosened", Effect.FAIL, Scope.POLICY, "policy.max_drop", "raised from 2 to 3", key="policy.max_drop"
)
ACCEPTED = replace(COMPLETE, scope=Scope.POLICY, subject="policy.max_drop", floor=None, current="", bar=None)


def loosened(head: Entry, base: Entry | None, **options: object) -> Waivers:
    return judged(head, base, [LOOSENED], **options)


@pytest.mark.security
def test_a_row_for_the_key_that_the_base_branch_has_waives_a_loosening() -> None:
    waived = loosened(ACCEPTED, ACCEPTED)
    assert waived.findings == (structs.replace(LOOSENED, waived_by="EX-001"),)
    assert (waived.extra, state_of(waived)) == ((), ExceptionState.ACTIVE)


@pytest.mark.security
@pytest.mark.parametrize(
    ("head", "base", "state"),
    [
        (ACCEPTED, None, ExceptionState.UNAPPROVED),
        (ACCEPTED, PROPOSED, ExceptionState.UNAPPROVED),
        (replace(ACCEPTED, review=TODAY - timedelta(days=1)), ACCEPTED, ExceptionState.OVERDUE),
        (replace(ACCEPTED, rationale=""), ACCEPTED, ExceptionState.INCOMPLETE),
        (ACCEPTED, replace(ACCEPTED, review=TODAY - timedelta(days=1)), ExceptionState.OVERDUE),
    ],
)
def test_other_rows_waive_no_loosening(head: Entry, base: Entry | None, state: ExceptionState) -> None:
    waived = loosened(head, base)
    assert waived.findings == (LOOSENED,)
    assert [(one.rule, one.effect) for one in waived.extra] == [(f"exception-{state}", Effect.FAIL)]


@pytest.mark.security
def test_a_row_for_another_key_waives_no_loosening_and_waits_without_a_word() -> None:
    other = replace(ACCEPTED, subject="policy.fail_under")
    waived = loosened(other, other)
    assert waived.findings == (LOOSENED,)
    assert (waived.extra, state_of(waived)) == ((), ExceptionState.ACTIVE)


@pytest.mark.security
def test_a_new_row_for_a_loosening_never_waives_in_its_own_change() -> None:
    approved = {"register_approval": Approval("@lead"), "changed_paths": frozenset({PATH})}
    assert loosened(ACCEPTED, None, **approved).findings == (LOOSENED,)


MEASURED = Finding("measurement", Effect.UNDETERMINED, Scope.COMPONENT, "auth", "measured differently")
TOOL = replace(ACCEPTED, subject="measurement")


@pytest.mark.security
def test_a_row_that_the_base_branch_has_accepts_another_measurement_and_nothing_else() -> None:
    lost = structs.replace(MEASURED, now=Ratio(1, 10), key="rules[0]")
    note, other = structs.replace(MEASURED, effect=Effect.NOTE), structs.replace(MEASURED, rule="unmeasured")
    waived = judged(TOOL, TOOL, [MEASURED, lost, note, other])
    assert [one.waived_by for one in waived.findings] == ["EX-001", "EX-001", None, None]
    assert (waived.extra, state_of(waived)) == ((), ExceptionState.ACTIVE)
    assert waived.lines[0].current is None


@pytest.mark.security
@pytest.mark.parametrize(
    ("head", "base"),
    [(TOOL, None), (replace(TOOL, review=TODAY - timedelta(days=1)), TOOL), (replace(TOOL, owner=""), TOOL)],
)
def test_other_rows_accept_no_measurement(head: Entry, base: Entry | None) -> None:
    approved = {"register_approval": Approval("@lead"), "changed_paths": frozenset({PATH})}
    waived = judged(head, base, [MEASURED], **approved)
    assert waived.findings == (MEASURED,)
    assert [one.effect for one in waived.extra] == [Effect.FAIL]


@pytest.mark.security
def test_a_review_of_an_owner_approves_a_new_row_for_a_bar() -> None:
    assert judged(COMPLETE, None).findings == (BELOW,)
    waived = judged(COMPLETE, None, register_approval=Approval("@lead"))
    assert waived.findings == (structs.replace(BELOW, waived_by="EX-001"),)

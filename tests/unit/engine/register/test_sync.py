"""Keeping the register in step with a verdict: what is proposed, refreshed, activated, resolved, and never touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from covgov.errors import UsageError
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.model.verdict import BarLine, Outcome, Row, Scope, Verdict
from covgov.register.document import parse, render
from covgov.register.entry import Entry, Register, Status
from covgov.register.sync import resolve, sync
from covgov_testing.builders.register import (
    COMPLETE,
    PATH,
    PROPOSED,
    TODAY,
    bar_line,
    register,
    row,
    table,
    verdict,
)

NEW = Register(PATH, "")
LATER = TODAY + timedelta(days=3)


def owned(path: str) -> str:
    return {"src/auth/a.py": "@a", "src/auth/b.py": "@b", "src/auth/c.py": "@b"}.get(path, "")


def synced(register: Register, verdict: Verdict, today: date = TODAY) -> Register:
    return sync(register, verdict, owners=owned, today=today)


def test_below_the_bar_and_not_listed_is_proposed_with_floor_and_owner() -> None:
    judged = verdict(
        [bar_line(1599, 2000)], [row("auth", uncovered=["src/auth/a.py", "src/auth/b.py", "src/auth/c.py"])]
    )

    (entry,) = synced(NEW, judged).entries

    assert (entry.id, entry.spelled, entry.metric) == ("EX-001", "component:auth", Metric.COMBINED)
    assert (entry.floor, entry.bar, entry.current) == (Decimal("79.95"), Decimal(92), "1599/2000 = 79.95 %")
    assert (entry.status, entry.opened, entry.owner) == (Status.PROPOSED, None, "@b")
    assert entry.absent == ("rationale", "mitigation", "next review", "approved by", "approved on")


def test_the_floor_is_rounded_down_so_that_the_present_figure_holds_it() -> None:
    (entry,) = synced(NEW, verdict([bar_line(2, 3)])).entries

    assert entry.floor == Decimal("66.66")


def test_a_file_is_proposed_with_its_own_owner() -> None:
    judged = verdict([bar_line(1, 2, subject="src/auth/a.py", scope=Scope.FILE, component="auth")])

    (entry,) = synced(NEW, judged).entries

    assert (entry.spelled, entry.owner) == ("file:src/auth/a.py", "@a")


def test_a_component_nobody_owns_is_proposed_without_an_owner() -> None:
    (entry,) = synced(NEW, verdict([bar_line(1, 2)], [row("auth", uncovered=["src/auth/z.py"])])).entries

    assert entry.owner == ""


@pytest.mark.parametrize("scope", [Scope.PROJECT, Scope.SUITE])
def test_other_scopes_are_not_proposed(scope: Scope) -> None:
    assert synced(NEW, verdict([bar_line(1, 2, scope=scope)])).entries == ()


@pytest.mark.security
@pytest.mark.parametrize("path", ["a\nb.py", " a.py", "../a.py", "/a.py", "a\u202e.py"])
def test_a_path_that_no_cell_can_hold_is_not_proposed(path: str) -> None:
    assert synced(NEW, verdict([bar_line(1, 2, subject=path, scope=Scope.FILE)])).entries == ()


def test_above_the_bar_and_not_listed_is_nothing() -> None:
    assert synced(NEW, verdict([bar_line(92, 100)])) == NEW


def test_listed_is_refreshed_and_the_floor_and_people_s_columns_stay() -> None:
    (entry,) = synced(register(COMPLETE), verdict([bar_line(850, 1000, "95")])).entries

    assert entry == replace(COMPLETE, current="850/1000 = 85.00 %", bar=Decimal(95))


def test_a_row_becomes_active_when_people_have_filled_in_their_columns() -> None:
    proposed = replace(COMPLETE, status=Status.PROPOSED, opened=None)

    (entry,) = synced(register(proposed), verdict([bar_line(1599, 2000)])).entries

    assert (entry.status, entry.opened) == (Status.ACTIVE, TODAY)


def test_a_row_with_a_placeholder_stays_proposed() -> None:
    proposed = replace(COMPLETE, status=Status.PROPOSED, opened=None, rationale="TBD")

    (entry,) = synced(register(proposed), verdict([bar_line(1599, 2000)])).entries

    assert (entry.status, entry.opened) == (Status.PROPOSED, None)


def test_a_row_written_by_hand_gets_id_floor_figure_and_bar() -> None:
    by_hand = replace(COMPLETE, id="", floor=None, current="", bar=None, status=Status.PROPOSED, opened=None)
    other = replace(COMPLETE, id="EX-041", subject="api")

    first, second = synced(register(by_hand, other), verdict([bar_line(1599, 2000)])).entries

    assert first == replace(COMPLETE, id="EX-042", opened=TODAY)
    assert second == other


def test_back_above_the_bar_is_resolved_with_the_final_figure() -> None:
    (entry,) = synced(register(COMPLETE), verdict([bar_line(1900, 2000)])).entries

    assert (entry.status, entry.resolved, entry.current) == (Status.RESOLVED, TODAY, "1900/2000 = 95.00 %")
    assert (entry.owner, entry.floor, entry.opened) == (COMPLETE.owner, COMPLETE.floor, COMPLETE.opened)


def test_above_one_of_two_bars_is_not_resolved() -> None:
    (entry,) = synced(register(COMPLETE), verdict([bar_line(91, 100, "90"), bar_line(91, 100, "92")])).entries

    assert (entry.status, entry.bar) == (Status.ACTIVE, Decimal(92))


def test_a_file_of_two_components_is_listed_with_its_lowest_figure() -> None:
    lines = [
        bar_line(covered, 100, subject="src/x.py", scope=Scope.FILE, component=name)
        for covered, name in ((95, "api"), (60, "auth"))
    ]

    (entry,) = synced(NEW, verdict(lines)).entries

    assert (entry.current, entry.floor) == ("60/100 = 60.00 %", Decimal(60))


def test_below_again_after_resolved_is_a_new_row() -> None:
    resolved = replace(COMPLETE, status=Status.RESOLVED, resolved=date(2026, 11, 1))

    first, second = synced(register(resolved), verdict([bar_line(1, 2)])).entries

    assert first == resolved
    assert (second.id, second.status) == ("EX-002", Status.PROPOSED)


@pytest.mark.reliability
@pytest.mark.parametrize("covered", [0, 100])
@pytest.mark.parametrize(
    "doubtful",
    [
        row("auth", partial=True),
        row("auth", outcome=Outcome.UNDETERMINED),
        structs.replace(row("auth"), now=None),
    ],
    ids=["tests failed", "undetermined", "not measured"],
)
def test_a_component_that_proves_nothing_is_neither_proposed_nor_resolved(doubtful: Row, covered: int) -> None:
    judged = verdict(
        [bar_line(covered, 100), bar_line(covered, 100, subject="f", scope=Scope.FILE, component="auth")], [doubtful]
    )

    assert synced(NEW, judged) == NEW
    assert synced(register(COMPLETE), judged) == register(COMPLETE)


@pytest.mark.reliability
def test_a_suite_that_did_not_arrive_moves_nothing() -> None:
    assert synced(register(COMPLETE), verdict([])) == register(COMPLETE)


def test_nothing_to_count_moves_nothing() -> None:
    assert synced(register(COMPLETE), verdict([bar_line(0, 0)])) == register(COMPLETE)


def test_only_changed_cells_of_the_file_are_rewritten() -> None:
    text = table([COMPLETE]).replace("| ported", "|   ported")

    after = render(synced(parse(text, PATH), verdict([bar_line(1600, 2000)])))

    assert after == text.replace("1599/2000 = 79.95 %", "1600/2000 = 80.00 %")


def test_resolve_marks_the_row_with_day_and_note() -> None:
    (entry,) = resolve(register(COMPLETE), "EX-001", today=TODAY, note="module deleted").entries

    assert (entry.status, entry.resolved) == (Status.RESOLVED, TODAY)
    assert entry.current == "1599/2000 = 79.95 % (module deleted)"
    assert entry.owner == COMPLETE.owner


def test_resolve_without_a_note_keeps_the_last_figure_and_leaves_other_rows() -> None:
    other = replace(COMPLETE, id="EX-002", subject="api")

    first, second = resolve(register(COMPLETE, other), "EX-002", today=TODAY).entries

    assert (first, second.current, second.resolved) == (COMPLETE, COMPLETE.current, TODAY)


def test_resolve_names_the_open_ids_when_there_is_no_such_row() -> None:
    with pytest.raises(UsageError) as caught:
        resolve(register(COMPLETE), "EX-7", today=TODAY)

    assert (caught.value.code, caught.value.hint) == ("exception-unknown", "open exceptions: EX-001")


def test_resolve_does_not_take_an_empty_id_for_a_row_without_one() -> None:
    with pytest.raises(UsageError, match="has no exception") as caught:
        resolve(register(replace(COMPLETE, id="")), "", today=TODAY)

    assert caught.value.hint == "open exceptions: none"


def test_resolve_refuses_a_row_that_is_resolved() -> None:
    done = resolve(register(COMPLETE), "EX-001", today=TODAY)

    with pytest.raises(UsageError, match="already resolved") as caught:
        resolve(done, "EX-001", today=LATER)

    assert caught.value.code == "exception-resolved"


AHEAD = replace(COMPLETE, status=Status.PROPOSED, opened=None)


@pytest.mark.parametrize("entry", [AHEAD, replace(AHEAD, floor=None), replace(AHEAD, id="")])
def test_a_row_completed_in_advance_stays_proposed_above_the_bar(entry: Entry) -> None:
    (after,) = synced(register(entry), verdict([bar_line(1900, 2000)])).entries

    assert (after.status, after.resolved, after.opened, after.floor) == (Status.PROPOSED, None, None, entry.floor)
    assert after.current == "1900/2000 = 95.00 %"


def test_a_proposed_row_that_nobody_completed_is_resolved_above_the_bar() -> None:
    (after,) = synced(register(PROPOSED), verdict([bar_line(1900, 2000)])).entries

    assert (after.status, after.resolved) == (Status.RESOLVED, TODAY)


def test_a_row_proposed_for_a_higher_bar_waits_for_it() -> None:
    """As `covgov init --adopt` proposes it: the policy's bar is today's figure, the row's is the wanted one."""
    wanted = replace(PROPOSED, bar=Decimal(92))
    (waiting,) = synced(register(wanted), verdict([bar_line(1599, 2000, bar="79")])).entries
    assert waiting == wanted
    (risen,) = synced(register(wanted), verdict([bar_line(1839, 2000, bar="91")])).entries
    assert (risen.status, risen.current, risen.bar) == (Status.PROPOSED, "1839/2000 = 91.95 %", Decimal(92))
    (there,) = synced(register(wanted), verdict([bar_line(1840, 2000, bar="91")])).entries
    assert (there.status, there.resolved) == (Status.RESOLVED, TODAY)
    (active,) = synced(register(COMPLETE), verdict([bar_line(1599, 2000, bar="79")])).entries
    assert active.status is Status.RESOLVED


def test_ids_and_figures_of_the_base_branch_are_taken() -> None:
    base = register(replace(COMPLETE, id="EX-041"), replace(COMPLETE, id="EX-001", subject="web"))
    judged = verdict([bar_line(1, 2), bar_line(1, 2, subject="api")])

    (entry,) = sync(NEW, judged, owners=owned, today=TODAY, base=base).entries

    assert (entry.id, entry.subject) == ("EX-042", "api")


def test_a_row_that_the_base_branch_still_has_open_may_be_followed_by_a_new_one() -> None:
    resolved = replace(COMPLETE, status=Status.RESOLVED, resolved=TODAY)

    after = sync(register(resolved), verdict([bar_line(1, 2)]), owners=owned, today=TODAY, base=register(COMPLETE))

    assert [entry.id for entry in after.entries] == ["EX-001", "EX-002"]


SUBJECTS = st.sampled_from(["auth", "api", "src/x.py"])


@st.composite
def bar_lines(draw: st.DrawFn) -> BarLine:
    subject = draw(SUBJECTS)
    total = draw(st.integers(0, 300))
    now = Ratio(draw(st.integers(0, total)), total)
    bar = Decimal(draw(st.sampled_from(["0", "50", "92.5", "100"])))
    scope = Scope.FILE if "/" in subject else Scope.COMPONENT
    metric = draw(st.sampled_from(list(Metric)))
    return BarLine(scope, subject, metric, now, bar, now.meets(bar), "auth")


VERDICTS = st.builds(
    verdict,
    st.lists(bar_lines(), max_size=5),
    st.lists(
        st.builds(
            row,
            st.sampled_from(["auth", "api"]),
            outcome=st.sampled_from(list(Outcome)),
            partial=st.booleans(),
            uncovered=st.lists(st.sampled_from(["src/auth/a.py", "src/auth/b.py", "x"]), unique=True),
        ),
        max_size=2,
    ),
)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    entries: list[Entry] = []
    for number, subject in enumerate(draw(st.lists(SUBJECTS, unique=True))):
        scope = Scope.FILE if "/" in subject else Scope.COMPONENT
        shape = draw(st.sampled_from([COMPLETE, PROPOSED, replace(COMPLETE, status=Status.RESOLVED)]))
        name = draw(st.sampled_from(["", f"EX-{number:03d}", f"H{number}"]))
        floor = draw(st.sampled_from([None, Decimal(50)]))
        entries.append(replace(shape, id=name, scope=scope, subject=subject, floor=floor))
    return register(*entries) if draw(st.booleans()) or entries else NEW


@given(registers(), VERDICTS)
def test_syncing_twice_is_syncing_once(before: Register, judged: Verdict) -> None:
    once = synced(before, judged)
    text = render(once)
    again = synced(parse(text, PATH), judged, LATER)

    assert again.entries == once.entries
    assert render(again) == text


@given(registers(), VERDICTS)
def test_people_s_columns_ids_and_resolved_rows_are_never_changed(before: Register, judged: Verdict) -> None:
    after = synced(before, judged)

    assert len(after.entries) >= len(before.entries)
    for old, new in zip(before.entries, after.entries, strict=False):
        assert people(new) == people(old)
        assert (new.key, new.floor) == (old.key, old.floor or new.floor)
        assert new.id == (old.id or new.id)
        if not old.open:
            assert replace(new, id=old.id) == old


@given(registers(), VERDICTS)
def test_every_row_has_an_id_of_its_own_and_every_figure_one_open_row(before: Register, judged: Verdict) -> None:
    entries = synced(before, judged).entries

    assert all(entry.id for entry in entries)
    assert len({entry.id for entry in entries}) == len(entries)
    opened = [entry.key for entry in entries if entry.open]
    assert len(set(opened)) == len(opened)


def people(entry: Entry) -> tuple[object, ...]:
    return (entry.owner, entry.rationale, entry.mitigation, entry.review, entry.approved_by, entry.approved_on)

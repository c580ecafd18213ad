from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from covgov.model.verdict import Finding, Verdict
from covgov.policy.delivery import Occasion
from covgov.publish.channels.alerts.state import News, news
from covgov.publish.channels.interface import no_owner
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publication import below, dropped, unknown

KINDS = (below("api"), below("auth"), dropped("api"), unknown("logging"))
states = st.sets(st.sampled_from(range(len(KINDS))))


def between(now: Verdict, before: Verdict | None) -> News:
    return news(now, None if before is None else before, no_owner)


def of(*findings: Finding) -> Verdict:
    return build.verdict(*findings)


def subjects(some: News) -> tuple[list[str], list[str], list[str]]:
    return (
        [one.subject for one in some.fresh],
        [one.subject for one in some.standing],
        [one.subject for one in some.gone],
    )


def test_without_a_run_before_everything_is_new_and_nothing_recovered() -> None:
    told = between(of(below("api"), below("auth")), None)
    assert subjects(told) == (["api", "auth"], [], [])
    assert not between(of(), None).recovered


def test_a_known_condition_is_no_news() -> None:
    told = between(of(below("api"), below("auth")), of(below("api"), below("logging")))
    assert subjects(told) == (["auth"], ["api"], ["logging"])


def test_another_condition_of_the_same_component_is_news() -> None:
    told = between(of(below("api"), dropped("api")), of(below("api")))
    assert [one.rule for one in told.fresh] == ["max-drop"]


def test_a_pass_after_a_failure_is_a_recovery() -> None:
    assert between(of(), of(below())).recovered
    assert between(of(), of(unknown())).recovered
    assert not between(of(), of()).recovered
    assert not between(of(unknown()), of(below())).recovered


def test_alerts_concern_the_subscribed_occasions() -> None:
    told = between(of(below()), None)
    assert told.concerns([Occasion.UNDER_BAR, Occasion.DROP])
    assert not told.concerns([Occasion.DROP, Occasion.RECOVERY])
    assert between(of(), of(below())).concerns([Occasion.RECOVERY])
    assert not between(of(), of(below())).concerns([Occasion.UNDER_BAR])


@settings(deadline=None)
@given(states, states)
def test_fresh_standing_and_gone_divide_the_two_states(now: set[int], before: set[int]) -> None:
    told = between(of(*(KINDS[i] for i in now)), of(*(KINDS[i] for i in before)))
    here = {(KINDS[i].rule, KINDS[i].subject) for i in now}
    there = {(KINDS[i].rule, KINDS[i].subject) for i in before}
    as_sets = [{(one.rule, one.subject) for one in some} for some in (told.fresh, told.standing, told.gone)]
    assert as_sets == [here - there, here & there, there - here]
    assert told.recovered == (not here and bool(there))


@settings(deadline=None)
@given(states)
def test_the_same_state_twice_is_no_news(now: set[int]) -> None:
    made = of(*(KINDS[i] for i in now))
    assert not between(made, made).concerns(list(Occasion))

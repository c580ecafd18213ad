from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import NotConfigured, PolicyInvalid
from covgov.model.verdict import Verdict
from covgov.policy.delivery import NotifySettings, Occasion
from covgov.policy.policy import Policy
from covgov.publish.channels.interface import Parcel
from covgov.publish.channels.notify import NOTIFY, digest_parcels
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publication import MAIN, NOW, RUN, alerting, below, dropped, publication, telling
from covgov_testing.receivers import receiver

A, B = "${A}", "${B}"
RED, GREEN = build.verdict(below(), dropped()), build.verdict()


def parcels(now: Verdict, before: Verdict | None, notify: NotifySettings, ci: CiContext = MAIN) -> list[Parcel]:
    return list(NOTIFY.parcels(publication(now, before, notify=notify, ci=ci)))


def why(notify: NotifySettings, ci: CiContext = MAIN, now: Verdict = RED) -> str:
    assert not parcels(now, None, notify, ci)
    return NOTIFY.silence(publication(now, notify=notify, ci=ci))


def test_a_target_of_several_occasions_gets_one_message() -> None:
    (one,) = parcels(RED, None, telling(Occasion.DROP, Occasion.UNDER_BAR, Occasion.RECOVERY, target=A))
    assert (one.channel, one.destination, one.required) == ("notify", A, False)
    assert one.subject == "covgov FAIL acme/shop main: dropped: api; under the bar: api"
    assert one.body["severity"] == "failure"
    assert one.body["target"] == A
    assert RUN in one.body["text"]
    assert RUN in one.body["slack"]
    assert RUN in one.body["teams"]


def test_each_target_gets_its_occasions() -> None:
    notify = alerting({Occasion.DROP: (A, B), Occasion.UNDER_BAR: (B,)}, required=(B,))
    first, second = parcels(RED, None, notify)
    assert (first.destination, first.subject.partition(": ")[2]) == (A, "dropped: api")
    assert (second.destination, second.subject.partition(": ")[2]) == (B, "dropped: api; under the bar: api")
    assert (first.required, second.required) == (False, True)


def test_an_unchanged_state_sends_nothing() -> None:
    notify = telling(*Occasion)
    assert parcels(RED, RED, notify) == []
    assert len(parcels(GREEN, RED, notify)) == 1
    assert parcels(GREEN, GREEN, notify) == []


@pytest.mark.parametrize(
    ("branches", "branch", "sent"),
    [
        ((), "main", True),
        ((), "feature", False),
        (("release/*",), "release/1.0", True),
        (("release/*",), "release/1.0/fix", False),
        (("release/*",), "main", False),
        (("**",), "any/thing", True),
    ],
)
def test_branches_are_filtered(branches: tuple[str, ...], branch: str, sent: bool) -> None:
    notify = telling(Occasion.DROP).copy(branches=branches)
    assert bool(parcels(RED, None, notify, replace(MAIN, branch=branch))) is sent


def test_without_a_known_default_branch_every_branch_alerts() -> None:
    assert parcels(RED, None, telling(Occasion.DROP), replace(MAIN, branch="any", default_branch=""))


@pytest.mark.security
def test_a_default_branch_is_not_a_pattern() -> None:
    assert not parcels(RED, None, telling(Occasion.DROP), replace(MAIN, branch="ab", default_branch="a*"))


@pytest.mark.security
@pytest.mark.parametrize("event", [CiEvent.PULL_REQUEST, CiEvent.MERGE_QUEUE])
def test_a_pull_request_sends_no_alert_even_from_a_branch_called_main(event: CiEvent) -> None:
    notify = alerting({Occasion.DROP: (A,)}, branches=("main",))
    assert why(notify, replace(MAIN, event=event)) == "pull requests send no alerts"


def test_quiet_hours_are_respected() -> None:
    notify = alerting({Occasion.DROP: (A,)}, quiet_hours="11:00-13:00")
    assert why(notify) == "quiet hours until 13:00 UTC"
    later = publication(RED, notify=notify, at=NOW + timedelta(hours=1))
    assert len(NOTIFY.parcels(later)) == 1


def test_having_nothing_to_send_has_a_reason() -> None:
    assert why(NotifySettings()) == "[notify] names no target"
    assert why(telling(Occasion.DIGEST)) == "[notify] names no target"
    assert why(telling(Occasion.DROP), now=GREEN) == "nothing changed for the occasions of a target"
    assert why(telling(Occasion.DROP), replace(MAIN, branch="x\n::error")) == r"branch x\n::error is none of main"
    assert why(telling(Occasion.DROP), replace(MAIN, branch="")) == "branch (none) is none of main"


@pytest.mark.security
def test_a_literal_target_is_always_refused() -> None:
    with pytest.raises(PolicyInvalid, match=r"notify\.on_drop\[1\]"):
        parcels(GREEN, GREEN, alerting({Occasion.DROP: (A, "slack://T0/B0/C0")}))


def test_sending_reads_the_address_from_the_environment() -> None:
    (one,) = parcels(RED, None, telling(Occasion.DROP, target=A))
    with receiver() as found:
        assert NOTIFY.send(one, {"A": found.url("json", "/x")}) == "accepted"
    (got,) = found.inbox
    assert got.json["title"] == one.subject
    assert str(got.json["message"]).startswith("FAIL: acme/shop, branch main")


def test_without_the_variable_nothing_is_sent() -> None:
    (one,) = parcels(RED, None, telling(Occasion.DROP, target=A))
    env: Mapping[str, str] = {"B": "json://127.0.0.1/"}
    with pytest.raises(NotConfigured, match=r"^A is not set$"):
        NOTIFY.send(one, env)


@pytest.mark.security
def test_a_spooled_parcel_goes_only_where_the_policy_sends_one() -> None:
    policy = Policy(notify=telling(Occasion.DROP, target=A))
    (one,) = parcels(RED, None, policy.notify)
    assert NOTIFY.refusal(one, policy) == ""
    planted = replace(one, body={**one.body, "target": "json://evil.example/${GITHUB_TOKEN}"})
    assert NOTIFY.refusal(planted, policy) == "its target is not in [notify]"
    assert NOTIFY.refusal(replace(one, body={}), policy) == "its target is not in [notify]"


DIGEST = (
    "# Coverage digest 2026-W47\n\n2026-11-16 to 2026-11-22\n\n## Components\n\n| a | b |\n| - | - |\n\n\nend ##[x\n"
)


def test_the_digest_goes_to_its_subscribers() -> None:
    notify = alerting({Occasion.DIGEST: (A,), Occasion.DROP: (B,)}, quiet_hours="00:00-23:59")
    (one,) = digest_parcels(DIGEST, notify, MAIN, "acme/shop")
    assert (one.destination, one.subject) == (A, "Coverage digest 2026-W47: acme/shop")
    assert one.body["severity"] == "info"


def test_each_heading_of_the_digest_is_shown_once_and_without_its_marks() -> None:
    (one,) = digest_parcels(DIGEST, telling(Occasion.DIGEST), MAIN, "acme/shop")
    told = "2026-11-16 to 2026-11-22\n\nComponents\n\n| a | b |\n| - | - |\n\nend # #[x\n"
    assert one.body["text"] == f"acme/shop\nrun: {RUN}\n\n{told}"
    assert one.body["slack"].count("Coverage digest") == 2  # the header and the fallback of its attachment
    assert one.body["teams"].count("Coverage digest") == 1
    for form in ("slack", "teams"):
        assert one.body[form].count("Components") == 1
        assert "# Components" not in one.body[form]


def state_of(now: Verdict, *, run: str = "", ci: CiContext = MAIN) -> str:
    (one,) = NOTIFY.parcels(replace(publication(now, None, notify=telling(*Occasion), ci=ci), run=run))
    return one.state


def test_the_state_of_a_recorded_run_is_the_run() -> None:
    assert state_of(RED, run="r1") == state_of(build.verdict(below()), run="r1")
    assert state_of(RED, run="r1") != state_of(RED, run="r2")


def test_the_state_of_another_run_is_what_is_so_at_its_commit_and_no_figure() -> None:
    figures = structs.replace(below(), message="api: 1/2 = 50.00 % < 80 %")
    assert state_of(build.verdict(below())) == state_of(build.verdict(figures))
    others = {state_of(build.verdict(dropped())), state_of(structs.replace(build.verdict(below()), commit="f" * 40))}
    others.add(state_of(build.verdict(below()), ci=replace(MAIN, branch="main", default_branch="")))
    assert state_of(RED) not in others
    assert len({state_of(RED), *others}) == 4


def test_an_empty_digest_is_still_a_digest() -> None:
    (one,) = digest_parcels("", telling(Occasion.DIGEST), MAIN, "acme/shop")
    assert one.subject == "Coverage digest: acme/shop"

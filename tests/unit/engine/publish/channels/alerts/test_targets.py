from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import NotConfigured, PolicyInvalid
from covgov.publish.channels.alerts import targets

PLANTED = "pl4nted"


@pytest.mark.parametrize(
    "target",
    [
        "${SLACK_URL}",
        "slack://${TOKENS}/#builds",
        "mailto://mail.example?from=ci@example.invalid&to=team@example.invalid",
        "mailtos://${MAIL_USER}:${MAIL_PASSWORD}@mail.example:587?to=team@example.invalid",
        "MAILTO://ci@mail.example?to=team@example.invalid",
        "json://hooks.example/${HOOK_PATH}",
    ],
)
def test_targets_without_a_secret_are_accepted(target: str) -> None:
    targets.check(target, "notify.on_drop[0]")


@pytest.mark.security
@pytest.mark.parametrize(
    "target",
    [
        f"slack://T0/B0/{PLANTED}",
        f"https://hooks.example/{PLANTED}",
        f"json://127.0.0.1/{PLANTED}",
        f"mailto://ci:{PLANTED}@mail.example?to=team@example.invalid",
        f"mailto://mail.example?user=ci&pass={PLANTED}",
        f"mailtos://${{MAIL_USER}}:{PLANTED}@mail.example",
        f"json://${{HOST}}/?token={PLANTED}",
        PLANTED,
        "",
    ],
)
def test_a_literal_address_is_refused_by_its_key(target: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        targets.check(target, "notify.on_drop[2]")
    assert caught.value.code == "notify-secret-in-policy"
    assert "notify.on_drop[2]" in caught.value.message
    assert PLANTED not in caught.value.message + caught.value.hint


def test_variables_are_filled_in() -> None:
    env = {"SLACK_URL": " slack://T0/B0/C0\n", "PATH_OF_HOOK": "a/b"}
    assert targets.filled("${SLACK_URL}", env) == "slack://T0/B0/C0"
    assert targets.filled("json://hooks.example/${PATH_OF_HOOK}?x=1", env) == "json://hooks.example/a/b?x=1"


def test_user_and_password_may_hold_any_character() -> None:
    env = {"U": "a@b", "P": "p/w:d?#%"}
    assert (
        targets.filled("mailto://${U}:${P}@mail.example/x", env) == "mailto://a%40b:p%2Fw%3Ad%3F%23%25@mail.example/x"
    )


@pytest.mark.parametrize(
    ("env", "told"),
    [({}, "A and B are not set"), ({"A": "1"}, "B is not set"), ({"A": "1", "B": ""}, "B is not set")],
)
def test_unset_variables_are_named(env: dict[str, str], told: str) -> None:
    with pytest.raises(NotConfigured) as caught:
        targets.filled("json://${A}/${B}/${A}", env)
    assert (caught.value.code, caught.value.message) == ("notify-variable-unset", told)


def test_a_value_is_not_filled_in_again() -> None:
    assert targets.filled("json://${A}/", {"A": "${B}", "B": "no"}) == "json://${B}/"


@given(st.text(alphabet="ab:/@?#%${}", min_size=1).filter(str.strip))
def test_a_full_address_is_used_unchanged(value: str) -> None:
    assert targets.filled("${HOOK}", {"HOOK": value}) == value.strip()

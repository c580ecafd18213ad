from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import PolicyInvalid
from covgov.policy import config
from covgov.policy.tables import depth

PARTS = st.sampled_from(["a", "b-2", '"q.r"', '"\\""', "'l.m'"])
SPACE = st.sampled_from(["", " ", "\t"])
FORM = st.sampled_from(["{} = 1", "[{}]", "x = {{ {} = 1 }}"])


@given(
    st.lists(PARTS, min_size=1, max_size=2 * depth.MOST_PARTS),
    SPACE,
    FORM,
)
def test_a_key_is_too_long_from_one_part_too_many_on(parts: list[str], space: str, form: str) -> None:
    text = "# a.b\n" + form.format(f"{space}.{space}".join(parts))
    assert depth.long_key(text) == (2 if len(parts) > depth.MOST_PARTS else None)


@given(st.lists(PARTS, min_size=1, max_size=depth.MOST_PARTS), SPACE)
def test_what_is_short_enough_is_toml_to_others_too(parts: list[str], space: str) -> None:
    text = f"{f'{space}.{space}'.join(parts)} = 1"
    assert depth.long_key(text) is None
    assert tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        'a = "{}"',
        "a = '{}'",
        'a = """\n{}\n"""',
        "a = '''\n{}\n'''",
        'a = """ \\""" " {} """',
        "# {}",
        'a = ["{}", 1.5]',
        'a = "\\"{}"',
    ],
)
def test_dots_in_strings_and_comments_are_no_key(text: str) -> None:
    full = text.format(".".join(["a"] * 200))
    assert depth.long_key(full) is None
    assert depth.long_key(f"{full}\n{'a.' * 40}a = 1") == full.count("\n") + 2


@given(st.text("a.\"'\\#\n =[]{}", max_size=200))
def test_no_text_makes_it_stumble(text: str) -> None:
    found = depth.long_key(text)
    assert found is None or 1 <= found <= text.count("\n") + 1


@pytest.mark.parametrize("text", ["a", '"', "'", ".", "a.", ' "\\"', "a ", '"a".', '"""', "'''", "\\", '"\\'])
@pytest.mark.security
def test_each_character_is_looked_at_a_few_times_only(text: str) -> None:
    """A million characters would take hours if the search began anew at each of them."""
    assert depth.long_key(text * (500_000 // len(text))) in (None, 1)


@pytest.mark.security
@pytest.mark.parametrize("form", ["version = 1\n{} = 1", "\n[{}]", "\na = {{ {} = 1 }}"])
def test_a_policy_with_an_endless_key_is_refused_by_its_line(form: str) -> None:
    with pytest.raises(PolicyInvalid, match=r"covgov\.toml:2: .* a key of more than 32 parts"):
        config.parse(form.format(".".join(["a"] * 20_000)), "covgov.toml")


@pytest.mark.security
@pytest.mark.parametrize(
    "text", ["a = {}", "a = " + "{{ b = " * 40 + "{}" + " }}" * 40], ids=["lists", "lists in tables"]
)
def test_a_policy_that_goes_too_deep_is_refused(text: str) -> None:
    with pytest.raises(PolicyInvalid, match="is nested too deeply"):
        config.parse(text.format("[" * depth.DEEPEST + "1" + "]" * depth.DEEPEST), "covgov.toml")


def test_as_deep_as_allowed_is_not_too_deep() -> None:
    assert not depth.too_deep(tomllib.loads("a = " + "[" * (depth.DEEPEST - 2) + "1" + "]" * (depth.DEEPEST - 2)))

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from covgov.publish.render.parts.fitting import Section, fit

sections = st.builds(
    Section,
    name=st.just("lines"),
    rank=st.integers(0, 5),
    opening=st.sampled_from(("", "### Open\n", "<details>\n")),
    items=st.lists(st.text("aé", max_size=80).map(lambda text: f"- {text}"), max_size=40).map(tuple),
    closing=st.sampled_from(("", "</details>")),
)


@given(st.lists(sections, max_size=5), st.integers(1200, 6000))
def test_the_text_never_exceeds_its_limit(made: list[Section], limit: int) -> None:
    assert len(fit("head", made, "foot", limit).encode()) <= limit


@given(st.lists(sections, max_size=4), st.integers(1200, 6000))
def test_every_item_is_either_shown_or_counted(made: list[Section], limit: int) -> None:
    text = fit("head", made, "foot", limit)
    left_out = sum(int(count) for count in re.findall(r"\((\d+) more lines left out", text))
    shown = sum(line.startswith("- ") for line in text.split("\n"))
    assert shown + left_out == sum(len(section.items) for section in made)


def test_what_fits_is_told_whole_and_in_order() -> None:
    one = Section("lines", 9, "### One\n", ("- a", "- b"))
    two = Section("findings", 0, "<details>\n", ("- c",), "</details>")
    text = fit("head", (one, two), "foot", 4000)
    assert text == "head\n\n### One\n\n- a\n- b\n\n<details>\n\n- c\n\n</details>\n\nfoot\n"


def test_the_least_important_section_is_shortened_first() -> None:
    least = Section("lines", 7, "### Lines\n", tuple(f"- line {n}" for n in range(100)))
    first = Section("findings", 0, "### Fail\n", tuple(f"- finding {n}" for n in range(20)))
    text = fit("head", (least, first), "foot", 900)
    assert "- finding 19" in text
    assert "more lines left out: the text would be too long)" in text
    assert "- line 0" in text


def test_a_section_without_room_for_one_item_is_its_notice_alone() -> None:
    big = Section("lines", 1, "### Lines\n", ("x" * 5000,), "</details>")
    text = fit("head", (big,), "foot", 1000)
    assert text == "head\n\n(1 more lines left out: the text would be too long)\n\nfoot\n"

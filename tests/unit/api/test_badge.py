from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from covgov.hub.api.badge import COLOURS, LABEL, Badge, of_figure, svg
from covgov.hub.api.wire.badges import shields
from covgov.hub.store.runs import ComponentRow
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov.model.verdict import Outcome
from covgov.publish.render.parts.safe_text import plain
from covgov_testing.builders.verdict import HOSTILE

NS = {"s": "http://www.w3.org/2000/svg"}
printable = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc", "Cn")))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def badge_of(
    now: Ratio | None, bar: Decimal, outcome: Outcome, *, verified: bool = True, enforced: bool = True
) -> Badge:
    return of_figure("api", ComponentRow("api", Metric.COMBINED, now, bar, outcome, enforced), verified=verified)


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.UNDETERMINED])
def test_what_is_not_enforced_is_marked_and_grey(outcome: Outcome) -> None:
    told = badge_of(Ratio(9, 10), Decimal(95), outcome, enforced=False)
    assert told == Badge("api", "90.00 % not enforced", Outcome.UNDETERMINED)
    assert badge_of(None, Decimal(95), outcome, enforced=False).message == "not enforced"


def test_a_missed_bar_never_looks_met() -> None:
    told = badge_of(Ratio(79_999, 100_000), Decimal("80"), Outcome.FAIL, verified=False)
    assert told == Badge("api", "79.99 % fail", Outcome.FAIL)


def test_a_finer_bar_is_answered_as_finely() -> None:
    told = badge_of(Ratio(79_995, 100_000), Decimal("79.9955"), Outcome.FAIL, verified=True)
    assert told.message == "79.9950 % fail"


def test_a_passing_badge_shows_the_figure_only() -> None:
    told = badge_of(Ratio(9, 10), Decimal(90), Outcome.PASS, verified=True)
    assert told == Badge("api", "90.00 %", Outcome.PASS)


@pytest.mark.security
def test_an_unverified_pass_is_marked_and_not_green() -> None:
    told = badge_of(Ratio(9, 10), Decimal(90), Outcome.PASS, verified=False)
    assert told == Badge("api", "90.00 % unverified", Outcome.UNDETERMINED)


@pytest.mark.parametrize("now", [None, Ratio(0, 0)])
def test_an_unmeasured_component_has_no_figure(now: Ratio | None) -> None:
    assert badge_of(now, Decimal(90), Outcome.UNDETERMINED, verified=True).message == "undetermined"


@pytest.mark.security
@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("now", [None, Ratio(0, 0)])
def test_nothing_turns_green_because_nothing_was_measured(now: Ratio | None, *, verified: bool) -> None:
    told = badge_of(now, Decimal(90), Outcome.PASS, verified=verified)
    assert told == Badge("api", "undetermined", Outcome.UNDETERMINED)


@given(printable, printable, st.sampled_from(Outcome))
def test_the_picture_is_xml_that_says_exactly_its_words(label: str, message: str, outcome: Outcome) -> None:
    root = etree.fromstring(svg(Badge(label, message, outcome)).encode())
    assert [text.text or "" for text in root.findall("s:g/s:text", NS)] == [plain(label), plain(message)]
    assert root.findtext("s:title", namespaces=NS) == f"{plain(label)}: {plain(message)}"
    assert COLOURS[outcome] in {rect.get("fill") for rect in root.iterfind(".//s:rect", NS)}


@pytest.mark.security
@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_escaped_in_the_svg(text: str) -> None:
    root = etree.fromstring(svg(Badge(text, text, Outcome.FAIL)).encode())
    names = {etree.QName(element).localname for element in root.iter()}
    assert names == {"svg", "title", "clipPath", "rect", "g", "text"}


def test_longer_words_make_a_wider_picture() -> None:
    widths = [
        int(etree.fromstring(svg(Badge("api", words, Outcome.PASS)).encode()).get("width", "0"))
        for words in ("90 %", "90.00 %", "90.00 % undetermined")
    ]
    assert widths == sorted(set(widths))


@pytest.mark.parametrize("colour", [*COLOURS.values(), LABEL])
def test_white_text_can_be_read_on_every_colour(colour: str) -> None:
    assert (1 + 0.05) / (luminance(colour) + 0.05) >= 4.5


def test_shields_draws_the_same_badge() -> None:
    told = shields(Badge("api", "79.99 % fail", Outcome.FAIL), 300).model_dump(by_alias=True)
    assert told == {
        "schemaVersion": 1,
        "label": "api",
        "message": "79.99 % fail",
        "color": COLOURS[Outcome.FAIL].removeprefix("#"),
        "isError": True,
        "cacheSeconds": 300,
    }

"""What a figure is called: whichever channel says it, it says it with the words of `covgov.model.words`."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from covgov.model import words
from covgov.model.ratio import Ratio
from covgov.model.snapshot import TestRun
from covgov.model.verdict import ReceiptLine, SuiteLine, Verdict
from covgov.policy.delivery import Occasion
from covgov.publish.channels.alerts import forms, wording
from covgov.publish.channels.alerts.state import news
from covgov.publish.channels.github.suites import suite_text
from covgov.publish.registry import RENDERERS
from covgov.publish.render.parts.safe_text import markdown
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publication import below, publication

receipts = st.builds(
    ReceiptLine, st.none() | st.just("abcdef1234567890"), st.integers(0, 3), st.integers(0, 3), st.just("merge base")
)
runs = st.builds(
    TestRun, st.integers(0, 1), st.integers(0, 3), st.integers(0, 2), st.integers(0, 2), seconds=st.just(1.5)
)


def alert(verdict: Verdict) -> str:
    told = publication(verdict)
    return forms.text(wording.alert(told, news(verdict, None, told.owner_of), list(Occasion)))


@given(receipts)
def test_a_receipt_reads_the_same_everywhere(receipt: ReceiptLine) -> None:
    verdict = build.verdict(below(), rows=(build.row(receipt=receipt),), receipt=receipt)
    said = words.receipt(receipt)
    assert said in RENDERERS["text"](verdict)
    assert markdown(said) in RENDERERS["markdown"](verdict)
    assert said in RENDERERS["junit"](verdict)
    assert f"baseline {said}" in alert(verdict)


@given(runs)
def test_test_counts_read_the_same_everywhere(run: TestRun) -> None:
    line = SuiteLine("api", arrived=True, tests=run)
    verdict = build.verdict(rows=(build.row(),), suites=(line,))
    said = words.tests(run)
    assert said in RENDERERS["text"](verdict)
    assert markdown(said) in RENDERERS["markdown"](verdict)
    assert markdown(said) in suite_text(verdict, line)


@given(build.ratios.filter(lambda ratio: ratio.measurable), st.fractions(-50, 50, max_denominator=300))
def test_figures_and_changes_read_the_same_everywhere(now: Ratio, points: object) -> None:
    row = build.row(now=now, bar="0", delta=build.drop(str(points)))
    verdict = build.verdict(below(), rows=(row,))
    assert row.delta is not None
    assert words.figure(now) in RENDERERS["text"](verdict)
    assert words.figure(now) in alert(verdict)
    assert row.delta.words in RENDERERS["text"](verdict)
    assert f"change {row.delta.words}" in alert(verdict)
    assert json.loads(RENDERERS["json"](verdict))["rows"][0]["delta"]["words"] == row.delta.words

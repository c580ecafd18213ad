"""A badge: component, figure, and the outcome as colour and text. Pure; as SVG and for the shields endpoint.

Widths are estimated per class of character; `textLength` makes every viewer draw that width in any font.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from covgov.hub.store.runs import ComponentRow
from covgov.model.verdict import Outcome
from covgov.model.words import NOTHING, percent
from covgov.publish.render.parts.safe_text import plain

COLOURS = {Outcome.PASS: "#1a7f37", Outcome.FAIL: "#cf222e", Outcome.UNDETERMINED: "#57606a"}
"""White text on each has a contrast of at least 4.5."""

LABEL = "#24292f"
NARROW, WIDE = frozenset("fijlrtI.,:;|!'()[] -"), frozenset("mwMW%@")


@dataclass(frozen=True, slots=True)
class Badge:
    """label: left side. message: right side, never an unmeasured figure. outcome: the colour."""

    label: str
    message: str
    outcome: Outcome


UNVERIFIED = "unverified"
"""Marks figures that the hub did not verify."""


def of_figure(label: str, row: ComponentRow, *, verified: bool) -> Badge:
    """The figure as in every other channel, with the outcome unless it is a pass; the outcome alone without a figure.
    An unverified pass, and what is not enforced, are grey; a pass without a figure is undetermined."""
    now, outcome = row.now, row.outcome
    shown = percent(now, row.bar)
    if not row.enforced:
        return Badge(label, f"{shown} not enforced".removeprefix(NOTHING).strip(), Outcome.UNDETERMINED)
    if now is None or not now.measurable:
        proven = Outcome.UNDETERMINED if outcome is Outcome.PASS else outcome
        return Badge(label, proven.value, proven)
    if outcome is not Outcome.PASS:
        return Badge(label, f"{shown} {outcome.value}", outcome)
    return Badge(label, shown, outcome) if verified else Badge(label, f"{shown} {UNVERIFIED}", Outcome.UNDETERMINED)


def svg(badge: Badge) -> str:
    """The badge as SVG, 20 pixels high, with a title for screen readers. Invisible characters are escaped:
    some are not allowed in XML, others reverse text."""
    shown, right_text = plain(badge.label), plain(badge.message)
    left, right = _width(shown) + 12, _width(right_text) + 12
    label, message = escape(shown), escape(right_text)
    width, colour = left + right, COLOURS[badge.outcome]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img"'
        f' aria-label="{label}: {message}"><title>{label}: {message}</title>'
        f'<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="{LABEL}"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
        f'<text x="6" y="14" textLength="{left - 12}">{label}</text>'
        f'<text x="{left + 6}" y="14" textLength="{right - 12}">{message}</text></g></svg>\n'
    )


def _width(text: str) -> int:
    """Pixels at 11 px Verdana, roughly."""
    return sum(4 if char in NARROW else 10 if char in WIDE else 7 for char in text)

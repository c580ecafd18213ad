"""Figures on the wire: integers and exact text for programs, floored text for people."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pydantic import BaseModel, ConfigDict, Field

from covgov.model.change import Cause, Delta, Part
from covgov.model.ratio import Ratio, show_signed


class WireModel(BaseModel):
    """Base of the answers: every field is always present, null where there is nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(WireModel):
    """percent: floored, null when total is 0."""

    covered: int
    total: int
    percent: str | None = Field(examples=["79.95"])


class Points(WireModel):
    """Percentage points."""

    exact: str = Field(examples=["-231/100"])
    shown: str = Field(examples=["-2.31"])


class CauseShare(WireModel):
    """The effect of one cause on covered and total units, and its exact share of the change."""

    cause: Cause
    covered: int
    total: int
    points: Points


def figure(value: Ratio) -> Figure:
    """A ratio as a figure."""
    return Figure(covered=value.covered, total=value.total, percent=value.percent() if value.measurable else None)


def maybe_figure(value: Ratio | None) -> Figure | None:
    """None for None: nothing was measured."""
    return None if value is None else figure(value)


def points(value: Fraction) -> Points:
    """Exactly, and floored."""
    return Points(exact=f"{value.numerator}/{value.denominator}", shown=show_signed(value))


def shares(delta: Delta) -> list[CauseShare]:
    """The parts of a delta."""
    return [_share(part) for part in delta.parts]


def bar(value: Decimal | None) -> str | None:
    """Decimal text as a person wrote it."""
    return None if value is None else f"{value:f}"


def _share(part: Part) -> CauseShare:
    return CauseShare(cause=part.cause, covered=part.covered, total=part.total, points=points(part.points))

"""Branch exits of a line of Cobertura: by number (`condition-coverage`), or by its `<conditions>`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from covgov.ingest.building import damaged
from covgov.model.snapshot import CountedExits

Condition = tuple[str, str]
"""Number and coverage, as written."""

_DIGITS = 9
"""Most digits of a number of conditions."""

_CONDITIONS = re.compile(r"\((\d+)/(\d+)\)")


def exits_of(
    number: int, attributes: Mapping[str, str], conditions: Sequence[Condition], at: str
) -> tuple[CountedExits | None, bool]:
    """The branch exits of a line: by number where it has one (`50% (1/2)`), else those of its conditions. And whether
    its conditions were left out. Raises InputError."""
    counts = _CONDITIONS.search(attributes.get("condition-coverage", ""))
    if counts is None:
        return _of_conditions(number, conditions, at) if conditions else None, False
    if attributes.get("branch", "").lower() != "true":
        return None, bool(conditions)
    return _by_number(number, counts, attributes.get("missing-branches", ""), at), bool(conditions)


def _by_number(number: int, counts: re.Match[str], missing: str, at: str) -> CountedExits:
    if max(len(counts[1]), len(counts[2])) > _DIGITS:
        raise damaged(at, f"line {number} has {counts[0]} conditions")
    taken, total = int(counts[1]), int(counts[2])
    if taken > total:
        raise damaged(at, f"line {number} has {taken} of {total} conditions")
    missed = sorted(set(filter(None, missing.split(","))))
    return CountedExits(taken, total, tuple(missed) if len(missed) == total - taken else ())


def exits_of_run(number: int, coverage: str, missing: str) -> CountedExits:
    """Of a line whose `condition-coverage` is given. Raises InputError."""
    counts = _CONDITIONS.search(coverage)
    if counts is None:
        raise damaged("", f"line {number} has no conditions")
    return _by_number(number, counts, missing, "")


def _of_conditions(number: int, conditions: Sequence[Condition], at: str) -> CountedExits:
    """Conditions that were met or not at all are exits, by their numbers. Once one of them is half met, each is a jump
    with two outcomes; what says less than that is refused."""
    met = [_share(coverage, at) for _, coverage in conditions]
    names = [name for name, _ in conditions]
    if not all(share in (0, 1) for share in met):
        if not all(share * 2 in (0, 1, 2) for share in met):
            raise damaged(at, f"line {number} has conditions, but not how many outcomes they have")
        return CountedExits(int(sum(met) * 2), len(met) * 2)
    if len(set(names)) < len(names) or "" in names:
        return CountedExits(int(sum(met)), len(met))
    taken = (name for name, share in zip(names, met, strict=True) if share)
    return CountedExits(int(sum(met)), len(met), tuple(sorted(names)), tuple(sorted(taken)))


def _share(text: str, at: str) -> Fraction:
    """`50%`, `0.5` or `1`."""
    if not re.fullmatch(r"\s*\d{1,3}(\.\d{1,9})?\s*%?\s*", text, re.ASCII):
        raise damaged(at, f"not the coverage of a condition: {text[:40]!r}")
    share = Fraction(text.strip().removesuffix("%").strip())
    share = share / 100 if "%" in text or share > 1 else share
    if share > 1:
        raise damaged(at, f"not the coverage of a condition: {text[:40]!r}")
    return share

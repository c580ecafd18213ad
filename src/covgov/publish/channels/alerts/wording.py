"""News -> a Note: the run, new conditions (figure, bar, attribution, receipt, owner), other conditions, the link."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from covgov.model import words
from covgov.model.verdict import Scope
from covgov.policy.delivery import Occasion
from covgov.publish.channels.alerts.conditions import Condition
from covgov.publish.channels.alerts.note import Note, Paragraph, Severity
from covgov.publish.channels.alerts.state import News
from covgov.publish.channels.interface import Publication
from covgov.publish.render.parts.safe_text import log_line

TITLE, LINE, SHOWN, NAMED = 120, 400, 12, 8
"""Longest title and line in characters; most conditions in full; most names in a list."""

WORDS = {
    Occasion.DROP: "dropped",
    Occasion.UNDER_BAR: "under the bar",
    Occasion.OVERDUE: "exception overdue",
    Occasion.UNDETERMINED: "undetermined",
    Occasion.FAIL: "failing",
    Occasion.RECOVERY: "passes again",
    Occasion.DIGEST: "digest",
}

_LINK = re.compile(r"https?://[!-~]+", re.ASCII)


def alert(publication: Publication, news: News, occasions: Collection[Occasion]) -> Note:
    """The message for a target with these occasions; conditions of other occasions are left out."""
    fresh = [one for one in news.fresh if one.occasion in occasions]
    recovered = news.recovered and Occasion.RECOVERY in occasions
    shown = [_paragraph(one) for one in fresh[:SHOWN]]
    more = len(fresh) - len(shown)
    rest = [
        *([f"and {more} more"] if more else []),
        *_mention("so before and still so", news.standing, occasions),
        *_mention("no longer so", news.gone, occasions),
    ]
    return Note(
        title=_title(publication, fresh, recovered=recovered),
        severity=_severity(fresh),
        lead=_lead(publication),
        paragraphs=(*shown, *(Paragraph((line,)) for line in rest)),
        link=safe_link(publication.ci.run_url),
    )


def safe_link(url: str) -> str:
    """The address if it is a safe link, else ""."""
    return url if _LINK.fullmatch(url) and not set(url) & set('<>|"`\\') else ""


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning and an ellipsis, in at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _title(publication: Publication, fresh: Sequence[Condition], *, recovered: bool) -> str:
    what = [f"{WORDS[occasion]}: {_names(list(group))}" for occasion, group in groupby(fresh, lambda c: c.occasion)]
    what += [WORDS[Occasion.RECOVERY]] if recovered else []
    where = " ".join(filter(None, (publication.repository, publication.ci.branch)))
    return shortened(log_line(f"covgov {words.outcome(publication.verdict).upper()} {where}: {'; '.join(what)}"), TITLE)


def _severity(fresh: Sequence[Condition]) -> Severity:
    occasions = {one.occasion for one in fresh}
    if not occasions:
        return Severity.SUCCESS
    return Severity.WARNING if occasions <= {Occasion.UNDETERMINED, Occasion.OVERDUE} else Severity.FAILURE


def _lead(publication: Publication) -> str:
    verdict = publication.verdict
    parts = [
        publication.repository,
        f"branch {publication.ci.branch}" if publication.ci.branch else "",
        f"commit {publication.commit[:12]}" if publication.commit else "",
        f"{verdict.today} UTC",
    ]
    return shortened(log_line(f"{words.outcome(verdict).upper()}: {', '.join(filter(None, parts))}"), LINE)


def _paragraph(one: Condition) -> Paragraph:
    subject = one.subject if one.scope is Scope.PROJECT else f"{one.scope} {one.subject}"
    lines = [f"{WORDS[one.occasion]}: {subject}", *(f"  {fact}" for fact in (one.message, *_facts(one)) if fact)]
    return Paragraph(tuple(shortened(log_line(line), LINE) for line in lines))


def _facts(one: Condition) -> Iterator[str]:
    if one.figure:
        yield f"now {one.figure}" + (f", bar {one.bar}" if one.bar else "")
    if one.change and one.change not in one.message:
        yield f"change {one.change}"
    if one.receipt:
        yield f"baseline {one.receipt}"
    if one.owner:
        yield f"owner {one.owner}"


def _mention(words: str, some: Sequence[Condition], occasions: Collection[Occasion]) -> list[str]:
    wanted = [one for one in some if one.occasion in occasions]
    groups = [f"{WORDS[occasion]}: {_names(list(group))}" for occasion, group in groupby(wanted, lambda c: c.occasion)]
    return [shortened(log_line(f"{words}: {'; '.join(groups)}"), LINE)] if groups else []


def _names(some: Sequence[Condition]) -> str:
    return words.listed(list(dict.fromkeys(one.subject for one in some)), NAMED)

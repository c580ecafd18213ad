"""The check run: the summary, and annotations beside the lines of the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING

import msgspec

from covgov.model import words
from covgov.model.verdict import Effect, Finding, Outcome, Verdict
from covgov.publish.channels.github.fields import ParcelFields, moment
from covgov.publish.render.parts.places import UNCOVERED, FindingPlaces, LineRange, uncovered
from covgov.publish.render.parts.safe_text import plain

if TYPE_CHECKING:
    from covgov.publish.channels.github.api import GithubApi, Json

CONCLUSIONS = {Outcome.PASS: "success", Outcome.FAIL: "failure", Outcome.UNDETERMINED: "action_required"}
UNENFORCED = "neutral"
"""Only for a verdict of which nothing that fails is enforced: branch protection accepts it as a pass."""

LEVELS = {Effect.FAIL: "failure", Effect.UNDETERMINED: "warning", Effect.NOTE: "notice"}
BATCH = 50
MOST = 500
"""Ten requests; further annotations are in the summary only."""

MOST_MESSAGE = 8_000
MOST_TITLE = 255
POLICY_FILE = "covgov.toml"
"""The path of findings without a file: GitHub requires one."""


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    start_line: int
    end_line: int
    annotation_level: str
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckRunPage:
    """at: when the verdict was published, aware. target: link to the run, "" for none."""

    commit: str
    name: str
    conclusion: str
    title: str
    summary: str
    target: str
    at: datetime
    annotations: Sequence[Annotation]


def conclusion(verdict: Verdict) -> str:
    """What the check run comes to."""
    return UNENFORCED if verdict.only_evaluated else CONCLUSIONS[verdict.enforced_outcome]


def written(page: CheckRunPage) -> Mapping[str, str]:
    """As fields of a parcel."""
    return {
        "commit": page.commit,
        "name": page.name,
        "conclusion": page.conclusion,
        "title": page.title,
        "text": page.summary,
        "target": page.target,
        "at": moment(page.at),
        "annotations": msgspec.json.encode(page.annotations).decode(),
    }


def read(fields: ParcelFields) -> CheckRunPage:
    """From the fields of a parcel. Raises DeliveryFailed (`github-parcel-damaged`)."""
    try:
        remarks = msgspec.json.decode(fields.text("annotations"), type=list[Annotation])
    except ValueError:
        raise fields.damaged("has no usable annotations") from None
    return CheckRunPage(
        commit=fields.commit(),
        name=fields.text("name"),
        conclusion=fields.one_of("conclusion", (*CONCLUSIONS.values(), UNENFORCED)),
        title=fields.text("title"),
        summary=fields.text("text"),
        target=fields.text("target"),
        at=fields.time("at"),
        annotations=remarks,
    )


def remarks(verdict: Verdict) -> list[Annotation]:
    """Findings in the verdict's order, then the uncovered lines of the change; at most MOST."""
    places = FindingPlaces(verdict)
    findings = (_of_finding(one, places.of(one)) for one in verdict.findings)
    return list(islice(chain(findings, map(_of_lines, uncovered(verdict))), MOST))


def put(api: GithubApi, page: CheckRunPage) -> str:
    """Create a check run, unless one of a later verdict exists. It is concluded with its last annotation.

    An interrupted one stays unfinished, which branch protection does not accept as a pass.
    """
    return api.client.insist(lambda: _put(api, page))


def _put(api: GithubApi, page: CheckRunPage) -> str:
    shown = api.check_runs(page.commit, page.name)
    if any(run.completed_at is not None and run.completed_at > page.at for run in shown):
        return f"check run of {page.commit[:12]} left unchanged: it shows a later verdict"
    first, *others = _batches(page.annotations)
    opening = {"name": page.name, "head_sha": page.commit, "started_at": moment(page.at), **_link(page)}
    run = api.create_check_run({**opening, **_part(page, first, last=not others)})
    for number, batch in enumerate(others, start=1):
        api.update_check_run(run, _part(page, batch, last=number == len(others)))
    return f"check run {run} concluded: {page.conclusion}, {len(page.annotations)} annotations"


def _part(page: CheckRunPage, batch: Sequence[Annotation], *, last: bool) -> Json:
    output = {"title": page.title, "summary": page.summary, "annotations": batch}
    if not last:
        return {"status": "in_progress", "output": output}
    done = {"status": "completed", "conclusion": page.conclusion, "completed_at": moment(page.at)}
    return {**done, "output": output}


def _link(page: CheckRunPage) -> Json:
    return {"details_url": page.target} if page.target else {}


def _batches(found: Sequence[Annotation]) -> list[Sequence[Annotation]]:
    return [found[start : start + BATCH] for start in range(0, len(found), BATCH)] or [()]


def _of_finding(finding: Finding, place: LineRange | None) -> Annotation:
    message = words.message(finding) + words.waiver(finding.waived_by) + (f" ({finding.hint})" if finding.hint else "")
    where = place if place is not None and plain(place.path) else LineRange(POLICY_FILE, 1, 1)
    return Annotation(
        path=plain(where.path),
        start_line=where.start,
        end_line=where.end,
        annotation_level=LEVELS[finding.effect] if finding.blocks else "notice",
        title=plain(f"covgov {finding.rule}")[:MOST_TITLE],
        message=plain(message)[:MOST_MESSAGE] or plain(finding.rule) or "covgov",
    )


def _of_lines(place: LineRange) -> Annotation:
    return Annotation(
        path=plain(place.path) or POLICY_FILE,
        start_line=place.start,
        end_line=place.end,
        annotation_level="warning",
        title=f"covgov {UNCOVERED}",
        message=place.unreached,
    )

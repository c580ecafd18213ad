"""Alerts and the digest to chat, mail and webhooks: one message per target and run, and only when something changed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from covgov.ci.interface import CiContext, CiEvent
from covgov.policy import globs
from covgov.policy.delivery import NotifySettings, Occasion
from covgov.policy.policy import Policy
from covgov.publish.channels.alerts import forms, targets, wording
from covgov.publish.channels.alerts.conditions import conditions
from covgov.publish.channels.alerts.note import Note, Paragraph, Severity
from covgov.publish.channels.alerts.post import post
from covgov.publish.channels.alerts.state import news
from covgov.publish.channels.interface import Parcel, Publication
from covgov.publish.render.parts.safe_text import log_line

_HEADING = re.compile(r"^#{1,6} +")
ALERTING = tuple(occasion for occasion in Occasion if occasion is not Occasion.DIGEST)


@dataclass(frozen=True, slots=True)
class NotifyChannel:
    """The channel `notify`."""

    name: str = "notify"

    def parcels(self, publication: Publication, /) -> Sequence[Parcel]:
        """One per target with a new condition of its occasions. Raises PolicyInvalid (`notify-secret-in-policy`)."""
        notify = publication.policy.notify
        wishes = _wishes(notify, ALERTING)
        if _silenced(publication):
            return ()
        found = news(publication.verdict, publication.previous, publication.owner_of)
        state = _state(publication)
        return tuple(
            _parcel(target, notify, wording.alert(publication, found, occasions), state)
            for target, occasions in wishes.items()
            if found.concerns(occasions)
        )

    def silence(self, publication: Publication, /) -> str:
        """Why there is no alert."""
        if not _wishes(publication.policy.notify, ALERTING):
            return "[notify] names no target"
        return _silenced(publication) or "nothing changed for the occasions of a target"

    def refusal(self, parcel: Parcel, policy: Policy, /) -> str:
        """A target can name any environment variable, so it must be one in the policy."""
        known = {target for targets in policy.notify.targets.values() for target in targets}
        return "" if parcel.body.get("target") in known else "its target is not in [notify]"

    def send(self, parcel: Parcel, env: Mapping[str, str], /) -> str:
        """Raises NotConfigured, DeliveryFailed, UsageError: see `targets.filled` and `post`."""
        address = targets.filled(parcel.body["target"], env)
        return post(address, parcel.subject, parcel.body, parcel.destination)


NOTIFY = NotifyChannel()


def digest_parcels(text: str, notify: NotifySettings, ci: CiContext, repository: str) -> Sequence[Parcel]:
    """The digest (Markdown) for each target of on_digest, at any time of the day and of any branch.

    Its first heading becomes the title; the others are lines of their own, without their marks.
    """
    lines = [log_line(_HEADING.sub("", line)) for line in text.splitlines()]
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    heading = lines[first] if first < len(lines) else "Coverage digest"
    note = Note(
        title=wording.shortened(log_line(f"{heading}: {repository}"), wording.TITLE),
        severity=Severity.INFO,
        lead=log_line(repository),
        paragraphs=tuple(
            Paragraph(tuple(group))
            for filled, group in groupby(lines[first + 1 :], lambda line: bool(line.strip()))
            if filled
        ),
        link=wording.safe_link(ci.run_url),
    )
    state = _hash("digest", ci.branch, text)
    return tuple(_parcel(target, notify, note, state) for target in _wishes(notify, (Occasion.DIGEST,)))


def _state(publication: Publication) -> str:
    """The recorded run; of one that is not recorded the branch, the commit and what is so there, without figures."""
    if publication.run:
        return _hash("run", publication.run)
    verdict = publication.verdict
    so = [str(one.identity) for one in conditions(verdict, publication.owner_of)]
    return _hash("state", publication.ci.branch, publication.commit, verdict.outcome, *so)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _wishes(notify: NotifySettings, occasions: Sequence[Occasion]) -> dict[str, list[Occasion]]:
    """Target -> its occasions, in the order of the policy."""
    wishes: dict[str, list[Occasion]] = {}
    for occasion in occasions:
        for index, target in enumerate(notify.targets.get(occasion, ())):
            targets.check(target, f"notify.{occasion}[{index}]")
            wishes.setdefault(target, []).append(occasion)
    return wishes


def _silenced(publication: Publication) -> str:
    """Why this run sends no alerts at all; "" if it can."""
    notify, ci = publication.policy.notify, publication.ci
    if ci.event in (CiEvent.PULL_REQUEST, CiEvent.MERGE_QUEUE):
        return "pull requests send no alerts"
    default = (globs.literally(ci.default_branch),) if ci.default_branch else ("**",)
    patterns = notify.branches or default
    if not globs.matches(ci.branch, patterns):
        return f"branch {log_line(ci.branch) or '(none)'} is none of {log_line(', '.join(patterns))}"
    if notify.quiet is not None and notify.quiet.holds(publication.now):
        return f"quiet hours until {notify.quiet.end:%H:%M} {notify.quiet.zone}"
    return ""


def _parcel(target: str, notify: NotifySettings, note: Note, state: str) -> Parcel:
    body = {
        "target": target,
        "severity": note.severity.value,
        "text": forms.text(note),
        "slack": forms.slack(note),
        "teams": forms.teams(note),
    }
    return Parcel("notify", target, note.title, body, required=target in notify.required, state=state)

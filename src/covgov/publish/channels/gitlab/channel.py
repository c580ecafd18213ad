"""The channel `gitlab`: a note on the merge request."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import msgspec
from msgspec.structs import asdict

from covgov.ci.interface import CiEvent
from covgov.errors import DeliveryFailed, UsageError
from covgov.model import words
from covgov.policy.delivery import CommentMode
from covgov.policy.policy import Policy
from covgov.publish.channels.comment_text import MOST_SUMMARY_BYTES, compose, marker, stamp
from covgov.publish.channels.gitlab import note
from covgov.publish.channels.interface import COMMIT, NUMBER, Parcel, Publication
from covgov.publish.render.markdown import MarkdownRenderer
from covgov.publish.render.parts.links import diff_links
from covgov.publish.render.parts.sections import changed

if TYPE_CHECKING:
    from covgov.publish.channels.gitlab.client import GitlabClient

PROJECT = re.compile(r"[\w.+-]{1,255}(?:/[\w.+-]{1,255})+")


def connect(env: Mapping[str, str]) -> GitlabClient:
    """Raises UsageError (`http-extra-missing`) and NotConfigured (`gitlab-token-missing`)."""
    try:
        from covgov.publish.channels.gitlab import client  # noqa: PLC0415 - from the extra `http`
    except ModuleNotFoundError as error:
        raise UsageError(
            "http-extra-missing",
            f"GitLab's API needs packages that are not installed ({error.name})",
            hint="pip install 'covgov[http]'",
        ) from error
    return client.connect(env)


@dataclass(frozen=True, slots=True)
class GitlabChannel:
    connect: Callable[[Mapping[str, str]], GitlabClient] = connect
    name: ClassVar[str] = "gitlab"

    def parcels(self, publication: Publication, /) -> Sequence[Parcel]:
        """One note, in pipelines of merge requests."""
        wanted = publication.policy.publish.gitlab
        if not _in_merge_request(publication) or wanted.comment is CommentMode.NEVER:
            return ()
        quiet = wanted.comment is CommentMode.ON_CHANGE and not changed(publication.verdict)
        mark = marker(wanted.name)
        head = f"{mark}\n{stamp(publication.now)}"
        body = {
            "project": publication.repository,
            "number": publication.ci.pull_request,
            "commit": publication.commit if COMMIT.fullmatch(publication.commit) else "",
            "marker": mark,
            "text": _text(publication, head),
            "only_existing": "yes" if quiet else "no",
        }
        subject = f"note on merge request {publication.ci.pull_request}: {words.outcome(publication.verdict)}"
        return (Parcel(self.name, "gitlab:note", subject, body, required=wanted.required),)

    def silence(self, publication: Publication, /) -> str:
        if _in_merge_request(publication):
            return "the policy wants no note"
        return "this is no GitLab pipeline of a merge request"

    def refusal(self, parcel: Parcel, policy: Policy, /) -> str:
        """A note must have the policy's marker."""
        own = parcel.body.get("marker") == marker(policy.publish.gitlab.name)
        return "" if own else "its name is not the one in [publish.gitlab]"

    def send(self, parcel: Parcel, env: Mapping[str, str], /) -> str:
        """Raises DeliveryFailed, NotConfigured (no token) and UsageError (`http-extra-missing`)."""
        try:
            sticky = msgspec.convert(dict(parcel.body), note.StickyNote)
        except msgspec.ValidationError as error:
            raise _damaged(str(error)) from None
        _check(asdict(sticky), env.get("CI_PROJECT_PATH", ""))
        return note.place(self.connect(env), sticky)


GITLAB = GitlabChannel()


def _in_merge_request(publication: Publication) -> bool:
    ci = publication.ci
    named = PROJECT.fullmatch(publication.repository) and NUMBER.fullmatch(ci.pull_request)
    return ci.system == "gitlab" and ci.event is CiEvent.PULL_REQUEST and named is not None


def _text(publication: Publication, head: str) -> str:
    summary = MarkdownRenderer(MOST_SUMMARY_BYTES, diff_links(publication.ci))(publication.verdict)
    patch = (publication.file("exceptions.patch") or b"").decode("utf-8", "replace")
    return note.inert(compose(head, summary, run_url=publication.ci.run_url, patch=patch))


def _check(body: Mapping[str, str], project: str) -> None:
    """A parcel may come from a file of unknown origin: it is sent to its own project only."""
    if not body["marker"].startswith("<!-- covgov:") or not body["text"].startswith(f"{body['marker']}\n"):
        raise _damaged("does not begin with its marker")
    if not NUMBER.fullmatch(body["number"]) or (body["commit"] and not COMMIT.fullmatch(body["commit"])):
        raise _damaged("has no usable number or commit")
    if not PROJECT.fullmatch(project) or body["project"].casefold() != project.casefold():
        raise _damaged(f"is about {body['project']}, and this is {project or 'no project'}")


def _damaged(what: str) -> DeliveryFailed:
    return DeliveryFailed(
        "gitlab-parcel-damaged",
        f"the parcel for GitLab {what}",
        hint="nothing was sent; publish again, or delete the parcel from the spool",
    )

"""The channel `github`: a comment on the pull request, optional comments per suite, a commit status, a check run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, assert_never

from covgov.ci.interface import CiEvent
from covgov.model import words
from covgov.policy.delivery import CommentMode, GithubDelivery
from covgov.policy.policy import Policy
from covgov.publish.channels.comment_text import MOST_SUMMARY_BYTES, compose, marker, stamp
from covgov.publish.channels.github import checks, comment, status, suites
from covgov.publish.channels.github.fields import REPOSITORY, GithubConnector, ParcelFields, connect
from covgov.publish.channels.interface import COMMIT, NUMBER, Parcel, Publication
from covgov.publish.render.markdown import MarkdownRenderer
from covgov.publish.render.parts.links import diff_links
from covgov.publish.render.parts.sections import changed

FORK = "/fork"
MOST_PAGE_BYTES = 65_000
"""GitHub's limit of a check run's summary, with a margin."""


@dataclass(frozen=True, slots=True)
class GithubChannel:
    connect: GithubConnector = connect
    name: ClassVar[str] = "github"

    def parcels(self, publication: Publication, /) -> Sequence[Parcel]:
        """No parcels outside of GitHub workflows."""
        if not _in_workflow(publication):
            return ()
        return (*_comment(publication), *_suites(publication), *_status(publication), *_check_run(publication))

    def silence(self, publication: Publication, /) -> str:
        if not _in_workflow(publication):
            return "this is not a GitHub workflow"
        return "there is no pull request, and the policy enables neither status nor check run"

    def refusal(self, parcel: Parcel, policy: Policy, /) -> str:
        """Statuses and check runs must have the policy's name, and comments its marker."""
        name = policy.publish.github.name
        own = {name, f"{name}{FORK}", *(marker(name, suite) for suite in ("", *policy.suites))}
        named = [parcel.body[field] for field in ("context", "name", "marker") if field in parcel.body]
        return "" if len(named) == 1 and named[0] in own else "its name is not the one in [publish.github]"

    def send(self, parcel: Parcel, env: Mapping[str, str], /) -> str:
        """Raises DeliveryFailed, NotConfigured (no token) and UsageError (`http-extra-missing`)."""
        fields = ParcelFields(parcel)
        kind = GithubDelivery(fields.one_of("kind", tuple(GithubDelivery)))
        repository = fields.repository(env)
        match kind:
            case GithubDelivery.COMMENT | GithubDelivery.SUITE_COMMENTS:
                sticky = comment.read(fields)
                return comment.place(self.connect(env, repository), sticky)
            case GithubDelivery.STATUS:
                state = status.read(fields)
                return status.put(self.connect(env, repository), state)
            case GithubDelivery.CHECK_RUN:
                page = checks.read(fields)
                return checks.put(self.connect(env, repository), page)
            case _:
                assert_never(kind)


GITHUB = GithubChannel()


def _in_workflow(publication: Publication) -> bool:
    return publication.ci.system == "github" and REPOSITORY.fullmatch(publication.repository) is not None


def _on_pull_request(publication: Publication) -> bool:
    ci = publication.ci
    return ci.event is CiEvent.PULL_REQUEST and NUMBER.fullmatch(ci.pull_request) is not None


def _parcel(
    publication: Publication, kind: GithubDelivery, subject: str, body: Mapping[str, str], part: str = ""
) -> Parcel:
    return Parcel(
        channel=GithubChannel.name,
        destination=f"github:{kind}{f':{part}' if part else ''}",
        subject=subject,
        body={"kind": kind.value, "repository": publication.repository, **body},
        required=kind in publication.policy.publish.github.required,
    )


def _comment(publication: Publication) -> Iterator[Parcel]:
    wanted = publication.policy.publish.github
    if wanted.comment is CommentMode.NEVER or not _on_pull_request(publication):
        return
    quiet = wanted.comment is CommentMode.ON_CHANGE and not changed(publication.verdict)
    patch = _text(publication, "exceptions.patch")
    sticky = _sticky(publication, "", _summary(publication, MOST_SUMMARY_BYTES), patch=patch, only_existing=quiet)
    subject = f"comment on pull request {sticky.number}: {words.outcome(publication.verdict)}"
    yield _parcel(publication, GithubDelivery.COMMENT, subject, comment.written(sticky))


def _suites(publication: Publication) -> Iterator[Parcel]:
    if not publication.policy.publish.github.suite_comments or not _on_pull_request(publication):
        return
    for suite in publication.verdict.suites:
        sticky = _sticky(publication, suite.name, suites.suite_text(publication.verdict, suite))
        subject = f"comment on pull request {sticky.number} for suite {suite.name}"
        yield _parcel(publication, GithubDelivery.SUITE_COMMENTS, subject, comment.written(sticky), suite.name)


def _sticky(
    publication: Publication, suite: str, summary: str, *, patch: str = "", only_existing: bool = False
) -> comment.StickyComment:
    wanted = publication.policy.publish.github
    mark = marker(wanted.name, suite)
    head = f"{mark}\n{stamp(publication.now)}"
    return comment.StickyComment(
        number=int(publication.ci.pull_request),
        commit=publication.commit if COMMIT.fullmatch(publication.commit) else "",
        marker=mark,
        body=compose(head, summary, run_url=publication.ci.run_url, patch=patch),
        login=wanted.login,
        only_existing=only_existing,
    )


def _status(publication: Publication) -> Iterator[Parcel]:
    wanted, verdict = publication.policy.publish.github, publication.verdict
    if not wanted.status or not COMMIT.fullmatch(publication.commit):
        return
    state = status.CommitStatus(
        commit=publication.commit,
        context=_name(publication),
        state=status.STATES[verdict.enforced_outcome],
        description=status.description(verdict),
        target=publication.ci.run_url,
        at=publication.now,
    )
    subject = f"status of {publication.commit[:12]}: {state.state}"
    yield _parcel(publication, GithubDelivery.STATUS, subject, status.written(state))


def _name(publication: Publication) -> str:
    """Of a status and a check run; another one for what fork code measured, which is not to pass for our own."""
    return publication.policy.publish.github.name + (FORK if publication.verdict.fork else "")


def _check_run(publication: Publication) -> Iterator[Parcel]:
    wanted, verdict = publication.policy.publish.github, publication.verdict
    if not wanted.check_run or not COMMIT.fullmatch(publication.commit):
        return
    page = checks.CheckRunPage(
        commit=publication.commit,
        name=_name(publication),
        conclusion=checks.conclusion(verdict),
        title=status.description(verdict),
        summary=_summary(publication, MOST_PAGE_BYTES),
        target=publication.ci.run_url,
        at=publication.now,
        annotations=checks.remarks(verdict),
    )
    subject = f"check run of {publication.commit[:12]}: {page.conclusion}"
    yield _parcel(publication, GithubDelivery.CHECK_RUN, subject, checks.written(page))


def _summary(publication: Publication, most: int) -> str:
    return MarkdownRenderer(most, diff_links(publication.ci))(publication.verdict)


def _text(publication: Publication, name: str) -> str:
    return (publication.file(name) or b"").decode("utf-8", "replace")

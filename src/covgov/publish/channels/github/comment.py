"""One comment per pull request and subject, identified by its hidden first line and author, edited in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from covgov.publish.channels.comment_text import bare, stamped
from covgov.publish.channels.github.fields import ParcelFields

if TYPE_CHECKING:
    from covgov.publish.channels.github.api import GithubApi, GithubComment


@dataclass(frozen=True, slots=True)
class StickyComment:
    """number: the pull request. commit: its judged head, "" when unknown. marker: first line of body.

    only_existing: update an existing comment, but do not create one. login: the author's login when the token
    belongs to an app.
    """

    number: int
    commit: str
    marker: str
    body: str
    login: str
    only_existing: bool = False


def written(comment: StickyComment) -> Mapping[str, str]:
    """As fields of a parcel."""
    return {
        "number": str(comment.number),
        "commit": comment.commit,
        "marker": comment.marker,
        "text": comment.body,
        "login": comment.login,
        "only_existing": "yes" if comment.only_existing else "no",
    }


def read(fields: ParcelFields) -> StickyComment:
    """From the fields of a parcel. Raises DeliveryFailed (`github-parcel-damaged`)."""
    marker, text = fields.text("marker"), fields.text("text")
    if not text.startswith(f"{marker}\n") or not marker.startswith("<!-- covgov:"):
        raise fields.damaged("does not begin with its marker")
    return StickyComment(
        number=fields.number("number"),
        commit=fields.commit() if fields.text("commit") else "",
        marker=marker,
        body=text,
        login=fields.text("login"),
        only_existing=fields.one_of("only_existing", ("yes", "no")) == "yes",
    )


def place(api: GithubApi, comment: StickyComment) -> str:
    """Create or update the comment, one per subject however often it is called; returns what was done.

    A verdict of an outdated commit, or older than the shown one, changes nothing.
    """
    login = (api.client.insist(api.me) or comment.login).casefold()
    return api.client.insist(lambda: _placed(api, comment, login))


def _placed(api: GithubApi, comment: StickyComment, login: str) -> str:
    if comment.commit and (head := api.pull(comment.number).head.sha) != comment.commit:
        return f"left unchanged: the pull request has a newer head, {head[:12]}"
    ours = [one for one in api.comments(comment.number) if _is_ours(one, comment.marker, login)]
    if not ours:
        return "no comment: nothing changed" if comment.only_existing else _created(api, comment, login)
    published = stamped(comment.body)
    shown = [at for one in ours if (at := stamped(one.body)) is not None]
    if published is not None and any(at > published for at in shown):
        return f"comment {ours[0].id} left unchanged: it shows a later verdict"
    return _updated(api, ours, comment.body)


def _is_ours(comment: GithubComment, marker: str, login: str) -> bool:
    return comment.author.casefold() == login and comment.body.lstrip().startswith(marker)


def _created(api: GithubApi, comment: StickyComment, login: str) -> str:
    made = api.create_comment(comment.number, comment.body)
    if made.author.casefold() == login:
        return f"comment {made.id} created"
    return (
        f"comment {made.id} created by {made.author}; set [publish.github] login to this name, "
        "or the next run creates another one"
    )


def _updated(api: GithubApi, ours: list[GithubComment], body: str) -> str:
    """Keeps the oldest comment; others come from concurrent runs and are deleted."""
    kept, *surplus = ours
    for one in surplus:
        api.delete_comment(one.id)
    if bare(kept.body) == bare(body):
        return f"comment {kept.id} unchanged"
    api.edit_comment(kept.id, body)
    return f"comment {kept.id} updated"

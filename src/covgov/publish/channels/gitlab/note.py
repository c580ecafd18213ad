"""One note per merge request, identified by its hidden first line and its author, edited in place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from covgov.publish.channels.comment_text import bare, stamped

if TYPE_CHECKING:
    from covgov.publish.channels.gitlab.client import GitlabClient

_QUICK_ACTION = re.compile(r"^/", re.MULTILINE)


class GitlabUser(msgspec.Struct, frozen=True):
    username: str


class GitlabNote(msgspec.Struct, frozen=True):
    """system: written by GitLab itself ("added 1 commit")."""

    id: int
    body: str
    author: GitlabUser
    system: bool = False


class MergeRequestHead(msgspec.Struct, frozen=True):
    sha: str


class StickyNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """project: path of the project. number: the merge request's iid. commit: its judged head, "" when unknown.
    marker: first line of text. only_existing: "yes" to update a note, but create none."""

    project: str
    number: str
    commit: str
    marker: str
    text: str
    only_existing: str


def inert(text: str) -> str:
    """No line is a quick action of GitLab (`/merge`), whatever a file is called."""
    return _QUICK_ACTION.sub(r"\\/", text)


def place(client: GitlabClient, note: StickyNote) -> str:
    """Create or update the note, one per merge request however often it is called; returns what was done.

    A verdict of an outdated commit, or older than the shown one, changes nothing.
    """
    return client.insist(lambda: _placed(client, note))


def _placed(client: GitlabClient, note: StickyNote) -> str:
    request = f"/projects/{quote(note.project, safe='')}/merge_requests/{note.number}"
    notes = f"{request}/notes"
    if note.commit and (head := client.get(request, MergeRequestHead).sha) != note.commit:
        return f"left unchanged: the merge request has a newer head, {head[:12]}"
    ours = list(_ours(client, notes, note.marker))
    if not ours:
        return "no note: nothing changed" if note.only_existing == "yes" else _created(client, notes, note)
    published, shown = stamped(note.text), [stamped(one.body) for one in ours]
    if published and any(at and at > published for at in shown):
        return f"note {ours[0].id} left unchanged: it shows a later verdict"
    kept, *surplus = ours
    for one in surplus:  # of concurrent runs
        client.once("DELETE", f"{notes}/{one.id}")
    if bare(kept.body) == bare(note.text):
        return f"note {kept.id} unchanged"
    client.once("PUT", f"{notes}/{kept.id}", body={"body": note.text})
    return f"note {kept.id} updated"


def _ours(client: GitlabClient, notes: str, marker: str) -> Iterator[GitlabNote]:
    """Oldest first."""
    me = client.get("/user", GitlabUser).username
    for page in client.pages(notes, list[GitlabNote], {"sort": "asc", "order_by": "created_at"}):
        for one in page:
            if one.author.username == me and not one.system and one.body.lstrip().startswith(marker):
                yield one


def _created(client: GitlabClient, notes: str, note: StickyNote) -> str:
    return f"note {client.post(notes, GitlabNote, {'body': note.text}).id} created"

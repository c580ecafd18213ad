"""The protocol of channels. Every channel passes tests/contracts/test_channel.py.

A channel works in two steps. `parcels` is pure: it returns what would be sent, and where to, without secrets;
`--dry-run` prints it and the spool stores it. `send` delivers one parcel and is the only place
that reads a secret from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from covgov.ci.interface import CiContext
from covgov.model.verdict import Verdict

if TYPE_CHECKING:
    from covgov.policy.policy import Policy


COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""A whole commit id."""
NUMBER = re.compile(r"[1-9][0-9]{0,9}")
"""Of a pull or merge request."""


def no_owner(_path: str) -> str:
    """The owner of a path in a project without owners."""
    return ""


@dataclass(frozen=True, slots=True)
class Publication:
    """The data for all channels.

    verdict: as published in verdict.json. file: bytes of a file below `coverage/`, None when it is not there.
    commit: the commit that the forge shows (a pull request's head, not the merge commit that was measured).
    previous: verdict of the newest earlier run of the same branch, outside of quiet hours
    ([notify] in the policy), None when there is none. run: id of this run in history, "" when it is not recorded.
    now: when it was recorded, else the clock; aware, UTC. owner_of: path -> owners by CODEOWNERS, or "".
    """

    verdict: Verdict
    file: Callable[[str], bytes | None]
    ci: CiContext
    policy: Policy
    repository: str
    commit: str
    now: datetime
    run: str = ""
    previous: Verdict | None = None
    owner_of: Callable[[str], str] = no_owner


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for one destination, ready to be sent or spooled.

    destination: its name in messages and for `required`/`best-effort`, with secrets as `${NAME}`. body: text
    fields, all that `send` needs besides the environment. required: if it cannot be delivered, `covgov publish` exits
    5; otherwise (best effort) it reports it and goes on. state: a destination gets the same state once, however
    often it is published; "" for a parcel that is sent each time, because its destination compares it itself.
    """

    channel: str
    destination: str
    subject: str
    body: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    state: str = ""


class Channel(Protocol):
    """`send` raises DeliveryFailed when the destination refused the parcel after all attempts, and NotConfigured
    when a required variable is not set."""

    @property
    def name(self) -> str:
        """Its name in `covgov publish`."""
        ...

    def parcels(self, publication: Publication, /) -> Sequence[Parcel]:
        """The parcels to send; none, for example, without a pull request to comment on."""
        ...

    def send(self, parcel: Parcel, env: Mapping[str, str], /) -> str:
        """Deliver the parcel; returns one line without secrets ("comment 17 updated", "unchanged")."""
        ...


@runtime_checkable
class SilenceExplainer(Protocol):
    """A channel that explains why it has no parcels."""

    def silence(self, publication: Publication, /) -> str:
        """One line ("quiet hours until 07:00"); called only when there are no parcels."""
        ...


@runtime_checkable
class ParcelGuard(Protocol):
    """A channel that checks spooled parcels against the policy before they are sent."""

    def refusal(self, parcel: Parcel, policy: Policy, /) -> str:
        """Why a spooled parcel, whose origin is unknown, is not sent; "" if it can be."""
        ...

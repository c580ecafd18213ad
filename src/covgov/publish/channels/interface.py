"""What a channel is. Every channel passes tests/contracts/test_channel.py.

A channel works in two steps. `parcels` is pure: it says what would leave the machine, and where to, without a secret in
it; `--dry-run` prints that and the spool keeps it. `send` takes one parcel to its destination and is the only place
where a secret is read from the environment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from covgov.ci.interface import CiContext
from covgov.model.verdict import Verdict

if TYPE_CHECKING:
    from covgov.policy.policy import Policy


def nobody(_path: str) -> str:
    """Who owns a path of a project without owners."""
    return ""


@dataclass(frozen=True, slots=True)
class Publication:
    """What there is to tell.

    verdict: as published in verdict.json. file: bytes of a file below `coverage/`, None when it is not there.
    commit: the commit that the forge shows (a pull request's head, not the merge commit that was measured).
    previous: what the newest run said that was recorded of the same branch before this one and outside of quiet hours
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
    owner_of: Callable[[str], str] = nobody


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing for one destination, ready to leave or to be kept for later.

    destination: a name for people and for `required`/`best-effort`; secrets stand in it as `${NAME}`. body: text
    fields, all that `send` needs besides the environment. required: if it cannot be delivered, `covgov publish` exits
    5; otherwise (best effort) it says so and goes on. state: a destination gets the same state once, however often it
    is published; "" for a parcel that is sent each time, because its destination finds out what it has.
    """

    channel: str
    destination: str
    subject: str
    body: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    state: str = ""


class Channel(Protocol):
    """Raises from `send`: DeliveryFailed when the destination did not take the parcel after all attempts, NotConfigured
    when a variable that it needs is not set."""

    @property
    def name(self) -> str:
        """What `covgov publish` calls it."""
        ...

    def parcels(self, publication: Publication, /) -> Sequence[Parcel]:
        """Nothing when there is nothing to tell, e.g. no pull request to comment on."""
        ...

    def send(self, parcel: Parcel, env: Mapping[str, str], /) -> str:
        """Delivers; what became of it, in one line without secrets ("comment 17 updated", "unchanged")."""
        ...


@runtime_checkable
class SilenceExplainer(Protocol):
    """A channel that can say why it has nothing to tell."""

    def silence(self, publication: Publication, /) -> str:
        """One line ("quiet hours until 07:00"); asked only when there are no parcels."""
        ...


@runtime_checkable
class ParcelGuard(Protocol):
    """A channel whose spooled parcels are held against the policy again before they leave."""

    def refusal(self, parcel: Parcel, policy: Policy, /) -> str:
        """Why a parcel from the spool is not sent, "" if it may be: anybody could have put a file there."""
        ...

"""Delivers parcels one by one; a failed parcel is spooled and does not stop the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from covgov.errors import CovgovError, DeliveryFailed, InputError, NotConfigured
from covgov.publish.channels.interface import Channel, Parcel, ParcelGuard
from covgov.publish.channels.spool import Spool
from covgov.publish.render.parts.safe_text import plain

if TYPE_CHECKING:
    from covgov.policy.policy import Policy


class DeliveryState(StrEnum):
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The result of one parcel.

    detail: one line without secrets. error: why it was not sent. unkept: why it is not in the spool as it
    should be: lost, or still there although it was sent.
    """

    parcel: Parcel
    fate: DeliveryState
    detail: str
    spooled: bool = False
    error: CovgovError | None = None
    unkept: CovgovError | None = None

    @property
    def faults(self) -> Sequence[CovgovError]:
        """What decides the exit code: a required parcel that was not sent, a spool that is not as it should be, a wrong
        set-up."""
        forgiven = isinstance(self.error, DeliveryFailed) and not self.parcel.required
        errors = () if self.error is None or forgiven else (self.error,)
        return errors if self.unkept is None else (*errors, self.unkept)


def deliver(
    parcels: Sequence[Parcel], channels: Mapping[str, Channel], env: Mapping[str, str], spool: Spool
) -> Iterator[Delivery]:
    """Send each parcel once, in order; failed ones are spooled."""
    for parcel in parcels:
        done = _sent(parcel, channels, env)
        yield _kept(done, spool) if done.fate is DeliveryState.FAILED else _noted(done, spool)


def redeliver(
    spool: Spool,
    channels: Mapping[str, Channel],
    env: Mapping[str, str],
    policy: Policy,
    wanted: Collection[str] = (),
) -> Iterator[Delivery | InputError]:
    """Send the spooled parcels of the channels `wanted` (all if empty), and remove the delivered ones.

    A parcel that fails again, or whose destination is not configured, stays; so does an invalid file, or
    one that does not match the policy. What was delivered by another call since is forgotten, and not sent again.
    """
    for name in spool.names():
        try:
            parcel = spool.read(name)
            if wanted and parcel.channel not in wanted:
                continue
            _trust(parcel, name, channels, policy)
        except InputError as error:
            yield error
            continue
        known = spool.has_sent(parcel)
        done = Delivery(parcel, DeliveryState.SENT, "already") if known else _sent(parcel, channels, env)
        yield _forgotten(done, name, spool) if done.fate is DeliveryState.SENT else replace(done, spooled=True)


def _trust(parcel: Parcel, name: str, channels: Mapping[str, Channel], policy: Policy) -> None:
    channel = channels.get(parcel.channel)
    refusal = channel.refusal(parcel, policy) if isinstance(channel, ParcelGuard) else ""
    if refusal:
        raise InputError(
            "spool-foreign",
            plain(f"spool/{name} is not sent: {refusal}"),
            hint="parcels are sent only where this checkout's policy sends them; delete the file if you do not need it",
        )


def _sent(parcel: Parcel, channels: Mapping[str, Channel], env: Mapping[str, str]) -> Delivery:
    try:
        return Delivery(parcel, DeliveryState.SENT, _discreet(_channel(parcel, channels).send(parcel, env), env))
    except CovgovError as caught:
        error = type(caught)(caught.code, _discreet(caught.message, env), hint=_discreet(caught.hint, env))
    fate = DeliveryState.SKIPPED if isinstance(error, NotConfigured) else DeliveryState.FAILED
    return Delivery(parcel, fate, error.message, error=error)


def _discreet(text: str, env: Mapping[str, str]) -> str:
    """One line with secrets replaced by their names: a server can repeat a request."""
    for name, value in env.items():
        if _SECRET.search(name) and len(value) >= SHORTEST:
            text = text.replace(value, f"${{{name}}}")
    return plain(text)


SHORTEST = 6
"""Shortest secret that is replaced; shorter ones would match in words."""

_SECRET = re.compile(r"TOKEN|SECRET|PASS|KEY|CREDENTIAL", re.IGNORECASE)


def _channel(parcel: Parcel, channels: Mapping[str, Channel]) -> Channel:
    channel = channels.get(parcel.channel)
    if channel is None:
        raise InputError(
            "channel-unknown",
            f"a spooled parcel is for {parcel.channel!r}, which this version of covgov does not have",
            hint="deliver it with the version that spooled it, or delete its file",
        )
    return channel


def _kept(done: Delivery, spool: Spool) -> Delivery:
    try:
        spool.keep(done.parcel)
    except DeliveryFailed as error:
        return replace(done, unkept=error)
    return replace(done, spooled=True)


def _noted(done: Delivery, spool: Spool) -> Delivery:
    if done.fate is not DeliveryState.SENT:
        return done
    try:
        spool.sent(done.parcel)
    except DeliveryFailed as error:
        return replace(done, unkept=error)
    return done


def _forgotten(done: Delivery, name: str, spool: Spool) -> Delivery:
    try:
        spool.sent(done.parcel)
        spool.drop(name)
    except DeliveryFailed as error:
        return replace(done, spooled=True, unkept=error)
    return done

"""Stores undelivered parcels as files until `covgov publish --spooled` delivers them.

Parcels and so the spool hold no secrets. The same parcel is stored once, however often it fails. Of a
parcel that was delivered a receipt is kept, a line of `sent.record`: the hash of its destination and state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from covgov.errors import InputError
from covgov.files import remove, write
from covgov.publish.channels.interface import Parcel
from covgov.publish.render.parts.safe_text import plain

FOLDER = "spool"
RECEIPTS, MOST = "sent.record", 1000
"""File below `coverage/`; how many receipts it keeps, the newest."""


class SpooledV1(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["covgov-parcel"] = "covgov-parcel"
    version: Literal[1] = 1
    channel: str
    destination: str
    subject: str
    body: dict[str, str]
    required: bool
    state: str = ""


class Spool:
    """The folder `spool/` below `coverage/`, and the receipts beside it."""

    def __init__(self, coverage: Path) -> None:
        self.folder = coverage / FOLDER
        self.receipts = coverage / RECEIPTS

    def keep(self, parcel: Parcel) -> None:
        """Raises DeliveryFailed (`artifact-unwritable`)."""
        data = _encoded(parcel)
        write(self.folder / f"{hashlib.sha256(data).hexdigest()[:32]}.json", data)

    def names(self) -> Sequence[str]:
        """Names of the stored files, sorted."""
        return sorted(path.name for path in self.folder.glob("*.json")) if self.folder.is_dir() else ()

    def read(self, name: str) -> Parcel:
        """Raises InputError (`spool-damaged`)."""
        try:
            found = msgspec.json.decode((self.folder / name).read_bytes(), type=SpooledV1, strict=True)
        except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
            raise InputError(
                "spool-damaged",
                plain(f"{self.folder / name} is not a parcel: {error}"),
                hint="the file is kept; delete it if you do not need it",
            ) from error
        return Parcel(found.channel, found.destination, found.subject, found.body, found.required, found.state)

    def drop(self, name: str) -> None:
        """Remove a delivered parcel. Raises DeliveryFailed (`artifact-unwritable`)."""
        remove(self.folder / name)

    def has_sent(self, parcel: Parcel) -> bool:
        """Whether the destination already got this state."""
        return bool(parcel.state) and _receipt(parcel) in self._lines()

    def sent(self, parcel: Parcel) -> None:
        """Note that the destination has this state. Raises DeliveryFailed (`artifact-unwritable`)."""
        if parcel.state and not self.has_sent(parcel):
            lines = [*self._lines(), _receipt(parcel)][-MOST:]
            write(self.receipts, "".join(f"{line}\n" for line in lines).encode())

    def _lines(self) -> list[str]:
        """A file that cannot be read holds no receipt: an alert too many is better than one too few."""
        try:
            return self.receipts.read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            return []


def _receipt(parcel: Parcel) -> str:
    return hashlib.sha256("\0".join((parcel.channel, parcel.destination, parcel.state)).encode()).hexdigest()


def _encoded(parcel: Parcel) -> bytes:
    document = SpooledV1(
        channel=parcel.channel,
        destination=parcel.destination,
        subject=parcel.subject,
        body=dict(sorted(parcel.body.items())),
        required=parcel.required,
        state=parcel.state,
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"

"""Parcels that could not be delivered, kept as files until `covgov publish --spooled` delivers them.

A parcel holds no secret, and so neither does the spool. The same parcel is kept once, however often it fails.
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
from covgov.publish.render.safe_text import plain

FOLDER = "spool"


class SpooledV1(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["covgov-parcel"] = "covgov-parcel"
    version: Literal[1] = 1
    channel: str
    destination: str
    subject: str
    body: dict[str, str]
    required: bool


class Spool:
    """The folder `spool/` below `coverage/`."""

    def __init__(self, coverage: Path) -> None:
        self.folder = coverage / FOLDER

    def keep(self, parcel: Parcel) -> None:
        """Raises DeliveryFailed (`artifact-unwritable`)."""
        data = _encoded(parcel)
        write(self.folder / f"{hashlib.sha256(data).hexdigest()[:32]}.json", data)

    def names(self) -> Sequence[str]:
        """Names of the files that are kept, sorted."""
        return sorted(path.name for path in self.folder.glob("*.json")) if self.folder.is_dir() else ()

    def read(self, name: str) -> Parcel:
        """Raises InputError (`spool-damaged`)."""
        try:
            found = msgspec.json.decode((self.folder / name).read_bytes(), type=SpooledV1, strict=True)
        except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
            raise InputError(
                "spool-damaged",
                plain(f"{self.folder / name} is no parcel: {error}"),
                hint="it is left as it is; delete it when nobody misses what it should have told",
            ) from error
        return Parcel(found.channel, found.destination, found.subject, found.body, found.required)

    def drop(self, name: str) -> None:
        """Forget a parcel that was delivered. Raises DeliveryFailed (`artifact-unwritable`)."""
        remove(self.folder / name)


def _encoded(parcel: Parcel) -> bytes:
    document = SpooledV1(
        channel=parcel.channel,
        destination=parcel.destination,
        subject=parcel.subject,
        body=dict(sorted(parcel.body.items())),
        required=parcel.required,
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"

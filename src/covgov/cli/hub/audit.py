"""`covgov hub audit`: whether the trail is whole, and the trail itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import msgspec

from covgov.cli.boundary import FAILED, OK
from covgov.cli.hub import desk as hub_desk
from covgov.cli.hub.desk import DATABASE
from covgov.cli.output import emit_json
from covgov.cli.world import World
from covgov.errors import UsageError

if TYPE_CHECKING:
    from covgov.hub.eventlog.chain import AuditEntry, AuditHead
    from covgov.hub.eventlog.verification import AuditFault


@click.group("audit")
def command() -> None:
    """Verify and export the audit trail.

    The trail is append-only: each entry holds the hash of the one before it.

    \b
    Example: covgov hub audit verify
             covgov hub audit export > audit.jsonl
    """


@command.command("verify")
@click.option(
    "--witness", metavar="NUMBER:HASH", help="An entry noted outside the hub earlier; it must still be there."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@DATABASE
@click.pass_obj
def verify_command(world: World, witness: str | None, as_json: bool, database: str | None) -> int:
    """Verify every entry and link.

    Exit 0: nothing was changed. Exit 10: an entry was altered, moved, added or removed. Store the printed newest entry
    outside the hub: with --witness, even a trail forged as a whole is found.

    \b
    Example: covgov hub audit verify
             covgov hub audit verify --witness 1041:6d0b...
    """
    with hub_desk.engine(world, database) as engine:
        from covgov.hub.eventlog import audit
        from covgov.hub.store import repositories
        from covgov.hub.store.work import transaction

        noted = _witness(witness) if witness else None
        with transaction(engine, write=False) as connection:
            faults = audit.verify(connection, noted)
            head = audit.head(connection)
            silent = head.sequence == 0 and bool(repositories.list_(connection, limit=1))
    if silent:
        world.note(
            "covgov: warning: the hub has repositories, but its audit trail is empty: it was emptied or never written"
        )
    if as_json:
        listed = [{"sequence": fault.sequence, "what": fault.what} for fault in faults]
        payload = {"clean": not faults, "entries": head.sequence, "head": head.hash, "faults": listed}
        emit_json(world, "hub-audit-verify", payload)
    elif faults:
        print_faults(world, faults)
    else:
        world.say(f"clean: {head.sequence} entries, nothing altered or missing")
        world.say(f"newest entry: {head.sequence}:{head.hash}")
    return FAILED if faults else OK


@command.command("export")
@click.option(
    "--after", type=click.IntRange(min=0), default=0, show_default=True, help="Only entries past this number."
)
@DATABASE
@click.pass_obj
def export_command(world: World, after: int, database: str | None) -> int:
    """Export the entries as JSON lines, oldest first.

    The export itself is recorded in the trail.

    \b
    Example: covgov hub audit export --after 1041 > audit.jsonl
    """
    with hub_desk.engine(world, database) as engine:
        from covgov.hub.eventlog import audit
        from covgov.hub.eventlog.vocabulary import AuditEvent
        from covgov.hub.store.work import transaction

        count = 0
        with transaction(engine, write=False) as connection:
            head = audit.head(connection)
            for entry in audit.stream(connection, after):
                world.say(_line(entry))
                count += 1
        hub_desk.account(world, engine, AuditEvent.AUDIT_EXPORTED, {"entries": count, "after": after})
    world.note(f"{count} entries, newest {head.sequence}:{head.hash}")
    return OK


def print_faults(world: World, faults: Sequence[AuditFault]) -> None:
    """One line per fault of the audit trail."""
    for fault in faults:
        world.say(f"audit entry {fault.sequence}: {fault.what}")
    if faults:
        world.say(f"{len(faults)} faults")


def _witness(text: str) -> AuditHead:
    from covgov.hub.eventlog.chain import AuditHead

    shape = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text)
    if shape is None:
        raise UsageError(
            "audit-witness", f"{text!r} is no NUMBER:HASH", hint="as `covgov hub audit verify` printed it: 12:6d0b..."
        )
    return AuditHead(int(shape[1]), shape[2])


def _line(entry: AuditEntry) -> str:
    """Damaged fields are printed as their raw text."""
    try:
        fields: object = entry.values()
    except msgspec.MsgspecError:
        fields = entry.fields
    return msgspec.json.encode({**asdict(entry), "fields": fields}).decode()

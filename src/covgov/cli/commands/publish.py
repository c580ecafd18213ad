"""`covgov publish`: the verdict goes to people and places. It is never altered by that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from covgov.cli.boundary import report, worst
from covgov.cli.output import emit_json
from covgov.cli.project import Project
from covgov.cli.world import World
from covgov.errors import CovgovError, InputError
from covgov.publish.channels.deliver import Delivery, deliver, redeliver
from covgov.publish.channels.interface import Channel, Parcel
from covgov.publish.channels.spool import Spool
from covgov.publish.render.parts.safe_text import log_line, plain


@click.command("publish")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--dry-run", is_flag=True, help="Print what would be sent; send nothing, read no secret.")
@click.option("--spooled", is_flag=True, help="Send only what earlier calls could not send.")
@click.option(
    "--digest",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With `notify`: send this digest instead of the verdict.",
)
@click.option(
    "--fork-run",
    type=click.IntRange(min=1),
    metavar="ID",
    help="With `github`: judge what this workflow run of a fork measured, and send that.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def command(
    world: World,
    targets: tuple[str, ...],
    dry_run: bool,
    spooled: bool,
    digest: Path | None,
    fork_run: int | None,
    as_json: bool,
) -> int:
    """Send the newest verdict to the configured TARGETs.

    The verdict is coverage/verdict.json. Exit 0, or 5 when a required destination could not be reached. What could not
    be sent is saved in coverage/spool/; `covgov publish --spooled` tries again.

    \b
    Example: covgov publish notify --dry-run
             covgov publish notify --digest coverage/digest.md
             covgov publish --spooled
             covgov publish github --fork-run "$RUN"
    """
    from covgov.publish.channels.registry import CHANNELS
    from covgov.vcs.own_output import FOLDER

    _refuse_nonsense(targets, CHANNELS, spooled=spooled, digest=digest is not None)
    if fork_run is not None and (spooled or digest or set(targets) != {"github"}):
        raise click.UsageError("--fork-run needs the target github alone", click.get_current_context())
    project = Project(world)
    spool = Spool(project.root / FOLDER)
    deliveries: Iterable[Delivery | InputError]
    if spooled and dry_run:
        return show([spool.read(name) for name in spool.names()], world, as_json=as_json)
    if spooled:
        deliveries = redeliver(spool, CHANNELS, world.env, project.policy, targets)
    else:
        chosen = [CHANNELS[name] for name in dict.fromkeys(targets)]
        found = _digest(project, digest) if digest is not None else _parcels(project, chosen, fork_run)
        parcels = [parcel for parcel in found if not spool.has_sent(parcel)]
        for parcel in found:
            if parcel not in parcels:
                world.note(log_line(f"covgov: {parcel.channel} -> {parcel.destination}: not sent: already delivered"))
        if dry_run:
            return show(parcels, world, as_json=as_json)
        deliveries = deliver(parcels, CHANNELS, world.env, spool)
    return _report(list(deliveries), world, as_json=as_json)


def _refuse_nonsense(targets: Sequence[str], known: Mapping[str, Channel], *, spooled: bool, digest: bool) -> None:
    names = ", ".join(known)
    unknown = [name for name in targets if name not in known]
    if unknown:
        raise click.UsageError(f"unknown target {unknown[0]!r}; choose from {names}", click.get_current_context())
    if not targets and not spooled:
        raise click.UsageError(f"give a TARGET ({names}) or --spooled", click.get_current_context())
    if digest and (spooled or set(targets) != {"notify"}):
        raise click.UsageError("--digest needs the target notify alone", click.get_current_context())


def _digest(project: Project, file: Path) -> Sequence[Parcel]:
    """The digest for all who want it. Raises InputError (`digest-unreadable`)."""
    from covgov.cli.publication import context_of, repository_name
    from covgov.publish.channels.notify import digest_parcels

    try:
        text = (project.world.cwd / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "digest-unreadable", f"{file} cannot be read: {error}", hint="`covgov digest -o FILE` writes it"
        ) from error
    parcels = digest_parcels(text, project.policy.notify, context_of(project), repository_name(project))
    if not parcels:
        project.world.note("covgov: notify: nothing to send: notify.on_digest names no target")
    return parcels


def _parcels(project: Project, channels: Sequence[Channel], fork_run: int | None) -> list[Parcel]:
    """What the channels would send; those with nothing to send note why on stderr."""
    from covgov.cli.fork_run import publication_of_fork
    from covgov.cli.publication import publication_of
    from covgov.publish.channels.interface import SilenceExplainer

    publication = publication_of(project) if fork_run is None else publication_of_fork(project, fork_run)
    if isinstance(publication, str):
        project.world.note(log_line(f"covgov: nothing to send: {publication}"))
        return []
    found: list[Parcel] = []
    for channel in channels:
        parcels = channel.parcels(publication)
        if not parcels:
            why = channel.silence(publication) if isinstance(channel, SilenceExplainer) else ""
            project.world.note(log_line(f"covgov: {channel.name}: nothing to send{f': {why}' if why else ''}"))
        found += parcels
    return found


def show(parcels: Sequence[Parcel], world: World, *, as_json: bool) -> int:
    """Print what would leave, the text of it line by line behind a bar, so that no CI takes a line for a command."""
    if as_json:
        emit_json(world, "publish", {"dry_run": True, "parcels": [_payload(parcel) for parcel in parcels]})
        return worst(())
    for parcel in parcels:
        world.say(_line(parcel))
        world.say(log_line(f"  subject: {parcel.subject}"))
        for name, text in sorted(parcel.body.items()):
            world.say(log_line(f"  {name}:"))
            for line in text.splitlines():
                world.say(f"  | {plain(line)}".rstrip())
    world.note(f"covgov: dry run: {len(parcels)} would be sent")
    return worst(())


def _report(deliveries: Sequence[Delivery | InputError], world: World, *, as_json: bool) -> int:
    done = [one for one in deliveries if isinstance(one, Delivery)]
    if as_json:
        emit_json(world, "publish", {"dry_run": False, "deliveries": [_outcome(one) for one in done]})
    else:
        for one in done:
            kept = ", kept in the spool" if one.spooled else ""
            world.say(log_line(f"{_line(one.parcel)}: {_fate(one)}{kept}"))
    faults: list[CovgovError] = []
    for each in deliveries:
        faults += each.faults if isinstance(each, Delivery) else [each]
    return worst(report(fault, world) for fault in faults)


def _line(parcel: Parcel) -> str:
    """What goes where. A target of the policy may hold anything, a file of the spool all the more."""
    return log_line(f"{parcel.channel} -> {parcel.destination} ({_need(parcel)})")


def _fate(one: Delivery) -> str:
    return f"{one.fate.value}: {one.detail}" if one.detail else one.fate.value


def _need(parcel: Parcel) -> str:
    return "required" if parcel.required else "best effort"


def _payload(parcel: Parcel) -> dict[str, object]:
    return {
        "channel": parcel.channel,
        "destination": parcel.destination,
        "subject": parcel.subject,
        "body": dict(parcel.body),
        "required": parcel.required,
    }


def _outcome(one: Delivery) -> dict[str, object]:
    return {
        "channel": one.parcel.channel,
        "destination": one.parcel.destination,
        "subject": one.parcel.subject,
        "required": one.parcel.required,
        "outcome": one.fate.value,
        "detail": one.detail,
        "spooled": one.spooled,
    }

"""`covgov hub`: the server for many repositories, and the host's side of its administration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from covgov.cli.boundary import OK
from covgov.cli.hub import audit as hub_audit
from covgov.cli.hub import database as hub_database
from covgov.cli.hub import desk as hub_desk
from covgov.cli.hub import tokens as hub_tokens
from covgov.cli.hub.desk import DATABASE
from covgov.cli.world import World

if TYPE_CHECKING:
    from sqlalchemy import Engine


@click.group()
def command() -> None:
    """Serve the coverage of many repositories.

    The commands manage the server on its own host.

    \b
    Example: covgov hub token create --admin --name root
             covgov hub serve
    """


@command.command("serve")
@DATABASE
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8399, show_default=True, help="0: any free one.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info")
@click.pass_obj
def serve_command(world: World, database: str | None, host: str, port: int, log_level: str) -> int:
    """Start the hub.

    Creates the database if there is none. Settings come from COVGOV_HUB_* (docs/hub.md). Prints its address on stdout,
    logs JSON lines to stderr, and stops on SIGTERM after the running requests.

    \b
    Example: covgov hub serve --database sqlite:////var/lib/covgov-hub/hub.sqlite --port 8399
    """
    with hub_desk.engine(world, database, create=True) as engine:
        from covgov.cli.hub.server import address_of, fetch, listen, serve
        from covgov.cli.hub.settings import settings
        from covgov.hub.app import create_app
        from covgov.hub.deps import HubDeps
        from covgov.hub.eventlog.diagnostics import configure, logger
        from covgov.hub.eventlog.forwarding import forward

        configure(world.err, log_level, now=world.now)
        forward("uvicorn", "uvicorn.error")
        forward("sqlalchemy", "alembic", least="warning")  # below that they log every statement
        try:
            with listen(host, port) as bound:
                address = address_of(bound)
                chosen = settings(world.env, hub_desk.database_url(world, database), address)
                _hint_at_first_admin(world, engine)
                app = create_app(chosen, HubDeps(engine, world.now, fetch))
                serve(app, bound, lambda: world.say(f"covgov hub listens on {address}"))
            logger.info("hub-stopped")
        finally:
            configure(None)
    return OK


def _hint_at_first_admin(world: World, engine: Engine) -> None:
    from covgov.hub.auth_service.permissions import Role
    from covgov.hub.auth_service.tokens import tokens
    from covgov.hub.store.work import transaction

    with transaction(engine, write=False) as connection:
        known = tokens.list_(connection)
    if not any(token.role is Role.ADMIN and token.active(world.now()) for token in known):
        world.note("covgov: note: this hub has no administrator; run `covgov hub token create --admin --name NAME`")


for _part in (
    hub_tokens.command,
    hub_audit.command,
    hub_database.migrate_command,
    hub_database.backup_command,
    hub_database.restore_command,
    hub_database.sweep_command,
    hub_database.erase_command,
    hub_database.repository_command,
):
    command.add_command(_part)

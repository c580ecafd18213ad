"""`covgov hub token`: tokens, made and ended on the hub's host."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from covgov.cli.boundary import OK
from covgov.cli.hub import desk as hub_desk
from covgov.cli.hub.desk import DATABASE
from covgov.cli.output import emit_json
from covgov.cli.world import World
from covgov.errors import UsageError

if TYPE_CHECKING:
    from covgov.hub.auth_service.tokens.tokens import IssuedToken, Token

JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.group("token")
def command() -> None:
    """Manage the tokens of the hub.

    The first administrator can only be created here, on the host.

    \b
    Example: covgov hub token create --admin --name root
             covgov hub token create --role uploader --repository acme/shop --name shop-ci --expires 90
    """


@command.command("create")
@click.option("--admin", is_flag=True, help="Role admin over every repository.")
@click.option("--role", type=click.Choice(["reader", "uploader", "maintainer", "admin"]))
@click.option("--repository", "repositories", multiple=True, metavar="OWNER/NAME", help="Repeatable.")
@click.option("--name", default="", help="Who uses it, for the list.")
@click.option("--expires", type=click.IntRange(min=1), default=90, show_default=True, metavar="DAYS")
@DATABASE
@JSON
@click.pass_obj
def create_command(
    world: World,
    admin: bool,
    role: str | None,
    repositories: tuple[str, ...],
    name: str,
    expires: int,
    database: str | None,
    as_json: bool,
) -> int:
    """Create a token and print it once.

    The hub stores only its hash. Creates the database if there is none.

    \b
    Example: covgov hub token create --role uploader --repository acme/shop --name shop-ci --expires 90
    """
    if admin == bool(role):
        raise UsageError(
            "token-role", "give either --admin or --role", hint="--role reader|uploader|maintainer, with --repository"
        )
    if admin and repositories:
        raise UsageError(
            "token-role",
            "--admin applies to every repository; leave out --repository",
            hint="--role admin takes --repository",
        )
    with hub_desk.work(world, database, create=True) as work:
        from covgov.hub.auth_service.permissions import Role
        from covgov.hub.auth_service.principals import EVERYWHERE, RepositoryScope
        from covgov.hub.auth_service.tokens import tokens
        from covgov.hub.auth_service.tokens.request import TokenRequest

        chosen = Role(role or "admin")
        scope = EVERYWHERE if admin else RepositoryScope(frozenset(repositories))
        wanted = TokenRequest(name or chosen.value, chosen, scope, timedelta(days=expires))
        issued = tokens.issue(work, wanted, secrets.token_bytes)
    return _show(world, issued, as_json)


@command.command("list")
@DATABASE
@JSON
@click.pass_obj
def list_command(world: World, database: str | None, as_json: bool) -> int:
    """List the tokens with their states, oldest first.

    \b
    Example: covgov hub token list
    """
    with hub_desk.engine(world, database) as engine:
        from covgov.hub.auth_service.tokens import tokens
        from covgov.hub.store.work import transaction

        with transaction(engine, write=False) as connection:
            known = tokens.list_(connection)
    if as_json:
        emit_json(world, "hub-tokens", {"tokens": [_facts(world, token) for token in known]})
        return OK
    for token in known:
        facts = _facts(world, token)
        words = [token.id, token.role.value, str(facts["state"]), f"expires {token.expires_at:%Y-%m-%d}"]
        used = f"used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
        world.say("  ".join([*words, used, token.name, str(facts["scope"])]))
    if not known:
        world.say("no tokens")
    return OK


@command.command("revoke")
@click.argument("token_id", metavar="ID")
@DATABASE
@click.pass_obj
def revoke_command(world: World, token_id: str, database: str | None) -> int:
    """Revoke a token at once, for example after a leak.

    \b
    Example: covgov hub token revoke abcdefghijklmnopqrstuvwxyz
    """
    with hub_desk.work(world, database) as work:
        from covgov.hub.auth_service.tokens import tokens

        gone = tokens.revoke(work, token_id)
        left = tokens.successors(work.connection, gone, work.now)
    world.say(f"revoked {gone.id} ({gone.name})")
    for successor in left:
        world.note(f"token {successor} replaced it by rotation and still works")
    return OK


@command.command("rotate")
@click.argument("token_id", metavar="ID")
@click.option("--overlap", type=click.IntRange(min=0), default=24, show_default=True, metavar="HOURS")
@DATABASE
@JSON
@click.pass_obj
def rotate_command(world: World, token_id: str, overlap: int, database: str | None, as_json: bool) -> int:
    """Replace a token by a new one, and print it once.

    The old token keeps working for the overlap.

    \b
    Example: covgov hub token rotate abcdefghijklmnopqrstuvwxyz --overlap 24
    """
    with hub_desk.work(world, database) as work:
        from covgov.hub.auth_service.tokens import tokens

        issued = tokens.rotate(work, token_id, timedelta(hours=overlap), secrets.token_bytes)
    return _show(world, issued, as_json)


def _show(world: World, issued: IssuedToken, as_json: bool) -> int:
    """The text alone on stdout, so that it can go straight into a secret store."""
    token = issued.token
    if as_json:
        emit_json(world, "hub-token", {"text": issued.secret.text, **_facts(world, token)})
    else:
        world.say(issued.secret.text)
    world.note(f"token {token.id} ({token.name}), role {token.role.value}, expires {token.expires_at:%Y-%m-%d %H:%M}")
    world.note("the token is shown only once; store it with your secrets")
    return OK


def _facts(world: World, token: Token) -> dict[str, object]:
    ended = "revoked" if token.revoked_at else "active" if token.active(world.now()) else "expired"
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "scope": "everything" if token.scope.everything else " ".join(sorted(token.scope.names)),
        "state": ended,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
        "replaced_by": token.replaced_by,
    }

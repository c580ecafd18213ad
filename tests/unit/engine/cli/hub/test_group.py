"""`covgov hub`, called as a function in a directory of its own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import signal
import socket
import sqlite3
import threading
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from io import StringIO
from ipaddress import ip_network
from pathlib import Path

import click
import httpx2
import pytest

from covgov.cli.hub import desk as hub_desk
from covgov.cli.hub import server as hub_server
from covgov.cli.hub import settings as hub_settings
from covgov.cli.hub.group import command
from covgov.cli.main import main
from covgov.cli.world import World
from covgov.errors import UsageError
from covgov.history.transfer import import_
from covgov.hub.auth_service.oidc.oidc import LONGEST_LIFE
from covgov.hub.auth_service.permissions import GRANTS, Permission, Role
from covgov.hub.settings import HubLimits, HubSettings, OidcIssuer
from covgov.hub.store import repositories
from covgov.hub.store.engine import open_engine
from covgov.hub.store.work import transaction
from covgov_testing.hub.database import history

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHECKOUT = Path(__file__).resolve().parents[5]
TOKEN_ROW = re.compile(r"^[a-z2-7]{26}\b", re.MULTILINE)
TOKEN = re.compile(r"cvg_([a-z2-7]{26})_[\w-]{49}")

GOLDEN = Path(__file__).parents[4] / "golden"


class Host:
    """A directory with a hub's database, and what `covgov hub` says there."""

    def __init__(self, root: Path, **env: str) -> None:
        self.root = root
        self.env = {"USER": "ada", **env}
        self.now = NOON
        self.out, self.err = StringIO(), StringIO()

    @property
    def file(self) -> Path:
        return self.root / "covgov-hub.sqlite"

    def hub(self, *args: str) -> int:
        self.out, self.err = StringIO(), StringIO()
        world = World(cwd=self.root, env=self.env, now=lambda: self.now, out=self.out, err=self.err)
        return main(["hub", *args], world)

    def ok(self, *args: str) -> str:
        assert self.hub(*args) == 0, self.err.getvalue()
        return self.out.getvalue()

    def token(self, *args: str) -> str:
        """The id of a new token."""
        found = TOKEN.fullmatch(self.ok("token", "create", *(args or ("--admin", "--name", "root"))).strip())
        assert found
        return found[1]

    def sql(self, statement: str) -> None:
        with sqlite3.connect(self.file) as connection:
            connection.execute(statement)
        connection.close()

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.ok("audit", "export").splitlines()]

    def repository(self, owner: str, name: str) -> None:
        engine = open_engine(f"sqlite:///{self.file}")
        with transaction(engine, write=True) as connection:
            repositories.create(connection, owner, name, at=NOON)
        engine.dispose()


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


# tokens


@pytest.mark.security
def test_a_token_is_shown_once_and_kept_as_a_hash_only(host: Host) -> None:
    text = host.ok("token", "create", "--admin", "--name", "root").strip()
    assert TOKEN.fullmatch(text)
    assert "once" in host.err.getvalue()
    assert text not in host.err.getvalue()
    secret = text.split("_", 2)[2].encode()
    assert not [path for path in host.root.iterdir() if secret in path.read_bytes()]
    for args in (["token", "list"], ["token", "list", "--json"], ["audit", "export"], ["audit", "verify"]):
        assert text.split("_", 2)[2] not in host.ok(*args) + host.err.getvalue()


def test_the_list_tells_role_state_expiry_use_name_and_scope(host: Host) -> None:
    host.token(
        "--role", "uploader", "--repository", "acme/shop", "--repository", "acme/api", "--name", "ci", "--expires", "1"
    )
    host.now += timedelta(seconds=1)
    gone = host.token("--admin")
    host.ok("token", "revoke", gone)
    host.now += timedelta(days=2)
    first, second = host.ok("token", "list").splitlines()
    assert first.split("  ")[1:] == [
        "uploader",
        "expired",
        "expires 2026-11-23",
        "never used",
        "ci",
        "acme/api acme/shop",
    ]
    assert second.split("  ")[1:] == ["admin", "revoked", "expires 2027-02-20", "never used", "admin", "everything"]
    tokens = json.loads(host.ok("token", "list", "--json"))["tokens"]
    assert [token["state"] for token in tokens] == ["expired", "revoked"]


def test_the_last_use_is_told(host: Host) -> None:
    host.token()
    assert "never used" in host.ok("token", "list")
    host.sql("UPDATE tokens SET last_used_at = '2026-11-22T11:30:00Z'")
    assert "used 2026-11-22 11:30" in host.ok("token", "list")


def test_no_tokens_are_said_to_be_none(host: Host) -> None:
    host.ok("migrate")
    assert host.ok("token", "list") == "no tokens\n"


@pytest.mark.security
@pytest.mark.parametrize(
    ("args", "code"),
    [
        ([], "token-role"),
        (["--admin", "--role", "reader"], "token-role"),
        (["--admin", "--repository", "acme/shop"], "token-role"),
        (["--role", "uploader"], "token-scope"),
        (["--role", "admin"], "token-scope"),
        (["--role", "uploader", "--repository", "*"], "token-scope"),
        (["--admin", "--expires", "4000"], "token-lifetime"),
        (["--admin", "--name", "a\nb"], "token-name"),
        (["--admin", "--expires", "0"], "usage"),
        (["--role", "owner", "--repository", "acme/shop"], "usage"),
    ],
)
def test_a_token_that_says_too_much_or_too_little_is_refused(host: Host, args: list[str], code: str) -> None:
    assert host.hub("token", "create", *args) == 2
    assert f"[{code}]" in host.err.getvalue()
    assert host.out.getvalue() == ""


def test_a_rotated_token_names_its_successor_and_overlaps(host: Host) -> None:
    old = host.token()
    rotated = json.loads(host.ok("token", "rotate", old, "--overlap", "2", "--json"))
    assert TOKEN.fullmatch(rotated["text"])
    before, after = json.loads(host.ok("token", "list", "--json"))["tokens"]
    if before["id"] != old:
        before, after = after, before
    assert before["replaced_by"] == after["id"] == rotated["id"]
    assert before["expires_at"].startswith("2026-11-22T14:00:00")
    assert host.events() == ["token-created", "token-rotated"]


@pytest.mark.security
def test_who_revokes_a_token_learns_what_replaced_it_and_works_on(host: Host) -> None:
    old = host.token()
    host.ok("token", "rotate", old)
    host.ok("token", "revoke", old)
    [successor] = [row for row in TOKEN_ROW.findall(host.ok("token", "list")) if row != old]
    host.ok("token", "revoke", old)
    assert f"token {successor} replaced it by rotation and still works" in host.err.getvalue()
    host.ok("token", "revoke", successor)
    host.ok("token", "revoke", old)
    assert "works on" not in host.err.getvalue()


@pytest.mark.parametrize("verb", ["revoke", "rotate"])
def test_an_unknown_token_is_named(host: Host, verb: str) -> None:
    host.token()
    assert host.hub("token", verb, "nobody") == 2
    assert "[token-unknown]" in host.err.getvalue()


@pytest.mark.parametrize(
    ("env", "actor"),
    [({"SUDO_USER": "eve"}, "host:eve"), ({"LOGNAME": "", "USER": "ada"}, "host:ada"), ({"USER": ""}, "host:unknown")],
)
def test_the_trail_names_the_login_on_the_host(tmp_path: Path, env: dict[str, str], actor: str) -> None:
    host = Host(tmp_path, **env)
    host.token()
    assert json.loads(host.ok("audit", "export"))["actor"] == actor


# the audit trail


@pytest.mark.security
def test_a_whole_trail_verifies_and_names_its_newest_entry(host: Host) -> None:
    host.ok("token", "revoke", host.token())
    assert re.fullmatch(
        r"clean: 2 entries, nothing altered or missing\nnewest entry: 2:[0-9a-f]{64}\n", host.ok("audit", "verify")
    )
    found = json.loads(host.ok("audit", "verify", "--json"))
    assert (found["clean"], found["entries"], found["faults"]) == (True, 2, [])


@pytest.mark.security
@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE sequence = 2", "audit entry 2: was altered"),
        ("DELETE FROM audit WHERE sequence = 2", "audit entry 3: 1 missing before it: 2"),
        ("DELETE FROM audit WHERE sequence = 3", "audit entry 3: the newest entries are missing: 3 to 3"),
        ("DELETE FROM audit", "audit entry 3: the newest entries are missing: 1 to 3"),
    ],
)
def test_one_altered_or_missing_entry_is_found(host: Host, tampering: str, told: str) -> None:
    for _ in range(3):
        host.token()
    host.sql(tampering)
    assert host.hub("audit", "verify") == 10
    assert told in host.out.getvalue()
    assert "1 faults" in host.out.getvalue()
    assert host.hub("audit", "verify", "--json") == 10
    assert json.loads(host.out.getvalue())["clean"] is False


@pytest.mark.security
def test_a_forged_trail_is_found_by_what_was_noted_outside(host: Host) -> None:
    host.token()
    noted = host.ok("audit", "verify").split()[-1]
    host.token()
    host.ok("audit", "verify", "--witness", noted)
    host.file.unlink()
    for _ in range(3):
        host.token()
    host.ok("audit", "verify")
    assert host.hub("audit", "verify", "--witness", noted) == 10
    assert "the witness entry is not in this trail" in host.out.getvalue()


def test_a_malformed_witness_is_refused(host: Host) -> None:
    host.token()
    assert host.hub("audit", "verify", "--witness", "12") == 2
    assert "[audit-witness]" in host.err.getvalue()


def test_an_export_has_every_entry_and_is_accounted_for(host: Host) -> None:
    host.token()
    host.token()
    lines = [json.loads(line) for line in host.ok("audit", "export", "--after", "1").splitlines()]
    assert [line["sequence"] for line in lines] == [2]
    assert lines[0]["fields"]["role"] == "admin"
    assert re.search(r"1 entries, newest 2:[0-9a-f]{64}", host.err.getvalue())
    assert host.events() == ["token-created", "token-created", "audit-exported"]


def test_damaged_fields_are_exported_as_they_stand(host: Host) -> None:
    host.token()
    host.sql("UPDATE audit SET fields = '{broken'")
    assert json.loads(host.ok("audit", "export"))["fields"] == "{broken"


@pytest.mark.reliability
def test_a_token_whose_entry_cannot_be_written_is_not_made(host: Host) -> None:
    host.token()
    host.sql("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    assert host.hub("token", "create", "--admin") == 5
    assert "[audit-unwritable]" in host.err.getvalue()
    assert host.out.getvalue() == ""
    assert len(host.ok("token", "list").splitlines()) == 1


# the database


@pytest.mark.parametrize(
    "args", [["token", "list"], ["audit", "verify"], ["backup", "copy"], ["sweep"], ["repository", "delete", "a/b"]]
)
def test_what_needs_a_database_makes_none(host: Host, args: list[str]) -> None:
    assert host.hub(*args) == 4
    assert "[hub-database-absent]" in host.err.getvalue()
    assert list(host.root.iterdir()) == []


def test_the_database_is_that_of_the_option_else_of_the_environment(tmp_path: Path) -> None:
    host = Host(tmp_path, COVGOV_HUB_DATABASE=f"sqlite:///{tmp_path / 'named.sqlite'}")
    host.token()
    assert (tmp_path / "named.sqlite").exists()
    host.ok("token", "create", "--admin", "--database", f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert (tmp_path / "other.sqlite").exists()


def test_migrate_goes_forwards_and_back(host: Host) -> None:
    newest = host.ok("migrate").split()[-1]
    assert newest not in ("none", "")
    assert host.ok("migrate").startswith(f"schema revision {newest} -> {newest}")
    assert host.ok("migrate", "--revision", "base", "--yes").endswith("-> none\n")
    assert host.hub("audit", "verify") == 4
    assert "[hub-database-outdated]" in host.err.getvalue()


def test_migrate_writes_histories_anew_only_when_asked_to(host: Host) -> None:
    host.token()
    host.repository("acme", "shop")
    host.repository("acme", "empty")
    engine = open_engine(f"sqlite:///{host.file}")
    store = history(engine)
    import_(GOLDEN / "history-1", store)
    records = [store.fetch(found.id) for found in store.list()]
    host.ok("migrate")
    assert "acme/shop: 3 runs migrated to history format 2\n" in host.ok("migrate", "--histories")
    assert [store.fetch(found.id) for found in store.list()] == records
    assert (list(store.verify()), store.collect(NOON + timedelta(days=9))) == ([], [])
    assert "acme/shop: 0 runs" in host.ok("migrate", "--histories")
    engine.dispose()
    assert host.events() == ["token-created", "history-migrated"]


@pytest.mark.security
def test_migrating_back_needs_a_word_makes_a_backup_and_stands_in_the_trail(host: Host) -> None:
    host.token()
    newest = host.ok("migrate").split()[-1]
    before = host.file.read_bytes()
    assert host.hub("migrate", "--revision", "0001") == 2
    assert "[hub-not-confirmed]" in host.err.getvalue()
    assert host.file.read_bytes() == before
    kept = host.root / f"covgov-hub.sqlite.{newest}-20261122T120000Z"
    assert host.ok("migrate", "--revision", "0001", "--yes").startswith(f"backup: {kept}\n")
    host.ok("migrate")
    assert host.events() == ["token-created", "database-migrated", "database-migrated"]
    assert "clean" in host.ok("audit", "verify")
    host.file.unlink()
    host.ok("restore", str(kept))
    assert TOKEN_ROW.search(host.ok("token", "list"))


@pytest.mark.security
def test_an_empty_trail_beside_repositories_is_remarked_on(host: Host) -> None:
    host.ok("migrate")
    host.ok("audit", "verify")
    assert "warning" not in host.err.getvalue()
    host.repository("acme", "shop")
    host.ok("audit", "verify")
    assert "its audit trail is empty" in host.err.getvalue()


def test_a_backup_is_restored_with_its_trail(host: Host) -> None:
    host.token()
    assert "verified" in host.ok("backup", "copy.sqlite")
    before = host.file.read_bytes()
    assert host.hub("restore", "copy.sqlite") == 2
    assert "[restore-target-exists]" in host.err.getvalue()
    assert host.file.read_bytes() == before
    host.file.unlink()
    assert "verified" in host.ok("restore", "copy.sqlite")
    assert host.events() == ["token-created", "database-restored", "token-revoked"]
    assert "clean" in host.ok("audit", "verify")


@pytest.mark.security
def test_a_token_that_was_revoked_after_the_backup_does_not_come_back(host: Host) -> None:
    leaked, _ = host.token(), host.token()
    host.token("--admin", "--name", "brief", "--expires", "1")
    host.ok("backup", "copy.sqlite")
    host.ok("token", "revoke", leaked)
    host.file.unlink()
    host.now += timedelta(days=2)
    assert "revoked 3 tokens" in host.ok("restore", "copy.sqlite")
    listed = host.ok("token", "list", "--json")
    assert [one["revoked_at"] for one in json.loads(listed)["tokens"]] == ["2026-11-24T12:00:00Z"] * 3
    host.file.unlink()
    assert "revoked 0 tokens" in host.ok("restore", "copy.sqlite", "--keep-tokens")


def test_making_a_backup_is_accounted_for(host: Host) -> None:
    host.token()
    told = host.ok("backup", "copy.sqlite")
    digest = hashlib.sha256((host.root / "copy.sqlite").read_bytes()).hexdigest()
    assert f"sha256 {digest}" in told
    assert digest in host.ok("audit", "export")
    assert host.events() == ["token-created", "database-backed-up", "audit-exported"]
    assert host.hub("backup", "copy.sqlite") == 2
    assert "[backup-target-exists]" in host.err.getvalue()


@pytest.mark.security
def test_a_backup_whose_trail_was_altered_says_so_when_it_is_restored(host: Host) -> None:
    host.token()
    host.sql("UPDATE audit SET actor = 'nobody'")
    assert host.hub("backup", "copy.sqlite") == 10
    assert "audit entry 1: was altered" in host.out.getvalue()
    host.file.unlink()
    assert host.hub("restore", "copy.sqlite") == 10
    assert "audit entry 1: was altered" in host.out.getvalue()


def test_a_repository_is_deleted_only_when_that_is_confirmed(host: Host) -> None:
    host.token()
    host.repository("acme", "shop")
    assert host.hub("repository", "delete", "acme/shop") == 2
    assert "[hub-not-confirmed]" in host.err.getvalue()
    assert "deleted acme/shop: 0 runs" in host.ok("repository", "delete", "acme/shop", "--yes")
    assert host.events() == ["token-created", "repository-deleted"]
    assert host.hub("repository", "delete", "acme/shop", "--yes") == 4
    assert "[repository-unknown]" in host.err.getvalue()


@pytest.mark.security
def test_what_was_deleted_is_overwritten_in_the_file(host: Host) -> None:
    host.token()
    host.repository("acme", "a-repository-to-be-forgotten")
    assert "overwritten" in host.ok("repository", "delete", "acme/a-repository-to-be-forgotten", "--yes")
    host.sql("DELETE FROM audit")  # which names it, and stays otherwise
    assert "overwritten" in host.ok("erase")
    assert not [path for path in host.root.iterdir() if b"to-be-forgotten" in path.read_bytes()]


def test_a_sweep_tells_what_it_dropped_and_accounts_for_it(host: Host) -> None:
    host.token()
    host.repository("acme", "shop")
    assert host.ok("sweep") == "acme/shop: dropped 0 files and 0 uploads\n"
    host.sql(
        "INSERT INTO uploads (repository_id, commit_id, tree, branch, suite, name, attempt, expected, sha256, snapshot,"
        " received_at) VALUES (1, 'c', 't', 'main', 'api', 'api', 1, '[]', 's', x'00', '2026-01-01T00:00:00Z')"
    )
    assert host.ok("sweep", "--days", "30") == "acme/shop: dropped 0 files and 1 uploads\n"
    assert host.events() == ["token-created", "history-pruned"]


# settings


def test_settings_come_from_the_environment() -> None:
    env = {
        "COVGOV_HUB_PUBLIC_URL": "https://hub.example",
        "COVGOV_HUB_AUDIENCE": "hub",
        "COVGOV_HUB_ISSUERS": "github gitlab=https://gitlab.example/",
        "COVGOV_HUB_CLOCK_SKEW": "10",
        "COVGOV_HUB_LIMIT_BODY": "1000",
        "COVGOV_HUB_LIMIT_BODY_SECONDS": "1.5",
        "COVGOV_HUB_TRUSTED_PROXIES": "127.0.0.1 fd00::/8",
    }
    issuers = (
        OidcIssuer(
            "github",
            "https://token.actions.githubusercontent.com",
            "https://token.actions.githubusercontent.com/.well-known/jwks",
        ),
        OidcIssuer("gitlab", "https://gitlab.example/", "https://gitlab.example/oauth/discovery/keys"),
    )
    limits = HubLimits(body=1000, body_seconds=1.5)
    found = hub_settings.settings(env, "sqlite:///x", "http://here")
    proxies = (ip_network("127.0.0.1/32"), ip_network("fd00::/8"))
    assert found == HubSettings("sqlite:///x", "https://hub.example", "hub", issuers, 10, limits, proxies)


def test_without_an_environment_settings_are_the_usual_ones_and_no_issuer_is_trusted() -> None:
    usual = HubSettings("sqlite:///x", "http://here", "http://here")
    assert hub_settings.settings({}, "sqlite:///x", "http://here") == usual
    assert HubSettings("sqlite:///x").audience == HubSettings("sqlite:///x").public_url


@pytest.mark.security
def test_a_ci_token_must_name_this_hub_unless_another_name_was_chosen() -> None:
    """A name that two hubs share lets either of them use a token that was meant for the other."""
    env = {"COVGOV_HUB_PUBLIC_URL": "https://hub.example"}
    assert hub_settings.settings(env, "sqlite:///x", "http://here").audience == "https://hub.example"


def test_every_setting_is_documented_with_its_default_and_no_other_is() -> None:
    table = (CHECKOUT / "docs" / "hub.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `COVGOV_HUB_(\w+)` \| (.+?) \|", table, re.MULTILINE))
    usual = HubSettings("sqlite:///x")
    limits = {f"LIMIT_{field.name.upper()}": f"{getattr(usual.limits, field.name):.0f}" for field in fields(HubLimits)}
    known = {
        "AUDIENCE": "the public URL",
        "CLOCK_SKEW": f"{usual.clock_skew}",
        "ISSUERS": "none",
        "TRUSTED_PROXIES": "none",
        **limits,
    }
    assert {name: default for name, default in rows.items() if name in known} == known
    assert set(rows) == {*known, "DATABASE", "PUBLIC_URL"}


def test_what_a_maintainer_may_do_is_documented() -> None:
    words = {
        Permission.BINDING_READ: "bindings",
        Permission.BINDING_WRITE: "bindings",
        Permission.HISTORY_PRUNE: "prunes",
        Permission.POLICY_WRITE: "policy",
        Permission.REGISTER_WRITE: "register",
        Permission.REPOSITORY_UPDATE: "default branch",
    }
    roles = (CHECKOUT / "docs" / "hub.md").read_text(encoding="utf-8").split("## Roles")[1]
    told = roles.split("`maintainer`")[1].split("`admin`")[0]
    assert GRANTS[Role.MAINTAINER] - GRANTS[Role.UPLOADER] == words.keys()
    assert [word for word in words.values() if word not in " ".join(told.split())] == []


def test_every_command_is_documented() -> None:
    table = (CHECKOUT / "docs" / "hub.md").read_text(encoding="utf-8")
    assert [name for name in command.commands if f"`covgov hub {name}" not in table] == []


@pytest.mark.security
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISSUERS", "github=http://plain.example"),
        ("ISSUERS", "bitbucket"),
        ("TRUSTED_PROXIES", "localhost"),
        ("TRUSTED_PROXIES", "10.1.2.3/8"),
        ("ISSUERS", "github gitlab=x"),
        ("CLOCK_SKEW", "301"),
        ("CLOCK_SKEW", "-1"),
        ("PUBLIC_URL", "foo"),
        ("PUBLIC_URL", "hub.example:8399"),
        ("PUBLIC_URL", "ftp://hub.example"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://hub.example:no"),
        ("PUBLIC_URL", "https://hub.example/ x"),
        ("PUBLIC_URL", "https://hub.example\n"),
        ("PUBLIC_URL", "https://hub.example?x"),
        ("PUBLIC_URL", "https://user:pass@hub.example"),
        ("LIMIT_BODIES", "1"),
        ("LIMIT_", "1"),
        ("LIMIT_BODY", "much"),
        ("LIMIT_PAGE", "0"),
        ("LIMIT_FILES", "inf"),
        ("LIMIT_FILES", "nan"),
        *((f"LIMIT_{field.name.upper()}", "0.5") for field in fields(HubLimits) if field.name != "body_seconds"),
        ("LIMIT_BODY_SECONDS", "0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name) as caught:
        hub_settings.settings({f"COVGOV_HUB_{name}": value}, "sqlite:///x", "http://here")
    assert caught.value.code == "hub-setting-invalid"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("LIMIT_REQUESTS_PER_MINUTE", "a number of at least 1"),
        ("LIMIT_BODY_SECONDS", "a number above 0"),
        ("CLOCK_SKEW", "a number above 0, at most 300"),
    ],
)
def test_a_number_that_makes_no_sense_is_answered_by_what_would(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        hub_settings.settings({f"COVGOV_HUB_{name}": "0"}, "sqlite:///x", "http://here")
    assert caught.value.hint == hint


def test_a_body_may_be_given_less_than_a_second_and_one_of_anything_else_is_enough() -> None:
    env = {f"COVGOV_HUB_LIMIT_{field.name.upper()}": "1" for field in fields(HubLimits)}
    found = hub_settings.settings({**env, "COVGOV_HUB_LIMIT_BODY_SECONDS": "0.5"}, "sqlite:///x", "http://here")
    assert found.limits == HubLimits(
        **{field.name: 1 for field in fields(HubLimits) if field.name != "body_seconds"}, body_seconds=0.5
    )


@pytest.mark.parametrize("address", ["http://127.0.0.1:8399", "https://[::1]:8399", "https://x.example/covgov/"])
def test_a_public_address_stays_as_it_was_given(address: str) -> None:
    env = {"COVGOV_HUB_PUBLIC_URL": address}
    assert hub_settings.settings(env, "sqlite:///x", "http://here").public_url == address


# the server


class Listener(StringIO):
    """Calls `then` with the hub's address, in a thread, when it was announced."""

    def __init__(self, then: Callable[[str], None]) -> None:
        super().__init__()
        self.then = then
        self.thread: threading.Thread | None = None

    def write(self, text: str, /) -> int:
        found = re.search(r"listens on (\S+)", text)
        if found:
            self.thread = threading.Thread(target=self.then, args=(found[1],))
            self.thread.start()
        return super().write(text)


def serving(root: Path, ending: signal.Signals, *args: str, **env: str) -> tuple[int, list[int], str, str]:
    """Serve until the signal: exit code, status of each probe, stdout, stderr."""
    statuses: list[int] = []

    def probe(address: str) -> None:
        try:
            for path in ("/healthz", "/readyz"):
                with urllib.request.urlopen(address + path, timeout=10) as answer:
                    statuses.append(answer.status)
        finally:
            os.kill(os.getpid(), ending)

    out, err = Listener(probe), StringIO()
    world = World(cwd=root, env=env, now=lambda: NOON, out=out, err=err)
    code = main(["hub", "serve", "--port", "0", *args], world)
    if out.thread:
        out.thread.join(10)
    return code, statuses, out.getvalue(), err.getvalue()


@pytest.mark.reliability
def test_serve_answers_and_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    code, statuses, out, err = serving(tmp_path, signal.SIGTERM)
    assert (code, statuses) == (0, [200, 200])
    assert re.fullmatch(r"covgov hub listens on http://127\.0\.0\.1:\d+\n", out)
    note, *lines = err.splitlines()
    assert "covgov hub token create --admin" in note
    events = [json.loads(line)["event"] for line in lines]
    assert events[-1] == "hub-stopped"
    assert events.count("request-answered") == 2
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_interruption_ends_it_with_130_and_a_hub_with_an_admin_gets_no_hint(host: Host) -> None:
    host.token()
    code, statuses, _, err = serving(host.root, signal.SIGINT, "--log-level", "error")
    assert (code, statuses) == (130, [200, 200])
    assert err == "covgov: interrupted\n"


def test_a_port_that_is_taken_is_named(host: Host) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert host.hub("serve", "--port", port) == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in host.err.getvalue()
    assert "[hub-address-unusable]" in host.err.getvalue()


def test_a_host_that_does_not_exist_is_named() -> None:
    with pytest.raises(UsageError, match=r"not\.a\.host\.invalid") as caught:
        hub_server.listen("not.a.host.invalid", 0)
    assert caught.value.code == "hub-address-unusable"


def test_an_address_of_ipv6_is_written_in_brackets() -> None:
    with hub_server.listen("::1", 0) as bound:
        assert re.fullmatch(r"http://\[::1\]:\d+", hub_server.address_of(bound))


def test_a_wrong_setting_stops_the_start(tmp_path: Path) -> None:
    host = Host(tmp_path, COVGOV_HUB_ISSUERS="nobody")
    assert host.hub("serve", "--port", "0") == 2
    assert "[hub-setting-invalid]" in host.err.getvalue()
    assert host.out.getvalue() == ""


@pytest.mark.security
def test_keys_are_fetched_over_https_only() -> None:
    with pytest.raises(ValueError, match="https only"):
        hub_server.fetch("http://127.0.0.1:1/jwks")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(200, b"keys", ""), (404, b"", "404"), (302, b"", "302"), (200, b"x" * 300_000, "more than 262144 bytes")],
)
def test_a_key_document_is_fetched_whole_or_not_at_all(status: int, body: bytes, error: str) -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, content=body))
    if not error:
        assert hub_server.fetch("https://issuer.example/jwks", transport) == body
        return
    with pytest.raises((ValueError, httpx2.HTTPError), match=error):
        hub_server.fetch("https://issuer.example/jwks", transport)


class Dripping(httpx2.AsyncByteStream):
    """A body that never ends and never stops for long; `sent`: parts so far."""

    sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.001)
            self.sent += 1
            yield b" "


@pytest.mark.security
def test_an_issuer_that_keeps_sending_a_little_holds_nobody_up() -> None:
    """The keys are fetched under a lock; without a deadline for all of it this test never ends."""
    body = Dripping()
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=body))
    with pytest.raises(TimeoutError):
        hub_server.fetch("https://issuer.example/jwks", transport, seconds=0.1)
    assert body.sent > 0


# the extra


@pytest.mark.parametrize("answer", [None, ModuleNotFoundError("gone")])
def test_a_missing_extra_names_the_command_that_installs_it(answer: Exception | None) -> None:
    def find(part: str) -> object:
        if part != "uvicorn":
            return part
        if answer:
            raise answer
        return None

    with pytest.raises(UsageError, match="uvicorn") as caught:
        hub_desk.require_extra(find)
    assert (caught.value.code, caught.value.hint) == ("hub-extra-missing", "pip install 'covgov[hub]'")


def test_the_extra_that_is_here_is_enough() -> None:
    hub_desk.require_extra()


# what is deployed


def test_a_restored_hub_is_told_to_wait_as_long_as_a_used_ci_token_may_live() -> None:
    spelled = {timedelta(days=1): "a day"}[LONGEST_LIFE]
    page = " ".join((CHECKOUT / "deploy" / "SECRETS.md").read_text(encoding="utf-8").split())
    assert f"start the restored hub no sooner than {spelled} after the old one" in page


@pytest.mark.parametrize(
    ("unit", "commands"),
    [
        ("covgov-hub.service", ["migrate", "serve"]),
        ("covgov-hub-maintenance.service", ["backup", "audit", "sweep"]),
    ],
)
def test_the_commands_of_the_systemd_units_exist(unit: str, commands: list[str]) -> None:
    text = re.sub(r"\$\$\([^)]*\)", "NOW", (CHECKOUT / "deploy" / unit).read_text(encoding="utf-8"))
    lines = re.findall(r"^Exec\w+=.*?covgov hub ([^'\n]+)", text, re.MULTILINE)
    assert [line.split()[0] for line in lines] == commands
    for line in lines:
        first, *words = line.split()
        found = command.commands[first]
        if isinstance(found, click.Group):
            found = found.commands[words.pop(0)]
        found.parse_args(click.Context(found, **found.context_settings), words)

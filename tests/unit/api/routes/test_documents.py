from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256

import httpx2
import pytest

from covgov.hub.eventlog import audit
from covgov.hub.store.documents import DocumentKind
from covgov.hub.store.work import transaction
from covgov_testing.builders.register import COMPLETE, register
from covgov_testing.hub.reading import EMPTY, POLICY, SHOP, ReadDesk

REGISTER = register(replace(COMPLETE, review=date(2027, 3, 1))).text
"""One entry, which runs for longer than the policy's 90 days."""


def put(hub: ReadDesk, path: str, name: str, text: str, headers: dict[str, str] | None = None) -> httpx2.Response:
    asking = dict(hub.admin) if headers is None else headers
    return hub.client.put(path, json={"path": name, "text": text}, headers=asking)


def events(hub: ReadDesk) -> list[tuple[str, dict[str, object]]]:
    with transaction(hub.engine, write=False) as connection:
        found = [(one.event, json.loads(one.fields)) for one in audit.entries(connection)]
    return [one for one in found if one[0].endswith("-put")]


def test_a_stored_policy_is_shown_with_settings_and_without_secrets(hub: ReadDesk) -> None:
    assert put(hub, f"{SHOP}/policy", "covgov.toml", POLICY).status_code == 200
    body = hub.get(f"{SHOP}/policy").json()
    assert (body["path"], body["text"], body["suites"]) == ("covgov.toml", POLICY, ["api", "auth"])
    assert body["components"][1] == {
        "name": "auth",
        "paths": ["src/auth/**"],
        "suite": "auth",
        "metric": "line",
        "fail_under": "92",
    }
    assert any(bar["key"] == "components.auth.fail_under" and bar["min"] == "92" for bar in body["bars"])
    assert "s3cr3t" not in json.dumps(body["settings"])
    assert body["updated_at"] == "2026-11-22T12:00:00Z"


def test_a_policy_can_be_in_pyproject(hub: ReadDesk) -> None:
    tables = ["policy]\nfail_under = 81", "suites.a]\ntests = ['t']", "components.a]\npaths = ['s/**']"]
    hub.put(DocumentKind.POLICY, "sub/pyproject.toml", "\n".join(f"[tool.covgov.{table}" for table in tables))
    assert hub.get(f"{SHOP}/policy").json()["settings"]["policy.fail_under"] == "81"


def test_a_policy_with_faults_is_refused_with_all_of_them_and_changes_nothing(hub: ReadDesk) -> None:
    put(hub, f"{SHOP}/policy", "covgov.toml", POLICY)
    answer = put(hub, f"{SHOP}/policy", "covgov.toml", "[policy]\nfail_under = 900\nmax_dorp = 1\n")
    assert (answer.status_code, answer.json()["code"]) == (422, "policy-faults")
    assert len(answer.json()["faults"]) >= 2
    assert hub.get(f"{SHOP}/policy").json()["text"] == POLICY


def test_a_register_lists_its_entries_with_their_state(hub: ReadDesk) -> None:
    hub.put(DocumentKind.POLICY, "covgov.toml", POLICY)
    assert put(hub, f"{SHOP}/register", "exceptions.md", REGISTER).status_code == 200
    body = hub.get(f"{SHOP}/register").json()
    assert (body["today"], body["text"]) == ("2026-11-22", REGISTER)
    (entry,) = body["entries"]
    assert (entry["id"], entry["scope"], entry["standing"], entry["floor"]) == (
        "EX-001",
        "component:auth",
        "overlong",
        "79.95",
    )
    assert "max_term_days" in entry["grievance"]


def test_without_a_readable_policy_there_is_no_longest_term(hub: ReadDesk) -> None:
    put(hub, f"{SHOP}/register", "exceptions.md", REGISTER)
    assert hub.get(f"{SHOP}/register").json()["entries"][0]["standing"] == "active"
    hub.put(DocumentKind.POLICY, "covgov.toml", "nonsense = ")
    assert hub.get(f"{SHOP}/register").json()["entries"][0]["standing"] == "active"
    assert hub.get(f"{SHOP}/policy").json()["code"] == "policy-not-toml"


def test_an_ambiguous_register_is_refused(hub: ReadDesk) -> None:
    answer = put(hub, f"{SHOP}/register", "exceptions.md", REGISTER.replace("| owner", "| ower"))
    assert answer.status_code == 422
    assert answer.json()["code"].startswith("register-")
    assert hub.get(f"{SHOP}/register").status_code == 404


def test_a_document_never_stored_is_not_found(hub: ReadDesk) -> None:
    for name in ("policy", "register"):
        answer = hub.get(f"{EMPTY}/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, f"{name}-missing")


@pytest.mark.security
def test_storing_is_audited_with_the_previous_hash(hub: ReadDesk) -> None:
    for text in (POLICY, POLICY + "# later\n"):
        put(hub, f"{SHOP}/policy", "covgov.toml", text)
    put(hub, f"{SHOP}/register", "exceptions.md", "")
    first, second, third = events(hub)
    digests = [sha256(text.encode()).hexdigest() for text in (POLICY, POLICY + "# later\n")]
    assert (first[0], first[1]["sha256"], first[1].get("previous")) == ("policy-put", digests[0], None)
    assert (second[1]["sha256"], second[1]["previous"]) == (digests[1], digests[0])
    assert third[0] == "register-put"


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("name", "path", "texts"),
    [
        ("policy", "covgov.toml", (POLICY, POLICY + "# mine\n", POLICY + "# theirs\n")),
        ("register", "exceptions.md", (REGISTER, "", REGISTER + "\n")),
    ],
)
def test_a_document_changed_meanwhile_is_not_replaced(
    hub: ReadDesk, name: str, path: str, texts: tuple[str, str, str]
) -> None:
    here, (first, mine, theirs) = f"{SHOP}/{name}", texts
    fresh = {**hub.admin, "If-Match": '"of nothing"'}
    refusal = put(hub, here, path, first, fresh)
    assert (refusal.status_code, refusal.json()["code"]) == (412, "document-changed")
    put(hub, here, path, first)
    read = {**hub.admin, "If-Match": hub.get(here).headers["etag"]}
    assert put(hub, here, path, theirs, read).status_code == 200
    assert put(hub, here, path, mine, read).json()["code"] == "document-changed"
    assert hub.get(here).json()["text"] == theirs
    assert len(events(hub)) == 2


@pytest.mark.reliability
def test_an_unreadable_document_is_replaced_only_unconditionally(hub: ReadDesk) -> None:
    hub.put(DocumentKind.POLICY, "covgov.toml", "nonsense = ")
    assert put(hub, f"{SHOP}/policy", "covgov.toml", POLICY, {**hub.admin, "If-Match": "*"}).status_code == 412
    assert put(hub, f"{SHOP}/policy", "covgov.toml", POLICY).status_code == 200


@pytest.mark.security
def test_a_reader_stores_nothing(hub: ReadDesk) -> None:
    for name in ("policy", "register"):
        assert put(hub, f"{SHOP}/{name}", "covgov.toml", POLICY, dict(hub.reader)).status_code == 403
        assert put(hub, f"{SHOP}/{name}", "covgov.toml", POLICY, {}).status_code == 401
    assert events(hub) == []


@pytest.mark.security
@pytest.mark.parametrize("body", [{"path": "a\x00b", "text": ""}, {"path": "a", "text": "\x00"}, {"path": ""}, {}, []])
def test_an_invalid_body_is_refused(hub: ReadDesk, body: object) -> None:
    answer = hub.client.put(f"{SHOP}/policy", json=body, headers=dict(hub.admin))
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")

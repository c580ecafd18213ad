"""A test of `auth_service` that is marked `security` asserts a refusal; the bar of covgov.toml rests on that."""

from __future__ import annotations

import ast

import pytest

from covgov_testing.act import CHECKOUT
from covgov_testing.security_marker import unearned

MODULES = sorted((CHECKOUT / "tests" / "unit" / "auth_service").rglob("*.py"))

HELPERS = """
def refusal(shown):
    with pytest.raises(AuthenticationRefusal) as caught:
        find(shown)
    return caught.value.code

def fault(name):
    try:
        check(name)
    except UsageError as error:
        return error.code
    return ""

def tried(shown, *, refused=False):
    if refused:
        with pytest.raises(AuthenticationRefusal):
            return find(shown)
    return find(shown)

def found(shown):
    return find(shown)
"""


def left(body: str, *, before: str = "@pytest.mark.security") -> list[str]:
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return unearned(ast.parse(f"{HELPERS}\n{before}\ndef test_it():\n{indented}\n"))


@pytest.mark.architecture
def test_every_test_of_access_that_counts_for_the_bar_asserts_a_refusal() -> None:
    assert len(MODULES) > 10
    wrong = [
        f"{path.name}: {name}"
        for path in MODULES
        for name in unearned(ast.parse(path.read_text(encoding="utf-8"), path.name))
    ]
    assert wrong == [], "they carry the marker security and refuse nothing"


@pytest.mark.parametrize(
    "body",
    [
        "with pytest.raises(AuthenticationRefusal):\n    find('x')",
        "with pytest.raises(PlacementRefusal, match='no'), desk.work() as work:\n    place(work)",
        "refusal('x')",
        "assert refusal('x') == 'token-unknown'",
        "assert fault('x') == 'token-name: no'",
        "assert fault('x') == f'{code}: no' + ' (hint)'",
        "assert fault('x') != ''",
        "assert fault('x').startswith('token-name')",
        "assert (fault('x'), fault('y')) == ('no', '')",
        "assert fault('x') == said != ''",
        "assert fault('x').startswith(('token-name', 'token-scope'))",
        "with pytest.raises(ValueError, match='no'):\n    find('x')",
        "with pytest.raises(TypeError, match=f'no {it}'):\n    find('x')",
        "for one in everyone:\n    assert not may(one, READ, None)",
        "assert not first('x')",
        "try:\n    refusal('x')\nfinally:\n    close()",
        "assert not desk.token.active(NOON)",
        "assert read('x') is None",
        "assert cache.key('x') is None",
        "assert usable_keys(document) == {}",
        "assert authenticator.authenticate(shown).repositories == Scope()",
        "assert status(client) == 401",
        "assert (answer.status_code, answer.headers['Retry-After']) == (503, '60')",
        "assert {status(client, one) for one in every - held} == {403}",
        "assert answer.status_code == 401",
    ],
)
def test_these_are_refusals(body: str) -> None:
    assert left(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "assert found('x').id == 'x'",
        "assert fault('x') == ''",
        "assert (fault('x'), fault('y')) == ('', '')",
        "fault('x')",
        "with pytest.raises(CovgovError):\n    find('x')",
        "with pytest.raises(KeyError):\n    find('x')",
        "assert may(one, READ, None)",
        "assert not elsewhere(one)",
        "not may(one, READ, None)",
        "assert found('x') is None",
        "assert read('x') == made",
        "assert usable_keys(document) == {'k': key}",
        "assert status(client) == 200",
        "assert status(client) != 403",
        "client.get('/x').status_code == 401",
        "assert 401 == status(client)",
        "assert fault('x') == said",
        "assert fault('x') == f'{said}'",
        "assert fault('x').startswith('')",
        "assert fault('x').startswith(said)",
        "assert fault('x').startswith(('no', ''))",
        "assert (fault('x'), fault('y')) == (said, '')",
        "assert tried('good').id == 'x'",
        "with pytest.raises(ValueError):\n    int(found('x').name)",
        "with pytest.raises(ValueError, match=''):\n    int(found('x').name)",
        "with pytest.raises(TypeError, match=said):\n    hash([found('x')])",
        "with pytest.raises((UsageError, KeyError)):\n    find('x')",
        "with how:\n    find('x')",
        "check = lambda: pytest.raises(UsageError)\nfind('x')",
        "pytest.raises(UsageError)",
        "def inner():\n    with pytest.raises(UsageError):\n        find('x')\nfind('x')",
        "def inner():\n    refusal('x')\nfind('x')",
        "class Inner:\n    def it(self):\n        assert not may(one, READ, None)",
        "if found('x') is None:\n    assert read('x') is None",
        "for one in everyone:\n    if one:\n        assert not may(one, READ, None)",
        "refusal('x') if asked else None",
        "while waiting():\n    refusal('x')",
        "try:\n    refusal('x')\nexcept AssertionError:\n    pass",
        "match found('x'):\n    case None:\n        refusal('x')",
        "assert not replay.first()",
        "assert trail.read() == []",
        "assert key('x') is None",
        "assert found(read('x')) is None",
        "assert page.offset == 404",
        "assert len(found('x')) == 403",
        "assert answers == {one: 200 if one in held else 403 for one in Permission}",
        "assert status(client) == (200 if open else 401)",
        "assert {status(client, one) for one in held} == {200 if open else 401}",
    ],
)
def test_these_are_not(body: str) -> None:
    assert left(body) == ["test_it"]


@pytest.mark.parametrize(
    "before",
    [
        "pytestmark = pytest.mark.security",
        "pytestmark = [pytest.mark.reliability, pytest.mark.security]",
        "pytestmark: list[object] = [pytest.mark.security]",
        "MARK = pytest.mark.security\n@MARK",
        "@pytest.mark.security\nclass TestOther:\n    pass",
        "@pytest.mark.reliability\n@pytest.mark.security",
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.security)])",
    ],
)
def test_the_marker_is_seen_wherever_it_stands(before: str) -> None:
    assert left("pass", before=before) == ["test_it"]


def test_a_test_in_a_class_and_one_that_waits_are_seen() -> None:
    marked = "@pytest.mark.security\n    {} test_it(): pass"
    for kind in ("def", "async def"):
        assert unearned(ast.parse("class TestIt:\n    " + marked.format(kind))) == ["test_it"]
        assert unearned(ast.parse("if True:\n    " + marked.format(kind))) == ["test_it"]


def test_what_pytest_collects_without_an_underscore_is_seen() -> None:
    assert unearned(ast.parse("@pytest.mark.security\ndef testing_accepts(): find('good')")) == ["testing_accepts"]


@pytest.mark.parametrize("before", ["", "@pytest.mark.reliability", "pytestmark = pytest.mark.reliability"])
def test_who_does_not_carry_it_need_not_refuse(before: str) -> None:
    assert left("pass", before=before) == []

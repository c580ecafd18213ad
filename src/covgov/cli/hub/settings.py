"""The hub's settings from the environment, every variable named COVGOV_HUB_*."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from ipaddress import ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from covgov.errors import UsageError

if TYPE_CHECKING:
    from covgov.hub.settings import HubLimits, HubSettings, Network, OidcIssuer

PREFIX = "COVGOV_HUB_"
ISSUERS = {"github": "https://token.actions.githubusercontent.com", "gitlab": "https://gitlab.com"}
KEYS = {"github": "/.well-known/jwks", "gitlab": "/oauth/discovery/keys"}
"""Where below the issuer the two kinds publish their keys."""

_NOT_IN_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f?#]")


def settings(env: Mapping[str, str], database_url: str, public_url: str) -> HubSettings:
    """public_url: what holds when the environment names none. Raises UsageError (`hub-setting-invalid`)."""
    from covgov.hub.settings import HubSettings

    public = _public(env.get(f"{PREFIX}PUBLIC_URL", "")) or public_url
    return HubSettings(
        database_url,
        public_url=public,
        audience=env.get(f"{PREFIX}AUDIENCE") or public,
        issuers=tuple(_issuer(word) for word in env.get(f"{PREFIX}ISSUERS", "").split()),
        clock_skew=int(_number(env, f"{PREFIX}CLOCK_SKEW", 60.0, most=300)),
        limits=_limits(env),
        trusted_proxies=tuple(_network(word) for word in env.get(f"{PREFIX}TRUSTED_PROXIES", "").split()),
    )


def _public(text: str) -> str:
    """Clients are sent there, and the audience of CI tokens is compared with it to the letter."""
    try:
        url = urlsplit(text)
        sound = url.scheme in ("http", "https") and url.hostname and url.port != 0 and url.username is None
    except ValueError:
        sound = False
    if text and (not sound or _NOT_IN_ADDRESS.search(text)):
        raise UsageError(
            "hub-setting-invalid",
            f"{PREFIX}PUBLIC_URL is not an address that clients can reach",
            hint="http:// or https://, a host, and if need be a port and a path: https://hub.example",
        )
    return text


def _issuer(word: str) -> OidcIssuer:
    """`github`, `gitlab`, or `gitlab=https://gitlab.example` for an installation of one's own."""
    from covgov.hub.settings import OidcIssuer

    kind, _, named = word.partition("=")
    issuer = named or ISSUERS.get(kind, "")
    if kind not in KEYS or not issuer.startswith("https://"):
        raise UsageError(
            "hub-setting-invalid",
            f"{PREFIX}ISSUERS: {word!r} is not an issuer",
            hint="github, gitlab, github=https://... or gitlab=https://..., separated by spaces",
        )
    return OidcIssuer(kind, issuer, issuer.rstrip("/") + KEYS[kind])


def _network(word: str) -> Network:
    try:
        return ip_network(word)
    except ValueError as error:
        raise UsageError(
            "hub-setting-invalid",
            f"{PREFIX}TRUSTED_PROXIES: {error}",
            hint="addresses or networks of your own reverse proxies, separated by spaces: 127.0.0.1 10.1.0.0/16",
        ) from error


def _limits(env: Mapping[str, str]) -> HubLimits:
    from covgov.hub.settings import HubLimits

    usual = HubLimits()
    known = {f"{PREFIX}LIMIT_{field.name.upper()}" for field in fields(HubLimits)}
    unknown = sorted(name for name in env if name.startswith(f"{PREFIX}LIMIT_") and name not in known)
    if unknown:
        raise UsageError(
            "hub-setting-invalid",
            f"unknown limit: {', '.join(unknown)}",
            hint=f"known limits: {', '.join(sorted(known))}",
        )
    found: dict[str, float] = {}
    for field in fields(HubLimits):
        default = float(getattr(usual, field.name))
        least = 0.0 if field.name == "body_seconds" else 1.0  # the others are counted whole: 0.5 of them is none
        found[field.name] = _number(env, f"{PREFIX}LIMIT_{field.name.upper()}", default, least=least)
    seconds = found.pop("body_seconds")
    return HubLimits(**{name: int(value) for name, value in found.items()}, body_seconds=seconds)


def _number(
    env: Mapping[str, str], name: str, default: float, *, least: float = 0.0, most: float = float("inf")
) -> float:
    """least: 0 itself is too little."""
    text = env.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not (number > 0 and least <= number <= most) or number == float("inf"):
        raise UsageError(
            "hub-setting-invalid",
            f"{name} is {text!r}",
            hint=(f"a number of at least {least:g}" if least else "a number above 0")
            + (f", at most {most:g}" if most < float("inf") else ""),
        )
    return number

"""Stable JSON on stdout: every document names its format and version."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from covgov.cli.world import World


def emit_json(world: World, kind: str, payload: Mapping[str, object], version: int = 1) -> None:
    """Print `{"format": "covgov-KIND", "version": N, ...payload}`, indented, keys in the order given."""
    document = {"format": f"covgov-{kind}", "version": version, **payload}
    world.say(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())

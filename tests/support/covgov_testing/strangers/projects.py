"""The projects of scripts/setup/strangers.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

LIST = Path(__file__).resolve().parents[4] / "scripts" / "setup" / "strangers.toml"


class Stranger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A released project. The keys are described in the list itself."""

    name: str
    version: str
    sha256: str
    shape: str
    install: tuple[str, ...]
    tests: tuple[str, ...]
    children: bool = False
    exit: int = 0

    @property
    def pin(self) -> str:
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


class _Projects(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    project: tuple[Stranger, ...]


def strangers(names: list[str]) -> tuple[Stranger, ...]:
    """The listed projects, or those of these names."""
    listed = msgspec.convert(tomllib.loads(LIST.read_text(encoding="utf-8")), _Projects).project
    if unknown := set(names) - {stranger.name for stranger in listed}:
        raise SystemExit(f"not in {LIST.name}: {', '.join(sorted(unknown))}")
    return tuple(stranger for stranger in listed if not names or stranger.name in names)

"""Detects the CI system of the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from covgov.ci.interface import CiContext, CiEvent
from covgov.ci.registry import SYSTEMS


def detect(env: Mapping[str, str], read: Callable[[str], bytes | None]) -> CiContext:
    """The CI of this environment, or `local`. read: the bytes of a file of the CI, None when absent.

    Raises InputError (`ci-event-damaged`) when such a file is invalid.
    """
    for system in SYSTEMS.values():
        if system.recognises(env):
            return system.context(env, read)
    return CiContext(system="local", event=CiEvent.LOCAL)

"""Any other CI that sets the variable CI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from covgov.ci.interface import BranchSource, CiContext, CiEvent


class GenericCi:
    name: ClassVar[str] = "generic"

    def recognises(self, env: Mapping[str, str]) -> bool:
        return env.get("CI", "").lower() in ("true", "1", "yes")

    def context(self, env: Mapping[str, str], read: Callable[[str], bytes | None]) -> CiContext:
        return CiContext(system=self.name, event=CiEvent.LOCAL, branch_from=BranchSource.UNKNOWN)

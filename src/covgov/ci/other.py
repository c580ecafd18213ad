"""The CI systems of the table, and any other that sets the variable CI."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from covgov.ci.interface import BranchSource, CiContext, CiEvent, commit_or_none, on_default_branch
from covgov.ci.variables import CiVariables

UNSET = ("", "false")
_NUMBER = re.compile(r"(?:^|/)(\d+)$")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_NAMED = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class OtherCi:
    """A system of the table. It builds the change of a pull request as soon as it names one, target or not."""

    name: str
    names: CiVariables

    def recognises(self, env: Mapping[str, str]) -> bool:
        return any(_first(env, cell) for cell in (self.names.marker, self.names.request))

    def context(self, env: Mapping[str, str], read: Callable[[str], bytes | None]) -> CiContext:
        names = self.names
        event, request = _event(env, names), _first(env, names.request)
        branch = _branch(_first(env, names.source)) if request else _built(env, names)
        default = _branch(_first(env, names.default)) or (branch if _first(env, names.primary) == "true" else "")
        number = _NUMBER.search(request)
        return CiContext(
            system=self.name,
            event=event,
            branch=branch,
            target=_branch(_first(env, names.target)) if request else "",
            before=commit_or_none(_first(env, names.before)) if event is CiEvent.PUSH else "",
            base_commit=_commit(_first(env, names.target_commit)) if request else "",
            default_branch=default,
            on_default_branch=on_default_branch(event, branch, default),
            pull_request=number[1] if number else "",
            run_url=_address(env, names.url),
            head_commit=_commit(_first(env, names.head)) if request else "",
            branch_from=BranchSource.CI if branch and default else BranchSource.UNKNOWN,
        )


class GenericCi:
    name: ClassVar[str] = "generic"

    def recognises(self, env: Mapping[str, str]) -> bool:
        return env.get("CI", "").lower() in ("true", "1", "yes")

    def context(self, env: Mapping[str, str], read: Callable[[str], bytes | None]) -> CiContext:
        return CiContext(system=self.name, event=CiEvent.LOCAL, branch_from=BranchSource.UNKNOWN)


def _event(env: Mapping[str, str], names: CiVariables) -> CiEvent:
    if _first(env, names.request):
        return CiEvent.PULL_REQUEST
    variable, _, value = names.schedule.partition("=")
    if variable and env.get(variable) == value:
        return CiEvent.SCHEDULE
    return CiEvent.PUSH if _built(env, names) else CiEvent.LOCAL


def _built(env: Mapping[str, str], names: CiVariables) -> str:
    """The branch, "" for a tag."""
    return "" if _first(env, names.tag) else _branch(_first(env, names.branch))


def _first(env: Mapping[str, str], cell: str) -> str:
    return next((env[name] for name in cell.split() if env.get(name, "") not in UNSET), "")


def _branch(ref: str) -> str:
    """The name of a branch, "" for a ref that is none."""
    name = ref.removeprefix("refs/heads/")
    return "" if name.startswith("refs/") else name


def _commit(text: str) -> str:
    return text if _COMMIT.fullmatch(text) else ""


def _address(env: Mapping[str, str], template: str) -> str:
    """The template filled in, "" when a variable of it is not set."""
    named = _NAMED.findall(template)
    return _NAMED.sub(lambda found: env[found[1]], template) if all(env.get(name) for name in named) else ""

"""Requests for tokens, and their limits."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from covgov.errors import UsageError
from covgov.hub.auth_service.oidc.ci_job import CiJob
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.principals import RepositoryScope

LONGEST_LIFE: Final = timedelta(days=366)
LONGEST_OVERLAP: Final = timedelta(days=7)
LONGEST_SCOPE: Final = 500
#: Prefix of the names of tokens exchanged for CI tokens; reserved for them.
EXCHANGED: Final = "oidc:"

_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """name: for people. scope: everything for an admin only; some repositories for every role.

    job: of the CI job that gets it; None for people and other machines.
    """

    name: str
    role: Role
    scope: RepositoryScope
    lifetime: timedelta
    job: CiJob | None = None

    def check(self) -> None:
        """Raises UsageError: `token-name`, `token-lifetime`, `token-scope`."""
        if _NAME.fullmatch(self.name) is None:
            raise UsageError(
                "token-name", "a token's name has 1 to 100 printable characters", hint="name its user or purpose"
            )
        if self.name.startswith(EXCHANGED) != (self.job is not None):
            raise UsageError(
                "token-name", f"names that begin with {EXCHANGED} are reserved for CI jobs", hint="choose another name"
            )
        if not timedelta(seconds=1) <= self.lifetime <= LONGEST_LIFE:
            raise UsageError(
                "token-lifetime",
                f"a token is valid for at least a second and at most {LONGEST_LIFE.days} days",
                hint="rotate it before it expires",
            )
        fault = self._scope_fault()
        if fault:
            raise UsageError(
                "token-scope", fault, hint="name repositories as owner/name; only an admin's token can have all"
            )

    def _scope_fault(self) -> str:
        if self.scope.everything:
            if self.role is Role.ADMIN and not self.scope.names:
                return ""
            return f"a token of role {self.role} cannot have every repository"
        if not 1 <= len(self.scope.names) <= LONGEST_SCOPE:
            return f"a token of role {self.role} needs 1 to {LONGEST_SCOPE} repositories"
        wrong = sorted(name for name in self.scope.names if _REPOSITORY.fullmatch(name) is None)
        return f"{wrong[0][:80]!r} is not a repository" if wrong else ""

    def scope_words(self) -> str:
        """The scope for the audit trail: the names, or for a long list their number and hash."""
        if self.scope.everything:
            return "everything"
        names = " ".join(sorted(self.scope.names))
        if len(names) <= 900:
            return names
        return f"{len(self.scope.names)} repositories, sha256 {hashlib.sha256(names.encode()).hexdigest()}"


def checked_overlap(overlap: timedelta) -> timedelta:
    """The overlap itself. Raises UsageError `token-overlap` when it is negative or too long."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise UsageError(
            "token-overlap",
            f"the old token can stay valid for 0 to {LONGEST_OVERLAP.days} days",
            hint="revoke a leaked token instead of rotating it",
        )
    return overlap

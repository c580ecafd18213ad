"""Runs git independent of the host's configuration and the caller's environment."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec import Struct

from covgov.errors import Undetermined

KEPT = (
    "GIT_CONFIG",  # where access settings (safe.directory, credentials) come from
    "GIT_SSH",
    "GIT_SSL",
    "GIT_HTTP",
    "GIT_PROXY",
    "GIT_ASKPASS",
    "GIT_ALLOW_PROTOCOL",
    "GIT_PROTOCOL_FROM_USER",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
)
"""Prefixes of GIT_* variables about access to remotes; all others (GIT_DIR and GIT_INDEX_FILE inside a hook,
GIT_EXTERNAL_DIFF, ...) change answers and are dropped."""

FIXED = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
}

SETTINGS = (
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.splitIndex=false",
    "core.safecrlf=false",
    "core.hooksPath=/dev/null",
    "core.looseCompression=0",
    "core.commitGraph=false",  # a stale graph would give wrong answers after deepening
    "diff.orderFile=/dev/null",
    "advice.addEmbeddedRepo=false",
    "gc.auto=0",
    "maintenance.auto=false",
)


class GitResult(Struct, frozen=True):
    """A finished git command. err: stderr as text."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "surrogateescape").rstrip("\n")


@dataclass(frozen=True, slots=True)
class Git:
    """The git command in one directory. extra: added to the environment. settings: override every configuration
    file."""

    root: Path
    env: Mapping[str, str]
    extra: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = SETTINGS

    def configured(self, setting: str) -> Git:
        """The same git with one more `section.key=value`."""
        return replace(self, settings=(*self.settings, setting))

    def ask(
        self, *args: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None, seconds: float | None = None
    ) -> GitResult:
        """Run; any exit code is a result. A command that takes longer than `seconds` fails with 124.

        extra: further environment. Raises Undetermined (`git-missing`) when there is no git or no directory.
        """
        try:
            done = subprocess.run(
                self._command(args),
                cwd=self.root,
                env={**self._environment(), **(extra or {})},
                input=stdin,
                capture_output=True,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return GitResult(124, b"", f"git {args[0]} gave no answer in {seconds:g} seconds")
        except OSError as error:
            raise self._missing(error) from error
        return GitResult(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip())

    def run(self, *args: str, stdin: bytes = b"") -> GitResult:
        """Run; raises Undetermined (`not-a-repository`, `git-refuses`, `git-failed`) with git's message."""
        done = self.ask(*args, stdin=stdin)
        if done.code:
            raise failure(self.root, args, done)
        return done

    def started(self, *args: str) -> subprocess.Popen[bytes]:
        """A command that goes on, with pipes to it and from it; what it says of faults is dropped. Raises Undetermined
        (`git-missing`)."""
        try:
            return subprocess.Popen(
                self._command(args),
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise self._missing(error) from error

    def _command(self, args: tuple[str, ...]) -> list[str]:
        return ["git", *(word for setting in self.settings for word in ("-c", setting)), *args]

    def _missing(self, error: OSError) -> Undetermined:
        return Undetermined(
            "git-missing",
            f"git cannot be run in {self.root}: {error.strerror or error}",
            hint="install git and put it on PATH",
        )

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in self.env.items() if not k.startswith("GIT_") or k.startswith(KEPT)}
        return {**kept, **FIXED, **self.extra}


def failure(root: Path, args: tuple[str, ...], done: GitResult) -> Undetermined:
    """The error for a git command that failed."""
    words = done.err.splitlines()[0] if done.err else f"exit code {done.code}"
    if "not a git repository" in done.err and "not a git repository: " not in done.err:  # that names a broken link
        return Undetermined(
            "not-a-repository",
            f"{root} is not in a git repository",
            hint="run covgov inside the checkout of the project",
        )
    if "dubious ownership" in done.err:
        return Undetermined(
            "git-refuses",
            f"git refuses to read {root}: {words}",
            hint=f"git config --global --add safe.directory {root}",
        )
    return Undetermined(
        "git-failed",
        f"git {args[0]} failed in {root}: {words}",
        hint=f"run `git {args[0]}` there to see git's whole output",
    )

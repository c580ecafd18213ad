"""Real git repositories in temporary directories."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path


class Repo:
    """A repository on disk; every method is one git command or one file write."""

    def __init__(self, root: Path, *, bare: bool = False) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", *(["--bare"] if bare else []))

    def git(self, *args: str, stdin: str | None = None, env: Mapping[str, str] | None = None) -> str:
        """Output of `git ARGS`, stripped; raises with stderr in the message when git fails."""
        done = subprocess.run(
            ["git", *args], cwd=self.root, input=stdin, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(f"git {' '.join(args)}: {done.stderr or done.stdout}")
        return done.stdout.strip()

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, files: Mapping[str, str] | None = None, message: str = "change") -> str:
        """Write files, commit everything, return the commit id."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.head()

    def commit_only(self, *paths: str) -> str:
        """Commit what is on disk at these paths, and leave everything else."""
        self.git("add", "--", *paths)
        self.git("commit", "--quiet", "-m", "change")
        return self.head()

    def head(self) -> str:
        """The commit that was just made, from git's files where they say it: a process takes longer."""
        try:
            head = (self.root / ".git" / "HEAD").read_text(encoding="ascii").strip()
            return (self.root / ".git" / head[5:]).read_text(encoding="ascii").strip()
        except OSError:
            return self.git("rev-parse", "HEAD")

    def clone(self, target: Path, *options: str) -> Repo:
        subprocess.run(
            ["git", "clone", "--quiet", *options, self.root.as_uri(), str(target)], check=True, capture_output=True
        )
        return opened(target)


def opened(root: Path) -> Repo:
    """A Repo for a directory that already is one."""
    repo = object.__new__(Repo)
    repo.root = root
    return repo

"""The ref and commit of a CI job, kept with its token."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CiJob:
    """As signed by the forge. ref: full, `refs/heads/main`. sha: the commit, "" if not in the token."""

    ref: str
    sha: str = ""

    @property
    def branch(self) -> str:
        """The branch name of this job's runs: X for `refs/heads/X`, the full name for any other ref.

        So pull requests, merge requests and tags never add runs to a branch.
        """
        return self.ref.removeprefix("refs/heads/")

    def of_branch(self, branch: str) -> bool:
        """Whether the job runs for this branch itself."""
        return self.ref == f"refs/heads/{branch}"

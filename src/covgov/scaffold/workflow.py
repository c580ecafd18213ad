"""The CI job that runs covgov. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from covgov.scaffold.detection.tree import Tree
from covgov.scaffold.github_workflow import github_workflow, npm_install, places, requirements
from covgov.scaffold.gitlab_job import gitlab_job

DETECTED = "detect"
SYSTEMS = (DETECTED, "github", "gitlab")

GITHUB_FILE, GITLAB_FILE = ".github/workflows/covgov.yml", ".gitlab-ci.yml"

DEBIAN = {
    "package.json": "nodejs npm",
    "go.mod": "golang",
    "pom.xml": "maven",
    "build.gradle": "default-jdk",
    "build.gradle.kts": "default-jdk",
}
"""File of a project -> the packages of Debian that its tests need, because the image of the job has only Python."""


@dataclass(frozen=True, slots=True)
class JobChoice:
    """Which job to write. system: one of SYSTEMS; detected is GitLab where only its file is there, else GitHub.

    branch: the default branch. action: the address of covgov's action on GitHub, "" for the usual one.
    """

    system: str
    branch: str
    action: str = ""


def workflow(tree: Tree, job: JobChoice, suites: Sequence[str]) -> tuple[str, str]:
    """(file, text). suites: of the policy."""
    if job.system == "gitlab" or (job.system == DETECTED and _on_gitlab(tree)):
        return GITLAB_FILE, gitlab_job(install(tree))
    return GITHUB_FILE, github_workflow(tree, job.branch, suites, job.action)


def _on_gitlab(tree: Tree) -> bool:
    return GITLAB_FILE in tree.known and not any(path.startswith(".github/workflows/") for path in tree.files)


def install(tree: Tree) -> Sequence[str]:
    """The commands that install what the tests need, and covgov beside it, in an image of Debian with Python."""
    python = requirements(tree) if tree.python else ()
    return (*_other_languages(tree), *python, "python -m pip install 'covgov[http]'")


def _other_languages(tree: Tree) -> Iterator[str]:
    packages = sorted({package for file, package in DEBIAN.items() if places(tree, file)})
    if packages:
        yield "apt-get update"
        yield f"apt-get install -y {' '.join(packages)}"
    for place in places(tree, "package.json"):
        commands = npm_install(tree, place).splitlines()
        if len(commands) > 1:
            yield "npm install --global corepack"
        yield " && ".join(commands) if not place else f"(cd ./{place} && {' && '.join(commands)})"

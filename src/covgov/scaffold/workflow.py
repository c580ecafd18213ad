"""The CI job that runs covgov. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from covgov.scaffold.detection.tree import Tree
from covgov.scaffold.fork_workflow import fork_workflow
from covgov.scaffold.github_workflow import WORKFLOW_NAME, github_workflow, npm_install, places, requirements
from covgov.scaffold.gitlab_job import gitlab_job

DETECTED = "detect"
SYSTEMS = (DETECTED, "github", "gitlab")

GITHUB_FILE, GITLAB_FILE = ".github/workflows/covgov.yml", ".gitlab-ci.yml"
FORK_FILE = ".github/workflows/covgov-fork.yml"

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


def workflows(tree: Tree, job: JobChoice, suites: Sequence[str]) -> Sequence[tuple[str, str, str]]:
    """(file, text, what it is). suites: of the policy."""
    if job.system == "gitlab" or (job.system == DETECTED and _on_gitlab(tree)):
        return [(GITLAB_FILE, gitlab_job(install(tree)), "the CI job")]
    judge = (GITHUB_FILE, github_workflow(tree, job.branch, suites, job.action), "the CI job")
    there = tree.text(GITHUB_FILE)
    if there and WORKFLOW_NAME not in there.splitlines():
        return [judge]  # the other one would wait for a workflow of another name
    return [judge, (FORK_FILE, fork_workflow(job.action), "comments on pull requests from forks")]


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

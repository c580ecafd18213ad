"""The CI job that runs covgov. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from covgov.scaffold.detection.tree import Tree
from covgov.scaffold.gitlab_job import gitlab_job

GITHUB = """\
name: coverage

on:
  push:
    branches: [{branch}]
  pull_request:

permissions:
  contents: write  # pushes the branch coverage-history, from the default branch only

jobs:
  covgov:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - uses: actions/setup-python@v5
        with:
          python-version: "3.x"
{install}
      - run: covgov run
"""

GITHUB_FILE, GITLAB_FILE = ".github/workflows/covgov.yml", ".gitlab-ci.yml"


def workflow(tree: Tree, branch: str) -> tuple[str, str]:
    """(file, text) for GitLab where it has its file or names it in the remote, else for GitHub."""
    steps = install(tree)
    if GITLAB_FILE in tree.known and not any(path.startswith(".github/workflows/") for path in tree.files):
        return GITLAB_FILE, gitlab_job(steps)
    return GITHUB_FILE, GITHUB.format(branch=branch, install="\n".join(f"      - run: {step}" for step in steps))


def install(tree: Tree) -> Sequence[str]:
    """The commands that install what the tests need, and covgov beside it."""
    if not tree.python:
        return (*(["npm ci"] if "package.json" in tree.known else []), "python -m pip install 'covgov[http]'")
    files = [path for path in tree.files if path.endswith(".txt") and "requirements" in path and "doc" not in path]
    steps = [f"python -m pip install -r {path}" for path in files[:3]]
    if {"pyproject.toml", "setup.py", "setup.cfg"} & tree.known:
        steps.append("python -m pip install -e .")
    return (*steps, "python -m pip install pytest coverage 'covgov[http]'")

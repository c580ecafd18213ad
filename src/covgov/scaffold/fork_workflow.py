"""The GitHub workflow that comments on pull requests from forks, after the one that measures them. Pure."""

from __future__ import annotations

from covgov.scaffold.github_workflow import ACTION, Step, text_of

HEAD = """\
# Written by `covgov init --ci github`: comment and status on pull requests from forks, whose own jobs may set neither.
# Nothing of the fork is checked out or run: its artifact is data, judged by the policy of the default branch.
name: coverage-fork

on:
  # The token may write, so no code of the fork runs here: the only checkout is that of the default branch.
  workflow_run: # zizmor: ignore[dangerous-triggers]
    workflows: [coverage]
    types: [completed]

permissions: {}

concurrency:
  group: coverage-fork-${{ github.event.workflow_run.id }}
  cancel-in-progress: false

jobs:
  # Do not require this job: what fork code measured may be forged. Red means that the comment could not be made.
  publish:
    name: publish
    if: >-
      ${{ github.event.workflow_run.event == 'pull_request'
      && github.event.workflow_run.head_repository.full_name != github.repository }}
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      actions: read # list and download the artifacts of the run
      contents: read # check out, and read the branch coverage-history
      pull-requests: write # the comment
      statuses: write # the commit status covgov/fork
    steps:
"""


def fork_workflow(action: str = "") -> str:
    """action: its address, `OWNER/NAME@COMMIT`."""
    branch = "${{ github.event.repository.default_branch }}"
    given = (("ref", branch), ("fetch-depth", "0"), ("persist-credentials", "false"))
    checkout = Step("Check out the default branch with the whole past", "actions/checkout", given)
    answer = Step(
        "Judge what the fork measured and comment", action or ACTION, (("mode", "fork"), ("python-version", '"3.x"'))
    )
    return HEAD + text_of([checkout, answer])

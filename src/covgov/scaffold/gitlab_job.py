"""The job for GitLab. Pure."""

from __future__ import annotations

from collections.abc import Sequence

JOB = """\
covgov:
  image: python:3
  variables:
    GIT_DEPTH: "0"
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  script:
{install}
    - covgov run
  after_script:
    - covgov convert coverage/merged.snapshot coverage/gitlab.xml --split 10000000
    - covgov publish gitlab
  coverage: '/project .*= (\\d+(?:\\.\\d+)?) %/'
  artifacts:
    when: always
    paths:
      - coverage/
    reports:
      codequality: coverage/gl-code-quality-report.json
      junit: coverage/verdict-junit.xml
      coverage_report:
        coverage_format: cobertura
        path: coverage/gitlab-*.xml
"""
"""The job of templates/govern.yml, for those who cannot include it."""


def gitlab_job(steps: Sequence[str]) -> str:
    """`.gitlab-ci.yml` with these commands before covgov."""
    return JOB.replace("{install}", "\n".join(f"    - {step}" for step in steps))

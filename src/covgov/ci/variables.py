"""Which variables other CI systems set, as their vendors document them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CiVariables:
    """A cell names variables, separated by spaces: the first that is set counts; "" means that there is none.

    marker: is set in every job. branch: what is built outside of a pull request. request: number or address of the
    pull request. source and target: its branches. target_commit: a commit of the target branch. head: its newest
    commit. default: the default branch. primary: "true" on the default branch. before: the branch's commit before
    this push; a CI's "previously built commit" is none where it may be another branch's. schedule: VARIABLE=value of a
    scheduled build. url: an address with {VARIABLE}s. source_of: where the vendor documents them.
    """

    marker: str
    branch: str = ""
    tag: str = ""
    request: str = ""
    source: str = ""
    target: str = ""
    target_commit: str = ""
    head: str = ""
    default: str = ""
    primary: str = ""
    before: str = ""
    schedule: str = ""
    url: str = ""
    source_of: str = ""


TABLE: dict[str, CiVariables] = {
    "azure": CiVariables(
        marker="TF_BUILD",
        branch="BUILD_SOURCEBRANCH",
        request="SYSTEM_PULLREQUEST_PULLREQUESTNUMBER SYSTEM_PULLREQUEST_PULLREQUESTID",
        source="SYSTEM_PULLREQUEST_SOURCEBRANCH",
        target="SYSTEM_PULLREQUEST_TARGETBRANCH",
        head="SYSTEM_PULLREQUEST_SOURCECOMMITID",
        schedule="BUILD_REASON=Schedule",
        url="{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
        source_of="https://learn.microsoft.com/azure/devops/pipelines/build/variables",
    ),
    "bitbucket": CiVariables(
        marker="BITBUCKET_BUILD_NUMBER",
        branch="BITBUCKET_BRANCH",
        tag="BITBUCKET_TAG",
        request="BITBUCKET_PR_ID",
        source="BITBUCKET_BRANCH",
        target="BITBUCKET_PR_DESTINATION_BRANCH",
        target_commit="BITBUCKET_PR_DESTINATION_COMMIT",
        head="BITBUCKET_COMMIT",
        url="https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
        source_of="https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/",
    ),
    "buildkite": CiVariables(
        marker="BUILDKITE",
        branch="BUILDKITE_BRANCH",
        tag="BUILDKITE_TAG",
        request="BUILDKITE_PULL_REQUEST",
        source="BUILDKITE_BRANCH",
        target="BUILDKITE_PULL_REQUEST_BASE_BRANCH",
        head="BUILDKITE_COMMIT",
        default="BUILDKITE_PIPELINE_DEFAULT_BRANCH",
        schedule="BUILDKITE_SOURCE=schedule",
        url="{BUILDKITE_BUILD_URL}",
        source_of="https://buildkite.com/docs/pipelines/environment-variables",
    ),
    "circleci": CiVariables(
        marker="CIRCLECI",
        branch="CIRCLE_BRANCH",
        tag="CIRCLE_TAG",
        request="CIRCLE_PULL_REQUEST CIRCLE_PR_NUMBER",
        source="CIRCLE_BRANCH",
        head="CIRCLE_SHA1",
        url="{CIRCLE_BUILD_URL}",
        source_of="https://circleci.com/docs/reference/variables/",
    ),
    "drone": CiVariables(
        marker="DRONE",
        branch="DRONE_BRANCH",
        tag="DRONE_TAG",
        request="DRONE_PULL_REQUEST",
        source="DRONE_SOURCE_BRANCH",
        target="DRONE_TARGET_BRANCH",
        head="DRONE_COMMIT_SHA",
        default="DRONE_REPO_BRANCH",
        before="DRONE_COMMIT_BEFORE",
        schedule="DRONE_BUILD_EVENT=cron",
        url="{DRONE_BUILD_LINK}",
        source_of="https://docs.drone.io/pipeline/environment/reference/",
    ),
    "jenkins": CiVariables(
        marker="JENKINS_URL",
        branch="BRANCH_NAME",
        tag="TAG_NAME",
        request="CHANGE_ID",
        source="CHANGE_BRANCH",
        target="CHANGE_TARGET",
        primary="BRANCH_IS_PRIMARY",
        before="GIT_PREVIOUS_COMMIT",
        url="{BUILD_URL}",
        source_of="https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables",
    ),
    "teamcity": CiVariables(
        marker="TEAMCITY_VERSION",
        url="{BUILD_URL}",
        source_of="https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html",
    ),
    "travis": CiVariables(
        marker="TRAVIS",
        branch="TRAVIS_BRANCH",
        tag="TRAVIS_TAG",
        request="TRAVIS_PULL_REQUEST",
        source="TRAVIS_PULL_REQUEST_BRANCH",
        target="TRAVIS_BRANCH",
        head="TRAVIS_PULL_REQUEST_SHA",
        schedule="TRAVIS_EVENT_TYPE=cron",
        url="{TRAVIS_BUILD_WEB_URL}",
        source_of="https://docs.travis-ci.com/user/environment-variables/",
    ),
    "woodpecker": CiVariables(
        marker="CI_PIPELINE_FORGE_URL CI_SYSTEM_NAME",
        branch="CI_COMMIT_BRANCH",
        tag="CI_COMMIT_TAG",
        request="CI_COMMIT_PULL_REQUEST",
        source="CI_COMMIT_SOURCE_BRANCH",
        target="CI_COMMIT_TARGET_BRANCH",
        head="CI_COMMIT_SHA",
        default="CI_REPO_DEFAULT_BRANCH",
        schedule="CI_PIPELINE_EVENT=cron",
        url="{CI_PIPELINE_URL}",
        source_of="https://woodpecker-ci.org/docs/usage/environment",
    ),
    "appveyor": CiVariables(
        marker="APPVEYOR",
        branch="APPVEYOR_REPO_BRANCH",
        tag="APPVEYOR_REPO_TAG_NAME",
        request="APPVEYOR_PULL_REQUEST_NUMBER",
        source="APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH",
        target="APPVEYOR_REPO_BRANCH",
        head="APPVEYOR_PULL_REQUEST_HEAD_COMMIT",
        source_of="https://www.appveyor.com/docs/environment-variables/",
    ),
    "cirrus": CiVariables(
        marker="CIRRUS_CI",
        branch="CIRRUS_BRANCH",
        tag="CIRRUS_TAG",
        request="CIRRUS_PR",
        target="CIRRUS_BASE_BRANCH",
        default="CIRRUS_DEFAULT_BRANCH",
        source_of="https://cirrus-ci.org/guide/writing-tasks/#environment-variables",
    ),
    "semaphore": CiVariables(
        marker="SEMAPHORE",
        branch="SEMAPHORE_GIT_BRANCH",
        request="SEMAPHORE_GIT_PR_NUMBER",
        source="SEMAPHORE_GIT_PR_BRANCH",
        target="SEMAPHORE_GIT_BRANCH",
        source_of="https://docs.semaphoreci.com/reference/env-vars",
    ),
}
"""By the name of the system."""

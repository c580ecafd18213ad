"""Environments of CI jobs as the vendors document them (`source_of` in covgov.ci.variables)."""

from __future__ import annotations

BEFORE, SHA = "4f2a" * 10, "c0ffee00" * 5
Env = dict[str, str]
COMMON: dict[str, Env] = {
    "appveyor": {"CI": "True", "APPVEYOR": "True"},
    "azure": {
        "TF_BUILD": "True",
        "BUILD_BUILDID": "8",
        "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
        "SYSTEM_TEAMPROJECT": "shop",
    },
    "bitbucket": {
        "CI": "true",
        "BITBUCKET_BUILD_NUMBER": "8",
        "BITBUCKET_REPO_FULL_NAME": "acme/shop",
        "BITBUCKET_COMMIT": SHA,
    },
    "buildkite": {
        "CI": "true",
        "BUILDKITE": "true",
        "BUILDKITE_COMMIT": SHA,
        "BUILDKITE_PIPELINE_DEFAULT_BRANCH": "main",
        "BUILDKITE_BUILD_URL": "https://buildkite.com/acme/shop/builds/8",
        "BUILDKITE_TAG": "",
    },
    "circleci": {"CI": "true", "CIRCLECI": "true", "CIRCLE_SHA1": SHA, "CIRCLE_BUILD_URL": "https://circleci.com/b/8"},
    "cirrus": {"CI": "true", "CIRRUS_CI": "true", "CIRRUS_DEFAULT_BRANCH": "main"},
    "drone": {
        "CI": "true",
        "DRONE": "true",
        "DRONE_REPO_BRANCH": "main",
        "DRONE_COMMIT_SHA": SHA,
        "DRONE_COMMIT_BEFORE": BEFORE,
        "DRONE_BUILD_LINK": "https://drone.example/acme/shop/8",
    },
    "jenkins": {
        "CI": "true",
        "JENKINS_URL": "https://jenkins.example/",
        "BUILD_URL": "https://jenkins.example/job/shop/8/",
    },
    "semaphore": {"CI": "true", "SEMAPHORE": "true"},
    "teamcity": {"TEAMCITY_VERSION": "2025.11 (build 207946)"},
    "travis": {"CI": "true", "TRAVIS": "true", "TRAVIS_BUILD_WEB_URL": "https://travis.example/b/8", "TRAVIS_TAG": ""},
    "woodpecker": {
        "CI": "woodpecker",
        "CI_SYSTEM_NAME": "woodpecker",
        "CI_REPO_DEFAULT_BRANCH": "main",
        "CI_COMMIT_SHA": SHA,
        "CI_PREV_COMMIT_SHA": BEFORE,
        "CI_PIPELINE_URL": "https://ci.example/repos/1/pipeline/8",
    },
}
"""What every job of the system has."""

PULLS: dict[str, Env] = {
    "appveyor": {
        "APPVEYOR_PULL_REQUEST_NUMBER": "7",
        "APPVEYOR_REPO_BRANCH": "main",
        "APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH": "fix",
        "APPVEYOR_PULL_REQUEST_HEAD_COMMIT": SHA,
    },
    "azure": {
        "BUILD_REASON": "PullRequest",
        "BUILD_SOURCEBRANCH": "refs/pull/7/merge",
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "512",
        "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER": "7",
        "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/fix",
        "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
        "SYSTEM_PULLREQUEST_SOURCECOMMITID": SHA,
    },
    "bitbucket": {
        "BITBUCKET_PR_ID": "7",
        "BITBUCKET_BRANCH": "fix",
        "BITBUCKET_PR_DESTINATION_BRANCH": "main",
        "BITBUCKET_PR_DESTINATION_COMMIT": BEFORE,
    },
    "buildkite": {
        "BUILDKITE_PULL_REQUEST": "7",
        "BUILDKITE_BRANCH": "fix",
        "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main",
    },
    "circleci": {"CIRCLE_PULL_REQUEST": "https://github.com/acme/shop/pull/7", "CIRCLE_BRANCH": "fix"},
    "cirrus": {"CIRRUS_PR": "7", "CIRRUS_BRANCH": "pull/7", "CIRRUS_BASE_BRANCH": "main"},
    "drone": {
        "DRONE_BUILD_EVENT": "pull_request",
        "DRONE_PULL_REQUEST": "7",
        "DRONE_BRANCH": "main",
        "DRONE_SOURCE_BRANCH": "fix",
        "DRONE_TARGET_BRANCH": "main",
    },
    "jenkins": {"BRANCH_NAME": "PR-7", "CHANGE_ID": "7", "CHANGE_BRANCH": "fix", "CHANGE_TARGET": "main"},
    "semaphore": {
        "SEMAPHORE_GIT_PR_NUMBER": "7",
        "SEMAPHORE_GIT_BRANCH": "main",
        "SEMAPHORE_GIT_PR_BRANCH": "fix",
    },
    "travis": {
        "TRAVIS_EVENT_TYPE": "pull_request",
        "TRAVIS_PULL_REQUEST": "7",
        "TRAVIS_BRANCH": "main",
        "TRAVIS_PULL_REQUEST_BRANCH": "fix",
        "TRAVIS_PULL_REQUEST_SHA": SHA,
    },
    "woodpecker": {
        "CI_PIPELINE_EVENT": "pull_request",
        "CI_COMMIT_PULL_REQUEST": "7",
        "CI_COMMIT_BRANCH": "main",
        "CI_COMMIT_SOURCE_BRANCH": "fix",
        "CI_COMMIT_TARGET_BRANCH": "main",
    },
}
PUSHES: dict[str, Env] = {
    "appveyor": {"APPVEYOR_REPO_BRANCH": "main"},
    "azure": {"BUILD_REASON": "IndividualCI", "BUILD_SOURCEBRANCH": "refs/heads/main"},
    "bitbucket": {"BITBUCKET_BRANCH": "main"},
    "buildkite": {"BUILDKITE_PULL_REQUEST": "false", "BUILDKITE_BRANCH": "main"},
    "circleci": {"CIRCLE_BRANCH": "main"},
    "cirrus": {"CIRRUS_BRANCH": "main"},
    "drone": {"DRONE_BUILD_EVENT": "push", "DRONE_BRANCH": "main"},
    "jenkins": {"BRANCH_NAME": "main", "BRANCH_IS_PRIMARY": "true", "GIT_PREVIOUS_COMMIT": BEFORE},
    "semaphore": {"SEMAPHORE_GIT_BRANCH": "main"},
    "travis": {"TRAVIS_EVENT_TYPE": "push", "TRAVIS_PULL_REQUEST": "false", "TRAVIS_BRANCH": "main"},
    "woodpecker": {"CI_PIPELINE_EVENT": "push", "CI_COMMIT_BRANCH": "main"},
}

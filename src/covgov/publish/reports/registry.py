"""Every format that a snapshot can be written in, by the name of its reader."""

from __future__ import annotations

from fnmatch import fnmatchcase

from covgov.publish.interface import ReportWriter
from covgov.publish.reports import (
    clover_xml,
    cobertura_xml,
    codecov_json,
    coveragepy_json,
    jacoco_xml,
    lcov_info,
    sonar_generic,
)

WRITERS: dict[str, ReportWriter] = {
    "coveragepy-json": coveragepy_json,
    "cobertura": cobertura_xml,
    "lcov": lcov_info,
    "codecov-json": codecov_json,
    "clover": clover_xml,
    "jacoco": jacoco_xml,
    "sonar-generic": sonar_generic,
}

PUBLISHED: dict[str, str] = {"json": "coveragepy-json", "xml": "cobertura", "lcov": "lcov"}
"""Suffix of the files `merged.*` -> format."""

FILE_NAMES: dict[str, str] = {
    "*codecov*.json": "codecov-json",
    "*.json": "coveragepy-json",
    "*.info": "lcov",
    "*.lcov": "lcov",
    "*clover*.xml": "clover",
    "*jacoco*.xml": "jacoco",
    "*sonar*.xml": "sonar-generic",
    "*.xml": "cobertura",
}
"""How a file of a format is usually called; the first pattern that fits counts."""


def named(file: str) -> str | None:
    """The format that a file of this name usually has."""
    return next((name for pattern, name in FILE_NAMES.items() if fnmatchcase(file.lower(), pattern)), None)

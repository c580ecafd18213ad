"""The report formats, by name."""

from __future__ import annotations

from covgov.ingest.formats.coveragepy_data import CoveragepyData
from covgov.ingest.formats.covgov_snapshot import CovgovSnapshot
from covgov.ingest.formats.json.codecov import CodecovJson
from covgov.ingest.formats.json.coveragepy import CoveragepyJson
from covgov.ingest.formats.json.coveralls import CoverallsJson
from covgov.ingest.formats.json.coverlet import CoverletJson
from covgov.ingest.formats.json.gcov import GcovJson
from covgov.ingest.formats.json.gcovr import GcovrJson
from covgov.ingest.formats.json.istanbul import IstanbulJson
from covgov.ingest.formats.json.llvm_cov import LlvmCovJson
from covgov.ingest.formats.json.simplecov import SimplecovJson, SimplecovResultset
from covgov.ingest.formats.json.slipcover import SlipcoverJson
from covgov.ingest.formats.text.gcov_intermediate import GcovIntermediate
from covgov.ingest.formats.text.gcov_text import GcovText
from covgov.ingest.formats.text.go_cover import GoCover
from covgov.ingest.formats.text.lcov import LcovInfo
from covgov.ingest.formats.xml.clover import Clover
from covgov.ingest.formats.xml.cobertura import CoberturaXml
from covgov.ingest.formats.xml.dotcover import DotCover
from covgov.ingest.formats.xml.jacoco import Jacoco
from covgov.ingest.formats.xml.opencover import OpenCover
from covgov.ingest.formats.xml.scoverage import Scoverage
from covgov.ingest.formats.xml.sonar_generic import SonarGeneric
from covgov.ingest.formats.xml.vs_coverage import VsCoverage
from covgov.ingest.interface import HEAD_BYTES, ReportFormat

FORMATS: dict[str, ReportFormat] = {
    "coveragepy-data": CoveragepyData(),
    "coveragepy-json": CoveragepyJson(),
    "cobertura": CoberturaXml(),
    "lcov": LcovInfo(),
    # JSON
    "codecov-json": CodecovJson(),
    "coveralls-json": CoverallsJson(),
    "coverlet-json": CoverletJson(),
    "gcov-json": GcovJson(),
    "gcovr-json": GcovrJson(),
    "istanbul-json": IstanbulJson(),
    "llvm-cov-json": LlvmCovJson(),
    "simplecov-json": SimplecovJson(),
    "simplecov-resultset": SimplecovResultset(),
    "slipcover-json": SlipcoverJson(),
    # text
    "gcov-intermediate": GcovIntermediate(),
    "gcov-text": GcovText(),
    "go-cover": GoCover(),
    # XML
    "clover": Clover(),
    "dotcover-xml": DotCover(),
    "jacoco": Jacoco(),
    "opencover": OpenCover(),
    "scoverage": Scoverage(),
    "sonar-generic": SonarGeneric(),
    "vs-coveragexml": VsCoverage(),
    "covgov-snapshot": CovgovSnapshot(),
}


def detect(head: bytes) -> ReportFormat | None:
    """The format of a file that begins with `head`, by content only; None when it is unknown."""
    return next((known for known in FORMATS.values() if known.recognises(head[:HEAD_BYTES])), None)

"""The report formats, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from covgov.ingest.interface import HEAD_BYTES, ReportFormat

CLASSES: dict[str, str] = {
    "coveragepy-data": "coveragepy_data:CoveragepyData",
    "coveragepy-json": "in_json.coveragepy:CoveragepyJson",
    "cobertura": "in_xml.cobertura:CoberturaXml",
    "lcov": "in_text.lcov:LcovInfo",
    # JSON
    "codecov-json": "in_json.codecov:CodecovJson",
    "coveralls-json": "in_json.coveralls:CoverallsJson",
    "covr-json": "in_json.codecov:CovrJson",
    "coverlet-json": "in_json.coverlet:CoverletJson",
    "gcov-json": "in_json.gcov:GcovJson",
    "gcovr-json": "in_json.gcovr:GcovrJson",
    "gcovr-summary": "in_json.gcovr_summary:GcovrSummary",
    "istanbul-json": "in_json.istanbul:IstanbulJson",
    "istanbul-summary": "in_json.istanbul_summary:IstanbulSummary",
    "llvm-cov-json": "in_json.llvm_cov:LlvmCovJson",
    "simplecov-json": "in_json.simplecov:SimplecovJson",
    "simplecov-resultset": "in_json.simplecov:SimplecovResultset",
    "slipcover-json": "in_json.slipcover:SlipcoverJson",
    "xccov-json": "in_json.xccov:XccovJson",
    "xccov-summary": "in_json.xccov:XccovSummary",
    # text
    "dlst": "in_text.dmd_listing:DmdListing",
    "gap": "in_text.gap:GapProfile",
    "gcov-intermediate": "in_text.gcov_intermediate:GcovIntermediate",
    "gcov-text": "in_text.gcov_text:GcovText",
    "go-cover": "in_text.go_cover:GoCover",
    # XML
    "clover": "in_xml.clover:Clover",
    "dotcover-xml": "in_xml.dotcover:DotCover",
    "jacoco": "in_xml.jacoco:Jacoco",
    "opencover": "in_xml.opencover:OpenCover",
    "scoverage": "in_xml.scoverage:Scoverage",
    "sonar-generic": "in_xml.sonar_generic:SonarGeneric",
    "vs-coveragexml": "in_xml.vs_coverage:VsCoverage",
    "covgov-snapshot": "covgov_snapshot:CovgovSnapshot",
}
"""Name -> module below `covgov.ingest.formats` and class; the most frequent ones come first, as `detect` asks them."""


class _Formats(Mapping[str, ReportFormat]):
    """Each format is imported when it is asked for."""

    def __getitem__(self, name: str) -> ReportFormat:
        return _loaded(CLASSES[name])

    def __iter__(self) -> Iterator[str]:
        return iter(CLASSES)

    def __len__(self) -> int:
        return len(CLASSES)


@cache
def _loaded(spot: str) -> ReportFormat:
    module, _, name = spot.partition(":")
    found: ReportFormat = getattr(import_module(f"covgov.ingest.formats.{module}"), name)()
    return found


FORMATS: Mapping[str, ReportFormat] = _Formats()


def detect(head: bytes) -> ReportFormat | None:
    """The format of a file that begins with `head`, by content only; None when it is unknown."""
    return next((known for known in FORMATS.values() if known.recognises(head[:HEAD_BYTES])), None)

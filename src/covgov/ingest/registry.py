"""The report formats, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from covgov.ingest.interface import HEAD_BYTES, ReportFormat

CLASSES: dict[str, str] = {
    "coveragepy-data": "coveragepy_data:CoveragepyData",
    "coveragepy-json": "json.coveragepy:CoveragepyJson",
    "cobertura": "xml.cobertura:CoberturaXml",
    "lcov": "text.lcov:LcovInfo",
    # JSON
    "codecov-json": "json.codecov:CodecovJson",
    "coveralls-json": "json.coveralls:CoverallsJson",
    "coverlet-json": "json.coverlet:CoverletJson",
    "gcov-json": "json.gcov:GcovJson",
    "gcovr-json": "json.gcovr:GcovrJson",
    "istanbul-json": "json.istanbul:IstanbulJson",
    "llvm-cov-json": "json.llvm_cov:LlvmCovJson",
    "simplecov-json": "json.simplecov:SimplecovJson",
    "simplecov-resultset": "json.simplecov:SimplecovResultset",
    "slipcover-json": "json.slipcover:SlipcoverJson",
    # text
    "gcov-intermediate": "text.gcov_intermediate:GcovIntermediate",
    "gcov-text": "text.gcov_text:GcovText",
    "go-cover": "text.go_cover:GoCover",
    # XML
    "clover": "xml.clover:Clover",
    "dotcover-xml": "xml.dotcover:DotCover",
    "jacoco": "xml.jacoco:Jacoco",
    "opencover": "xml.opencover:OpenCover",
    "scoverage": "xml.scoverage:Scoverage",
    "sonar-generic": "xml.sonar_generic:SonarGeneric",
    "vs-coveragexml": "xml.vs_coverage:VsCoverage",
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

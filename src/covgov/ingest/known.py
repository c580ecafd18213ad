"""Formats that people have and covgov does not read: their names, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass

from covgov.ingest import strict_xml


@dataclass(frozen=True, slots=True)
class KnownFormat:
    """what: for a message, "covgov does not read X". instead: the hint. roots: names of the XML root element.
    marks: texts that the head has, all of them."""

    name: str
    what: str
    instead: str
    roots: tuple[str, ...] = ()
    marks: tuple[bytes, ...] = ()

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with `head` is of this format. Never raises."""
        return (not self.roots or strict_xml.root(head)[0] in self.roots) and all(mark in head for mark in self.marks)


_COVERLET = "measure with `dotnet test --collect:'XPlat Code Coverage'`, which writes Cobertura"
_REPORT_GENERATOR = "convert it with `reportgenerator -reports:FILE -targetdir:out -reporttypes:Cobertura`"

KNOWN = (
    # JSON
    KnownFormat(
        "flowcover-json",
        "flow-coverage-report, which counts typed expressions and no tests",
        "measure the tests: `npx c8 --reporter=lcovonly npm test`",
        marks=(b'"expressions"', b'covered_locs"'),
    ),
    KnownFormat(
        "octocov-json",
        "octocov's own report",
        "read the report that octocov was given (`coverage.paths` in .octocov.yml)",
        marks=(b'"repository"', b'"coverage"', b'"total"', b'"covered"', b'"files"'),
    ),
    KnownFormat(
        "salesforce-json",
        "Salesforce's coverage, which has names of classes and no paths",
        "write `sf project deploy start --coverage-formatters cobertura --results-dir out`",
        marks=(b'"totalCovered"', b'"coveredPercent"'),
    ),
    KnownFormat(
        "scala-json",
        "the JSON of Scala's old Codecov plug-in",
        "write `sbt coverageReport`, which writes scoverage.xml and cobertura.xml",
        marks=(b'"fileReports"',),
    ),
    KnownFormat(
        "v8-raw-json",
        "V8's raw coverage, which has places in sources and not the sources",
        "write `npx c8 report --temp-directory DIRECTORY --reporter=lcovonly`",
        marks=(b'"scriptId"', b'"functions"', b'"ranges"'),
    ),
    # PHP
    KnownFormat(
        "php-serialized",
        "PHPUnit's serialized objects (--coverage-php)",
        "write `phpunit --coverage-clover coverage.xml`, or `phpcov merge --clover coverage.xml DIRECTORY`",
        marks=(b"<?php", b"SebastianBergmann\\CodeCoverage"),
    ),
    # XML
    KnownFormat(
        "crap4j",
        "Crap4J reports, which have no lines",
        "write `phpunit --coverage-clover coverage.xml`",
        roots=("crap_result",),
    ),
    KnownFormat("mprof-xml", "coverage reports of Mono's profiler", _COVERLET, ("coverage",), (b"<assembly ",)),
    KnownFormat("ncover", "reports of NCover", _REPORT_GENERATOR, ("coverage", "root"), (b"profilerVersion=",)),
    KnownFormat("partcover", "reports of PartCover", _COVERLET, ("PartCoverReport",)),
    KnownFormat(
        "phpunit-xml",
        "PHPUnit's own XML, which lists no lines that did not run",
        "write `phpunit --coverage-clover coverage.xml`",
        roots=("phpunit",),
        marks=(b"phpunit.de/coverage",),
    ),
    KnownFormat(
        "reportgenerator-xml",
        "ReportGenerator's own XML",
        "write `-reporttypes:Cobertura` in place of Xml",
        roots=("CoverageReport",),
        marks=(b"scope=",),
    ),
    KnownFormat(
        "xcode-plist",
        "property lists of Xcode",
        "write `xcrun xccov view --archive --json RESULT.xcresult`",
        roots=("plist",),
    ),
    KnownFormat(
        "vs-coverage-ds",
        "old exports of Visual Studio (CoverageDS)",
        "convert the .coverage file with `dotnet-coverage merge -f cobertura -o coverage.xml FILE`",
        roots=("CoverageDSPriv", "CoverageDS"),
    ),
)


def named(head: bytes) -> KnownFormat | None:
    """The format of a file that begins with `head`, None when its name is not known either."""
    return next((known for known in KNOWN if known.recognises(head)), None)

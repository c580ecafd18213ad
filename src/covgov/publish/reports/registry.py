"""Every format a snapshot can be written in, by the suffix of the file (`merged.xml`)."""

from __future__ import annotations

from covgov.publish.interface import ReportWriter
from covgov.publish.reports import cobertura_xml, coveragepy_json, lcov_info

WRITERS: dict[str, ReportWriter] = {
    "json": coveragepy_json.write,
    "xml": cobertura_xml.write,
    "lcov": lcov_info.write,
}

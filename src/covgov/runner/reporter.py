"""coverage.py's own reports of one run, made in the suite's interpreter: `PYTHON reporter.py DATA_DIR OUT_DIR`.

Standalone: the standard library, coverage.py 6.5 or later and `quick_reports` beside it, nothing of covgov, syntax that
old interpreters read. The data files in DATA_DIR are combined into OUT_DIR/.coverage and stay as they are. The working
directory is the project's root, where coverage.py finds its configuration. Exit 0, or 3 with the reason on stderr.
"""

from __future__ import annotations

import gc
import os
import sys

import coverage

TYPE_CHECKING = False  # `typing` need not be there for this alone
if TYPE_CHECKING or __name__ != "__main__":
    from covgov.runner.quick_reports.facts import SourceFacts, place
    from covgov.runner.quick_reports.quick import quick
else:
    from quick_reports.facts import SourceFacts, place
    from quick_reports.quick import quick

    del sys.path[0]  # a plug-in of the project may have the name of a file in this directory
if TYPE_CHECKING:
    from coverage.plugin import FileReporter
    from coverage.results import Analysis
    from coverage.types import TMorf


class CachingCoverage(coverage.Coverage):
    """Analyses each source file once, because to do it for each of five reports would take most of the time.

    The overridden methods are private to coverage.py: in a version without them, nothing is cached. remembered:
    most files in the cache (coverage.py drops their syntax trees).
    """

    remembered = 2000

    def _get_file_reporter(self, morf: TMorf) -> FileReporter:
        known: dict[object, FileReporter] = self.__dict__.setdefault("_covgov_known", {})
        found = known.get(morf)
        if found is None:
            found = super()._get_file_reporter(morf)
            if isinstance(morf, str) and len(known) < self.remembered:
                known[morf] = found
        return found

    def _analyze(self, morf: TMorf, *rest: FileReporter | None, **named: FileReporter | None) -> Analysis:
        """The analysis. A reporter whose file cannot be parsed keeps half a parser and is not used again."""
        analyses: dict[object, Analysis] = self.__dict__.setdefault("_covgov_analyses", {})
        # some reports count only the contexts that `[report] contexts` names, others all
        key = None if self.config.report_contexts else getattr(morf, "filename", morf)
        if key in analyses:
            return analyses[key]
        try:
            found = super()._analyze(morf, *rest, **named)
        except Exception:
            known = self.__dict__.get("_covgov_known", {})
            self.__dict__["_covgov_known"] = {key: it for key, it in known.items() if morf not in (key, it)}
            raise
        if isinstance(key, str) and len(analyses) < self.remembered:
            analyses[key] = found
        return found


def main(data_dir: str, out_dir: str) -> int:
    """Write `.coverage`, `report.{xml,json,lcov,txt}` and `html/` to `out_dir`."""
    try:
        combine(data_dir, os.path.join(out_dir, ".coverage"))  # noqa: PTH118
        write_reports(out_dir)
    except coverage.CoverageException as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


def combine(data_dir: str, target: str) -> None:
    """Combine the data files, keeping them. Raises CoverageException when none has data."""
    names = sorted(name for name in os.listdir(data_dir) if name.startswith(".coverage") and "journal" not in name)  # noqa: PTH208
    parts = [os.path.join(data_dir, name) for name in names]  # noqa: PTH118
    joined = coverage.Coverage(data_file=target)
    joined.combine(parts, strict=True, keep=True)
    root = os.getcwd()  # noqa: PTH109
    absolute = any(name.startswith(root + os.sep) for name in joined.get_data().measured_files())
    if absolute and joined.get_option("run:relative_files"):
        # a child that coverage.py started in another directory names files absolutely
        joined.set_option("paths", dict(joined.config.paths, covgov=[".", root]))
        joined.combine(parts, strict=True, keep=True)
    joined.save()


def write_reports(out_dir: str) -> None:
    """Every format from one loaded data file, so that they cannot disagree."""
    data = CachingCoverage(data_file=os.path.join(out_dir, ".coverage"))  # noqa: PTH118
    data.load()
    data.set_option("report:ignore_errors", True)  # the analyser names the files that cannot be read
    data.set_option("run:disable_warnings", ["couldnt-parse"])
    facts = SourceFacts(place(os.environ, os.getcwd(), coverage.__version__))  # noqa: PTH109
    with quick(facts, branch=bool(data.get_data().has_arcs())):
        write_every(data, out_dir)
    facts.save()


def write_every(data: coverage.Coverage, out_dir: str) -> None:
    """Write every format."""
    # these two count all contexts, also where `[report] contexts` is set: not after one that selects
    data.xml_report(outfile=os.path.join(out_dir, "report.xml"))  # noqa: PTH118
    data.lcov_report(outfile=os.path.join(out_dir, "report.lcov"))  # noqa: PTH118
    data.json_report(outfile=os.path.join(out_dir, "report.json"))  # noqa: PTH118
    data.html_report(directory=os.path.join(out_dir, "html"))  # noqa: PTH118
    with open(os.path.join(out_dir, "report.txt"), "w", encoding="utf-8") as text:  # noqa: PTH118, PTH123
        data.report(file=text, show_missing=True)


if __name__ == "__main__":
    gc.disable()  # it would search the syntax trees over and over, which takes half of the time
    sys.exit(main(*sys.argv[1:]))

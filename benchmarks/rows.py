"""The rows of the table: what is run beside what, and the bar that covgov set itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import histories, synthetic
from benchmarks.race import Contender, run
from benchmarks.workshop import BIN, COVGOV, FILES_OF_A_MILLION, HERE, Workshop
from covgov.policy.policy import Suite
from covgov.runner import launch

READERS = str(HERE / "readers.py")
PYTHON = str(BIN / "python")
OURS = "covgov"
JUDGED = frozenset({0, 10})
FIVE = "coverage, five commands"


@dataclass(frozen=True, slots=True)
class Bar:
    """At most `factor` times the CPU of the contender `against`; against nobody, at most `factor` seconds.

    peak: at most this many bytes of memory, 0 for any.
    """

    against: str
    factor: float
    peak: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """contenders: covgov first. wrong: what is wrong with their outputs, "" for nothing. rounds: at most so many."""

    name: str
    contenders: Sequence[Contender]
    bars: Sequence[Bar]
    wrong: Callable[[Mapping[str, str]], str] = lambda _: ""
    rounds: int = 99


def _at_a_million(files: int, *bars: Bar) -> Sequence[Bar]:
    """The bars of a size: they are set for a million lines; below, the start of the interpreter decides."""
    return bars if files >= FILES_OF_A_MILLION else ()


def lcov(shop: Workshop, files: int) -> Row:
    """LCOV to lines per file."""
    report = str(shop.report("lcov", files))
    contenders = [
        reads(shop, OURS, "covgov", report),
        reads(shop, "diff-cover", "diff-cover-lcov", report),
        reads(shop, "lcov_cobertura", "lcov_cobertura", report),
    ]
    bars = [Bar("diff-cover", 1 / 3)]
    if grcov := shutil.which("grcov"):
        command = [grcov, report, "-t", "lcov", "-o", str(shop.root / "grcov.lcov")]
        contenders.append(Contender("grcov", command, shop.root))
        bars.append(Bar("grcov", 2))
    return Row("LCOV to model", contenders, _at_a_million(files, *bars), totals_of(files))


def lcov_ten_million(shop: Workshop, _files: int) -> Row:
    """LCOV of ten million lines."""
    files = 10 * FILES_OF_A_MILLION
    report = str(shop.report("lcov", files))
    contenders = [reads(shop, OURS, "covgov", report), reads(shop, "diff-cover", "diff-cover-lcov", report)]
    return Row(
        "LCOV of 10 M lines", contenders, [Bar("diff-cover", 1 / 3, peak=700_000_000)], totals_of(files), rounds=1
    )


def cobertura(shop: Workshop, files: int) -> Row:
    """Cobertura XML to lines per file."""
    report, root = str(shop.report("xml", files)), str(shop.repository(files))
    contenders = [
        reads(shop, OURS, "covgov", report),
        reads(shop, "diff-cover", "diff-cover-xml", report, root),
        reads(shop, "pycobertura", "pycobertura", report),
    ]
    bars = _at_a_million(files, Bar("diff-cover", 1 / 4), Bar("pycobertura", 1 / 2.5))
    return Row("Cobertura to model", contenders, bars, totals_of(files))


def coveragepy_json(shop: Workshop, files: int) -> Row:
    """coverage.py's JSON to lines per file."""
    report = str(shop.report("json", files))
    contenders = [
        reads(shop, OURS, "covgov", report),
        reads(shop, "json module", "json", report),
        reads(shop, "coverage-threshold", "coverage-threshold", report),
    ]
    bars = _at_a_million(files, Bar("json module", 1 / 4))
    return Row("coverage.py JSON to model", contenders, bars, totals_of(files))


def collect(shop: Workshop, files: int) -> Row:
    """A report held against the repository and saved as snapshot, beside reading it alone."""
    report = str(shop.report("lcov", files))
    contenders = [
        Contender(OURS, [COVGOV, "collect", "all", report], shop.repository(files)),
        reads(shop, "reading alone", "covgov", report),
    ]
    return Row("collect, LCOV", contenders, _at_a_million(files, Bar("reading alone", 1.3)))


def check(shop: Workshop, files: int) -> Row:
    """Collect and check of a change to every file, beside diff-cover on the same report."""
    root, report = shop.repository(files), shop.report("lcov", files)
    contenders = [Contender(OURS, _judge(report), root, JUDGED), _diff_cover(shop, report, root)]
    return Row("collect and check, every file changed", contenders, _at_a_million(files, Bar("diff-cover", 1 / 5)))


def check_hundred(shop: Workshop, _files: int) -> Row:
    """`check` alone, on 100 files."""
    root, report = shop.repository(100), shop.report("lcov", 100)
    run(Contender(OURS, [COVGOV, "collect", "all", str(report)], root))
    contenders = [Contender(OURS, [COVGOV, "check"], root, JUDGED), _diff_cover(shop, report, root)]
    return Row("check, 100 files", contenders, [Bar("diff-cover", 1)])


def check_sympy(shop: Workshop, _files: int) -> Row:
    """Collect and check of the change from sympy 1.12.1 to 1.13.3."""
    root = shop.sympy
    report = root.parent / "change.lcov"
    contenders = [Contender(OURS, _judge(report), root, JUDGED), _diff_cover(shop, report, root)]
    return Row("collect and check, sympy 1.12.1 to 1.13.3", contenders, [Bar("diff-cover", 1 / 3)])


def artifacts(shop: Workshop, _files: int) -> Row:
    """Text, XML, JSON, LCOV and HTML from one data file, with nothing cached."""
    cold = shop.root / "cold"
    ours = Contender(OURS, ["sh", "-c", f"rm -rf {cold} && {_reporter(shop)}"], shop.measured, env=_cache(cold))
    return Row("five artifacts from one .coverage", [ours, _five(shop)], [Bar(FIVE, 1 / 3)], rounds=2)


def artifacts_again(shop: Workshop, _files: int) -> Row:
    """The same with what the last run cached."""
    ours = Contender(OURS, ["sh", "-c", _reporter(shop)], shop.measured, env=_cache(shop.root / "warm"))
    run(ours)
    return Row("the same again, cached", [ours, _five(shop)], [Bar(FIVE, 1 / 10)], rounds=2)


def _reporter(shop: Workshop) -> str:
    out = shop.root / "artifacts"
    script = HERE.parent / "src" / "covgov" / "runner" / "reporter.py"
    return f"rm -rf {out} && mkdir -p {out} && {shop.peers / 'python'} {script} {shop.measured / 'data'} {out}"


def _cache(folder: Path) -> Mapping[str, str]:
    return {"XDG_CACHE_HOME": str(folder), "COVGOV_CACHE": ""}


def _five(shop: Workshop) -> Contender:
    out, coverage = shop.root / "five", shop.peers / "coverage"
    kinds = ("report", f"xml -o {out}/x.xml", f"json -o {out}/x.json", f"lcov -o {out}/x.lcov", f"html -d {out}/x")
    commands = (f"{coverage} {kind} --data-file={shop.measured / 'data' / '.coverage'} >/dev/null" for kind in kinds)
    return Contender(FIVE, ["sh", "-c", " && ".join([f"mkdir -p {out}", *commands])], shop.measured)


def compare(shop: Workshop, _files: int) -> Row:
    """The last two recorded runs of a million lines, beside two gzipped JSON reports."""
    root, first, second = histories.last_two(shop)
    contenders = [
        Contender(OURS, [COVGOV, "compare", "main~1", "main", "--json"], root),
        reads(shop, "gzipped JSON", "gzipped", str(first), str(second)),
    ]
    return Row("last two runs of 1 M lines compared", contenders, [Bar("gzipped JSON", 0.1)])


def digest(shop: Workshop, _files: int) -> Row:
    """The account of 26 weeks, 500 runs of 100,000 lines."""
    root = histories.half_a_year(shop)
    command = [COVGOV, "digest", "--weeks", "26", "--until", histories.UNTIL, "--format", "json"]
    return Row("digest, 26 weeks of 500 runs", [Contender(OURS, command, root)], [Bar("", 5)], rounds=1)


def long(shop: Workshop, files: int) -> Row:
    """Ten reports of one suite read, placed, compared with the base and recorded."""
    root, reports = shop.shards(files)
    collected = f"{COVGOV} collect all {' '.join(map(str, reports))} >/dev/null"
    return Row(
        "ten reports collected, checked and recorded",
        [Contender(OURS, ["sh", "-c", f"{collected} && {COVGOV} check --record"], root, JUDGED)],
        [],
        rounds=1,
    )


def start(shop: Workshop, _files: int) -> Row:
    """`--help`, beside the peers' `--version`."""
    contenders = [
        Contender(OURS, [COVGOV, "--help"], shop.root),
        Contender("coverage --version", [str(shop.peers / "coverage"), "--version"], shop.root),
        Contender("diff-cover --version", [str(shop.peers / "diff-cover"), "--version"], shop.root),
    ]
    return Row("covgov --help", contenders, [Bar("", 0.15)])


def version(shop: Workshop, _files: int) -> Row:
    """`--version`, beside Python's own start."""
    contenders = [
        Contender(OURS, [COVGOV, "--version"], shop.root),
        Contender("python -c pass", [PYTHON, "-c", "pass"], shop.root),
    ]
    return Row("covgov --version", contenders, [Bar("", 0.07)])


def check_many_runs(shop: Workshop, _files: int) -> Row:
    """`check` where 500 runs are recorded, beside one where five are."""
    many, few = histories.half_a_year(shop), histories.half_a_year(shop, 5)
    contenders = [
        Contender(name, _judge(root.parent / "last.lcov"), root, JUDGED)
        for name, root in ((OURS, many), ("5 runs", few))
    ]
    return Row("check with 500 recorded runs", contenders, [Bar("5 runs", 1.1)])


def tests(shop: Workshop, _files: int) -> Row:
    """The tests of a suite as `covgov run` starts them, beside `coverage run -m pytest`: no analysis, no artifacts."""
    root = histories.many_tests(shop)
    suite = Suite.read({"tests": ["tests"]}).named("all")
    work = launch.Workspace(shop.root / "work")
    work.data.mkdir(parents=True, exist_ok=True)
    env = launch.environment(suite, root, work, os.environ)
    contenders = [
        Contender(OURS, launch.command_line(suite, PYTHON, work, [], env), root, env=env),
        Contender("coverage run -m pytest", [PYTHON, "-m", "coverage", "run", "-m", "pytest", "tests"], root),
    ]
    return Row("run of 3,000 tests", contenders, [Bar("coverage run -m pytest", 1.15)])


def _judge(report: Path) -> Sequence[str]:
    return ["sh", "-c", f"{COVGOV} collect all {report} >/dev/null && {COVGOV} check"]


def _diff_cover(shop: Workshop, report: Path, root: Path) -> Contender:
    return Contender("diff-cover", [str(shop.peers / "diff-cover"), str(report), "--compare-branch=main"], root)


def reads(shop: Workshop, name: str, reader: str, *arguments: str) -> Contender:
    """A reader of `readers`: covgov's in this environment, all others in the peers'."""
    python = PYTHON if reader == "covgov" else str(shop.peers / "python")
    return Contender(name, [python, READERS, reader, *arguments], shop.root)


def totals_of(files: int) -> Callable[[Mapping[str, str]], str]:
    """covgov must find the generator's totals; a peer that says how many lines there are must agree."""
    return agree_on(synthetic.totals(files))


def agree_on(known: synthetic.Totals) -> Callable[[Mapping[str, str]], str]:
    """The same for these totals."""

    def wrong(outputs: Mapping[str, str]) -> str:
        if outputs[OURS].strip() != str(known):
            return f"covgov read {outputs[OURS].strip()}, not {known}"
        counts = {name: output.split()[1] for name, output in outputs.items() if len(output.split()) == 3}
        other = [name for name, lines in counts.items() if lines not in {"-", str(known.lines)}]
        return f"{', '.join(other)} read another number of lines than {known.lines}" if other else ""

    return wrong

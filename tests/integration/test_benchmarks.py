"""The benchmark compares like with like: known inputs, right readers, costs of whole processes, bars that can be missed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import formats, rows, synthetic, table
from benchmarks.__main__ import main
from benchmarks.race import Contender, ContenderFailedError, Cost, Result, median, race
from covgov.ingest.read import read_report
from covgov.ingest.registry import FORMATS
from covgov.model.snapshot import Metric
from covgov_testing.repos import Repo

FILES = 60


@pytest.mark.parametrize("kind", ["lcov", "xml", "json"])
def test_every_format_has_the_known_totals(tmp_path: Path, kind: str) -> None:
    report = tmp_path / f"head.{kind}"
    match kind:
        case "lcov":
            synthetic.write_lcov(report, range(FILES))
        case "xml":
            synthetic.write_cobertura(report, FILES, tmp_path)
        case _:
            synthetic.write_json(report, FILES)
    parsed = read_report(report, lambda _: b"")
    known = synthetic.totals(FILES)
    lines = [file.ratio(Metric.LINE) for file in parsed.files.values()]
    exits = [file.ratio(Metric.BRANCH) for file in parsed.files.values()]
    assert (len(parsed.files), sum(one.total for one in lines), sum(one.covered for one in lines)) == (
        known.files,
        known.lines,
        known.covered,
    )
    assert sum(one.total for one in exits) == FILES * synthetic.FUNCTIONS * 2
    assert sum(one.covered for one in exits) == sum(synthetic.module(number).taken for number in range(FILES))
    assert parsed.faults == ()


@pytest.mark.parametrize("name", formats.KINDS)
def test_every_reader_finds_the_known_totals_in_its_row(tmp_path: Path, name: str) -> None:
    kind, report = formats.KINDS[name], tmp_path / f"all.{formats.KINDS[name].suffix}"
    formats.write(kind, report, FILES)
    parsed = read_report(report, lambda _: b"")
    known = formats.expected(kind, FILES)
    lines = parsed.counted(Metric.LINE)
    assert parsed.format == name or name == "cobertura-conditions"
    assert (len(parsed.files), lines.total, lines.covered) == (known.files, known.lines, known.covered)
    assert (parsed.faults == ()) is kind.lines
    if "branches" in FORMATS[parsed.format].capabilities:
        assert parsed.stated(Metric.BRANCH).measurable


@pytest.mark.architecture
def test_every_reader_has_a_row() -> None:
    others = {
        "lcov",
        "cobertura",
        "coveragepy-json",
        "coveragepy-data",
    }  # rows of their own, the last one's is artifacts
    assert {*formats.KINDS} - {"cobertura-conditions"} == {*FORMATS} - others


def test_the_sources_are_programs_and_every_file_differs_in_three_places(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    synthetic.write_sources(tmp_path, FILES, base=True)
    repo.commit(message="base")
    synthetic.write_sources(tmp_path, FILES, base=False)
    repo.commit(message="head")
    for number in range(FILES):
        compile(synthetic.module(number).text, "module", "exec")
    changed = repo.git("diff", "-U0", "HEAD~1", "HEAD").splitlines()
    assert sum(line.startswith("diff ") for line in changed) == FILES
    assert 2 * FILES <= sum(line.startswith("@@") for line in changed) <= 4 * FILES


def test_the_same_size_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    synthetic.write_lcov(first, range(FILES))
    synthetic.write_lcov(second, range(FILES))
    assert first.read_bytes() == second.read_bytes()


def python(name: str, code: str, folder: Path) -> Contender:
    return Contender(name, [sys.executable, "-c", code], folder)


def test_a_race_takes_turns_and_counts_the_children(tmp_path: Path) -> None:
    busy = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {'sum(range(6_000_000))'!r}])"
    log = "from pathlib import Path; Path('log').open('a').write('a')"
    results = race([python("busy", busy, tmp_path), python("idle", log, tmp_path)], 2)
    assert (tmp_path / "log").read_text(encoding="utf-8") == "aa"
    assert results["busy"].cost.cpu > results["idle"].cost.cpu


def test_a_command_that_fails_ends_the_race(tmp_path: Path) -> None:
    with pytest.raises(ContenderFailedError, match="broken: exit code 3\nwhy"):
        race([python("broken", "print('why'); raise SystemExit(3)", tmp_path)], 1)


def test_the_median_of_each_figure_and_the_greatest_peak() -> None:
    assert median([Cost(1, 9, 5), Cost(3, 1, 6), Cost(2, 2, 4)]) == Cost(2, 2, 6)


def results(ours: float, theirs: float, peak: int = 0) -> dict[str, Result]:
    return {"covgov": Result(Cost(ours, ours, peak), ""), "peer": Result(Cost(theirs, theirs, 0), "")}


@pytest.mark.parametrize(
    ("bar", "ours", "peak", "missed"),
    [
        (rows.Bar("peer", 1 / 2), 1.0, 0, False),
        (rows.Bar("peer", 1 / 2), 1.01, 0, True),
        (rows.Bar("peer", 1 / 2, peak=100), 1.0, 101, True),
        (rows.Bar("", 1.5), 1.5, 0, False),
        (rows.Bar("", 1.5), 1.6, 0, True),
    ],
)
def test_a_bar_is_met_or_missed(bar: rows.Bar, ours: float, peak: int, missed: bool) -> None:
    assert table.missed(bar, results(ours, 2.0, peak)) is missed
    row = rows.Row("work", [], [bar])
    assert ("MISS" in table.text([table.Measured(row, "", results(ours, 2.0, peak))])) is missed


def test_a_reader_that_finds_other_lines_is_wrong() -> None:
    wrong = rows.totals_of(FILES)
    known = str(synthetic.totals(FILES))
    assert wrong({"covgov": known, "peer": f"{FILES} {FILES * 200} -"}) == ""
    assert wrong({"covgov": "1 2 3", "peer": known}).startswith("covgov read 1 2 3, not ")
    assert wrong({"covgov": known, "peer": f"{FILES} 7 -"}).startswith("peer read another number of lines")


@pytest.mark.parametrize("arguments", [["--rows", "lcvo"], ["--sizes", "2k"]])
def test_an_unknown_row_or_size_names_those_that_there_are(arguments: Sequence[str]) -> None:
    with pytest.raises(SystemExit, match=r"rows: lcov, cobertura, .*sizes: 10k, 100k, 1M, 10M, 100M"):
        main(arguments)


def test_it_starts_as_a_module() -> None:
    root = Path(__file__).resolve().parents[2]
    env = {"PYTHONPATH": str(root / "tests" / "support"), "COLUMNS": "100"}
    command = [sys.executable, "-m", "benchmarks", "--help"]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "--rounds" in done.stdout

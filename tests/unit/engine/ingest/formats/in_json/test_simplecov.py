"""Both files of SimpleCov."""

from __future__ import annotations

import json

import pytest

from covgov.errors import InputError
from covgov.ingest.formats.in_json.simplecov import SimplecovJson, SimplecovResultset
from covgov.model.snapshot import CountedExits, FileCoverage

IF = "[:if, 0, 3, 4, 7, 7]"


def resultset(**commands: object) -> FileCoverage:
    document = {name: {"coverage": {"a.rb": file}, "timestamp": 1} for name, file in commands.items()}
    return SimplecovResultset().parse(json.dumps(document).encode(), "r.json").files["a.rb"]


def formatted(document: object) -> FileCoverage:
    data = json.dumps({"meta": {"simplecov_version": "0.22.0"}, **document}) if isinstance(document, dict) else ""
    return SimplecovJson().parse(data.encode(), "r.json").files["a.rb"]


def test_commands_are_merged_and_old_lists_are_read() -> None:
    file = resultset(RSpec={"lines": [None, 0, 1]}, Minitest=[None, 2, 0])
    assert (file.statements, file.covered) == (0b1100, 0b1100)


def test_lines_between_nocov_comments_are_excluded() -> None:
    file = resultset(RSpec={"lines": [1, "ignored", 0]})
    assert (file.statements, file.excluded) == (0b1010, 0b0100)


def test_arms_are_exits_of_the_condition_s_line() -> None:
    arms = {"[:then, 1, 4, 6, 4, 9]": 0, "[:else, 2, 6, 6, 6, 9]": 3}
    assert resultset(RSpec={"lines": [1, 1, 1], "branches": {IF: arms}}).by_number == {3: CountedExits(1, 2)}


def test_the_formatter_s_branches_are_at_their_reported_line() -> None:
    arms = [{"coverage": 0, "start_line": 4, "report_line": 3}, {"coverage": 1, "start_line": 3}]
    skipped = {"coverage": "ignored", "start_line": 3}
    file = formatted({"coverage": {"a.rb": {"lines": [1, 1, 1], "branches": [*arms, skipped]}}})
    assert file.by_number == {3: CountedExits(1, 2)}


def test_the_list_of_files_of_old_formatters_is_read() -> None:
    assert formatted({"files": [{"filename": "a.rb", "coverage": {"lines": [1, 0]}}]}).covered == 0b10


@pytest.mark.parametrize(
    "file", [{"lines": ["x"]}, {"lines": [-1]}, {"lines": [1], "branches": {"if": {}}}, {"lines": 1}, {}, "x"]
)
def test_what_does_not_fit_is_refused(file: object) -> None:
    with pytest.raises(InputError, match=r"r\.json"):
        resultset(RSpec=file)


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'{"RSpec": {"coverage": {"/a.rb": [1,', True),
        (b'{ "Unit \\"x\\"" : { "coverage": {"/a.rb": {"lines": [', True),
        (b'{"RSpec": {"coverage": {}', True),
        (b'{"RSpec": {"coverage": 80}}', False),
        (b'{"coverage": {"a.rs": {"1": 1}}}', False),
    ],
)
def test_a_result_set_is_told_from_other_json(head: bytes, known: bool) -> None:
    assert SimplecovResultset().recognises(head) is known

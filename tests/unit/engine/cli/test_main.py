from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from covgov import __version__
from covgov.cli.main import entry, flushed, main
from covgov.cli.tree import COMMANDS, SUMMARIES, tree
from covgov.cli.world import World, real_world
from covgov_testing.desk import Desk


def called(*argv: str, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    world = World(Path.cwd(), env or {}, lambda: datetime(2026, 11, 22, tzinfo=UTC), out, err)
    return main(argv, world), out.getvalue(), err.getvalue()


def test_an_unknown_command_is_a_usage_error_on_stderr() -> None:
    code, out, err = called("frobnicate")
    assert (code, out) == (2, "")
    assert "No such command 'frobnicate'" in err
    assert "hint: see `covgov --help`" in err


def test_an_unknown_option_is_a_usage_error() -> None:
    code, _, err = called("--frobnicate")
    assert code == 2
    assert "[usage]" in err


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_printed(option: str) -> None:
    assert called(option) == (0, f"covgov {__version__}\n", "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command(option: str) -> None:
    code, text, _ = called(option)
    assert code == 0
    assert all(f"\n  {name} " in text for name in COMMANDS)


def test_no_command_at_all_is_a_usage_error_that_points_at_help() -> None:
    code, out, err = called()
    assert (code, out) == (2, "")
    assert "covgov --help" in err


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group, **group.context_settings)
    for name in group.list_commands(context):
        yield (*path, name)
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


@pytest.mark.parametrize("path", list(every_command(tree)), ids=" ".join)
def test_every_command_explains_itself_with_an_example(path: tuple[str, ...]) -> None:
    code, text, _ = called(*path, "--help")
    assert code == 0
    assert f"covgov {' '.join(path)}" in text.split("Example")[1]


@pytest.mark.parametrize(
    "path", [(), ("exceptions",), ("history",), ("policy",), ("hub",), ("hub", "token")], ids=" ".join
)
def test_every_summary_fits_its_line(path: tuple[str, ...]) -> None:
    listed = called(*path, "--help")[1].split("Commands:")[1]
    assert [line for line in listed.splitlines() if line.endswith("...")] == []


def test_the_module_runs_as_a_program_and_python_dash_m_is_the_same() -> None:
    done = subprocess.run([sys.executable, "-m", "covgov", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"covgov {__version__}\n"


def test_the_real_world_is_where_the_process_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_NAME", "value")
    world = real_world()
    assert (world.cwd, world.env["SOME_NAME"]) == (Path.cwd(), "value")
    assert world.now().tzinfo is UTC


def test_the_console_script_exits_with_the_code_of_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["covgov", "frobnicate"])
    with pytest.raises(SystemExit) as caught:
        entry()
    assert caught.value.code == 2


@pytest.mark.architecture
def test_a_registered_module_without_a_click_command_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "not_a_command_module.py").write_text("command = print\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(COMMANDS, "odd", "not_a_command_module")
    with pytest.raises(TypeError, match=r"not_a_command_module\.command is not a click command"):
        called("odd")


@pytest.mark.architecture
def test_the_command_tree_is_there_before_any_command_is_imported() -> None:
    script = (
        "import sys\n"
        "from covgov.cli.tree import COMMANDS\n"
        "print([module for module in COMMANDS.values() if module in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_has_the_first_sentence_of_each_help(name: str) -> None:
    command = tree.get_command(click.Context(tree), name)
    assert command is not None
    assert SUMMARIES[name] == command.get_short_help_str(limit=100)


def test_the_list_of_commands_is_complete() -> None:
    assert list(SUMMARIES) == list(COMMANDS)


def imported(*argv: str, cwd: Path | None = None) -> set[str]:
    """The modules that the program imports for a command line, beside those of whoever measures it."""
    script = (
        "import sys\nbefore = {*sys.modules}\nfrom covgov.cli.main import entry\n"
        "try: entry()\nfinally: print(*{*sys.modules} - before, file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, *argv]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.architecture
def test_the_version_needs_no_command_line() -> None:
    names = imported("--version")
    assert "covgov.cli.main" in names
    assert not names & {"click", "covgov.cli.tree", "msgspec"}


@pytest.mark.architecture
@pytest.mark.parametrize("argv", [("--help",), ("check", "--help")], ids=" ".join)
def test_help_imports_no_more_than_it_prints(argv: tuple[str, ...]) -> None:
    names = imported(*argv)
    commands = {module for module in COMMANDS.values() if module in names}
    assert commands == {COMMANDS[name] for name in argv if name in COMMANDS}
    assert not names & {"msgspec", "covgov.model", "covgov.policy", "covgov.vcs"}


@pytest.mark.architecture
def test_a_check_imports_nothing_that_only_others_need(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    desk.commit({"api/a.py": "x = 1\n"})
    desk.measure({"api/a.py": "+"})
    names = imported("check", cwd=desk.root)
    assert "covgov.judge.evaluate" in names
    elsewhere = {"coverage", "filelock", "http.client", "httpx2", "lxml", "markdown_it", "pathspec", "pydantic"}
    assert not names & elsewhere


@pytest.mark.architecture
def test_a_check_hashes_the_files_on_disk_once_and_asks_for_the_remote_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    desk.commit({"api/a.py": "x = 1\n"})
    desk.measure({"api/a.py": "+"})
    asked, git = tmp_path / "asked", tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(f'#!/bin/sh\nfor word; do echo "$word" >>"{asked}"; done\nexec "{shutil.which("git")}" "$@"\n')
    git.chmod(0o755)
    env = {**os.environ, "PATH": f"{git.parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([sys.executable, "-m", "covgov", "check"], cwd=desk.root, env=env, capture_output=True, check=False)
    words = asked.read_text(encoding="utf-8").splitlines()
    assert (words.count("write-tree"), words.count("remote")) == (1, 1)


@pytest.mark.reliability
@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"]])
def test_output_that_nobody_can_store_ends_5_with_one_message_and_no_traceback(arguments: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "covgov", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 5
    assert [line for line in done.stderr.splitlines() if not line.startswith("  hint:")] == [
        "covgov: error: No space left on device [io-error]"
    ]


@pytest.mark.reliability
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "2>/dev/full"])
@pytest.mark.parametrize(("arguments", "code"), [("--version", 0), ("nonsense", 2)])
def test_who_is_not_listened_to_ends_as_otherwise(closed: str, arguments: str, code: int) -> None:
    command = f'exec "{sys.executable}" -m covgov {arguments} {closed}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)


@pytest.mark.reliability
def test_a_stream_that_could_not_be_flushed_leads_nowhere_afterwards() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        full.write("x")
        fault = flushed(full)
        assert fault is not None
        assert fault.strerror == "No space left on device"
        assert flushed(full) is None


@pytest.mark.reliability
def test_what_only_fails_at_the_end_still_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = "import click\ncommand = click.Command('silent', callback=lambda: 0)\n"
    (tmp_path / "a_silent_command_module.py").write_text(silent, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(COMMANDS, "silent", "a_silent_command_module")
    monkeypatch.setattr(sys, "argv", ["covgov", "silent"])
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        full.write("x")
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as caught:
            entry()
    assert caught.value.code == 5
    assert "[io-error]" in capsys.readouterr().err


def unread(desk: Desk, *argv: str, both: bool = False, unbuffered: str = "") -> tuple[int, str]:
    """Exit code and stderr of the program when nobody reads its stdout (both: nor its stderr)."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "covgov", *argv],
            cwd=desk.root,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=writer,
            stderr=writer if both else subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    return done.returncode, done.stderr or ""


@pytest.mark.reliability
@pytest.mark.parametrize("both", [False, True])
def test_a_reader_that_went_away_leaves_the_verdict_its_exit_code(tmp_path: Path, *, both: bool) -> None:
    desk = Desk(tmp_path / "work")
    desk.commit({"api/a.py": "".join(f"line {n}\n" for n in range(10))})
    desk.measure({"api/a.py": "+---------"})
    code, err = unread(desk, "check", both=both)
    assert code == 10
    assert "Broken pipe" not in err
    assert (desk.root / "coverage" / "verdict.json").is_file()


@pytest.mark.reliability
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("argv", [["policy", "show"], ["--help"], ["check", "--help"], ["--version"]])
def test_output_that_nobody_reads_is_no_fault(tmp_path: Path, argv: list[str], unbuffered: str) -> None:
    desk = Desk(tmp_path / "work")
    desk.commit({"api/a.py": "x = 1\n"})
    assert unread(desk, *argv, unbuffered=unbuffered) == (0, "")


@pytest.mark.parametrize(("asked", "words"), [("bash_source", "_covgov_completion"), ("bash_complete", "plain,policy")])
def test_a_shell_is_told_how_to_complete_a_command(monkeypatch: pytest.MonkeyPatch, asked: str, words: str) -> None:
    for name, value in {"_COVGOV_COMPLETE": asked, "COMP_WORDS": "covgov pol", "COMP_CWORD": "1"}.items():
        monkeypatch.setenv(name, value)
    code, out, err = called()
    assert (code, err) == (0, "")
    assert words in out


def test_a_shell_that_asks_in_words_of_its_own_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_COVGOV_COMPLETE", "no_shell_at_all")
    assert called()[0] == 2


@pytest.mark.reliability
def test_a_pipe_that_breaks_inside_a_command_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = "def call(): raise BrokenPipeError(32, 'Broken pipe')\ncommand = click.Command('b', callback=call)\n"
    (tmp_path / "a_command_module_with_a_pipe.py").write_text(f"import click\n{broken}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(COMMANDS, "piping", "a_command_module_with_a_pipe")
    code, _, err = called("piping")
    assert code == 5
    assert "covgov: error: Broken pipe [io-error]" in err

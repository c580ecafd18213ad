from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import RegisterInvalid, Undetermined, UsageError
from covgov.gate import Judgement
from covgov.model import snapshot_codec
from covgov.model.change import Cause
from covgov.model.ratio import Ratio
from covgov.model.run import BaselineReason
from covgov.model.verdict import Effect, Outcome, Scope
from covgov.publish.artifacts import proposal
from covgov.register.entry import Entry
from covgov_testing.builders.coverage import FAILED, IDENTITY, snap
from covgov_testing.builders.register import COMPLETE, table
from covgov_testing.desk import POLICY, Desk, rules

TWO_SUITES = POLICY + '\n[suites.auth]\ntests = ["tests"]\n[components.auth]\npaths = ["auth/**"]\nsuite = "auth"\n'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "work")


def messages(judgement: Judgement) -> str:
    return "\n".join(finding.message for finding in judgement.verdict.findings)


def start(desk: Desk, picture: str = "++++++++--") -> str:
    """One measured and recorded commit on main, and a topic branch on top of it."""
    desk.repo.write({"api/a.py": "".join(f"line {n}\n" for n in range(1, len(picture) + 1))})
    commit = desk.commit(message="begin")
    desk.measure({"api/a.py": picture})
    desk.record(desk.judge())
    desk.repo.git("checkout", "-q", "-b", "topic")
    return commit


def test_the_first_commit_is_judged_by_its_absolute_bars_alone(desk: Desk) -> None:
    desk.repo.write({"api/a.py": "1\n2\n"})
    desk.commit()
    desk.measure({"api/a.py": "+-"})
    verdict = desk.judge().verdict
    assert verdict.outcome is Outcome.PASS
    assert verdict.receipt.commit is None
    assert verdict.patch is None or verdict.patch.ratio is None


def test_a_suite_that_nobody_declared_is_a_usage_error_naming_the_declared_ones(desk: Desk) -> None:
    desk.commit()
    with pytest.raises(UsageError, match="no suite is called 'web'") as caught:
        desk.judge("web")
    assert "api" in caught.value.hint


def test_a_change_is_compared_with_the_recorded_run_of_its_merge_base(desk: Desk) -> None:
    begin = start(desk)
    desk.commit({"api/b.py": "1\n2\n"}, "topic")
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "--"})
    verdict = desk.judge().verdict
    (row,) = verdict.rows
    assert (row.receipt.commit, row.receipt.distance) == (begin, 0)
    assert row.delta is not None
    assert [part.cause for part in row.delta.parts] == [Cause.NEW_UNCOVERED]
    assert verdict.outcome is Outcome.FAIL
    assert "new uncovered code" in "\n".join(f.message for f in verdict.findings)


def test_outside_git_there_is_no_baseline_and_no_diff(desk: Desk) -> None:
    desk.commit({"api/a.py": "1\n2\n"})
    desk.measure({"api/a.py": "++"})
    judgement = desk.judge(git=False)
    assert judgement.verdict.outcome is Outcome.PASS
    assert "no git checkout" in messages(judgement)
    assert judgement.verdict.commit is None


def unrecorded_main(desk: Desk) -> None:
    """Main is recorded, then moves on by five uncovered lines that no run is recorded of; HEAD is that commit."""
    start(desk, "+" * 10)
    desk.repo.git("checkout", "-q", "main")
    desk.commit({"api/b.py": "1\n2\n3\n4\n5\n"}, "main moves on")


def test_what_main_did_since_its_last_recorded_run_is_not_charged_to_a_change(desk: Desk) -> None:
    unrecorded_main(desk)
    desk.repo.git("checkout", "-q", "-b", "docs")
    desk.commit({"README": "1\n"})
    desk.measure({"api/a.py": "+" * 10, "api/b.py": "-----"})
    verdict = desk.judge().verdict
    assert verdict.outcome is Outcome.PASS
    (row,) = verdict.rows
    assert row.delta is not None
    assert [part.cause for part in row.delta.parts] == [Cause.UPSTREAM]
    desk.commit({"api/c.py": "1\n"})
    desk.measure({"api/a.py": "+" * 10, "api/b.py": "-----", "api/c.py": "-"})
    assert ("max-drop", "fail") in rules(desk.judge())


@pytest.mark.security
@pytest.mark.security
@pytest.mark.parametrize(
    ("main", "topic", "judged"),
    [
        ({"docs/a.md": "new\n"}, {"README.md": "other\n"}, True),
        ({"docs/a.md": "new\n"}, {"tests/test_a.py": "0\n"}, True),
        ({"tests/test_a.py": "0\n"}, {"README.md": "other\n    f()\n"}, False),
        ({"tests/test_a.py": "0\n"}, {"README.md": "text\n"}, True),
    ],
    ids=["only words", "words on main", "words in the change", "an example that goes"],
)
def test_lost_lines_are_the_target_branchs_only_where_it_alone_touched_what_could_lose_them(
    desk: Desk, main: dict[str, str], topic: dict[str, str], judged: bool
) -> None:
    desk.repo.write({"README.md": "text\n    f()\n"})
    start(desk)
    desk.repo.git("checkout", "-q", "main")
    desk.commit(main, "main moves on")
    desk.repo.git("checkout", "-q", "-B", "topic")
    desk.commit(topic, "change")
    desk.measure({"api/a.py": "+++-------"})
    judgement = desk.judge()
    assert ("max-drop" in {rule for rule, _ in rules(judgement)}) is judged
    assert ("5 uncovered lines not charged to this change" in messages(judgement)) is not judged


@pytest.mark.parametrize("litter", [False, True])
def test_what_main_did_since_its_last_recorded_run_is_charged_to_main(desk: Desk, litter: bool) -> None:
    unrecorded_main(desk)
    desk.commit({"README": "1\n"})
    desk.repo.write({"litter": "1\n"} if litter else {})
    desk.measure({"api/a.py": "+" * 10, "api/b.py": "-----"})
    for ci in (
        CiContext("generic", CiEvent.LOCAL),
        CiContext("github", CiEvent.PUSH, branch="main", default_branch="main", on_default_branch=True),
    ):
        assert ("max-drop", "fail") in rules(desk.judge(ci=ci))


@pytest.mark.security
@pytest.mark.parametrize("event", [event for event in CiEvent if event is not CiEvent.LOCAL])
def test_a_job_without_a_git_checkout_is_undetermined(desk: Desk, event: CiEvent) -> None:
    desk.commit({"api/a.py": "1\n2\n"})
    desk.measure({"api/a.py": "++"})
    with pytest.raises(Undetermined, match=r"no git checkout \(\.git\) here"):
        desk.judge(git=False, ci=CiContext("github", event, target="main"))


@pytest.mark.security
def test_outside_git_a_history_that_began_leaves_the_drop_undetermined(desk: Desk) -> None:
    policy = POLICY.replace("[history]", "[history]\nsince = 2026-11-01")
    desk.commit({"api/a.py": "1\n2\n", "covgov.toml": policy})
    desk.measure({"api/a.py": "++"})
    assert desk.judge(git=False).verdict.outcome is Outcome.UNDETERMINED


@pytest.mark.security
def test_a_forced_push_that_lowers_a_bar_in_an_earlier_commit_is_told_so(desk: Desk) -> None:
    start(desk)
    desk.commit({"covgov.toml": POLICY.replace("fail_under = 50", "fail_under = 10")}, "lower")
    desk.commit({"README": "1\n"}, "innocent")
    desk.measure({"api/a.py": "++++++++--"})
    pushed = CiContext("github", CiEvent.PUSH, branch="topic", before="f" * 40, on_default_branch=True)
    judgement = desk.judge(ci=pushed)
    assert ("loosened", "fail") in rules(judgement)
    assert "base: the commit ffffffffffff that the branch pointed to before" in messages(judgement)


def test_outside_git_a_base_cannot_be_given(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no git checkout"):
        desk.judge(git=False, base="HEAD")


@pytest.mark.security
def test_a_lowered_bar_is_judged_by_the_base_and_is_a_finding_of_its_own(desk: Desk) -> None:
    start(desk)
    desk.commit({"covgov.toml": POLICY.replace("fail_under = 50", "fail_under = 10")}, "lower")
    desk.measure({"api/a.py": "++--------"})
    judgement = desk.judge()
    assert ("loosened", "fail") in rules(judgement)
    assert ("bar", "fail") in rules(judgement)


def test_a_raised_bar_bites_at_once(desk: Desk) -> None:
    start(desk)
    desk.commit({"covgov.toml": POLICY.replace("fail_under = 50", "fail_under = 90")}, "raise")
    desk.measure({"api/a.py": "++++++++--"})
    assert {rule for rule, _ in rules(desk.judge())} == {"bar"}


@pytest.mark.security
def test_a_new_exclusion_pragma_on_a_changed_line_is_told(desk: Desk) -> None:
    start(desk)
    desk.commit({"api/b.py": "x = 1\ny = 2  # pragma: no cover\n"}, "hide")
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "+x"})
    judgement = desk.judge()
    assert ("loosened", "fail") in rules(judgement)
    assert "api/b.py" in messages(judgement)


@pytest.mark.security
def test_a_widened_omit_is_told(desk: Desk) -> None:
    desk.repo.write({".coveragerc": "[run]\nsource = api\n"})
    start(desk)
    desk.commit({".coveragerc": "[run]\nsource = api\nomit = api/a.py\n"}, "hide")
    desk.measure({"api/a.py": "++++++++--"})
    assert ("loosened", "fail") in rules(desk.judge())


def test_a_pragma_in_a_file_that_no_component_claims_is_nobodys_business(desk: Desk) -> None:
    start(desk)
    desk.commit({"docs/b.py": "y = 2  # pragma: no cover\n"}, "document")
    desk.measure({"api/a.py": "++++++++--"})
    assert rules(desk.judge()) == []


@pytest.mark.security
def test_a_pragma_in_a_measured_file_of_no_component_is_told(desk: Desk) -> None:
    start(desk)
    desk.commit({"lib/u.py": "x = 1\ny = 2  # pragma: no cover\n"}, "hide")
    desk.measure({"api/a.py": "++++++++--", "lib/u.py": "+x"})
    assert ("loosened", "fail") in rules(desk.judge())


@pytest.mark.security
def test_the_environments_rcfile_is_compared_too(desk: Desk) -> None:
    desk.repo.write({"ci.rc": "[run]\nsource = api\n"})
    start(desk)
    desk.commit({"ci.rc": "[run]\nsource = api\nomit = api/a.py\n"}, "hide")
    desk.measure({"api/a.py": "++++++++--"})
    assert rules(desk.judge()) == []
    assert ("loosened", "fail") in rules(desk.judge(env={"COVERAGE_RCFILE": "ci.rc"}))


def test_a_base_without_a_policy_is_a_bootstrap(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    (desk.root / "covgov.toml").unlink()
    desk.commit({"api/a.py": "1\n2\n"}, "before governance")
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({"covgov.toml": POLICY}, "adopt")
    desk.measure({"api/a.py": "+-"})
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.PASS
    assert "bootstrap" in {finding.rule for finding in judgement.verdict.findings}


@pytest.mark.security
def test_a_branch_from_before_the_first_policy_cannot_loosen_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    (desk.root / "covgov.toml").unlink()
    desk.commit({"api/a.py": "".join(f"line {number} of api/a.py\n" for number in range(1, 11))})
    desk.repo.git("branch", "topic")
    desk.commit({"covgov.toml": POLICY})
    desk.measure({"api/a.py": "+" * 10})
    desk.record(desk.judge())
    desk.repo.git("checkout", "-q", "topic")
    excluded = "".join(f"more {number}\n" for number in range(9)) + "last  # pragma: no cover\n"
    desk.commit({"covgov.toml": POLICY, "api/b.py": excluded})
    desk.measure({"api/a.py": "+" * 10, "api/b.py": "+" * 9 + "x"})
    assert ("loosened", "fail") in rules(desk.judge())


@pytest.mark.reliability
def test_a_damaged_register_is_a_fault_beside_the_verdict_and_waives_nothing(desk: Desk) -> None:
    start(desk)
    desk.commit({"exceptions.md": "<!-- covgov:exceptions:begin -->\n| nonsense |\n"}, "damage")
    desk.measure({"api/a.py": "++++++++--"})
    judgement = desk.judge()
    (fault,) = judgement.faults
    assert isinstance(fault, RegisterInvalid)
    assert judgement.facts.register is None
    assert judgement.verdict.outcome is Outcome.PASS


def test_a_register_that_is_not_text_is_a_fault(desk: Desk) -> None:
    desk.commit()
    (desk.root / "exceptions.md").write_bytes(b"\xff\xfe\x00")
    desk.measure({"api/a.py": "++"})
    (fault,) = desk.judge().faults
    assert fault.code == "register-encoding"


def test_a_changed_source_file_in_no_report_is_unmeasured(desk: Desk) -> None:
    start(desk)
    desk.commit({"api/new.py": "1\n", "api/data.json": "{}\n", "api/empty.py": ""}, "add")
    desk.measure({"api/a.py": "++++++++--"})
    judgement = desk.judge()
    assert [f.subject for f in judgement.verdict.findings if f.rule == "unmeasured"] == ["api/new.py"]


def lines_of(first: int, last: int, word: str = "line") -> str:
    return "".join(f"{word} {n}\n" for n in range(first, last + 1))


@pytest.mark.security
@pytest.mark.parametrize(("kept", "fails"), [(6, True), (0, False)])
def test_code_that_is_moved_and_written_anew_where_no_component_claims_it(desk: Desk, kept: int, fails: bool) -> None:
    desk.repo.write({"api/b.py": lines_of(1, 20)})
    start(desk)
    (desk.root / "api/b.py").unlink()
    desk.commit({"lib/b.py": lines_of(1, kept) + lines_of(1, 40, "other")})
    desk.measure({"api/a.py": "++++++++--"})
    judgement = desk.judge()
    told = "lib/b.py: code of api/b.py moved here, but in no report of its suite (by the base branch's policy)"
    assert (told in messages(judgement)) is fails
    assert (judgement.verdict.outcome is Outcome.FAIL) is fails
    assert "1 new source file in no component and in no report: lib/" in messages(judgement)


@pytest.mark.security
@pytest.mark.parametrize(("text", "effect"), [("x()\n" * 50, "fail"), ("describe('a', () => {})\n", "note")])
def test_code_under_a_tests_name_is_unmeasured_and_a_test_is_a_note(desk: Desk, text: str, effect: str) -> None:
    start(desk)
    desk.commit({"api/core.test.js": text})
    desk.measure({"api/a.py": "++++++++--"})
    found = [(f.rule, str(f.effect)) for f in desk.judge().verdict.findings if "api/core.test.js" in f.message]
    assert found == [("unmeasured", effect)]


def test_a_deleted_source_file_is_not_unmeasured(desk: Desk) -> None:
    desk.repo.write({"api/old.py": "1\n"})
    start(desk)
    desk.repo.git("rm", "-q", "api/old.py")
    desk.commit(message="delete")
    desk.measure({"api/a.py": "++++++++--"})
    assert [f for f in desk.judge().verdict.findings if f.rule == "unmeasured"] == []


NEWER = structs.replace(IDENTITY, version="8.0")


def test_a_newer_tool_that_counts_alike_changes_no_verdict(desk: Desk) -> None:
    start(desk)
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "++++++++--"}, identity=NEWER)
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.PASS
    assert "no unchanged line counts differently" in messages(judgement)


@pytest.mark.security
def test_a_newer_tool_hides_no_new_uncovered_code(desk: Desk) -> None:
    start(desk)
    desk.commit({"api/b.py": "1\n2\n"}, "topic")
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "--"}, identity=NEWER)
    assert ("max-drop", "fail") in rules(desk.judge())


@pytest.mark.security
def test_another_measuring_tool_makes_the_guard_undetermined_until_accepted(desk: Desk) -> None:
    start(desk, "++++++++--")
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "+++++++---"}, identity=NEWER)
    judgement = desk.judge()
    assert set(rules(judgement)) == {("measurement", "undetermined")}
    (row,) = judgement.verdict.rows
    assert row.delta is not None
    assert [part.cause for part in row.delta.parts] == [Cause.MEASUREMENT]
    assert row.delta.judged == 0
    assert {rule for rule, _ in rules(desk.judge(accept_identity=True))} == {"max-drop"}


LOST = '[[rules]]\nscope = "component"\non = "lost"\nmax_uncovered = 0\n'


@pytest.mark.security
def test_another_measuring_tool_hides_no_lost_unit_from_a_bar(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work", POLICY + LOST)
    start(desk, "+" * 100)
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "+" * 100}, identity=NEWER)
    assert rules(desk.judge()) == []
    desk.measure({"api/a.py": "-" + "+" * 99}, identity=NEWER)
    assert rules(desk.judge()) == [("measurement", "undetermined")]
    desk.measure({"api/a.py": "-" + "+" * 99})
    assert rules(desk.judge()) == [("change", "fail")]


@pytest.mark.security
def test_a_row_of_the_base_branch_accepts_another_measuring_tool(tmp_path: Path) -> None:
    entry = replace(COMPLETE, scope=Scope.POLICY, subject="measurement", floor=None, current="", bar=None)
    desk = Desk(tmp_path / "work", POLICY + LOST)
    desk.repo.write({"exceptions.md": table([entry])})
    start(desk, "+" * 90 + "-" * 10)
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "x" + "+" * 69 + "-" * 30}, identity=NEWER)
    judgement = desk.judge()
    assert rules(judgement) == []
    assert {f.waived_by for f in judgement.verdict.findings if f.effect is Effect.UNDETERMINED} == {"EX-001"}
    assert rules(desk.judge(today=date(2027, 1, 1))) == [
        ("exception-overdue", "fail"),
        *[("measurement", "undetermined")] * 5,
    ]


@pytest.mark.security
def test_what_a_change_excludes_is_never_another_measuring_tool(desk: Desk) -> None:
    start(desk, "+" * 100)
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "+xx" + "+" * 97}, identity=NEWER)
    assert set(rules(desk.judge())) == {("measurement", "undetermined")}
    lines = (desk.root / "api/a.py").read_text().splitlines(keepends=True)
    desk.commit({"api/a.py": "".join(["line 1  # pragma: no cover\n", *lines[1:]])}, "pragma")
    for picture in ("xxx" + "+" * 97, "   " + "+" * 97):
        desk.measure({"api/a.py": picture}, identity=NEWER)
        assert rules(desk.judge()) == [("excluded", "fail"), ("loosened", "fail")]


@pytest.mark.security
def test_exclusion_settings_that_change_with_the_measuring_tool_exclude(desk: Desk) -> None:
    start(desk, "+" * 100)
    desk.commit({".coveragerc": "[report]\nexclude_also = line\n"}, "settings")
    desk.measure({"api/a.py": "xx" + "+" * 98}, identity=NEWER)
    assert rules(desk.judge()) == [("excluded", "fail"), ("loosened", "fail")]


def test_on_the_default_branch_the_first_run_of_another_tool_is_the_new_baseline(desk: Desk) -> None:
    start(desk)
    desk.repo.git("checkout", "-q", "main")
    desk.commit({"requirements": "8.0\n"}, "bump")
    desk.measure({"api/a.py": "+++++++---"}, identity=NEWER)
    bump = desk.judge()
    assert bump.verdict.outcome is Outcome.PASS
    assert "this run is the new baseline" in messages(bump)
    desk.record(bump)
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "++++++----"}, identity=NEWER)
    after = desk.judge()
    assert ("max-drop", "fail") in rules(after)
    assert "measured differently" not in messages(after)


def test_a_docs_only_change_has_a_patch_without_units_and_passes(desk: Desk) -> None:
    start(desk)
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "++++++++--"})
    verdict = desk.judge().verdict
    assert verdict.outcome is Outcome.PASS
    assert verdict.patch is not None
    assert verdict.patch.ratio is not None
    assert not verdict.patch.ratio.measurable


def test_code_that_moves_between_components_is_told_as_moved(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work", TWO_SUITES)
    text = "".join(f"line {n}\n" for n in range(20))
    desk.repo.write({"api/a.py": text, "api/b.py": "b\n" * 20, "auth/c.py": "c\n" * 20})
    desk.commit(message="begin")
    everything = {"api/a.py": "+" * 20, "api/b.py": "+" * 20, "auth/c.py": "+" * 20}
    desk.measure(everything)
    desk.measure(everything, suite="auth")
    desk.record(desk.judge())
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.repo.git("mv", "api/a.py", "auth/a.py")
    desk.commit(message="move")
    moved = {"auth/a.py": "+" * 20, "api/b.py": "+" * 20, "auth/c.py": "+" * 20}
    desk.measure(moved)
    desk.measure(moved, suite="auth")
    by_name = {row.name: row for row in desk.judge().verdict.rows}
    api, auth = by_name["api"].delta, by_name["auth"].delta
    assert api is not None
    assert auth is not None
    assert {part.cause for part in api.parts} <= {Cause.MOVED_OUT}
    assert {part.cause for part in auth.parts} <= {Cause.MOVED_IN}
    assert (by_name["api"].now, by_name["auth"].now) == (Ratio(20, 20), Ratio(40, 40))


def test_a_directory_that_is_renamed_with_its_components_paths_is_no_drop(tmp_path: Path) -> None:
    policy = POLICY.replace('"api/**"', '"api/**", "old/**"')
    desk = Desk(tmp_path / "work", policy)
    text = "".join(f"line {n}\n" for n in range(20))
    desk.repo.write({"api/a.py": "a\n" * 20, "old/b.py": text})
    desk.commit(message="begin")
    desk.measure({"api/a.py": "+" * 20, "old/b.py": "+" * 16 + "-" * 4})
    desk.record(desk.judge())
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.repo.git("mv", "old", "new")
    desk.commit({"covgov.toml": policy.replace("old/**", "new/**")})
    desk.measure({"api/a.py": "+" * 20, "new/b.py": "+" * 16 + "-" * 4})
    (api,) = desk.judge().verdict.rows
    assert api.delta is not None
    assert api.outcome is Outcome.PASS
    assert not api.delta.points


def test_one_suite_that_did_not_arrive_leaves_the_project_unmeasured(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work", TWO_SUITES)
    desk.commit({"api/a.py": "1\n", "auth/b.py": "1\n"})
    desk.measure({"api/a.py": "+"})
    verdict = desk.judge().verdict
    assert verdict.outcome is Outcome.UNDETERMINED
    assert verdict.project is not None
    assert verdict.project.now is None


def test_one_suite_alone_is_judged_without_project_and_patch(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work", TWO_SUITES)
    desk.commit({"api/a.py": "1\n", "auth/b.py": "1\n"})
    desk.measure({"api/a.py": "+"})
    verdict = desk.judge("api").verdict
    assert verdict.outcome is Outcome.PASS
    assert (verdict.project, [row.name for row in verdict.rows]) == (None, ["api"])


def test_a_suite_that_the_baseline_never_heard_of_is_new_and_does_not_block(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    start(desk)
    desk.commit({"covgov.toml": TWO_SUITES, "auth/b.py": "1\n"}, "add auth")
    desk.measure({"api/a.py": "++++++++--", "auth/b.py": "+"})
    desk.measure({"api/a.py": "----------", "auth/b.py": "+"}, suite="auth")
    judgement = desk.judge()
    assert "the suite is new" in messages(judgement)
    assert Effect.UNDETERMINED not in {f.effect for f in judgement.verdict.findings if f.scope is Scope.COMPONENT}


def test_failing_tests_make_the_figures_partial_and_the_verdict_fail(desk: Desk) -> None:
    start(desk)
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "+---------"}, tests=FAILED)
    judgement = desk.judge()
    assert [rule for rule, effect in rules(judgement) if effect == "fail"] == ["suite"]
    assert judgement.verdict.rows[0].partial


def test_a_baseline_older_than_the_change_is_diffed_from_its_own_commit(desk: Desk) -> None:
    desk.repo.write({"api/a.py": "".join(f"line {n}\n" for n in range(1, 11))})
    begin = desk.commit(message="begin")
    desk.measure({"api/a.py": "++++++++--"})
    desk.record(desk.judge())
    desk.commit({"api/a.py": "".join(f"line {n}\n" for n in range(11))}, "unrecorded")
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "-++++++++--"})
    (row,) = desk.judge().verdict.rows
    assert (row.receipt.commit, row.receipt.distance) == (begin, 1)
    assert row.delta is not None
    assert [(part.cause, part.total) for part in row.delta.parts] == [(Cause.UPSTREAM, 1)]


@pytest.mark.reliability
def test_a_damaged_history_blocks_the_guard_and_not_the_bars(desk: Desk) -> None:
    start(desk)
    for manifest in (desk.root / "history").rglob("*.json"):
        manifest.write_bytes(b"{")
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "++++++++--"})
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.UNDETERMINED
    assert {rule for rule, _ in rules(judgement)} == {"baseline"}


def test_a_given_base_is_named_in_the_receipt(desk: Desk) -> None:
    begin = start(desk)
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": "++++++++--"})
    verdict = desk.judge(base=begin).verdict
    assert verdict.receipt.reason == BaselineReason.GIVEN


def test_a_head_that_measured_nothing_is_not_called_a_new_suite(desk: Desk) -> None:
    start(desk)
    desk.commit({"README": "x\n"}, "docs")
    desk.write_snapshot("api", snapshot_codec.encode(snap({})))
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.UNDETERMINED
    assert "the suite is new" not in messages(judgement)


def test_a_bar_per_owner_asks_the_base_branchs_codeowners(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work", POLICY + '\n[[rules]]\nscope = "owner"\nmin = 90\n')
    desk.repo.write({"CODEOWNERS": "api/** @team-api\n"})
    start(desk, "+" * 10)
    desk.commit({"CODEOWNERS": "api/** @nobody\n"}, "hand over")
    desk.measure({"api/a.py": "++++++++--"})
    judgement = desk.judge()
    assert "@team-api" in messages(judgement)
    assert "@nobody" not in messages(judgement)


@pytest.mark.security
def test_attributes_in_the_change_do_not_blind_patch_unmeasured_and_pragmas(desk: Desk) -> None:
    start(desk)
    hidden = {"api/b.py": "x = 1\ny = 2  # pragma: no cover\n", "api/c.py": "z = 1\n"}
    desk.commit({**hidden, ".gitattributes": "*.py -diff\n"}, "hide")
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "-x"})
    judgement = desk.judge()
    assert {"loosened", "unmeasured"} <= {rule for rule, _ in rules(judgement)}
    assert judgement.verdict.patch is not None
    assert str(judgement.verdict.patch.ratio).startswith("0/1")


@pytest.mark.security
def test_lone_carriage_returns_hide_no_changed_line(desk: Desk) -> None:
    start(desk)
    desk.repo.write({"README": "x\n"})
    (desk.root / "api" / "b.py").write_bytes(b"a = 1\rb = 2\rc = 3\n")
    desk.commit(message="hide")
    desk.measure({"api/a.py": "++++++++--", "api/b.py": "+--"})
    patch = desk.judge().verdict.patch
    assert patch is not None
    assert str(patch.ratio).startswith("1/3")


@pytest.mark.security
def test_a_measured_file_that_leaves_the_report_and_stays_in_the_tree_is_told(desk: Desk) -> None:
    desk.repo.write({"api/legacy.py": "1\n2\n3\n", "api/__init__.py": ""})
    desk.repo.write({"api/a.py": "".join(f"line {n}\n" for n in range(1, 11))})
    desk.commit(message="begin")
    desk.measure({"api/a.py": "++++++++--", "api/legacy.py": "---"})
    desk.record(desk.judge())
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.repo.git("rm", "-q", "api/__init__.py")
    desk.commit(message="drop the package")
    desk.measure({"api/a.py": "++++++++--"})
    judgement = desk.judge()
    assert ("unmeasured", "fail") in rules(judgement)
    assert "api/legacy.py: measured at the baseline and still here" in messages(judgement)


@pytest.mark.security
def test_a_file_that_only_another_suite_reports_is_unmeasured(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work", TWO_SUITES)
    desk.repo.write({"api/a.py": "1\n" * 4, "auth/b.py": "1\n" * 4})
    desk.commit(message="begin")
    desk.repo.git("checkout", "-q", "-b", "topic")
    desk.commit({"auth/new.py": "1\n2\n"}, "add")
    desk.measure({"api/a.py": "++++", "auth/new.py": "++"})
    desk.measure({"auth/b.py": "++++"}, suite="auth")
    judgement = desk.judge()
    assert [f.subject for f in judgement.verdict.findings if f.rule == "unmeasured"] == ["auth/new.py"]


@pytest.mark.security
def test_a_file_moved_into_a_component_must_be_in_its_report(desk: Desk) -> None:
    desk.repo.write({"drafts/n.py": "".join(f"n{n} = {n}\n" for n in range(9))})
    start(desk)
    desk.repo.git("mv", "drafts/n.py", "api/n.py")
    desk.commit(message="move in")
    desk.measure({"api/a.py": "++++++++--"})
    assert ("unmeasured", "fail") in rules(desk.judge())


@pytest.mark.security
def test_a_change_cannot_choose_the_branch_that_it_is_compared_with(desk: Desk) -> None:
    start(desk)
    desk.repo.git("checkout", "-q", "-b", "feature")
    weak = POLICY.replace("fail_under = 50", 'fail_under = 1\ndefault_branch = "feature"')
    desk.commit({"covgov.toml": weak}, "lower and choose")
    desk.commit({"README": "x\n"}, "trivial")
    desk.measure({"api/a.py": "++--------"})
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.FAIL
    assert {"bar", "loosened"} <= {rule for rule, _ in rules(judgement)}


@pytest.mark.security
def test_a_snapshot_that_was_committed_leaves_the_suite_unmeasured(desk: Desk) -> None:
    start(desk)
    desk.measure({"api/a.py": "++++++++++"})
    desk.repo.git("add", "--force", "coverage/api.snapshot")
    desk.commit({"README": "x\n"}, "forge")
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.UNDETERMINED
    assert "is tracked by git" in messages(judgement)


@pytest.mark.security
def test_measurements_of_tests_that_are_gone_do_not_count(desk: Desk) -> None:
    desk.repo.write({"tests/test_a.py": "def test_a(): pass\n"})
    start(desk)
    desk.repo.git("rm", "-q", "tests/test_a.py")
    desk.commit(message="delete the tests")
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.UNDETERMINED
    assert "tests/test_a.py differs" in messages(judgement)


def test_a_measurement_on_a_littered_tree_is_judged_and_never_recorded(desk: Desk) -> None:
    start(desk)
    desk.commit({"README": "x\n"}, "docs")
    desk.repo.write({"litter.txt": "x\n"})
    desk.measure({"api/a.py": "++++++++--"})
    (desk.root / "litter.txt").unlink()
    judgement = desk.judge()
    assert judgement.verdict.outcome is Outcome.PASS
    assert judgement.verdict.dirty
    assert "not recorded" in str(desk.record(judgement))


def test_an_unchanged_source_file_in_no_report_is_a_note_and_a_changed_one_is_not_told_twice(desk: Desk) -> None:
    desk.repo.write({"api/never.py": "1\n", "api/empty.py": ""})
    start(desk)
    desk.commit({"api/new.py": "1\n"}, "add")
    desk.measure({"api/a.py": "++++++++--"})
    judgement = desk.judge()
    found = [(f.effect, f.subject) for f in judgement.verdict.findings if f.rule == "unmeasured"]
    assert found == [(Effect.FAIL, "api/new.py"), (Effect.NOTE, "api")]
    assert "api: 1 source file is in no report of suite api: api/never.py" in messages(judgement)


def test_what_a_snapshot_has_to_say_stands_in_the_verdict(desk: Desk) -> None:
    start(desk)
    said = replace(desk.measure({"api/a.py": "++++++++--"}), notes=("its summary has 10/15 lines",))
    desk.write_snapshot("api", snapshot_codec.encode(said))
    assert "suite api: its summary has 10/15 lines" in messages(desk.judge())


def rows(*entries: Entry) -> dict[str, str]:
    return {"exceptions.md": table(entries) if entries else ""}


ROW = replace(COMPLETE, subject="api", floor=Decimal(40))
"""Waives the component's bar of 50 down to 40."""


@pytest.mark.security
@pytest.mark.parametrize("left", [rows(), rows(replace(ROW, id="EX-007"))], ids=["emptied", "replaced"])
def test_a_register_row_that_the_change_deletes_fails(desk: Desk, left: dict[str, str]) -> None:
    desk.repo.write(rows(ROW))
    start(desk)
    desk.commit(left, "tidy up")
    desk.measure({"api/a.py": "++++++++--"})
    judgement = desk.judge()
    assert ("exception-removed", "fail") in rules(judgement)
    assert "EX-001: in exceptions.md at " in messages(judgement)


def landed_after_the_fork(desk: Desk, picture: str) -> Judgement:
    """A topic branch; meanwhile a row lands on main; then the topic is judged without a rebase."""
    start(desk)
    desk.repo.git("checkout", "-q", "main")
    desk.commit(rows(ROW), "accept")
    desk.repo.git("checkout", "-q", "topic")
    desk.commit({"README": "x\n"}, "docs")
    desk.measure({"api/a.py": picture})
    return desk.judge()


def test_a_row_that_landed_after_the_fork_is_not_called_removed_and_waives(desk: Desk) -> None:
    judgement = landed_after_the_fork(desk, "++++------")
    assert "exception-removed" not in {rule for rule, _ in rules(judgement)}
    (bar,) = [f for f in judgement.verdict.findings if f.rule == "bar" and f.scope is Scope.COMPONENT]
    assert (bar.waived_by, bar.hint) == ("EX-001", "")


def test_a_figure_that_the_base_lists_is_not_proposed_again(desk: Desk) -> None:
    judgement = landed_after_the_fork(desk, "++++------")
    assert proposal(judgement.verdict, judgement.facts, desk.read) == ""


@pytest.mark.reliability
def test_a_register_that_was_damaged_where_the_change_starts_is_judged_by_the_base_s(desk: Desk) -> None:
    desk.repo.write({"exceptions.md": "<!-- covgov:exceptions:begin -->\n| nonsense |\n"})
    start(desk)
    desk.repo.git("checkout", "-q", "main")
    desk.commit(rows(ROW), "mend")
    desk.repo.git("checkout", "-q", "topic")
    desk.commit(rows(ROW), "mend here too")
    desk.measure({"api/a.py": "++++++++--"})
    assert "exception-removed" not in {rule for rule, _ in rules(desk.judge())}


def test_outside_git_the_reason_is_said_once_and_asks_for_no_record(desk: Desk) -> None:
    desk.commit({"api/a.py": "1\n2\n"})
    desk.measure({"api/a.py": "++"})
    (finding,) = [f for f in desk.judge(git=False).verdict.findings if f.rule == "baseline"]
    assert finding.message == "project: no baseline, so no drop is judged: this is no git checkout"
    assert finding.hint == ""

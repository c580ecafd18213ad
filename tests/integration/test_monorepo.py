"""One repository with Python, TypeScript, Go and Java: the policy of docs/languages.md, run for real."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from covgov_testing.desk import Desk
from covgov_testing.installed import CHECKOUT
from covgov_testing.polyglot import shop

BLOCK = re.compile(r"^```(?P<kind>toml|text)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
PAGE = (CHECKOUT / "docs" / "languages.md").read_text(encoding="utf-8")
POLICY, ORDERS = (found["body"] for found in BLOCK.finditer(PAGE) if found["kind"] == "toml")
VERDICT, AMBIGUOUS = (found["body"] for found in BLOCK.finditer(PAGE) if found["kind"] == "text")

LOST = {
    "py": "py/shop/cart.py:10-11",
    "ts": "ts/src/cart.ts:12-13",
    "go": "go/cart/cart.go:13-16",
    "java": "java/src/main/java/com/shop/Cart.java:15-16",
}
"""The body of `share`."""

UNCOVERED = """\
uncovered in this change:
  - go/cart/cart.go:18-21
  - java/src/main/java/com/shop/Cart.java:20-21
  - py/shop/cart.py:14-15
  - ts/src/cart.ts:17-18
"""


class Shop(Desk):
    """The shop with its tools; `said` is what the last run printed."""

    def __init__(self, home: Path, policy: str = POLICY) -> None:
        super().__init__(home / "work", policy)
        self.tools = shop.installed(home / "bin")
        self.commit(shop.shop())

    def run(self, **env: str) -> int:
        return self.covgov("run", env={**self.tools, **env})

    @property
    def said(self) -> str:
        return self.out.getvalue() + self.err.getvalue()

    def result(self, scope: str) -> str:
        """The second column of the scope's row."""
        found = re.search(rf"^{scope} +(\w+) ", self.out.getvalue(), re.MULTILINE)
        assert found is not None, self.said
        return found[1]


@pytest.fixture
def work(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def change(work: Shop) -> Shop:
    """On a branch, after a run of the default branch that passed and was recorded."""
    assert work.run() == 0, work.said
    assert "recorded run 1" in work.said
    work.repo.git("checkout", "--quiet", "-b", "change")
    return work


def test_four_languages_have_one_verdict(work: Shop) -> None:
    assert work.run() == 0, work.said
    assert [work.result(folder) for folder in (*shop.FOLDERS, "project")] == ["pass"] * 5
    assert "33/33 = 100.00 %" in work.said
    assert "suite java: 3 passed" in work.said
    assert "coverage.py itself" not in work.said


@pytest.mark.parametrize("folder", shop.FOLDERS)
def test_lost_coverage_fails_with_file_and_lines_of_its_component_alone(change: Shop, folder: str) -> None:
    change.commit({shop.TESTS[folder]: shop.tests("total", "discount")[shop.TESTS[folder]]})
    assert change.run() == 10
    assert f"[max-drop] {folder}: " in change.said
    assert f"no longer reached in {folder}:\n  - {LOST[folder]}\n" in change.said
    others = [name for name in shop.FOLDERS if name != folder]
    assert change.result(folder) == "fail"
    assert [change.result(name) for name in others] == ["pass"] * 3
    assert change.said.count("no longer reached in") == 1
    if folder == "go":
        for line in VERDICT.splitlines():
            assert line in change.said.splitlines()


def test_new_code_without_a_test_fails_with_its_lines_in_every_language(change: Shop) -> None:
    change.commit(shop.sources("total", "discount", "share", "rest"))
    assert change.run() == 10
    assert UNCOVERED in change.said


def test_a_refactoring_of_every_language_passes(change: Shop) -> None:
    change.commit(shop.sources("share", "total", "discount"))
    assert change.run() == 0, change.said
    assert [change.result(folder) for folder in shop.FOLDERS] == ["pass"] * 4


@pytest.mark.parametrize("folder", shop.FOLDERS)
def test_a_suite_whose_report_does_not_arrive_is_undetermined(work: Shop, folder: str) -> None:
    policy = re.sub(rf'(\[suites\.{folder}\]\ncommand = \["sh", "-c", )".*"\]', r'\1"true"]', POLICY)
    work.commit({"covgov.toml": policy})
    assert work.run() == 11
    assert "the test command wrote no such report" in work.said
    assert work.result(folder) == "undetermined"
    assert [work.result(name) for name in shop.FOLDERS if name != folder] == ["pass"] * 3


def test_paths_of_a_container_are_the_repository_s(work: Shop) -> None:
    assert work.run(SHOP_AT="/builds/shop") == 0, work.said
    assert work.result("ts") == "pass"
    summary = (work.root / "coverage" / "summary.md").read_text(encoding="utf-8")
    assert "suite ts: report paths were rewritten: /builds/shop/ -&gt;" in summary


def java(policy: str, *modules: str) -> str:
    """The policy without other languages, for the modules of java/."""
    suites = re.findall(r"(?ms)^\[suites\.java\]\n.*?\n(?=\n)", policy) if not modules else [ORDERS]
    if modules:
        suites.append(ORDERS.replace("orders", modules[1]))
    names = modules or ("java",)
    paths = {name: f"java/{name}/src/main/**" if modules else "java/*/src/main/**" for name in names}
    components = (f'[components.{name}]\npaths = ["{paths[name]}"]\n' for name in names)
    return "\n".join(["[policy]\nfail_under = 80\n", *suites, *components, '[history]\nstore = "dir:history"\n'])


def modules() -> dict[str, str]:
    """Two modules of Maven with a class of the same name in the same package."""
    functions = ("total", "discount", "share")
    kinds = (shop.sources(*functions)[shop.SOURCES["java"]], shop.tests(*functions)[shop.TESTS["java"]])
    names = (shop.SOURCES["java"], shop.TESTS["java"])
    return {
        name.replace("java/", f"java/{module}/", 1): text
        for module in ("billing", "orders")
        for name, text in zip(names, kinds, strict=True)
    }


def test_one_package_path_in_two_modules_is_refused_until_root_says_which(work: Shop) -> None:
    work.repo.git("rm", "--quiet", "-r", *shop.FOLDERS)
    work.commit({**modules(), "covgov.toml": java(POLICY)})
    assert work.run() == 11
    assert " ".join(AMBIGUOUS.split()) in " ".join(work.said.split())
    assert 'root = "java/billing/src/main/java"' in work.said
    work.commit({"covgov.toml": java(POLICY, "orders", "billing")})
    assert work.run() == 0, work.said
    assert [work.result(name) for name in ("orders", "billing")] == ["pass"] * 2


def test_init_adopts_a_repository_of_three_languages_without_python(work: Shop) -> None:
    work.repo.git("rm", "--quiet", "-r", "py", "covgov.toml")
    work.commit()
    assert work.covgov("init", "--adopt", env=work.tools) == 0, work.said
    assert "left out" not in work.said
    written = (work.root / "covgov.toml").read_text(encoding="utf-8")
    assert re.findall(r"^\[components\.(\w+)\]", written, re.MULTILINE) == ["go", "java", "ts"]
    work.commit()
    assert work.run() == 0, work.said
    assert [work.result(name) for name in ("go", "java", "ts")] == ["pass"] * 3
    assert "suite ts: 3 passed" in work.said
    assert "recorded run 1" in work.said
    work.commit({shop.TESTS["go"]: shop.tests("total")[shop.TESTS["go"]]})
    assert work.run() == 10
    assert work.result("go") == "fail"


def test_init_of_a_python_project_names_the_languages_that_it_leaves_out(work: Shop) -> None:
    work.repo.git("rm", "--quiet", "covgov.toml")
    work.commit({"py/pyproject.toml": '[project]\nname = "shop"\n'})
    assert work.covgov("init", env={**work.tools, "PATH": str(work.root.parent / "bin") + ":/usr/bin:/bin"}) == 0
    assert "JavaScript in ts (vitest in package.json, but vitest is not installed in node_modules" in work.said
    written = (work.root / "covgov.toml").read_text(encoding="utf-8")
    assert re.findall(r"^\[components\.(\w+)\]", written, re.MULTILINE) == ["shop", "go", "java"]


NODE = shutil.which("node")
OWN = (
    "cd js && node --test --experimental-test-coverage --test-reporter=lcov --test-reporter-destination=lcov.info "
    "--test-reporter=junit --test-reporter-destination=junit.xml"
)
SHAPE = "cd js && (cat ../lcov.txt; echo) > lcov.info && (cat ../junit.txt; echo) > junit.xml"
LCOV = """\
TN:
SF:src/cart.js
FN:1,total
FNDA:1,total
FN:5,share
FNDA:0,share
FNF:2
FNH:1
BRDA:1,0,0,1
BRF:1
BRH:1
DA:1,1
DA:2,1
DA:3,1
DA:4,1
DA:5,1
DA:6,0
DA:7,0
LH:5
LF:7
end_of_record
"""
JUNIT = '<testsuites><testcase name="total" time="0.001" classname="test"/></testsuites>'
NODE_POLICY = """\
[policy]
fail_under = {bar}
[suites.js]
command = ["sh", "-c", "{command}"]
reports = "js/lcov.info"
junit = "js/junit.xml"
[components.js]
paths = ["js/src/**"]
[history]
store = "dir:history"
"""
NODE_FILES = {
    "js/package.json": '{"type": "module"}\n',
    "js/src/cart.js": "export function total(a, b) {\n  return a * b;\n}\n\nexport function share(a, b) {\n  return a / b;\n}\n",
    "js/test/cart.test.js": 'import { test } from "node:test";\nimport assert from "node:assert";\n'
    'import { total } from "../src/cart.js";\n\ntest("total", () => assert.equal(total(6, 3), 18));\n',
    "lcov.txt": LCOV,
    "junit.txt": JUNIT,
    ".gitignore": "/coverage/\n/history/\njs/lcov.info\njs/junit.xml\n",
}
"""lcov.txt is what Node 20 writes of the source, for a machine without it."""


@pytest.mark.parametrize(("bar", "code"), [(70, 0), (90, 10)])
@pytest.mark.parametrize("command", [*([OWN] if NODE else []), SHAPE])
def test_a_repository_without_python_is_judged(tmp_path: Path, command: str, bar: int, code: int) -> None:
    desk = Desk(tmp_path / "work", NODE_POLICY.format(bar=bar, command=command))
    desk.commit(NODE_FILES)
    assert desk.covgov("run") == code, desk.out.getvalue() + desk.err.getvalue()
    assert "suite js: 1 passed" in desk.out.getvalue()
    assert code == 0 or "js/src/cart.js:6-7" in desk.out.getvalue()

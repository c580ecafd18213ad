"""unittest with a JUnit report: `PYTHON unittest_junit.py --junit=PATH [--deselect=ID]... [TEST]... [OPTION]...`

TEST is a directory (its tests are discovered) or what `python -m unittest` takes: a file, a module, a class, a method.
Without TEST the current directory is discovered. OPTION is one of unittest's. `run_suite` runs this text in the suite's
interpreter, so it needs only the standard library and syntax of old interpreters. Exits 0 when every test passed, 1
when one did not, 5 when there was none.
"""

from __future__ import annotations

import os
import re
import sys
import time
import unittest
from typing import Any
from xml.etree import ElementTree as ET  # only written, never parsed

FAILED, NO_TESTS = 1, 5
JUNIT, DESELECT = "--junit=", "--deselect="
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class CaseResult(unittest.TextTestResult):
    """Keeps one entry per test: (id, seconds, kind, text); kind is failure, error, skipped or "" for passed."""

    # unittest calls these methods with what it likes, so the types are its own
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cases: list[tuple[str, float, str, str]] = []
        self._began = time.time()
        self._found: tuple[str, str] | None = None

    def startTest(self, test: Any) -> None:
        super().startTest(test)
        self._began, self._found = time.time(), None

    def stopTest(self, test: Any) -> None:
        super().stopTest(test)
        kind, text = self._found or ("error", "the test has no result")
        self.cases.append((test.id(), time.time() - self._began, kind, text))
        self._found = None

    def addSuccess(self, test: Any) -> None:
        super().addSuccess(test)
        self._found = self._found or ("", "")

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._found = ("failure", self.failures[-1][1])

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self._found = ("error", self.errors[-1][1])
        if not isinstance(test, unittest.TestCase):  # a fixture of a class or module: no test was started
            self.cases.append((test.id(), 0.0, *self._found))

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            self._found = ("failure", self.failures[-1][1]) if failed else ("error", self.errors[-1][1])

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        self._found = self._found or ("skipped", reason)
        if not isinstance(test, unittest.TestCase):
            self.cases.append((test.id(), 0.0, "skipped", reason))

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self._found = self._found or ("skipped", "expected failure")

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self._found = ("failure", "unexpected success")


class Runner(unittest.TextTestRunner):
    resultclass = CaseResult


class Program(unittest.TestProgram):
    """`python -m unittest`, without the tests that are deselected."""

    test: Any
    result: Any
    deselected: tuple[str, ...] = ()

    def createTests(self, *args: Any, **kwargs: Any) -> None:
        super().createTests(*args, **kwargs)
        if self.deselected:
            self._leave_out(self.test)

    def _leave_out(self, suite: Any) -> None:
        """In place: a suite may be of the project's own class."""
        for one in suite:
            if isinstance(one, unittest.TestSuite):
                self._leave_out(one)
        suite._tests = [one for one in suite if not self._unwanted(one)]

    def _unwanted(self, one: Any) -> bool:
        name = "" if isinstance(one, unittest.TestSuite) else f"{one.id()}."
        return any(name.startswith(f"{test}.") for test in self.deselected)


def main(arguments: list[str]) -> int:
    """Run the tests; the exit code."""
    junit = next(word[len(JUNIT) :] for word in arguments if word.startswith(JUNIT))
    deselected = tuple(word[len(DESELECT) :] for word in arguments if word.startswith(DESELECT))
    rest = [word for word in arguments if not word.startswith((JUNIT, DESELECT))]
    count = next((index for index, word in enumerate(rest) if word.startswith("-")), len(rest))
    tests, options = rest[:count], rest[count:]
    Program.deselected = deselected
    results = [run(found, options) for found in ([discovered(test) for test in tests] or [["discover"]])]
    write(junit, [case for result in results for case in result.cases])
    if not any(result.cases for result in results):
        return NO_TESTS
    return 0 if all(result.wasSuccessful() for result in results) else FAILED


def run(found: list[str], options: list[str]) -> CaseResult:
    """One `python -m unittest`."""
    argv = ["python -m unittest", *found, *options]
    done = Program(module=None, argv=argv, testRunner=Runner, testLoader=unittest.TestLoader(), exit=False)
    result: CaseResult = done.result
    return result


def discovered(test: str) -> list[str]:
    """unittest's arguments for one TEST. A package is imported from the directory above it."""
    if not os.path.isdir(test):  # noqa: PTH112
        return [test]
    top = test
    while os.path.isfile(os.path.join(top, "__init__.py")):  # noqa: PTH113, PTH118
        top = os.path.dirname(os.path.abspath(top))  # noqa: PTH100, PTH120
    return ["discover", "-s", test, "-t", top]


def write(path: str, cases: list[tuple[str, float, str, str]]) -> None:
    """The JUnit report."""
    suite = ET.Element("testsuite", name="unittest", tests=str(len(cases)))
    for name, seconds, kind, text in cases:
        place, _, short = name.rpartition(".")
        case = ET.SubElement(suite, "testcase", classname=clean(place), name=clean(short), time=f"{seconds:.3f}")
        if kind:
            ET.SubElement(case, kind).text = clean(text)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def clean(text: str) -> str:
    """Without characters that XML cannot hold."""
    return NOT_XML.sub("?", text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

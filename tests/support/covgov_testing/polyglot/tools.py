"""Stand-ins for go, Maven and Vitest, which CI lacks: `tools.py NAME` in a project's folder writes that tool's report.

Every report has its tool's own shape, of the sources in the folder. A function ran if a test calls it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

HEADER = re.compile(r"^ *(?:func|export function|static int) (\w+)\(.*\{$")
JACOCO = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" '
    '"report.dtd"><report name="shop"><sessioninfo id="ci-1" start="1700000000000" dump="1700000001000"/>'
)
SUREFIRE = '<testsuite name="com.shop.CartTest" tests="{0}" errors="0" skipped="0" failures="0">{1}</testsuite>'


@dataclass(frozen=True, slots=True)
class Function:
    """Lines of the header and of the closing brace; the body is between them."""

    first: int
    last: int
    ran: bool

    @property
    def body(self) -> range:
        return range(self.first + 1, self.last)


def functions(source: Path, tests: str) -> Iterator[Function]:
    texts = source.read_text(encoding="utf-8").splitlines()
    for number, text in enumerate(texts, start=1):
        if found := HEADER.match(text):
            brace = text[: len(text) - len(text.lstrip())] + "}"
            last = texts.index(brace, number) + 1
            yield Function(number, last, re.search(rf"\b{found[1]}\(", tests) is not None)


def written(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def texts(pattern: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(Path().glob(pattern)))


def option(name: str, default: str) -> str:
    """The value of `NAME=VALUE` among the arguments."""
    return next((word.partition("=")[2] for word in sys.argv if word.startswith(f"{name}=")), default)


def go() -> None:
    """The coverprofile: a block for each body, by the paths of the module."""
    module = Path("go.mod").read_text(encoding="utf-8").split()[1]
    blocks = [
        f"{module}/{path.as_posix()}:{one.first}.40,{one.last}.2 {len(one.body)} {int(one.ran)}\n"
        for path in sorted(Path().glob("**/*.go"))
        if not path.name.endswith("_test.go")
        for one in functions(path, texts("**/*_test.go"))
    ]
    written(option("-coverprofile", "coverage.out"), "mode: set\n" + "".join(blocks))


def mvn() -> None:
    """target/site/jacoco/jacoco.xml and Surefire's report. A class is below its module's src/main/java."""
    tests, packages, covered, missed = texts("**/*Test.java"), "", 0, 0
    for path in sorted(Path().glob("**/src/main/java/**/*.java")):
        package = path.parent.as_posix().rpartition("src/main/java/")[2]
        lines = {number: one.ran for one in functions(path, tests) for number in one.body}
        covered, missed = covered + sum(lines.values()), missed + len(lines) - sum(lines.values())
        rows = (f'<line nr="{n}" mi="{3 * (not ran)}" ci="{3 * ran}" mb="0" cb="0"/>' for n, ran in lines.items())
        packages += f'<package name="{package}"><sourcefile name="{path.name}">{"".join(rows)}</sourcefile></package>'
    total = f'<counter type="LINE" missed="{missed}" covered="{covered}"/>'
    written("target/site/jacoco/jacoco.xml", f"{JACOCO}{packages}{total}</report>")
    cases = re.findall(r"@Test void (\w+)", tests)
    rows = (f'<testcase name="{name}" classname="com.shop.CartTest" time="0.001"/>' for name in cases)
    written("target/surefire-reports/TEST-com.shop.CartTest.xml", SUREFIRE.format(len(cases), "".join(rows)))


def npx() -> None:
    """Vitest's JSON by absolute paths (SHOP_AT is the checkout in a container), or its LCOV; and JUnit."""
    tests, directory = texts("test/*.ts"), option("--coverage.reportsDirectory", "coverage")
    files = {
        path.as_posix(): {number: one.ran for one in functions(path, tests) for number in one.body}
        for path in sorted(Path().glob("src/*.ts"))
    }
    if option("--coverage.reporter", "") == "lcovonly":
        written(f"{directory}/lcov.info", "".join(f"TN:\nSF:{path}\n{lcov(ran)}" for path, ran in files.items()))
    else:
        top = f"{os.environ.get('SHOP_AT') or Path.cwd().parent}/{Path.cwd().name}"
        found = {f"{top}/{path}": istanbul(f"{top}/{path}", ran) for path, ran in files.items()}
        written(f"{directory}/coverage-final.json", json.dumps(found))
    if junit := option("--outputFile.junit", ""):
        cases = re.findall(r'^test\("(\w+)"', tests, re.MULTILINE)
        rows = "".join(f'<testcase classname="test/cart.test.ts" name="{name}" time="0.001"/>' for name in cases)
        written(junit, f'<testsuites name="vitest tests"><testsuite name="cart">{rows}</testsuite></testsuites>')


def lcov(ran: Mapping[int, bool]) -> str:
    lines = "".join(f"DA:{number},{int(hit)}\n" for number, hit in ran.items())
    return f"{lines}LF:{len(ran)}\nLH:{sum(ran.values())}\nend_of_record\n"


def istanbul(name: str, ran: Mapping[int, bool]) -> Mapping[str, object]:
    places = {
        str(key): {"start": {"line": number, "column": 2}, "end": {"line": number, "column": 40}}
        for key, number in enumerate(ran)
    }
    hits = {str(key): int(hit) for key, hit in enumerate(ran.values())}
    return {"path": name, "statementMap": places, "s": hits, "fnMap": {}, "branchMap": {}, "f": {}, "b": {}}


if __name__ == "__main__":
    {"go": go, "mvn": mvn, "npx": npx}[sys.argv[1]]()

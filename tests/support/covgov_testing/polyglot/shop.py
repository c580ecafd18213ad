"""One repository with a shop's cart in four languages, each in a folder of its own with its own tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

TOOLS = Path(__file__).with_name("tools.py")
FOLDERS = ("py", "ts", "go", "java")

SOURCES = {
    "py": "py/shop/cart.py",
    "ts": "ts/src/cart.ts",
    "go": "go/cart/cart.go",
    "java": "java/src/main/java/com/shop/Cart.java",
}
TESTS = {
    "py": "py/tests/test_cart.py",
    "ts": "ts/test/cart.test.ts",
    "go": "go/cart/cart_test.go",
    "java": "java/src/test/java/com/shop/CartTest.java",
}
PROJECTS = {
    "py/.coveragerc": "[run]\nsource = shop\n",
    "py/shop/__init__.py": "",
    "py/tests/__init__.py": "",
    "ts/package.json": '{"devDependencies": {"vitest": "3.2.4"}}\n',
    "go/go.mod": "module example.com/shop\n\ngo 1.22\n",
    "java/pom.xml": "<project><artifactId>shop</artifactId></project>\n",
}
IGNORED = "/coverage/\n/history/\n__pycache__/\n.coverage\npy/coverage.json\nts/coverage/\ngo/coverage.out\ntarget/\n"

PY = "def {0}(amount, count):\n    result = amount {1} count\n    return result\n"
TS = "export function {0}(amount: number, count: number): number {{\n  const result = amount {1} count;\n  return result;\n}}\n"
GO = "func {0}(amount, count int) int {{\n\tresult := amount {1} count\n\treturn result\n}}\n"
JAVA = "    static int {0}(int amount, int count) {{\n        int result = amount {1} count;\n        return result;\n    }}\n"


def sources(*functions: str) -> dict[str, str]:
    """The cart in each language, with these functions in this order."""
    bodies = {
        folder: "\n".join(shape.format(name, OPERATORS[name]) for name in functions)
        for folder, shape in {"py": PY, "ts": TS, "go": GO, "java": JAVA}.items()
    }
    return {
        SOURCES["py"]: bodies["py"],
        SOURCES["ts"]: bodies["ts"],
        SOURCES["go"]: f"package cart\n\n{bodies['go']}",
        SOURCES["java"]: f"package com.shop;\n\nfinal class Cart {{\n{bodies['java']}}}\n",
    }


def tests(*functions: str) -> dict[str, str]:
    """Tests that call these functions, in each language."""
    py = (f"    def test_{name}(self):\n        self.assertTrue(cart.{name}(6, 3))\n" for name in functions)
    ts = (f'test("{name}", () => expect({name}(6, 3)).toBeTruthy());\n' for name in functions)
    go = (
        f"func Test_{name}(t *testing.T) {{\n\tif {name}(6, 3) == 0 {{\n\t\tt.Fail()\n\t}}\n}}\n" for name in functions
    )
    java = (f"    @Test void test_{name}() {{ assertNotEquals(0, Cart.{name}(6, 3)); }}\n" for name in functions)
    imports = "import unittest\n\nfrom shop import cart\n\n\n"
    return {
        TESTS["py"]: f"{imports}class CartTest(unittest.TestCase):\n" + "\n".join(py),
        TESTS["ts"]: f'import {{ {", ".join(functions)} }} from "../src/cart";\n\n' + "".join(ts),
        TESTS["go"]: 'package cart\n\nimport "testing"\n\n' + "\n".join(go),
        TESTS["java"]: "package com.shop;\n\nfinal class CartTest {\n" + "".join(java) + "}\n",
    }


OPERATORS = {"total": "*", "discount": "-", "share": "/", "rest": "%"}


def shop() -> dict[str, str]:
    """All files; every line of every language is tested."""
    functions = ("total", "discount", "share")
    return {**PROJECTS, ".gitignore": IGNORED, **sources(*functions), **tests(*functions)}


def installed(directory: Path) -> Mapping[str, str]:
    """An environment with the tools on PATH."""
    directory.mkdir()
    for name in ("go", "mvn", "npx"):
        _program(directory / name, f'"{sys.executable}" "{TOOLS}" {name} "$@"')
    _program(directory / "python", f'"{sys.executable}" "$@"')
    return {"PATH": f"{directory}{os.pathsep}{os.environ['PATH']}"}


def _program(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\nexec {command}\n", encoding="utf-8")
    path.chmod(0o755)

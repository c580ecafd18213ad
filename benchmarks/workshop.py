"""What the rows work on, made once below `.cache/bench`: reports, repositories, the peers' environment."""

from __future__ import annotations

import ast
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from benchmarks import synthetic
from covgov_testing.repos import Repo, opened

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
COVGOV = str(BIN / "covgov")
FILES_OF_A_MILLION = 1_000_000 // synthetic.LINES
SYMPY = ("1.12.1", "1.13.3")
SUFFIXES = {"lcov": "info"}
"""grcov knows a report by its name."""
SUBPACKAGES = ("core", "functions", "logic", "sets", "utilities")

POLICY = """\
[policy]
fail_under = 10
fail_under_patch = 10

[suites.all]
tests = ["tests"]

[components.{component}]
paths = ["{component}/**"]
suite = "all"

[history]
store = "{store}"
"""


@dataclass
class Workshop:
    """inputs: the hash of every input that was used, by its name."""

    root: Path
    say: Callable[[str], None]
    inputs: dict[str, str] = field(default_factory=dict)

    @cached_property
    def peers(self) -> Path:
        """The folder of the peers' programs, installed from benchmarks/peers.txt."""
        home = self.root / "peers"
        if not (home / "ready").exists():
            self.say("installing the peers")
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
            pinned = ["--quiet", "--no-deps", "--require-hashes", "-r", str(HERE / "peers.txt")]
            subprocess.run([str(home / "bin" / "python"), "-m", "pip", "install", *pinned], check=True)
            (home / "ready").touch()
        return home / "bin"

    def report(self, kind: str, files: int) -> Path:
        """The head's report of a project of this size: `lcov`, `xml` or `json`."""

        def write(path: Path) -> None:
            if kind == "lcov":
                synthetic.write_lcov(path, range(files))
            elif kind == "xml":
                synthetic.write_cobertura(path, files, path.parent / "repo")
            else:
                synthetic.write_json(path, files)

        return self.written(f"head.{SUFFIXES.get(kind, kind)}", files, write)

    def written(self, name: str, files: int, write: Callable[[Path], object]) -> Path:
        """A report of a project of this size, by the name of its file."""
        path = self.root / f"{files}" / name
        if not path.exists():
            self.say(f"writing {path.name} of {files} files")
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            write(partial)
            partial.rename(path)
        return self._used(path)

    def repository(self, files: int) -> Path:
        """Two branches, `main` (the base, recorded) and `change` (the head, collected and checked out)."""
        root = self.root / f"{files}" / "repo"
        if not (root / ".git" / "bench-ready").exists():
            self.say(f"making a repository of {files} files")
            repo = Repo(root)
            repo.git("config", "gc.auto", "0")
            repo.write(
                {"covgov.toml": POLICY.format(component="pkg", store="dir:../history"), ".gitignore": "coverage/\n"}
            )
            synthetic.write_sources(root, files, base=True)
            repo.commit(message="base")
            report = root.parent / "base.lcov"
            synthetic.write_lcov(report, range(files), base=True)
            record(root, report)
            repo.git("checkout", "--quiet", "-b", "change")
            synthetic.write_sources(root, files, base=False)
            repo.commit(message="head")
            (root / ".git" / "bench-ready").touch()
        return root

    def shards(self, files: int) -> tuple[Path, list[Path]]:
        """The repository, and the head's report in ten parts."""
        root = self.repository(files)
        paths = [root.parent / f"part{number}.info" for number in range(10)]
        for number, path in enumerate(paths):
            if not path.exists():
                self.say(f"writing {path.name} of {files} files")
                synthetic.write_lcov(path, range(number, files, 10))
        return root, paths

    @cached_property
    def sympy(self) -> Path:
        """The real change from one release to the next, with an LCOV report of every statement beside it."""
        root = self.root / "sympy" / "repo"
        if not (root / ".git" / "bench-ready").exists():
            self.say("making the repository of sympy")
            repo = Repo(root)
            for version, branch in zip(SYMPY, ("main", "change"), strict=True):
                self._release(version, root)
                repo.write({"covgov.toml": POLICY.format(component="sympy", store="dir:../history")})
                repo.write({".gitignore": "coverage/\n__pycache__/\n"})
                report = root.parent / f"{branch}.lcov"
                report.write_text(statements(root, "sympy"), encoding="utf-8")
                if branch == "main":
                    repo.commit(message=version)
                    record(root, report)
                    repo.git("checkout", "--quiet", "-b", "change")
                else:
                    repo.commit(message=version)
            (root / ".git" / "bench-ready").touch()
        self._used(root.parent / "change.lcov")
        return root

    def _release(self, version: str, root: Path) -> None:
        """The files of a released sdist in place of what is there."""
        name = self.root / "sympy" / f"sympy-{version}.tar.gz"
        if not name.exists():
            options = [
                "--quiet",
                "--no-deps",
                "--no-binary",
                "sympy",
                "--no-build-isolation",
                "--dest",
                str(name.parent),
            ]
            subprocess.run([sys.executable, "-m", "pip", "download", *options, f"sympy=={version}"], check=True)
        repo = opened(root)
        if repo.git("ls-files"):
            repo.git("rm", "--quiet", "-r", ".")
        with tarfile.open(name) as packed:
            if sys.version_info >= (3, 11, 4):
                packed.extraction_filter = tarfile.data_filter
            for member in packed.getmembers():
                member.name = member.name.partition("/")[2]
                if member.name:
                    packed.extract(member, root)

    @cached_property
    def measured(self) -> Path:
        """A folder with a `.coverage` of a part of sympy; the data file alone in `data/`."""
        folder = self.root / "measured"
        data = folder / "data" / ".coverage"
        if not data.exists():
            self.say("measuring a part of sympy")
            self._release_into(folder)
            data.parent.mkdir(parents=True, exist_ok=True)
            source = ",".join(f"sympy.{name}" for name in SUBPACKAGES)
            command = [*(str(self.peers / "coverage"), "run", "--branch", f"--source={source}"), f"--data-file={data}"]
            code = "import sympy; x = sympy.Symbol('x'); sympy.integrate(sympy.sin(x) ** 2, x)"
            (folder / "try_it.py").write_text(code, encoding="utf-8")
            subprocess.run([*command, "try_it.py"], cwd=folder, check=True)
        self._used(data)
        return folder

    def _release_into(self, folder: Path) -> None:
        scratch = self.sympy
        opened(scratch).git("worktree", "prune")
        folder.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(["git", "archive", "change", "sympy"], cwd=scratch, check=True, capture_output=True)
        subprocess.run(["tar", "-x"], cwd=folder, input=packed.stdout, check=True)

    def _used(self, path: Path) -> Path:
        self.inputs[path.relative_to(self.root).as_posix()] = sha256(path.read_bytes()).hexdigest()[:12]
        return path


def record(root: Path, report: Path) -> None:
    """Collect the report and record the run of the commit that is checked out."""
    for command in (["collect", "all", str(report)], ["check", "--record"]):
        subprocess.run([COVGOV, *command], cwd=root, check=True, capture_output=True)


def statements(root: Path, package: str) -> str:
    """LCOV of every Python file: each line that begins a statement, nine in ten of them covered."""
    text: list[str] = []
    for path in sorted((root / package).rglob("*.py")):
        tree = ast.parse(path.read_bytes())
        found = sorted({node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)})
        text += [
            "TN:",
            f"SF:{path.relative_to(root).as_posix()}",
            *(f"DA:{line},{int(line % 10 > 0)}" for line in found),
        ]
        text += [f"LF:{len(found)}", f"LH:{sum(line % 10 > 0 for line in found)}", "end_of_record"]
    return "\n".join([*text, ""])

"""The repository's own checks can fail: each is shown a reason to."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from covgov_testing.projects import BARE

CHECKOUT = Path(__file__).resolve().parents[2]


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_a_tier_prints_its_budget_and_passes_the_exit_code_on() -> None:
    tier = str(CHECKOUT / "scripts" / "tier.py")
    done = run(sys.executable, tier, "demo", "60", "--", sys.executable, "-c", "raise SystemExit(7)", cwd=CHECKOUT)
    assert done.returncode == 7
    assert done.stdout.startswith("tier demo: ")
    assert "of 60 s, exit code 7" in done.stdout


NPM = """\
#!/bin/sh
test "$1 $5" = "pack @octokit/openapi@23.0.2" && cp "$(dirname "$0")/packed" "$4/packed.tgz"
"""


def fetched(root: Path, packed: bytes, pinned: str = "") -> subprocess.CompletedProcess[str]:
    """The script that fetches GitHub's description, with an `npm` that packs this; `pinned` instead of its own hash."""
    script = root / "scripts" / "setup" / "fetch_openapi.py"
    script.parent.mkdir(parents=True)
    source = (CHECKOUT / "scripts" / "setup" / "fetch_openapi.py").read_text(encoding="utf-8")
    script.write_text(re.sub(r'^SHA512 = ".*"$', f'SHA512 = "{pinned}"', source, flags=re.M) if pinned else source)
    (root / "bin").mkdir()
    (root / "bin" / "packed").write_bytes(packed)
    (root / "bin" / "npm").write_text(NPM, encoding="utf-8")
    (root / "bin" / "npm").chmod(0o755)
    env = {**os.environ, "PATH": f"{root / 'bin'}:/usr/bin:/bin"}
    return subprocess.run([sys.executable, str(script)], env=env, capture_output=True, text=True, check=False)


def package(description: bytes) -> tuple[bytes, str]:
    """An archive as npm packs it, and its hash as npm's registry lists it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo("package/generated/api.github.com.json")
        member.size = len(description)
        archive.addfile(member, io.BytesIO(description))
    return out.getvalue(), base64.b64encode(hashlib.sha512(out.getvalue()).digest()).decode()


@pytest.mark.security
def test_the_description_of_githubs_api_is_fetched_by_its_hash_and_both_hashes_are_printed(tmp_path: Path) -> None:
    packed, known = package(b'{"openapi": "3.0.3"}')
    done = fetched(tmp_path, packed, known)
    assert done.returncode == 0, done.stderr
    told = hashlib.sha256(b'{"openapi": "3.0.3"}').hexdigest()
    assert done.stdout == f"@octokit/openapi@23.0.2 sha512-{known}\napi.github.com.json sha256-{told}\n"
    kept = tmp_path / ".cache" / "github-openapi" / "api.github.com.json"
    assert kept.read_bytes() == b'{"openapi": "3.0.3"}'


@pytest.mark.security
def test_a_description_of_another_hash_is_refused_and_not_kept(tmp_path: Path) -> None:
    packed, found = package(b"{}")
    done = fetched(tmp_path, packed)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"@octokit/openapi@23.0.2 is not what is pinned: sha512-{found}\n"
    assert not (tmp_path / ".cache").exists()


def test_a_skipped_test_is_a_failure_where_skips_are_refused(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((CHECKOUT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    (tmp_path / "test_it.py").write_text("import pytest\n\n\ndef test_it():\n    pytest.skip('not here')\n")
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(tmp_path)]
    here = {**BARE, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT / "tests" / "support"), "HOME": str(tmp_path)}
    lenient = subprocess.run(pytest_, cwd=tmp_path, env=here, capture_output=True, text=True, check=False)
    strict = subprocess.run(
        pytest_, cwd=tmp_path, env={**here, "COVGOV_NO_SKIPS": "1"}, capture_output=True, text=True, check=False
    )
    assert (lenient.returncode, strict.returncode) == (0, 1), lenient.stdout + strict.stdout
    assert "a skipped test is a failure" in strict.stdout

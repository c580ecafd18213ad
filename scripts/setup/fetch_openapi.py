"""Fetch GitHub's published description of its API with npm, pinned by hash, into .cache/github-openapi.

Set-up only: the tests that use it never use the network. Prints the hash of what it fetched.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@octokit/openapi@23.0.2"
SHA512 = "pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg=="
"""Of the package as npm packs it, as its registry lists it (`dist.integrity`)."""

MEMBER = "package/generated/api.github.com.json"
TARGET = Path(__file__).resolve().parent.parent.parent / ".cache" / "github-openapi" / "api.github.com.json"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, PACKAGE]
        code = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False).returncode
        if code:
            sys.stderr.write(f"npm could not fetch {PACKAGE} (exit code {code})\n")
            return code
        (archive,) = Path(folder).glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != SHA512:
            sys.stderr.write(f"{PACKAGE} is not what is pinned: sha512-{found}\n")
            return 1
        with tarfile.open(archive) as opened:
            member = opened.extractfile(MEMBER)
            data = member.read() if member else b""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(data)
    sys.stdout.write(f"{PACKAGE} sha512-{found}\n{TARGET.name} sha256-{hashlib.sha256(data).hexdigest()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

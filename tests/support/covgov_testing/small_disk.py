"""A hub whose disk is so small that it can be filled: a tmpfs in the server's own mount namespace, without root."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path

from covgov.hub.store.engine import settle
from covgov_testing.hub.server import HubServer

SIZE = "3m"
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
MOUNTED = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && cp "$3" "$2/hub.db" && shift 3 && exec "$@"'


def possible(folder: Path) -> bool:
    """Whether this machine lets its users have a file system of their own."""
    script = 'mount -t tmpfs tmpfs "$0"'
    try:
        return not subprocess.run([*NAMESPACE, "sh", "-c", script, folder], capture_output=True, check=False).returncode
    except OSError:
        return False


class SmallDiskServer(HubServer):
    """Begins with a copy of the database at `path`; from then on only this process has what it serves."""

    def command(self, descriptor: int, path: Path) -> list[str]:
        settle(self.engine)
        disk = self.root / "disk"
        disk.mkdir()
        served = super().command(descriptor, disk / path.name)
        return [*NAMESPACE, "sh", "-c", MOUNTED, "sh", SIZE, str(disk), str(path), *served]

    def fill(self) -> None:
        """Not one more page fits."""
        with self._seen("ballast").open("ab", buffering=0) as ballast:
            for size in (65536, 4096, 1):
                try:
                    while ballast.write(bytes(size)):
                        pass
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def make_room(self) -> None:
        self._seen("ballast").unlink()

    def copy(self, target: Path) -> Path:
        """The database as it lies on the small disk, log and all; nobody may be writing."""
        for suffix in ("", "-wal"):
            shutil.copyfile(self._seen(self.path.name + suffix), target.with_name(target.name + suffix))
        return target

    def _seen(self, name: str) -> Path:
        """A file on the small disk, seen from outside the namespace."""
        return Path(f"/proc/{self.process.pid}/root{self.root}/disk") / os.fspath(name)

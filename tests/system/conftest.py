"""Fixtures of the system tests: a real engine, `lace` with folders of its own, and projects that clean up.

Nothing here waits by sleeping for luck: `eventually` asks again until a deadline.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from dockerd import BASE, TOP, Dockerd

# The programs that tools/deps installs, whatever else of their names a machine has (another docker, say).
os.environ["PATH"] = "/usr/bin:/bin:/usr/sbin:/sbin:" + os.environ["PATH"]
# A shell starts what runs in its background with SIGINT ignored, and every program under test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
LACE = os.environ.get("LACE_BIN", str(TOP / "build" / "lace"))


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only in the long tier (make check-full)")


def eventually(condition, seconds=15, what="the condition"):
    """The first true value of condition(), asked again and again."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what} did not come true in {seconds} s; last seen: {value!r}"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def engine():
    """A Dockerd (dockerd.py) with the image `lace-test:base`."""
    folder = tempfile.mkdtemp(prefix="lace-test-engine-")
    d = Dockerd(folder)
    try:
        yield d.start()
    finally:
        d.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Lace:
    """Runs `lace` as a person of its own: HOME and XDG folders below `home`."""

    def __init__(self, home, host):
        self.home = pathlib.Path(home)
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith(("XDG_", "DOCKER_", "LACE_", "SSH_"))}
        self.env.update(HOME=str(home), XDG_CONFIG_HOME=f"{home}/config", XDG_STATE_HOME=f"{home}/state",
                        XDG_CACHE_HOME=f"{home}/cache", LC_ALL="C.UTF-8", TERM="xterm-256color")
        if host:
            self.env["DOCKER_HOST"] = host

    def __call__(self, *args, env=None, cwd=None, input=None, timeout=300):
        """CompletedProcess with text; a non-zero exit code is not an error here."""
        return subprocess.run([LACE, *map(str, args)], env={**self.env, **(env or {})}, cwd=cwd,
                              input=input, stdin=subprocess.DEVNULL if input is None else None,
                              capture_output=True, text=True, errors="replace", timeout=timeout)

    def ok(self, *args, **kwargs):
        """stdout of a run that must succeed; a failure shows stderr and the newest log's tail."""
        r = self(*args, **kwargs)
        assert r.returncode == 0, f"lace {' '.join(map(str, args))}: exit {r.returncode}\n{r.stderr}\n{log_tail(args)}"
        return r.stdout

    def fails(self, code, *args, **kwargs):
        """stderr of a run that must end with this code."""
        r = self(*args, **kwargs)
        assert r.returncode == code, (f"lace {' '.join(map(str, args))}: expected exit {code}, seen {r.returncode}\n"
                                      f"stdout: {r.stdout}\nstderr: {r.stderr}\n{log_tail(args)}")
        return r.stderr

    def argv(self, *args):
        return [LACE, *map(str, args)]


def log_tail(args):
    """The end of the newest .lace/logs file of a folder named on the command line."""
    for arg in args:
        logs = sorted(pathlib.Path(str(arg)).glob(".lace/logs/*.log")) if str(arg).startswith("/") else []
        if logs:
            return f"--- {logs[-1]}\n" + logs[-1].read_text(errors="replace")[-3000:]
    return ""


@pytest.fixture
def lace(engine, tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return Lace(home, engine.host)


class Project:
    """A folder with a devcontainer.json; its containers are removed at the end."""

    def __init__(self, engine, folder):
        self.engine = engine
        self.folder = pathlib.Path(folder)
        (self.folder / ".devcontainer").mkdir(parents=True, exist_ok=True)

    def write(self, conf=None, text=None, **properties):
        """Replaces devcontainer.json: {image, remoteUser dev} and properties, or the given text."""
        base = {"image": BASE, "remoteUser": "dev", "updateRemoteUserUID": False}
        body = text if text is not None else json.dumps({**(base if conf is None else conf), **properties}, indent=2)
        self.config.write_text(body)
        return self

    @property
    def config(self):
        return self.folder / ".devcontainer" / "devcontainer.json"

    def containers(self):
        real = os.path.realpath(self.folder)
        return self.engine.docker("ps", "-aq", "--no-trunc", "--filter",
                                  f"label=devcontainer.local_folder={real}").split()

    def container(self):
        found = self.containers()
        assert len(found) == 1, f"expected one container, seen {found}"
        return found[0]

    def inspect(self):
        return json.loads(self.engine.docker("inspect", self.container()))[0]

    def sh(self, script, user="root"):
        """stdout of a shell script in the container."""
        return self.engine.docker("exec", "-u", user, self.container(), "sh", "-c", script)

    def remove(self):
        for c in self.containers():
            self.engine.docker("rm", "-f", "-v", c, check=False)

    def __str__(self):
        return str(self.folder)


@pytest.fixture
def project_at(engine):
    made = []

    def make(folder, **properties):
        p = Project(engine, folder).write(**properties)
        made.append(p)
        return p

    yield make
    for p in made:
        p.remove()


@pytest.fixture
def project(project_at, tmp_path):
    """A project in a folder whose name no other test has."""
    return project_at(tmp_path / f"p{os.getpid()}-{tmp_path.name[-20:].strip('-_').lower()}")

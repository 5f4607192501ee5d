"""dockerd.py: a Docker Engine of one's own, for the tests and the benchmarks.

Own socket, data, exec root and pid file below one folder; ended by its own pid. With LACE_TEST_DOCKER_HOST the engine
of that name is used instead, and left running.
"""
import os
import pathlib
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
# Debian's client, where it is: it fits Debian's engine
DOCKER = "/usr/bin/docker" if os.access("/usr/bin/docker", os.X_OK) else "docker"
BASE = "lace-test:base"


class Dockerd:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.process = None
        self.host = os.environ.get("LACE_TEST_DOCKER_HOST")

    def docker(self, *args, check=True, input=None):
        """stdout of the CLI against this engine."""
        r = subprocess.run([DOCKER, "--host", self.host, *args], input=input, capture_output=True, text=True,
                           errors="replace")
        assert not check or r.returncode == 0, f"docker {' '.join(args)}: {r.returncode}\n{r.stderr[-2000:]}"
        return r.stdout

    def start(self):
        if self.host is None:
            f = self.folder
            self.host = f"unix://{f}/docker.sock"
            self.log = open(f / "dockerd.log", "wb")
            self.process = subprocess.Popen(
                ["dockerd", "--host", self.host, "--data-root", str(f / "data"), "--exec-root", str(f / "exec"),
                 "--pidfile", str(f / "pid")],
                stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)
        self.wait()
        self.base_image()
        return self

    def wait(self):
        end = time.monotonic() + 60
        while subprocess.run([DOCKER, "--host", self.host, "version"], capture_output=True).returncode != 0:
            died = self.process is not None and self.process.poll() is not None
            assert not died and time.monotonic() < end, "dockerd does not come up:\n" + self.tail()
            time.sleep(0.1)

    def tail(self):
        log = self.folder / "dockerd.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""

    def base_image(self):
        if self.docker("images", "-q", BASE).strip():
            return
        tar = os.environ.get("LACE_TEST_BASE_TAR", str(TOP / "build" / "test-base.tar"))
        subprocess.run([str(TOP / "tools" / "base-image"), tar], check=True, stdin=subprocess.DEVNULL)
        self.docker("import", tar, BASE)

    def stop(self):
        if self.process is None:
            return
        ids = self.docker("ps", "-aq", check=False).split()
        if ids:
            self.docker("rm", "-f", *ids, check=False)
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()

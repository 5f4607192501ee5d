"""dockerd.py: a Docker Engine of one's own, for the tests and the benchmarks (tools/own-dockerd).

With LACE_TEST_DOCKER_HOST the engine of that name is used instead, and left running.
"""
import os
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
# Debian's client, where it is: it fits Debian's engine
DOCKER = "/usr/bin/docker" if os.access("/usr/bin/docker", os.X_OK) else "docker"
BASE = "lace-test:base"
OWN = str(TOP / "tools" / "own-dockerd")


class Dockerd:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "engine"
        self.host = os.environ.get("LACE_TEST_DOCKER_HOST")
        self.own = self.host is None

    def docker(self, *args, check=True, input=None):
        """stdout of the CLI against this engine."""
        r = subprocess.run([DOCKER, "--host", self.host, *args], input=input, capture_output=True, text=True,
                           errors="replace")
        assert not check or r.returncode == 0, f"docker {' '.join(args)}: {r.returncode}\n{r.stderr[-2000:]}"
        return r.stdout

    def start(self):
        if self.own:
            r = subprocess.run([OWN, "start", str(self.folder)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
            assert r.returncode == 0, r.stderr
            self.host = f"unix://{self.folder}/sock"
        self.base_image()
        return self

    def base_image(self):
        if self.docker("images", "-q", BASE).strip():
            return
        tar = os.environ.get("LACE_TEST_BASE_TAR", str(TOP / "build" / "test-base.tar"))
        subprocess.run([str(TOP / "tools" / "base-image"), tar], check=True, stdin=subprocess.DEVNULL)
        self.docker("import", tar, BASE)

    def stop(self):
        if not self.own:
            return
        ids = self.docker("ps", "-aq", check=False).split()
        if ids:
            self.docker("rm", "-f", *ids, check=False)
        subprocess.run([OWN, "stop", str(self.folder)], stdin=subprocess.DEVNULL, check=True)

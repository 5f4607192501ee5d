#!/usr/bin/python3
"""road.py: the road's figures, beside docker, ssh and the reference dev container CLI, in one run.

Needs an engine (DOCKER_HOST), a base image with sshd (LACE_BENCH_IMAGE) and LACE_BIN. The reference CLI is
measured when LACE_ORACLE names it. Prints a table in Markdown; --json FILE writes the samples beside it.
Every figure is the median of its runs unless it says otherwise.
"""
import argparse
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

LACE = os.environ["LACE_BIN"]
BUILD = pathlib.Path(LACE).resolve().parents[2]
IMAGE = os.environ["LACE_BENCH_IMAGE"]
ORACLE = os.environ.get("LACE_ORACLE")
DOCKER = os.environ.get("LACE_BENCH_DOCKER", "docker")

samples = {}


def run(argv, check=True):
    r = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and r.returncode != 0:
        raise SystemExit(f"{argv}: {r.returncode}\n{r.stdout.decode(errors='replace')[-2000:]}")
    return r.stdout.decode(errors="replace")


def timed(key, argv, runs, before=None):
    """Milliseconds of argv, `runs` times; `before` is run untimed each time."""
    values = []
    for _ in range(runs):
        if before:
            before()
        start = time.monotonic()
        run(argv)
        values.append((time.monotonic() - start) * 1000)
    samples[key] = values
    return values


def median(key):
    values = samples.get(key)
    return f"{statistics.median(values):.1f} ms" if values else "-"


def table(title, heads, rows):
    print(f"\n### {title}\n")
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def project(root, name, extra=None):
    folder = root / name
    (folder / ".devcontainer").mkdir(parents=True)
    conf = {"image": IMAGE, "remoteUser": "dev", "updateRemoteUserUID": False, **(extra or {})}
    (folder / ".devcontainer/devcontainer.json").write_text(json.dumps(conf))
    return folder


def containers(folder):
    return run([DOCKER, "ps", "-aq", "--filter", f"label=devcontainer.local_folder={folder}"]).split()


def remove(folder):
    for c in containers(folder):
        run([DOCKER, "rm", "-f", c])


def drop_images(patterns):
    for pattern in patterns:
        ids = run([DOCKER, "images", "-q", "--filter", f"reference={pattern}"]).split()
        if ids:
            run([DOCKER, "rmi", "-f", *set(ids)], check=False)


# ---- bring-up ----------------------------------------------------------------

def bring_up(root, runs):
    mine, theirs = project(root, "mine"), None
    up = [LACE, "up", "--trust", str(mine)]
    timed("lace --version", [LACE, "--version"], runs * 2)
    timed("docker version", [DOCKER, "version"], runs * 2)

    def cold():
        remove(mine)
        drop_images(["lace.local/*"])

    timed("lace cold", up, max(3, runs // 3), cold)
    timed("lace cold, image there", up, runs, lambda: remove(mine))
    timed("lace up, running", up, runs * 2)
    timed("lace ls", [LACE, "ls"], runs * 2)
    timed("docker ps", [DOCKER, "ps", "-a"], runs * 2)
    mine_id = containers(mine)[0]
    timed("lace start", up, runs, lambda: run([DOCKER, "stop", "-t", "2", mine_id]))
    timed("docker start", [DOCKER, "start", mine_id], runs, lambda: run([DOCKER, "stop", "-t", "2", mine_id]))

    run([DOCKER, "rm", "-f", "lace-bench-run"], check=False)
    timed("docker run", [DOCKER, "run", "-d", "--name", "lace-bench-run", IMAGE, "sleep", "100000"], runs,
          lambda: run([DOCKER, "rm", "-f", "lace-bench-run"], check=False))
    run([DOCKER, "rm", "-f", "lace-bench-run"])

    if ORACLE:
        features = {"./sshd": {}, "./mux-server": {}}
        theirs = project(root, "theirs", {"features": features})
        for f in ("sshd", "mux-server"):
            shutil.copytree(BUILD / "features" / f, theirs / ".devcontainer" / f)
        oracle_up = [ORACLE, "up", "--workspace-folder", str(theirs), "--docker-path", DOCKER, "--no-lockfile"]

        def oracle_cold():
            remove(theirs)
            drop_images(["vsc-theirs-*", "dev_container_feature_content_temp"])
            run([DOCKER, "builder", "prune", "-af"], check=False)

        timed("oracle --version", [ORACLE, "--version"], runs)
        timed("oracle cold", oracle_up, 3, oracle_cold)
        timed("oracle up, running", oracle_up, runs)
        theirs_id = containers(theirs)[0]
        timed("oracle start", oracle_up, max(3, runs // 2), lambda: run([DOCKER, "stop", "-t", "2", theirs_id]))
        remove(theirs)
    return mine


def print_bring_up():
    table("Bring-up", ["what", "lace", "docker, the bare minimum of it", "reference CLI"], [
        ["start the program", f"`lace --version` {median('lace --version')}", f"`docker version` {median('docker version')}",
         f"`--version` {median('oracle --version')}"],
        ["list", f"`lace ls` {median('lace ls')}", f"`docker ps -a` {median('docker ps')}", "-"],
        ["up, nothing to do", median("lace up, running"), f"`docker ps -a` {median('docker ps')}", median("oracle up, running")],
        ["start of a stopped one (until sshd answers)", median("lace start"), f"`docker start` {median('docker start')}",
         median("oracle start")],
        ["cold with both features: image made, container made, sshd answers", median("lace cold"),
         f"`docker run` {median('docker run')}", median("oracle cold")],
        ["cold, image there", median("lace cold, image there"), f"`docker run` {median('docker run')}", "-"],
    ])


# ---- keystrokes --------------------------------------------------------------

class Terminal:
    """A program on a pty of its own."""

    def __init__(self, argv, rows=24, cols=80):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execvp(argv[0], argv)
        import fcntl
        import struct
        import termios
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self.fd, 65536)
        except OSError:
            return b""

    def until(self, pattern, seconds=30):
        seen, end = b"", time.monotonic() + seconds
        while time.monotonic() < end:
            seen += self.read(0.5)
            if re.search(pattern, seen):
                return seen
        raise SystemExit(f"no {pattern} in {seen[-500:]}")

    def quiet(self, seconds=0.3):
        while self.read(seconds):
            pass

    def write(self, data):
        os.write(self.fd, data)

    def close(self):
        try:
            os.kill(self.pid, signal.SIGTERM)
            os.waitpid(self.pid, 0)
        except OSError:
            pass
        os.close(self.fd)


def keys(terminal, count):
    """Milliseconds from a key to the first output after it, with /bin/cat echoing on the other side."""
    values = []
    letters = b"abcdefghijklmnopqrstuvwxyz"
    for i in range(count):
        if i and i % 60 == 0:
            terminal.write(b"\r")
            terminal.quiet(0.1)
        start = time.monotonic()
        terminal.write(letters[i % 26:i % 26 + 1])
        if not terminal.read(5):
            raise SystemExit("a key was not echoed")
        values.append((time.monotonic() - start) * 1000)
        terminal.quiet(0.03)       # a fast typist: no key meets the frame of the one before
    return values


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p / 100))]


def keystrokes(folder, count, runs):
    frames = []
    connect = [LACE, "connect", str(folder)]
    t = Terminal(connect)
    t.until(rb"[$#]")
    t.write(b"\x1cd")
    t.quiet(0.5)
    t.close()
    for _ in range(runs):
        start = time.monotonic()
        t = Terminal(connect)
        t.until(rb"[$#](\x1b\[|\s)")
        frames.append((time.monotonic() - start) * 1000)
        t.write(b"\x1cd")
        t.quiet(0.3)
        t.close()
    samples["connect to first frame"] = frames

    ssh_frames = []
    ssh = [LACE, "ssh", str(folder)]
    for _ in range(runs):
        start = time.monotonic()
        t = Terminal(ssh)
        t.until(rb"[$#](\x1b\[|\s)")
        ssh_frames.append((time.monotonic() - start) * 1000)
        t.close()
    samples["ssh to prompt"] = ssh_frames

    for key, argv in (("lace connect", connect), ("ssh", ssh)):
        t = Terminal(argv)
        t.until(rb"[$#]")
        t.write(b"exec cat\r")
        t.quiet(0.5)
        samples[f"key, {key}"] = keys(t, count)
        t.write(b"\x04")
        t.quiet(0.3)
        t.close()


def print_keystrokes():
    def pair(key):
        v = samples[key]
        return f"{percentile(v, 50):.2f} / {percentile(v, 99):.2f} ms"

    table("Keystrokes through the whole road", ["what", "lace connect", "plain ssh"], [
        ["to the first frame / prompt", median("connect to first frame"), median("ssh to prompt")],
        ["key to echo, p50 / p99", pair("key, lace connect"), pair("key, ssh")],
    ])


# ---- the server at rest --------------------------------------------------------

def at_rest(folder):
    container = containers(folder)[0]
    t = Terminal([LACE, "connect", str(folder)])
    t.until(rb"[$#]")
    t.write(b"\x1cd")
    t.quiet(0.5)
    t.close()
    rows = json.loads(json.dumps(run([DOCKER, "top", container, "-eo", "pid,comm"]).splitlines()[1:]))
    pids = [int(r.split()[0]) for r in rows if r.split()[1] == "lace-mux-server"]
    inits = [int(r.split()[0]) for r in rows if r.split()[1] == "lace-init"]
    time.sleep(2)

    def status(pid, field):
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", text, re.M).group(1))

    def switches(pid):
        return status(pid, "voluntary_ctxt_switches") + status(pid, "nonvoluntary_ctxt_switches")

    before = [switches(p) for p in pids + inits]
    time.sleep(10)
    after = [switches(p) for p in pids + inits]
    samples["rss kB"] = [status(p, "VmRSS") for p in pids]
    samples["wake-ups/s"] = [(b - a) / 10 for a, b in zip(before, after)]
    program = BUILD / "features/mux-server/bin"
    size = {p.name: p.stat().st_size for p in program.iterdir()}
    samples["size"] = size
    server = next(v for k, v in size.items() if "mux-server" in k)
    init = next(v for k, v in size.items() if "init" in k)
    table("At rest, one terminal open and nobody attached", ["what", "lace-mux-server", "lace-init"], [
        ["on disk", f"{server / 1e6:.2f} MB", f"{init / 1e3:.0f} kB"],
        ["resident memory", f"{samples['rss kB'][0] / 1024:.2f} MB", f"{status(inits[0], 'VmRSS') / 1024:.2f} MB" if inits else "-"],
        ["wake-ups per second", f"{samples['wake-ups/s'][0]:.1f}", f"{samples['wake-ups/s'][-1]:.1f}"],
    ])


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--runs", type=int, default=10)
    args.add_argument("--keys", type=int, default=1000)
    args.add_argument("--json")
    args = args.parse_args()
    with tempfile.TemporaryDirectory(prefix="lace-bench-") as top:
        root = pathlib.Path(top).resolve()
        os.environ.update(XDG_CONFIG_HOME=str(root / "config"), XDG_STATE_HOME=str(root / "state"),
                          XDG_CACHE_HOME=str(root / "cache"))
        mine = bring_up(root, args.runs)
        print_bring_up()
        at_rest(mine)
        keystrokes(mine, args.keys, args.runs)
        print_keystrokes()
        remove(mine)
        drop_images(["lace.local/*"])
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(samples, indent=1) + "\n")


main()

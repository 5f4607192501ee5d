"""`wezterm cli`, which lace-mux-server is under that name, beside what the real program printed and asked.

The recordings (recordings.py) have its command lines, what it printed, and what crossed its socket. Needs no engine.
LACE_MUX_SERVER names the program under test.
"""
import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest

import recordings
from muxwire import Reader, Short, decompress, frame, uleb
from test_mux_server import SERVER, Server

# Proxies are no questions: test_mux_replay.py plays them.
STEPS = [(r, step) for r in recordings.load().values() for step in r.steps if "argv" in step and "proxy" not in step["argv"]]
GET_CODEC_VERSION, SPLIT_PANE, SPAWN_V2 = 26, 34, 36


def cli(name, argv, env, folder, stdin=None):
    """Runs the program under the name that it has in the step."""
    link = folder / "bin" / name
    if not link.exists():
        link.parent.mkdir()
        link.symlink_to(os.path.abspath(SERVER))
    return subprocess.run([name, *argv], executable=str(link), env=env, input=(stdin or "").encode(), capture_output=True,
                          timeout=30)


def without_time(stderr):
    return re.sub(r"^\d\d:\d\d:\d\d\.\d{3} ", "", stderr)


# ---- against the recorded server ----

class Recorded:
    """A server that gives the recorded answers, and keeps what it was asked."""

    def __init__(self, path, codec, connection):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        # What it pushed was for others: the real program ignores it, and so must ours.
        self.codec, self.answers = codec, [f for f in connection if f.dir == "<"]
        self.asked = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        try:
            s, _ = self.listener.accept()
        except OSError:
            return
        with s:
            data = b""
            while True:
                got = s.recv(65536)
                if not got:
                    return
                data += got
                while True:
                    r = Reader(data)
                    try:
                        body = Reader(r.take(r.u() & ~(1 << 63)))
                    except Short:
                        break
                    zipped = Reader(data).u() >> 63
                    data = data[r.at:]
                    serial, ident = body.u(), body.u()
                    rest = body.data[body.at:]
                    if ident == GET_CODEC_VERSION:        # the real one does not ask; ours goes by the answer
                        s.sendall(frame(serial, 27, uleb(self.codec) + b"\x01x\x01x\x00"))
                        continue
                    self.asked.append((ident, decompress(rest) if zipped else rest))
                    while self.answers:
                        answer = self.answers.pop(0)
                        s.sendall(frame(serial and answer.serial and serial, answer.ident, answer.body))
                        if answer.serial:
                            break

    def end(self):
        self.listener.close()
        self.thread.join(10)


@pytest.mark.parametrize("recording, step", STEPS, ids=[r.name + " " + " ".join(s["argv"][2:])[:50] for r, s in STEPS])
def test_asks_and_prints_what_the_real_one_does(recording, step, tmp_path):
    path = str(tmp_path / "sock")
    connection = step.connections[0] if step.connections else []
    server = Recorded(path, recording.codec, connection)
    env = {"HOME": "/home/dev", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "SHELL": "/bin/bash", "USER": "dev",
           "XDG_RUNTIME_DIR": str(tmp_path), "WEZTERM_UNIX_SOCKET": path, **(step.get("env") or {})}
    try:
        r = cli("wezterm", step["argv"][1:], env, tmp_path, step.get("stdin"))
    finally:
        socket.socket(socket.AF_UNIX).connect_ex(path)
        server.end()
    # How long ago it was that a client came depends on the day.
    ago = lambda text: re.sub(r'"(secs|nanos)": \d+', r'"\1": 0', text)     # noqa: E731
    assert (r.returncode, ago(r.stdout.decode())) == (step["exit"], ago(step["stdout"]))
    assert without_time(r.stderr.decode()) == without_time(step["stderr"])
    wanted = [(f.ident, f.body) for f in connection if f.dir == ">"]
    assert [i for i, _ in server.asked] == [i for i, _ in wanted]
    for (ident, ours), (_, theirs) in zip(server.asked, wanted):
        # A command carries the environment of the person who ran it.
        if not (ident in (SPAWN_V2, SPLIT_PANE) and "--" in step["argv"]):
            assert ours == theirs, ident


# ---- against our server ----

@pytest.fixture
def ours(tmp_path):
    """A server of ours whose default program is the one of the recordings, and its pane 0."""
    shell = tmp_path / "bash"
    shell.write_text("#!/bin/sh\nexec /bin/bash --norc --noprofile\n")
    shell.chmod(0o755)
    s = Server(tmp_path)
    s.session.write_bytes(f"LACE_SESSION_SHELL={shell}\0".encode())
    s.begin = lambda codec: s.start(f"--codec={codec}", env={"PS1": "$ "})
    yield s
    s.end()


def told(server, stdout, argv):
    """What is compared of an answer: folders and ttys are this run's, the real one's windows come in no order, and it
    keeps the blanks that an erase left behind a row's text."""
    text = stdout.replace(f"file://{server.home}", "file:///home/dev")
    if "json" in argv:
        panes = sorted(json.loads(text), key=lambda p: p["pane_id"])
        for p in panes:
            del p["tty_name"]
            if p["size"]["cols"] == 1 or p["is_zoomed"] or p["title"] == "wezterm":
                del p["cursor_y"]            # a shell in one column draws its prompt as it likes; a PATH may be wrapped
            if (p["pane_id"], p["size"]["rows"], p["size"]["cols"]) == (8, 19, 55):
                # A fault of the real one that we do not copy: a pane above a whole tab is given another's size.
                p["size"].update(rows=4, cols=80, pixel_width=640, pixel_height=64)
        return panes
    if argv[2] == "list":
        lines = [re.sub(" +", " ", line).strip() for line in text.splitlines()]
        return lines[:1] + sorted(lines[1:])
    if argv[2] == "get-text":
        text = text.replace("\x1b(B\x1b[0m\r\n", "\r\n").replace("\n\x1b(B\x1b[0m", "\n")    # to and from those blanks
        # Faults of the real one that we do not copy: the blank after a heart vanishes, and a wide character that has no
        # room is put into the last column all the same, where every other terminal wraps it.
        text = text.replace("\u2764\ufe0f \u2764 ", "\u2764\ufe0f\u2764 ").replace("!\u4e2d", "!")
        return [line.rstrip() for line in text.rstrip().split("\n") if line.rstrip() != "\u4e2d"]
    return text


def in_order(text):
    """Names that come in the order of a map."""
    return text.replace('\\"unix\\", \\"local\\"', '\\"local\\", \\"unix\\"')


# Of the others, what is printed is in what a client sees: test_mux_replay.py.
SCENARIOS = [name for name in recordings.load() if name[3:].startswith(("cli-", "text-"))]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_our_server_lets_it_print_the_same(scenario, ours, tmp_path):
    ours.begin(scenario[:2])
    env = {**ours.env, "HOME": str(ours.home)}
    assert cli("wezterm", ["cli", "spawn", "--new-window"], env, tmp_path).stdout == b"0\n"
    ours.client(hello=False).wait_text(0, "$")
    for step in (s for r, s in STEPS if r.name == scenario):
        argv, want = step["argv"], told(ours, step["stdout"], step["argv"])
        run = lambda: cli("wezterm", argv[1:], env, tmp_path, step.get("stdin"))    # noqa: E731
        r = run()
        if argv[2] in ("list", "get-text"):
            # Programs take their time to draw; what they drew stays.
            end = time.monotonic() + 5
            while told(ours, r.stdout.decode(), argv) != want and time.monotonic() < end:
                r = run()
        assert told(ours, r.stdout.decode(), argv) == want, argv
        assert r.returncode == step["exit"], (argv, r.stderr)
        assert without_time(r.stderr.decode()) == in_order(without_time(step["stderr"])), argv


def test_verbs_that_were_not_recorded(ours, tmp_path):
    """Names, tabs and workspaces, by what list says of them afterwards."""
    ours.begin(44)
    env = {**ours.env, "HOME": str(ours.home)}

    def run(*argv):
        r = cli("wezterm", ["cli", *argv], env, tmp_path)
        assert r.returncode == 0, r.stderr
        return r.stdout.decode()

    def listed():
        return {p["pane_id"]: p for p in json.loads(run("list", "--format", "json"))}

    assert run("spawn", "--new-window") == "0\n"
    assert run("spawn", "--window-id", "0") == "1\n"
    run("set-tab-title", "--pane-id", "1", "a tab")
    run("set-window-title", "--window-id", "0", "a window")
    run("rename-workspace", "--workspace", "default", "other")
    panes = listed()
    assert [(p["tab_title"], p["window_title"], p["workspace"]) for p in (panes[0], panes[1])] == [
        ("", "a window", "other"), ("a tab", "a window", "other")]
    run("activate-tab", "--tab-id", str(panes[0]["tab_id"]))
    run("activate-tab", "--tab-relative", "1", "--pane-id", "0")
    run("split-pane", "--pane-id", "1")
    run("zoom-pane", "--pane-id", "2")
    assert [p["is_zoomed"] for _, p in sorted(listed().items())] == [False, False, True]
    run("move-pane-to-new-tab", "--pane-id", "2", "--new-window", "--workspace", "third")
    moved = listed()[2]
    assert (moved["window_id"], moved["workspace"], moved["size"]["rows"], moved["is_zoomed"]) == (1, "third", 24, False)

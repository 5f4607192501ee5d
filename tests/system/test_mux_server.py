"""lace-mux-server against its protocol: each test has a server of its own behind a private XDG_RUNTIME_DIR.

Needs no engine. LACE_MUX_SERVER names the program under test.
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

import muxwire
import recordings
from conftest import TOP, eventually
from muxwire import Client, Closed, frame, leaves, sleb, string, uleb

SERVER = os.environ.get("LACE_MUX_SERVER", str(TOP / "build" / "src" / "server" / "lace-mux-server"))


class Server:
    """A private server: its folder, its processes, and the clients of a test."""

    def __init__(self, folder):
        self.run = pathlib.Path(folder)
        self.socket = str(self.run / "wezterm" / "sock")
        self.home = self.run / "home"
        self.home.mkdir()
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.run), "USER": "dev",
                    "PS1": "$ ", "SHELL": "/bin/sh", "LANG": "C.UTF-8"}
        self.process, self.clients, self.session = None, [], self.run / "session"

    def start(self, *args, env=None, program=SERVER):
        r, w = os.pipe()
        self.process = subprocess.Popen([program, "--ready-fd=%d" % w, "--session-file=%s" % self.session, *args],
                                        env={**self.env, **(env or {})}, pass_fds=[w], stdin=subprocess.DEVNULL,
                                        stderr=open(self.run / "log", "ab"), start_new_session=True)
        os.close(w)
        said = os.read(r, 100)
        os.close(r)
        assert said == b"ok\n", said
        return self

    def client(self, hello=True, lace=False):
        c = Client(self.socket)
        self.clients.append(c)
        if lace:
            c.lace()
        elif hello:
            c.hello()
        return c

    def command(self, *args, env=None, **kwargs):
        return subprocess.run([SERVER, *args], env={**self.env, **(env or {})}, capture_output=True, text=True, timeout=30,
                              **kwargs)

    def pids(self):
        """Servers of this folder, however they were started."""
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                argv = pathlib.Path("/proc", entry, "cmdline").read_bytes().split(b"\0")
                env = pathlib.Path("/proc", entry, "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"XDG_RUNTIME_DIR=" + str(self.run).encode() in env and argv[1:2] and argv[1].startswith(b"--ready-fd"):
                found.append(int(entry))
        return found

    def status(self, name):
        for line in pathlib.Path("/proc", str(self.process.pid), "status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise KeyError(name)

    def small(self, kilobytes):
        """Whether the server's memory is; a build with sanitizers keeps what is freed and is not asked."""
        return "sanitize" in os.environ.get("LACE_BUILD", "") or self.status("VmRSS") < kilobytes

    def alive(self):
        return self.process.poll() is None

    def end(self):
        for c in self.clients:
            c.close()
        for pid in self.pids():
            os.kill(pid, signal.SIGTERM)
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)


@pytest.fixture
def bare(tmp_path_factory):
    """A folder for a server that nobody has started yet."""
    s = Server(tmp_path_factory.mktemp("m"))
    yield s
    s.end()


@pytest.fixture
def server(bare):
    yield bare.start()
    assert bare.process.returncode is None and bare.alive(), "the server ended: " + (bare.run / "log").read_text()


def shell(c, **kwargs):
    """A plain shell in a new pane; its id, once it prompts."""
    pane = c.spawn(argv=["sh", "-i"], env=[("PS1", "$ "), ("ENV", "")], **kwargs)["pane_id"]
    c.wait_text(pane, "$")
    return pane


# ---- the life of a session ----

def test_a_command_runs_in_a_pane(server):
    c = server.client()
    got = c.spawn(argv=["sh", "-c", "echo out:$((40+2)); exec sleep 100"], rows=10, cols=40)
    assert (got["window_id"], got["tab_id"], got["pane_id"]) == (0, 0, 0)
    assert (got["size"]["rows"], got["size"]["cols"]) == (10, 40)
    assert c.push_named("TabAddedToWindow") == {"tab_id": 0, "window_id": 0}
    c.wait_text(0, "out:42")
    pane = c.pane(0)
    assert pane["is_active_pane"] and pane["workspace"] == "default" and pane["tty_name"].startswith("/dev/pts/")
    assert pane["size"]["rows"] == 10


def test_output_is_pushed_with_true_rows(server):
    c = server.client()
    pane = shell(c)
    c.pushes.clear()
    c.write(pane, "echo one; echo two\r")
    push = c.push(lambda p: p.name == "GetPaneRenderChangesResponse" and "two" in
                  [line["text"].strip() for line in p["lines"]["rows"].values()])
    assert push["seqno"] >= max(line["seqno"] for line in push["lines"]["rows"].values())
    assert min(line["seqno"] for line in push["lines"]["rows"].values()) >= 1
    assert push["cursor"]["y"] in push["lines"]["rows"]
    assert push["lines"]["order"] == sorted(set(push["lines"]["order"])), "no row twice"
    assert push["working_dir"].startswith("file:///")


def test_the_first_push_reports_no_scrollback_dirty(server):
    c = server.client()
    pane = shell(c)
    c.write(pane, "seq 1 200\r")
    c.wait_text(pane, "\n200")
    d = server.client()
    assert d.poll(pane)["is_alive"]
    first = d.push_named("GetPaneRenderChangesResponse")
    assert first["dirty"] == [] and len(first["lines"]["rows"]) == 24
    dims = first["dimensions"]
    assert dims["physical_top"] == dims["scrollback_top"] + dims["scrollback_rows"] - dims["viewport_rows"]


def test_nothing_is_pushed_before_the_client_says_who_it_is(server):
    c = server.client()
    pane = shell(c)
    quiet = server.client(hello=False)
    proxied = server.client(hello=False)
    proxied.hello(is_proxy=True)
    c.write(pane, "echo hello\r")
    c.wait_text(pane, "\nhello")
    for q in (quiet, proxied):
        q.settle()
        assert q.pushes == []
    proxied.hello()
    c.write(pane, "echo more\r")
    proxied.push_named("GetPaneRenderChangesResponse")
    assert "(via proxy pid 4242)" in c.call(41)["clients"][-1]["hostname"]


def test_a_key_is_answered_with_its_serial(server):
    c = server.client()
    pane = shell(c)
    c.pushes.clear()
    c.key(pane, "x", serial=1790000000123)
    push = c.push(lambda p: p.get("input_serial") is not None)
    assert push["input_serial"] == 1790000000123
    c.wait_text(pane, "$ x")
    # Modifier keys alone send nothing to the program; the push comes all the same.
    c.done(11, uleb(pane) + uleb(11) + uleb(0) + uleb(777))
    assert c.push(lambda p: p.get("input_serial") is not None)["input_serial"] == 777


def test_exit_status_reaches_lace_clients(server):
    lace, wez = server.client(lace=True), server.client()
    pane = lace.spawn(argv=["sh", "-c", "echo last words; exit 7"])["pane_id"]
    exited = lace.push_named("LacePaneExited")
    assert exited == {"pane_id": pane, "kind": 0, "code": 7}
    assert lace.push_named("PaneRemoved")["pane_id"] == pane
    wez.push_named("PaneRemoved")
    assert not [p for p in wez.pushes if p.name.startswith("Lace")]
    assert lace.panes() == []
    pane = lace.spawn(argv=["sh", "-c", "kill -9 $$"])["pane_id"]
    assert lace.push_named("LacePaneExited") == {"pane_id": pane, "kind": 1, "code": 9}


def test_last_output_is_seen_before_the_end(server):
    c = server.client(lace=True)
    c.spawn(argv=["sh", "-c", "seq 1 3000; echo last words"])
    shown = []
    c.push(lambda p: shown.append(p) or p.name == "PaneRemoved")
    text = [line["text"] for p in shown if p.name == "GetPaneRenderChangesResponse" for line in p["lines"]["rows"].values()]
    assert any("last words" in t for t in text)


def test_kill_goes_on_to_sigkill(server):
    c = server.client(lace=True)
    pane = c.spawn(argv=["sh", "-c", "trap '' HUP; echo pid:$$; while :; do sleep 1 </dev/null >/dev/null 2>&1; done"])["pane_id"]
    text = c.wait_text(pane, "pid:")
    pid = int(text.split("pid:")[1].split()[0])
    c.done(35, uleb(pane))
    assert c.push_named("PaneRemoved")["pane_id"] == pane
    assert c.panes() == []
    eventually(lambda: not os.path.exists(f"/proc/{pid}"), 10, "the end of a program that ignores SIGHUP")
    assert c.error(35, uleb(pane)) == f"Error: no such pane {pane}"


def test_the_server_stays_when_the_last_pane_goes(server):
    c = server.client()
    c.spawn(argv=["true"])
    c.push_named("PaneRemoved")
    assert c.list() == {"tabs": [], "tab_titles": [], "window_titles": {}}
    assert c.spawn(argv=["sleep", "100"])["pane_id"] == 1, "ids are not used twice"


def test_a_program_that_is_not_there(server):
    c = server.client(lace=True)                       # for others see test_server_config.py
    answer = c.spawn(argv=["no-such-program-here"])
    assert answer.name == "ErrorResponse" and "no-such-program-here" in answer["reason"]
    assert c.panes() == [] and c.list()["window_titles"] == {}


# ---- environment ----

def pane_env(c, **kwargs):
    pane = c.spawn(argv=["sh", "-c", "env | sort; echo [end]; pwd; exec sleep 100"], rows=200, cols=200, **kwargs)["pane_id"]
    text = c.wait_text(pane, "[end]\n/")
    env, folder = text.split("[end]\n")
    return dict(line.split("=", 1) for line in env.splitlines() if "=" in line), folder.strip(), pane


def test_the_environment_of_a_pane(server):
    c = server.client()
    env, folder, pane = pane_env(c)
    assert env["TERM"] == "xterm-256color" and env["COLORTERM"] == "truecolor" and env["TERM_PROGRAM"] == "lace"
    assert env["WEZTERM_PANE"] == env["LACE_PANE"] == str(pane)
    assert env["WEZTERM_UNIX_SOCKET"] == server.socket
    assert folder == str(server.home)
    env, _, _ = pane_env(c, env=[("MARKER", "here"), ("WEZTERM_PANE", "99")])
    assert env["MARKER"] == "here" and env["WEZTERM_PANE"] != "99"


def test_the_session_file_is_read_at_each_spawn(server):
    c = server.client()
    work = server.run / "work"
    work.mkdir()
    server.session.write_bytes(b"LACE_SESSION_DIR=%s\0LACE_SESSION_SHELL=/bin/sh\0PROBED=yes\0PS1\0" % str(work).encode())
    server.session.chmod(0o644)
    env, folder, _ = pane_env(c)
    assert env["PROBED"] == "yes" and "PS1" not in env and folder == str(work) and "LACE_SESSION_DIR" not in env
    server.session.chmod(0o666)
    env, folder, _ = pane_env(c)
    assert "PROBED" not in env and folder == str(server.home)
    _, folder, _ = pane_env(c, cwd="/usr")
    assert folder == "/usr"
    _, folder, _ = pane_env(c, cwd="/nonexistent")
    assert folder == str(server.home)


def test_ssh_variables_come_from_the_spawning_client(server):
    code = """
import sys; sys.path.insert(0, %r)
from muxwire import Client
c = Client(%r)
c.spawn(argv=["sh", "-c", "echo :$SSH_CONNECTION:; exec sleep 100"])
""" % (os.path.dirname(muxwire.__file__), server.socket)
    subprocess.run(["/usr/bin/python3", "-c", code], check=True,
                   env={**server.env, "SSH_AUTH_SOCK": "/run/agent", "SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"})
    c = server.client()
    c.wait_text(0, ":1.2.3.4 5 6.7.8.9 22")


def test_the_login_shell_without_a_command(server):
    server.session.write_bytes(b"LACE_SESSION_SHELL=/bin/sh\0")
    server.session.chmod(0o600)
    c = server.client()
    pane = c.spawn()["pane_id"]
    c.write(pane, "echo argv0:$0; tty; stty size\r")
    c.wait_text(pane, "argv0:-sh")
    c.wait_text(pane, "\n24 80")
    assert c.pane(pane)["tty_name"] in c.text(pane)


# ---- sizes ----

def sized(c, pane):
    return tuple(c.pane(pane)["size"][k] for k in ("rows", "cols"))


def test_the_size_follows_who_typed_last(server):
    a, b = server.client(lace=True), server.client(lace=True)
    pane = a.spawn(argv=["cat"], rows=24, cols=80)["pane_id"]
    a.lace_size(pane, 30, 100)
    assert sized(a, pane) == (30, 100), "alone: at once"
    b.lace_size(pane, 20, 60)
    assert sized(a, pane) == (30, 100), "b has not typed yet"
    b.key(pane, "x")
    assert sized(a, pane) == (20, 60)
    b.lace_size(pane, 21, 61)
    assert sized(a, pane) == (21, 61), "b typed last: at once"
    a.lace_size(pane, 31, 101)
    assert sized(a, pane) == (21, 61)
    a.write(pane, "y")
    assert sized(a, pane) == (31, 101)
    b.key(pane, "z")
    b.close()
    eventually(lambda: sized(a, pane) == (31, 101), what="the size of the one who is left")


def test_wezterm_resizes_at_once_and_is_not_told_of_it(server):
    a, b = server.client(), server.client()
    pane = a.spawn(argv=["cat"])["pane_id"]
    b.poll(pane)
    a.pushes.clear()
    a.resize(0, pane, 30, 100)
    a.resize(0, pane, 30, 100)
    assert sized(a, pane) == (30, 100)
    assert b.push_named("TabResized") == {"tab_id": 0}
    a.settle()
    b.settle()
    assert not [p for p in a.pushes + b.pushes if p.name == "TabResized"]


def lace_key(pane, code=0, value=0, mods=0, kind=0, unshifted=0, shifted=0, base=0, text=""):
    return uleb(pane) + uleb(code) + b"".join(map(uleb, (value, mods, kind, unshifted, shifted, base))) + string(text)


def test_keys_are_encoded_as_the_program_asks_at_that_moment(server):
    """LaceKey (extension version 2): presses, repeats and releases; modes with formatOtherKeys; read-only clients."""
    c = server.client(lace=True)
    pane = c.spawn(["sh", "-c", "stty raw -echo; printf 'go'; cat -v"])["pane_id"]
    c.wait_text(pane, "go")
    c.done(19528, lace_key(pane, value=ord("a")))
    c.done(19528, lace_key(pane, value=ord("a"), kind=2))
    c.wait_text(pane, "goa")
    other = c.spawn(["sh", "-c", r"stty raw -echo; printf '\033[=11;1u\033[>4;1fgo'; cat -v"])["pane_id"]
    c.push(lambda p: p.name == "LacePaneModes" and p["pane_id"] == other and p["kitty"] == 11 and p["modes"] & 1 << 18)
    c.wait_text(other, "go")
    c.done(19528, lace_key(other, value=ord("a"), kind=1))
    c.done(19528, lace_key(other, value=ord("A"), mods=2, kind=2, unshifted=ord("a")))
    c.done(19528, lace_key(other, code=30, mods=8, kind=2))
    c.wait_text(other, "go^[[97;1:2u^[[97;2:3u^[[1;5:3A")
    watcher = server.client()
    watcher.lace(flags=1)
    assert "read-only" in watcher.error(19528, lace_key(pane, value=ord("b")))
    assert "pane 999" in c.error(19528, lace_key(999, value=ord("b")))
    for bad in lace_key(pane, code=90), lace_key(pane, kind=3):
        with pytest.raises(Closed):
            server.client(lace=True).call(19528, bad)


def test_read_only_clients_change_nothing(server):
    a, b = server.client(lace=True), Client(server.socket)
    pane = a.spawn(argv=["cat"])["pane_id"]
    b.lace(flags=1)
    assert "read-only" in b.error(9, uleb(pane) + string("x"))
    assert "read-only" in b.error(19525, uleb(pane) + muxwire.size(5, 5))
    assert "read-only" in b.error(35, uleb(pane))
    assert sized(a, pane) == (24, 80)
    a.write(pane, "seen\r")
    b.push(lambda p: p.name == "GetPaneRenderChangesResponse" and
           any("seen" in line["text"] for line in p["lines"]["rows"].values()))
    b.close()


# ---- layout ----

def test_splits_zoom_focus_and_moves(server):
    a, b = server.client(), server.client()
    first = shell(a)
    got = a.split(first, vertical=False, argv=["cat"])
    second = got["pane_id"]
    assert (got["size"]["rows"], got["size"]["cols"], got["size"]["pixel_width"]) == (24, 40, 0)
    tab = a.list()["tabs"][0]
    assert tab["split"] == "H" and tab["first"]["cols"] == 39 and tab["second"]["cols"] == 40
    assert [(p["pane_id"], p["left_col"], p["is_active_pane"]) for p in leaves(tab)] == [(first, 0, False), (second, 40, True)]
    a.wait_text(first, "$")
    a.write(first, "stty size\r")
    a.wait_text(first, "\n24 39")

    a.pushes.clear()
    b.pushes.clear()
    a.done(33, uleb(0) + uleb(first) + b"\1")
    assert b.push_named("PaneFocused") == {"pane_id": first}
    assert sized(a, first) == (24, 80) and a.pane(first)["is_zoomed_pane"]
    assert a.call(60, uleb(first) + uleb(3)) == {"pane_id": second}
    a.done(50, uleb(first) + uleb(3))
    assert not a.pane(first)["is_zoomed_pane"] and a.pane(second)["is_active_pane"]
    a.done(62, uleb(first) + uleb(3) + uleb(4))
    assert sized(a, first) == (24, 43)
    assert a.error(34, uleb(77) + uleb(0) + bytes([1, 0]) + uleb(1) + bytes([50]) + b"\0\0" + uleb(1) + b"\0") == \
        "Error: pane_id 77 invalid"
    assert a.split(first, percent=100)["reason"] == "Error: No space for split!"

    moved = a.call(48, uleb(second) + b"\0" + b"\1" + string("w2"))
    assert moved.name == "MovePaneToNewTabResponse" and moved["window_id"] == 1
    assert sized(a, first) == (24, 80) and a.pane(second)["workspace"] == "w2"
    back = a.split(first, vertical=True, move=second)
    assert back["pane_id"] == second and len(a.list()["tabs"]) == 1
    a.settle()
    assert not [p for p in a.pushes if p.name in ("PaneFocused", "TabResized")], "no echo to the author"
    b.push_named("TabResized")


def test_focus_is_told_to_others_once(server):
    a, b = server.client(), server.client()
    one = a.spawn(argv=["cat"])["pane_id"]
    two = a.spawn(argv=["cat"], window=0)["pane_id"]
    for c in (a, b):
        c.pushes.clear()
    a.done(45, uleb(one))
    a.done(45, uleb(one))
    b.done(45, uleb(one))
    a.settle()
    b.settle()
    assert [p for p in b.pushes if p.name == "PaneFocused"] == [{"pane_id": one}]
    assert not [p for p in a.pushes if p.name == "PaneFocused"]
    assert [c["focused"] for c in a.call(41)["clients"]] == [one, one]
    assert a.error(45, uleb(99)) == "Error: pane 99 not found"
    assert two != one


def test_names(server):
    a, b = server.client(), server.client()
    a.spawn(argv=["cat"])
    a.done(56, uleb(0) + string("tab!"))
    a.done(56, uleb(0) + string("tab!"))
    a.done(57, uleb(0) + string("win!"))
    a.done(43, uleb(0) + string("w2"))
    a.done(58, string("w2") + string("w3"))
    for c in (a, b):
        c.settle()
        names = [p.name for p in c.pushes if p.name not in ("GetPaneRenderChangesResponse", "TabAddedToWindow")]
        assert names == ["TabTitleChanged", "WindowTitleChanged", "WindowWorkspaceChanged", "RenameWorkspace",
                         "WindowWorkspaceChanged"]
    listed = a.list()
    assert listed["tab_titles"] == ["tab!"] and listed["window_titles"] == {0: "win!"}
    assert leaves(listed["tabs"][0])[0]["workspace"] == "w3"


# ---- what programs say ----

def test_the_title_follows_the_program_in_front(server):
    """Also where nothing is printed once it has changed: the echo of the command is the last output."""
    c = server.client()
    pane = shell(c)
    shown = lambda title: c.push(lambda p: p.name == "GetPaneRenderChangesResponse" and p["title"] == title)
    c.write(pane, "sleep 60\r")
    shown("sleep")
    c.write(pane, "\x03")
    shown(os.path.basename(os.path.realpath("/bin/sh")))


def test_alerts_titles_and_clipboard(server):
    c = server.client()
    pane = shell(c)
    c.pushes.clear()
    c.write(pane, r"printf '\a\033]0;t0\007\033]52;c;aGVsbG8=\007\033]1337;SetUserVar=FOO=YmFy\007\033]777;notify;T;B\033\\'" + "\r")
    assert c.push_named("WindowTitleChanged") == {"window_id": 0, "title": "t0"}
    c.push(lambda p: p.name == "GetPaneRenderChangesResponse" and p["title"] == "t0")
    got = {}
    c.push(lambda p: p.name == "NotifyAlert" and (got.setdefault(p["alert"]["kind"], p["alert"]) or True) and "Toast" in got
           or p.name == "SetClipboard" and got.setdefault("clip", p) is None)
    assert got["Bell"] and got["WindowTitle"]["title"] == "t0" and got["IconTitle"]["title"] == "t0"
    assert got["UserVar"]["name"] == "FOO" and got["UserVar"]["value"] == "bar" and got["Toast"]["body"] == "B"
    assert got["clip"]["text"] == "hello" and got["clip"]["selection"] == 0
    # A client that comes later gets the variables (state), not the bell (history).
    d = server.client()
    d.poll(pane)
    assert d.push_named("NotifyAlert")["alert"]["kind"] == "UserVar"
    d.settle()
    assert not [p for p in d.pushes if p.name == "NotifyAlert"]


def test_palette_is_pushed_only_when_a_program_changes_it(server):
    c = server.client()
    pane = shell(c)
    body = uleb(pane) + uleb(256) + b"\0" * 16 * 256 + b"\0" * 16 * 9
    c.done(38, body)
    c.write(pane, "echo hello\r")
    c.wait_text(pane, "\nhello")
    assert not [p for p in c.pushes if p.name == "SetPalette"]
    c.write(pane, r"printf '\033]4;1;#ff0000\007'" + "\r")
    palette = c.push_named("SetPalette")
    assert palette["colors"][1][:3] == (1.0, 0.0, 0.0) and palette["colors"][2][:3] == (0.0, 0.0, 0.0)


def test_modes_reach_lace_clients(server):
    c = server.client(lace=True)
    pane = c.spawn(argv=["sh", "-i"], env=[("PS1", "$ "), ("ENV", "")])["pane_id"]
    first = c.push_named("LacePaneModes")
    assert first["pane_id"] == pane and not first["modes"] & 1
    c.write(pane, r"printf '\033[?1049h\033[?1000h\033[?1006h'" + "\r")
    c.push(lambda p: p.name == "LacePaneModes" and p["modes"] & 1 and p["modes"] & 1 << 6 and p["modes"] & 1 << 10)
    assert c.push(lambda p: p.name == "GetPaneRenderChangesResponse")["mouse_grabbed"]


def test_screens_have_numbers_of_their_own(server):
    c = server.client()
    pane = shell(c)
    c.write(pane, "seq 1 100\r")
    c.wait_text(pane, "\n100")
    c.pushes.clear()
    c.write(pane, r"printf '\033[?1049h\033[Hfull screen'; read x" + "\r")
    alt = c.push(lambda p: p.name == "GetPaneRenderChangesResponse" and p["dimensions"]["physical_top"] == 0)
    assert alt["dimensions"]["scrollback_rows"] == 24
    c.write(pane, "\rprintf '\\033[?1049l'\r")
    back = c.push(lambda p: p.name == "GetPaneRenderChangesResponse" and p["dimensions"]["physical_top"] > 0)
    # Rows 0.. of the other screen are not what those rows are now.
    top = back["dimensions"]["physical_top"]
    assert back["dirty"] == [(0, top)] and set(range(top, top + 24)) <= set(back["lines"]["rows"])
    assert all(line["seqno"] == back["seqno"] for line in back["lines"]["rows"].values())


# ---- rows ----

def test_get_lines_clamps_like_the_real_server(server):
    c = server.client()
    pane = shell(c)
    c.write(pane, "seq 1 500\r")
    c.wait_text(pane, "\n500")
    assert c.lines(pane, -5, 3)["order"] == list(range(8))
    last = c.lines(pane)["order"][-1]
    assert c.lines(pane, 490, 700)["order"] == list(range(last - 210, last + 1))     # one more: recorded in cli-text
    both = c.call(22, uleb(pane) + uleb(2) + sleb(0) + sleb(2) + sleb(10) + sleb(12))["lines"]["order"]
    assert both == [0, 1, 10, 11]
    assert c.call(22, uleb(pane) + uleb(0))["lines"]["order"] == []
    assert c.call(22, uleb(pane) + uleb(1) + sleb(5) + sleb(5))["lines"]["order"] == []
    # However often it is asked for, a row is sent as often as there are rows.
    many = c.call(22, uleb(pane) + uleb(3000) + (sleb(0) + sleb(1 << 40)) * 3000)["lines"]["order"]
    assert len(many) == last + 1


def test_rows_keep_styles_links_and_wide_cells(server):
    c = server.client()
    pane = c.spawn(argv=["sh", "-c", r"printf 'a\344\270\255\033[1;31mx\033[0m\n\033]8;;http://e.x/\033\\link\033]8;;\033\\ e\314\201\n"
                         r"\033[38;2;255;0;0mred\033[m\n'; exec sleep 100"], cols=20)["pane_id"]
    c.wait_text(pane, "red")
    lines = c.lines(pane)
    row = lines["rows"][0]
    assert row["storage"] == "C" and row["text"] == "a中x" and row["wide"] == [1] and row["len"] == 4
    assert [(n, a["attributes"], a["fg"]) for n, a in row["runs"]] == [(3, 0, None), (1, 1, 1)]
    accent = lines["rows"][1]
    assert accent["storage"] == "V" and accent["text"] == "link e\u0301" and accent["bits"] & 2
    assert lines["links"] == [({"params": {}, "uri": "http://e.x/", "implicit": 0}, [(1, 0, 4)])]
    assert lines["rows"][2]["runs"][0][1]["fat_fg"] == ("true", (1.0, 0.0, 0.0, 1.0))


def test_images_are_shown_by_cells_and_fetched_by_hash(server):
    c = server.client()
    pixels = bytes(range(24))
    show = "\033_Ga=T,i=7,q=2,f=24,s=4,v=2,c=2,r=1;%s\033\\\\" % base64.b64encode(pixels).decode()
    animate = "\033_Ga=f,i=7,q=2,f=24,s=4,v=2;%s\033\\\\" % base64.b64encode(pixels[::-1]).decode()
    pane = c.spawn(argv=["sh", "-c", "printf '%s\\nready\\n'; read x; printf '%s\033_Ga=a,i=7,c=2\033\\\\next\\n'; exec sleep 100"
                         % (show, animate)], cols=20)["pane_id"]
    c.wait_text(pane, "ready")
    rgba = lambda rgb: b"".join(rgb[i:i + 3] + b"\xff" for i in range(0, len(rgb), 3))
    digest = hashlib.sha256(rgba(pixels)).digest()
    lines = c.lines(pane)
    assert [(i["row"], i["cell"], i["from"], i["to"], i["hash"], i["image_id"]) for i in lines["images"]] == [
        (0, 0, (0.0, 0.0), (0.5, 1.0), digest, 7), (0, 1, (0.5, 0.0), (1.0, 1.0), digest, 7)]
    assert lines["rows"][0]["len"] == 2, "there are cells to show it"
    ask = lambda row, cell, digest: c.call(46, uleb(pane) + sleb(row) + uleb(cell) + digest)["data"]
    data = ask(0, 1, digest)
    assert data == {"kind": "rgba", "data": rgba(pixels), "size": (4, 2), "data_hash": digest, "hash": digest}
    assert ask(0, 0, bytes(32)) is None
    # The image changes: rows that show it are pushed, with another hash.
    c.write(pane, "\r")
    c.wait_text(pane, "next")
    images = c.lines(pane)["images"]
    after = hashlib.sha256(rgba(pixels[::-1])).digest()
    assert {i["hash"] for i in images} == {after}
    assert ask(0, 0, after)["data"] == rgba(pixels[::-1])
    assert ask(0, 0, digest) is None


def test_wrapped_rows_say_so(server):
    c = server.client()
    pane = c.spawn(argv=["sh", "-c", "printf 0123456789abc; exec sleep 100"], cols=10)["pane_id"]
    c.wait_text(pane, "abc")
    rows = c.lines(pane)["rows"]
    assert rows[0]["runs"][-1] == (1, {**rows[0]["runs"][-1][1], "attributes": 1 << 11})
    assert not any(a["attributes"] & 1 << 11 for _, a in rows[1]["runs"])


def test_search_and_erase(server):
    c = server.client()
    pane = c.spawn(argv=["sh", "-c", "seq 1 100; echo Error: one; echo error two; exec sleep 100"], rows=10)["pane_id"]
    c.wait_text(pane, "error two")
    find = lambda kind, text, limit=None: c.call(31, uleb(pane) + uleb(kind) + string(text) + sleb(0) + sleb(1000) +
                                                 (b"\0" if limit is None else b"\1" + uleb(limit)))
    assert [r[:4] for r in find(0, "error")["results"]] == [(101, 0, 101, 5)]
    assert [r[:4] for r in find(1, "ERROR")["results"]] == [(100, 0, 100, 5), (101, 0, 101, 5)]
    assert len(find(0, "1", 5)["results"]) == 5
    assert [r[:4] for r in find(2, "(?i)^(ERR)or t")["results"]] == [(101, 0, 101, 3)]
    assert find(2, "[")["reason"] == "Error: Parsing error at position 1: missing terminating ] for character class"
    assert len(find(0, "", 7)["results"]) == 7
    c.done(59, uleb(pane) + uleb(0))
    dims = c.call(51, uleb(pane))["dimensions"]
    assert dims["scrollback_top"] == dims["physical_top"] and dims["scrollback_rows"] == 10


# ---- bad and slow clients ----

LIES = [
    b"\xff" * 10 + b"\x01",                                   # an overlong length
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x00",                  # a padded one
    b"\x00", b"\x01\x01",                                     # too short for what it must hold
    uleb(1 << 40) + b"\x01\x03",                              # a terabyte
    uleb((1 << 40) | (1 << 63)) + b"\x01\x03",                # compressed
    frame(1, 9, uleb(0) + uleb(1 << 40) + b"x"),              # a string that says it is longer than its frame
    frame(1, 22, uleb(0) + uleb(1 << 50)),                    # a vector likewise
    frame(1, 56, uleb(0) + string(b"\xff\xfe")),              # not UTF-8
    frame(1, 33, uleb(0) + uleb(0) + b"\x02"),                # a bool of 2
    frame(1, 36, uleb(9)),                                    # an enum without that variant
    uleb(100 | (1 << 63)) + b"\x01\x09" + b"\x28\xb5\x2f\xfd" + b"\0" * 94,     # broken zstd
    frame(0, 3),                                              # a request that could not be answered
    b"Welcome to this host!\r\nLast login: yesterday\r\n",    # a shell's greeting
]


def test_lies_end_only_the_liar(server):
    good = server.client()
    pane = shell(good)
    for lie in LIES:
        bad = Client(server.socket)
        bad.send_raw(lie)
        bad.sock.shutdown(socket.SHUT_WR)
        with pytest.raises(Closed):
            while True:
                assert bad.read_some(10), lie
        bad.close()
        good.settle()
    good.write(pane, "echo still here\r")
    good.wait_text(pane, "\nstill here")
    assert server.small(30000)


def test_random_bytes(server):
    import random
    rng = random.Random(7)
    good = server.client()
    for _ in range(300):
        bad = Client(server.socket)
        try:
            for _ in range(rng.randrange(1, 4)):
                body = bytes(rng.randrange(256) for _ in range(rng.randrange(0, 60)))
                bad.send_raw(frame(rng.randrange(1, 5), rng.randrange(0, 64), body) if rng.random() < .8 else body)
        except OSError:
            pass
        bad.close()
    good.settle()


def test_mutated_requests(server):
    """Each recorded request with a bit turned over, and cut short: an answer or the end of that connection."""
    good = default_pane(server)
    requests = {(f.ident, f.body) for name in ("44/gui-attach", "44/gui-errors") for step in recordings.load()[name].steps
                for connection in step.connections for f in connection if f.dir == ">" and len(f.body) < 100}
    c = None
    for ident, body in sorted(requests):
        mutants = [body[:n] for n in range(len(body))]
        mutants += [body[:i] + bytes([body[i] ^ 1 << bit]) + body[i + 1:] for i in range(len(body)) for bit in range(8)]
        for mutant in mutants:
            c = c or Client(server.socket)
            try:
                c.call(ident, mutant)
            except (Closed, BrokenPipeError):
                c.close()
                c = None
    if c:
        c.close()
    good.settle()


def test_unknown_requests_are_refused_and_the_connection_goes_on(server):
    c = server.client()
    assert c.error(200, b"whatever") == "Error: invalid PDU Invalid { ident: 200 }"
    assert c.error(10) == "Error: expected a request, got UnitResponse(UnitResponse)"
    assert c.error(37, uleb(0)) == "Error: expected a request, got PaneRemoved(PaneRemoved { pane_id: 0 })"
    assert c.call(1).name == "Pong"


def test_requests_in_pieces_and_in_one(server):
    c = server.client()
    for byte in frame(100, 1) + frame(101, 3):
        c.send_raw(bytes([byte]))
    assert c.wait(100).name == "Pong" and c.wait(101).name == "ListPanesResponse"
    c.send_raw(b"".join(frame(n, 1) for n in range(200, 1200)))
    for n in range(200, 1200):
        assert c.wait(n).name == "Pong"


def test_a_client_that_does_not_read_slows_nobody(server):
    c, d = server.client(), server.client()
    flood = c.spawn(argv=["yes", "a line of text that goes on for a while"])["pane_id"]
    quiet = shell(c, window=0)
    stopped = [server.client() for _ in range(3)]      # these never read again
    for s in stopped:
        s.poll(flood)
        s.send(9, uleb(quiet) + string(""))
    d.poll(quiet)
    waits = []
    end = time.monotonic() + 3
    n = 0
    while time.monotonic() < end:
        n += 1
        began = time.monotonic()
        d.key(quiet, "x", serial=n)
        d.push(lambda p: p.get("input_serial") == n)
        waits.append(time.monotonic() - began)
    waits.sort()
    assert waits[len(waits) // 2] < 0.05 and waits[-1] < 1.0, waits[-5:]
    assert server.small(40000)
    top = d.call(51, uleb(flood))["dimensions"]["physical_top"]
    assert d.call(51, uleb(flood))["dimensions"]["physical_top"] >= top > 10000, "the pane runs at full speed"
    # One of them wakes up: it gets the newest state soon, not all of the past.
    s = stopped[0]
    late = d.call(51, uleb(flood))["dimensions"]["physical_top"]
    s.push(lambda p: p.name == "GetPaneRenderChangesResponse" and p["dimensions"]["physical_top"] >= late, timeout=5)


def test_a_client_that_asks_and_does_not_read(server):
    c = server.client()
    pane = c.spawn(argv=["sh", "-c", "seq 1 5000; exec sleep 100"])["pane_id"]
    c.wait_text(pane, "5000")
    greedy = Client(server.socket)
    greedy.sock.setblocking(False)
    request = b"".join(frame(n, 22, uleb(pane) + uleb(1) + sleb(0) + sleb(100000)) for n in range(1, 20001))
    sent = 0
    end = time.monotonic() + 1
    while time.monotonic() < end and sent < len(request):
        try:
            sent += greedy.sock.send(request[sent:])
        except BlockingIOError:
            c.settle()
    assert server.small(40000)
    c.settle()
    greedy.sock.setblocking(True)
    assert greedy.wait(1).name == "GetLinesResponse", "and it is answered once it reads"
    greedy.close()


def test_out_of_descriptors(bare):
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (30, hard))
    try:
        server = bare.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    c = server.client()
    many = [Client(server.socket) for _ in range(40)]
    eventually(lambda: "cannot accept" in (server.run / "log").read_text(), what="the limit")
    c.settle()
    eventually(lambda: quiet_for(server, 0.3), 10, "the server to come to rest")
    assert c.spawn(argv=["true"]).name == "ErrorResponse"
    for m in many:
        m.close()
    d = server.client()
    d.settle()
    assert d.spawn(argv=["sleep", "100"]).name == "SpawnResponse"


def test_killed_clients_lose_nothing(server):
    c = server.client()
    pane = shell(c)
    for _ in range(5):
        p = subprocess.Popen([SERVER, "proxy"], env=server.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        d = Client(rfd=p.stdout.fileno(), wfd=p.stdin.fileno())
        d.lace()
        d.write(pane, "x")
        p.send_signal(signal.SIGKILL)
        p.wait()
    assert c.wait_text(pane, "xxxxx").rstrip().endswith("xxxxx")
    eventually(lambda: len(c.call(41)["clients"]) == 1, what="dead clients leave the list")


def test_a_large_paste_arrives_whole(server):
    c = server.client()
    pane = c.spawn(argv=["sh", "-c", "stty raw -echo; echo ready; head -c 1048576 | md5sum; exec sleep 100"])["pane_id"]
    c.wait_text(pane, "ready")
    data = "".join("%07d\r" % n for n in range(131072))
    c.done(13, uleb(pane) + string(data))
    import hashlib
    c.wait_text(pane, hashlib.md5(data.encode()).hexdigest(), timeout=30)


def test_input_that_nobody_reads_is_bounded(server):
    c = server.client()
    pane = c.spawn(argv=["sh", "-c", "stty raw -echo; echo ready; exec sleep 100"])["pane_id"]
    c.wait_text(pane, "ready")
    answers = [c.call(9, uleb(pane) + string(b"x" * (4 << 20))) for _ in range(6)]
    assert answers[0].name == "UnitResponse"
    assert answers[-1].name == "ErrorResponse" and "does not read its input" in answers[-1]["reason"]
    c.done(35, uleb(pane))
    c.settle()


# ---- start, stop, proxies ----

def proxy(bare, *args, argv0=None, **kwargs):
    p = subprocess.Popen([argv0 or SERVER, *args], executable=SERVER, env=bare.env, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
    return p, Client(rfd=p.stdout.fileno(), wfd=p.stdin.fileno())


def test_panes_see_the_agent_of_who_typed_last(bare):
    """6.6: a link for life, that follows the client."""
    started, clients = [], []
    for name in ("one", "two"):
        env = {**bare.env, "SSH_AUTH_SOCK": f"/run/agent-{name}"}
        p = subprocess.Popen([SERVER, "proxy"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        c = Client(rfd=p.stdout.fileno(), wfd=p.stdin.fileno())
        c.hello(agent="/private/tmp/of-the-laptop")      # means nothing here
        started.append(p)
        clients.append(c)
    one, two = clients
    pane = one.spawn(argv=["sh", "-c", "echo agent:$SSH_AUTH_SOCK:; exec cat"])["pane_id"]
    eventually(lambda: one.text(pane).rstrip().endswith(":"))
    link = re.search(r"agent:(.*):", one.text(pane).replace("\n", ""))[1]
    assert link == f"{bare.run}/wezterm/agent.{bare.pids()[0]}"
    one.write(pane, "x\r")
    assert os.readlink(link) == "/run/agent-one"
    two.write(pane, "y\r")
    assert os.readlink(link) == "/run/agent-two"
    assert {c["agent"] for c in one.call(41)["clients"]} == {"/run/agent-one", "/run/agent-two"}
    started[1].stdin.close()
    assert started[1].wait(10) == 0
    eventually(lambda: os.readlink(link) == "/run/agent-one", what="the other's agent")
    started[0].stdin.close()
    assert started[0].wait(10) == 0
    # A client of this machine says where its agent is.
    local = bare.client(hello=False)
    local.hello(agent="/run/agent-three")
    local.write(pane, "z\r")
    assert os.readlink(link) == "/run/agent-three"
    assert bare.command("stop").returncode == 0
    assert not os.path.lexists(link)


def test_ten_proxies_at_once_start_one_server(bare):
    started = [proxy(bare, "proxy") for _ in range(10)]
    pids = {c.lace()["pid"] for _, c in started}
    assert len(pids) == 1 and bare.pids() == list(pids)
    pid = pids.pop()
    # In a session of its own, without a terminal, and none of the starter's descriptors.
    assert os.getsid(pid) != os.getsid(0) and os.readlink(f"/proc/{pid}/cwd") == "/"
    for p, _ in started:
        p.stdin.close()
        assert p.wait(10) == 0
    assert bare.pids() == [pid], "it outlives them"
    assert bare.command("stop").returncode == 0
    assert bare.pids() == [] and not os.path.exists(bare.socket)


def test_the_marker_comes_first(bare):
    p, _ = proxy(bare, "proxy", "--marker", "abc123")
    assert p.stdout.readline() == b"\x1elace-mux-proxy abc123\n"
    p.stdin.close()
    assert p.wait(10) == 0
    assert bare.command("proxy", "--marker", "two\nlines").returncode == 2


def test_a_proxy_may_be_told_not_to_start_one(bare):
    r = bare.command("proxy", "--no-auto-start")
    assert r.returncode == 4 and "no server runs here" in r.stderr and r.stderr.count("\n") == 1
    assert not os.path.exists(bare.socket)


def test_wezterms_name_and_proxy(bare):
    for args in (["cli", "--prefer-mux", "proxy"], ["cli", "--prefer-mux", "--no-auto-start", "proxy"]):
        p, c = proxy(bare, *args, argv0="/usr/bin/wezterm")
        # The proxy's own exchange is over: the next answer has the client's serial.
        assert c.call(26)["codec"] == 44
        c.hello()
        assert "(via proxy pid %d)" % p.pid in c.call(41)["clients"][0]["hostname"]
        p.stdin.close()
        assert p.wait(10) == 0
    r = subprocess.run(["wezterm", "connect", "x"], executable=SERVER, env=bare.env, capture_output=True, text=True)
    assert r.returncode == 2 and r.stderr.startswith("error: 'connect' is not here")
    r = subprocess.run(["wezterm", "--version"], executable=SERVER, env=bare.env, capture_output=True, text=True)
    assert r.returncode == 0 and r.stdout.startswith("wezterm ")


def test_wezterm_mux_server_daemonizes(bare):
    run = lambda: subprocess.run(["wezterm-mux-server", "--daemonize"], executable=SERVER, env=bare.env,
                                 capture_output=True, text=True, timeout=20)
    assert run().returncode == 0
    assert len(bare.pids()) == 1
    again = run()
    assert again.returncode == 1 and "already listens" in again.stderr
    assert len(bare.pids()) == 1


def test_a_loose_socket_folder_is_refused(bare):
    folder = bare.run / "wezterm"
    folder.mkdir(mode=0o700)
    folder.chmod(0o770)
    r = bare.command("proxy")
    assert r.returncode != 0 and str(folder) in r.stderr and r.stderr.count("\n") == 1
    assert bare.pids() == []


def test_without_a_runtime_folder_the_home_serves(bare):
    if os.path.isdir(f"/run/user/{os.geteuid()}"):
        pytest.skip("this user has a runtime folder")
    loose = bare.run / "loose"
    loose.mkdir()
    loose.chmod(0o777)
    for value in ("", "relative", "/nonexistent", str(loose)):
        env = {"XDG_RUNTIME_DIR": value}
        assert bare.command("--daemonize", env=env).returncode == 0
        assert f"socket   {bare.home}/.local/share/wezterm/sock" in bare.command("status", env=env).stdout
        assert bare.command("stop", env=env).returncode == 0
    assert stat.S_IMODE((bare.home / ".local/share/wezterm").stat().st_mode) == 0o700


def test_a_live_socket_of_another_is_left_alone(bare):
    (bare.run / "wezterm").mkdir(mode=0o700)
    other = socket.socket(socket.AF_UNIX)
    other.bind(bare.socket)
    other.listen(5)
    r = bare.command("--daemonize")
    assert r.returncode == 1 and "already listens" in r.stderr and bare.pids() == []
    inode = os.stat(bare.socket).st_ino
    other.close()
    # Now it is stale.
    assert bare.command("--daemonize").returncode == 0
    assert os.stat(bare.socket).st_ino != inode or len(bare.pids()) == 1
    assert stat.S_IMODE(os.stat(bare.socket).st_mode) == 0o1600


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user")
def test_a_socket_of_another_user_is_not_talked_to(bare):
    folder = pathlib.Path(bare.socket).parent
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    script = ("import os, socket; os.chdir(%r); os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.bind('sock');"
              "s.listen(); print('ok', flush=True); c, _ = s.accept(); c.recv(1)" % str(folder))
    other = subprocess.Popen(["python3", "-c", script], stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline() == b"ok\n"
        r = bare.command("proxy", stdin=subprocess.DEVNULL)
        assert r.returncode == 1 and "belongs to another user (uid 65534)" in r.stderr, r
    finally:
        other.kill()
        other.wait()


def test_a_file_in_the_sockets_place_is_left_alone(bare):
    (bare.run / "wezterm").mkdir(mode=0o700)
    pathlib.Path(bare.socket).write_text("mine")
    r = bare.command("--daemonize")
    assert r.returncode == 1 and "in the way" in r.stderr
    assert pathlib.Path(bare.socket).read_text() == "mine"


def test_list_status_stop(server):
    c = server.client()
    pane = shell(c, cols=100)
    c.done(57, uleb(0) + string("t"))
    out = json.loads(server.command("list", "--json").stdout)
    assert [(p["pane_id"], p["size"]["cols"], p["workspace"]) for p in out] == [(pane, 100, "default")]
    assert "100x24" in server.command("list").stdout
    status = server.command("status").stdout
    assert f"pid      {server.process.pid}" in status and "panes    1" in status and "clients  1" in status
    child = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    assert server.command("stop").returncode == 0
    assert server.process.wait(10) == 0
    assert not any(os.path.exists(f"/proc/{pid}") for pid in child) and not os.path.exists(server.socket)
    assert server.command("list").returncode == 4
    server.clients.clear()
    server.start()


def test_list_shows_names_harmless(server):
    server.client().spawn(argv=["sleep", "1000"], workspace="a\u009b2J\x1b]0;x\x07\u202eb")
    shown = server.command("list").stdout
    assert not set(shown) & set("\u009b\x1b\x07\u202e") and "2J" in shown, shown


def test_shutdown_ends_panes(server):
    c = server.client(lace=True)
    c.spawn(argv=["sleep", "1000"])
    c.done(19526)
    with pytest.raises(Closed):
        while True:
            assert c.read_some(10)
    assert server.process.wait(10) == 0
    server.start()


def test_decode_prints_frames(bare):
    path = bare.run / "frames"
    path.write_bytes(frame(1, 26) + frame(2, 9, uleb(0) + string("ls\r")))
    r = bare.command("decode", str(path))
    assert r.returncode == 0
    lines = [json.loads(line) for line in r.stdout.splitlines()]
    assert len(lines) == 2 and "WriteToPane" in r.stdout
    path.write_bytes(frame(1, 26) + b"\x05\x01")
    r = bare.command("decode", str(path))
    assert r.returncode == 1 and "not whole" in r.stderr


# ---- cost ----

def test_nothing_wakes_an_idle_server(server):
    clients = [server.client(), server.client(lace=True)]
    pane = clients[0].spawn(argv=["sleep", "1000"])["pane_id"]
    for c in clients:
        c.poll(pane)
        c.settle()
    # Until the last timer of the start (one TabResized, say) is over.
    eventually(lambda: quiet_for(server, 0.3), 10, "the server to come to rest")
    assert quiet_for(server, 2)


def quiet_for(server, seconds):
    before = server.status("voluntary_ctxt_switches"), server.status("nonvoluntary_ctxt_switches")
    time.sleep(seconds)
    return before == (server.status("voluntary_ctxt_switches"), server.status("nonvoluntary_ctxt_switches"))


def test_memory_of_an_idle_session(server):
    c = server.client()
    shell(c)
    assert server.small(3000)


def default_pane(server):
    """What the recordings start from: pane 0, 80x24, a bash that prompts."""
    c = server.client()
    c.spawn(argv=["bash", "--norc", "--noprofile"], env=[("PS1", "$ ")])
    c.wait_text(0, "$")
    return c


# ---- which codec ----

def announced(c):
    return c.call(26)


def set_client_id(c, codec):
    """As a GUI of that codec does."""
    body = string("devbox") + string("dev") + uleb(7) + uleb(1790000000) + uleb(0)
    c.done(40, body + (b"\0\0" if codec > 42 else b""))


def gui(bare, codec, argv0="/usr/bin/wezterm", address="10.1.2.3"):
    """One attempt of a GUI through the proxy: what it was told, and whether it went on. Leaves (as a user would see it)
    when the codec is another's."""
    p = subprocess.Popen([argv0, "cli", "--prefer-mux", "proxy"], executable=SERVER, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, env={**bare.env, "SSH_CONNECTION": f"{address} 5 6.7.8.9 22"})
    c = Client(rfd=p.stdout.fileno(), wfd=p.stdin.fileno())
    told = announced(c)
    if told["codec"] == codec:
        set_client_id(c, codec)
        hosts = [x["hostname"] for x in muxcli_clients(bare)]
    else:
        hosts = None
    p.stdin.close()
    assert p.wait(10) == 0
    p.stdout.close()
    return told["codec"], told["version"], hosts


def muxcli_clients(bare):
    r = subprocess.run(["wezterm", "cli", "list-clients", "--format", "json"], executable=SERVER, env=bare.env,
                       capture_output=True, text=True, check=True)
    return json.loads(r.stdout)


def until_accepted(bare, codec, **where):
    tries = []
    while True:
        tries.append(gui(bare, codec, **where))
        if tries[-1][2] is not None:
            return tries
        assert len(tries) < 6, tries


def test_the_codec_of_a_client_is_learnt(bare):
    tries = until_accepted(bare, 42)
    assert [t[0] for t in tries] == [44, 42]
    assert tries[0][1].endswith("(lace; connect again, and it will speak codec 42)")
    assert tries[1][2][0].endswith("[codec 42]") and "via proxy pid" in tries[1][2][0]
    assert [t[0] for t in until_accepted(bare, 42)] == [42] and "again" not in gui(bare, 42)[1]
    # Another address is another person.
    assert [t[0] for t in until_accepted(bare, 43, address="10.9.9.9")] == [44, 42, 45, 43]
    # Two behind one address: each is at most one refusal away once both are known.
    assert [t[0] for t in until_accepted(bare, 45)] == [42, 44, 45]
    assert [t[0] for t in until_accepted(bare, 42)] == [45, 42]
    assert [t[0] for t in until_accepted(bare, 45)] == [42, 45]


def test_a_proxys_name_decides_the_codec(bare):
    for codec in 42, 43, 44, 45:
        assert [t[0] for t in until_accepted(bare, codec, argv0=f"/opt/wezterm-{codec}")] == [codec]
    assert gui(bare, 44, argv0="/opt/wezterm-99")[0] == 44


def test_laces_own_clients_teach_nothing(bare):
    assert [t[0] for t in until_accepted(bare, 42)] == [44, 42]
    p = subprocess.Popen([SERVER, "proxy"], env={**bare.env, "SSH_CONNECTION": "10.1.2.3 5 6.7.8.9 22"},
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    c = Client(rfd=p.stdout.fileno(), wfd=p.stdin.fileno())
    assert announced(c)["codec"] == 42
    c.lace()                                          # speaks 44 from here
    c.hello()
    p.stdin.close()
    assert p.wait(10) == 0
    p.stdout.close()
    assert gui(bare, 42)[0] == 42


# ---- upgrade ----

@pytest.fixture
def upgradable(tmp_path):
    """A server from a copy of the program, so that another can be put in its place."""
    s = Server(tmp_path)
    s.program = tmp_path / "lace-mux-server"
    shutil.copy(SERVER, s.program)
    s.start("--scrollback-lines=5000", program=str(s.program))
    yield s
    s.end()


def upgrade(server, program=None):
    return subprocess.run([str(program or server.program), "upgrade"], env=server.env, capture_output=True, text=True, timeout=60)


def test_an_upgrade_keeps_every_terminal(upgradable):
    s = upgradable
    c = s.client()
    first = shell(c)
    second = c.split(first, vertical=False)["pane_id"]
    third = c.spawn(["sh", "-c", "printf '\\033]2;a title\\007\\033[1;31mred\\033[0m\\033[?1049hALT'; exec cat"])["pane_id"]
    c.done(56, uleb(c.pane(third)["tab_id"]) + string("my tab"))
    c.write(first, "X=kept; seq 1 3000\r")
    c.wait_text(first, "\n3000\n")
    c.wait_text(third, "ALT")
    pid, before = s.process.pid, sorted_panes(c)
    text = {p: c.text(p) for p in (first, second, third)}
    r = upgrade(s)
    assert r.returncode == 0 and f"pid {pid}, every terminal goes on" in r.stdout, r.stderr
    assert s.alive()
    with pytest.raises((Closed, BrokenPipeError)):
        c.call(1)
    c = s.client()
    assert sorted_panes(c) == before
    assert {p: c.text(p) for p in text} == text
    c.write(first, "echo $X:$((40+2))\r")
    c.wait_text(first, "kept:42")                      # the same shell
    c.write(third, "still\r")
    c.wait_text(third, "still")
    assert [t for t in c.list()["tab_titles"] if t] == ["my tab"]
    # Scrollback, sizes, exits and new panes go on as if nothing had been.
    kept = [row["text"].strip() for row in c.lines(first, -(1 << 40), 1 << 40)["rows"].values()]
    assert kept[kept.index("1"):kept.index("3000") + 1] == [str(i) for i in range(1, 3001)]
    c.resize(c.pane(third)["tab_id"], third, 30, 100)
    c.write(first, "exit 3\r")
    eventually(lambda: first not in [p["pane_id"] for p in c.panes()], what="the exit")
    assert c.spawn(["cat"])["pane_id"] == third + 1
    assert upgrade(s).returncode == 0 and s.process.pid == pid


def sorted_panes(c):
    keep = ("window_id", "tab_id", "pane_id", "title", "size", "is_active_pane", "is_zoomed_pane", "workspace", "cursor_pos",
            "physical_top", "top_row", "left_col", "tty_name")
    return [{k: p[k] for k in keep} for p in sorted(c.panes(), key=lambda p: p["pane_id"])]


def test_an_upgrade_that_fails_changes_nothing(upgradable, tmp_path):
    s = upgradable
    c = s.client()
    pane = shell(c)
    c.write(pane, "echo here\r")
    c.wait_text(pane, "\nhere")
    wrong = tmp_path / "wrong"
    for content, said in (("#!/bin/sh\necho not I >&2; exit 1\n", "not I"), ("#!/bin/sh\nexit 1\n", "without a word"),
                          ("garbage", "Exec format error"), (None, "No such file")):
        if content is not None:
            wrong.write_text(content)
            wrong.chmod(0o755)
        path = str(wrong if content is not None else tmp_path / "missing")
        reason = c.error(19527, string(path))
        assert said in reason and path in reason and "cannot take over" in reason
    assert c.error(19527, string("relative")) == "Error: an upgrade wants the absolute path of a binary"
    c.write(pane, "echo and again\r")
    c.wait_text(pane, "\nand again")                   # even this connection
    assert s.alive()


def test_output_during_upgrades_is_not_lost(upgradable):
    s = upgradable
    c = s.client()
    pane = c.spawn(["sh", "-c", "i=0; while [ $i -lt 4000 ]; do echo line $i; i=$((i+1)); done; exec cat"])["pane_id"]
    for _ in range(4):
        assert upgrade(s).returncode == 0
    c = s.client()
    c.wait_text(pane, "line 3999", 30)
    rows = c.lines(pane, -(1 << 40), 1 << 40)["rows"]
    assert [r["text"].strip() for _, r in sorted(rows.items())][:4000] == [f"line {i}" for i in range(4000)]

"""What a person configures: the command line of wezterm-mux-server, a wezterm.lua, and what becomes of a pane whose program ended.

Each test has a server of its own, as in test_mux_server.py. Texts of held panes are those recorded of the real server (cli-spawn)."""
import os
import pathlib
import signal
import stat
import subprocess

import pytest

from conftest import eventually
from muxwire import Client, string, uleb
from test_mux_server import SERVER, Server, bare, pane_env, shell  # noqa: F401


def daemon(bare, *args, env=None, cwd=None, name="wezterm-mux-server"):
    """Called as the real one is; what it said."""
    r = subprocess.run([name, "--daemonize", *args], executable=SERVER, env={**bare.env, **(env or {})}, cwd=cwd,
                       capture_output=True, text=True, timeout=20)
    assert r.returncode == 0, r.stderr
    return r.stderr


def lua(bare, text, path=".wezterm.lua"):
    file = bare.home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def first_text(bare, want, socket=None):
    c = Client(socket or bare.socket)
    bare.clients.append(c)
    c.hello()
    return c, c.wait_text(0, want)


# ---- the command line ----

def test_it_begins_with_a_window_of_the_program(bare):
    assert daemon(bare, "--cwd", "sub", "--", "sh", "-c", "echo in $PWD; exec sleep 100", cwd=make(bare.home / "x" / "sub").parent) == ""
    c, text = first_text(bare, "in ")
    assert f"in {bare.home}/x/sub" in text
    pane = c.pane(0)
    assert (pane["window_id"], pane["workspace"], pane["size"]["rows"], pane["size"]["cols"]) == (0, "default", 24, 80)
    # Panes after it begin at home again.
    assert pane_env(c)[1] == str(bare.home)


def make(path):
    path.mkdir(parents=True)
    return path


def test_without_a_program_it_is_the_login_shell(bare):
    daemon(bare)
    c = bare.client()
    argv = [pathlib.Path("/proc", str(p), "cmdline").read_bytes() for p in children(bare.pids()[0])]
    login = subprocess.run(["getent", "passwd", str(os.geteuid())], capture_output=True, text=True).stdout.strip().split(":")[6]
    assert argv == [b"-" + os.path.basename(login).encode() + b"\0"]
    assert len(c.panes()) == 1


def children(pid):
    return [int(p) for p in pathlib.Path("/proc", str(pid), "task", str(pid), "children").read_text().split()]


def test_the_pid_file(bare):
    daemon(bare)
    file = bare.run / "wezterm" / "pid"
    assert file.read_text() == f"{bare.pids()[0]}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o1600 and stat.S_IMODE(os.stat(bare.socket).st_mode) == 0o1600
    assert subprocess.run(["flock", "-n", str(file), "true"]).returncode != 0
    assert bare.command("stop").returncode == 0
    holder = subprocess.Popen(["flock", str(file), "sh", "-c", "echo held; exec sleep 100"], stdout=subprocess.PIPE,
                              start_new_session=True)
    assert holder.stdout.readline() == b"held\n"
    r = subprocess.run(["wezterm-mux-server", "--daemonize"], executable=SERVER, env=bare.env, capture_output=True, text=True)
    assert r.returncode == 1 and f"unable to lock pid file {file}" in r.stderr and r.stderr.count("\n") == 1
    assert not os.path.exists(bare.socket)
    os.killpg(holder.pid, signal.SIGKILL)
    holder.wait()


def test_values_of_the_command_line(bare):
    said = daemon(bare, "--config", "scrollback_lines=30", "--config=default_prog={'sh','-c','seq 100; exec sleep 100'}",
                  "--config", "term='vt100'", "--config", "exit_behavior=Hold", "--config", "no_such=1")
    assert said.count("\n") == 1
    assert "not used: --config: exit_behavior (no plain value: texts want quotes); --config: no_such (not a setting" in said
    c, _ = first_text(bare, "\n100")
    assert c.pane(0)["physical_top"] == 77
    assert len(c.lines(0, -(1 << 40), 1 << 40)["rows"]) == 24 + 30
    assert pane_env(c)[0]["TERM"] == "vt100"
    assert "not used" in (bare.run / "lace" / "mux-server.log").read_text()


def test_wrong_command_lines(bare):
    for args, said in ((["--config-file", "/nonexistent/x.lua"], "cannot read the configuration /nonexistent/x.lua: No such file"),
                       (["-n", "--config-file", "x"], "exclude each other"), (["--no-such"], "unknown argument \"--no-such\"")):
        r = subprocess.run(["wezterm-mux-server", "--daemonize", *args], executable=SERVER, env=bare.env, capture_output=True, text=True)
        assert r.returncode in (1, 2) and said in r.stderr and r.stderr.count("\n") == 1
    assert bare.pids() == []


# ---- wezterm.lua ----

LUA = """
local wezterm = require 'wezterm'
local config = wezterm.config_builder()
config.font = wezterm.font 'Fira Code'
config.default_cwd = '%s'
config.default_prog = { [[sh]], "-c", 'echo $MARKER; pwd; exec sleep 100' } -- not the shell
config.set_environment_variables = { MARKER = "it\\x27s \\u{20AC}", PATH = os.getenv 'PATH' .. ':/x' }
config.initial_rows, config.ulimit_nofile = 10, 5000
config.initial_cols = 150
config.default_workspace = 'work'
return config
"""


def test_plain_assignments_are_read(bare):
    folder = make(bare.home / "work folder")
    file = lua(bare, LUA % folder, ".config/wezterm/wezterm.lua")
    said = daemon(bare)
    assert said == (f"lace-mux-server: warning: not used: {file}: set_environment_variables.PATH (line 7: no plain text), "
                    "initial_rows (line 8: no plain value), ulimit_nofile (line 8)\n")
    c, text = first_text(bare, "folder")
    assert text.split("\n")[:2] == ["it's \u20ac", str(folder)] or text.startswith(f"it's \u20ac\n{folder}")
    assert c.pane(0)["size"]["cols"] == 150 and c.pane(0)["workspace"] == "work"
    env, cwd, _ = pane_env(c)
    assert env["MARKER"] == "it's \u20ac" and cwd == str(folder)
    assert "/x" not in env["PATH"].split(":")
    assert c.spawn(workspace="")["pane_id"] == 2 and c.pane(2)["workspace"] == "work"
    c.wait_text(2, "folder")


def test_where_the_file_is(bare):
    one = {"XDG_CONFIG_HOME": str(bare.run / "xdg"), "WEZTERM_CONFIG_FILE": str(bare.run / "named.lua")}
    places = [(bare.run / "arg.lua", {}, ["--config-file", "arg.lua"]), (bare.run / "named.lua", one, []),
              (bare.home / ".wezterm.lua", {"XDG_CONFIG_HOME": one["XDG_CONFIG_HOME"]}, []),
              (bare.run / "xdg" / "wezterm" / "wezterm.lua", {"XDG_CONFIG_HOME": one["XDG_CONFIG_HOME"]}, []),
              (bare.home / ".config" / "wezterm" / "wezterm.lua", {}, [])]
    for file, env, args in places:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"return {{ default_workspace = '{file.name}{len(file.parts)}', default_prog = {{ 'cat' }} }}")
    for file, env, args in places:
        daemon(bare, *args, env=env, cwd=bare.run)
        c = bare.client()
        assert c.pane(0)["workspace"] == f"{file.name}{len(file.parts)}"
        assert bare.command("stop").returncode == 0
        file.unlink()
    assert "$WEZTERM_CONFIG_FILE is not there" in daemon(bare, env=one)


def test_a_file_that_others_write_is_not_believed(bare):
    file = lua(bare, "return { default_prog = { 'sh', '-c', 'echo from the file; exec sleep 100' } }")
    file.chmod(0o666)
    assert f"not used: {file}: everything (another user owns it or may write it)\n" in daemon(bare, "--", "cat")
    assert bare.command("stop").returncode == 0
    file.write_text("return {" + " " * (1 << 20))
    file.chmod(0o600)
    assert "everything" in daemon(bare, "--", "cat") and bare.command("stop").returncode == 0
    file.write_text("config = {\n\n}}")
    assert f"{file}: everything (line 3: an end without a beginning)" in daemon(bare, "--", "cat")
    assert bare.command("stop").returncode == 0
    assert daemon(bare, "--skip-config", "--", "cat") == ""


def test_the_socket_of_a_unix_domain(bare):
    path = bare.home / "mux" / "dir" / "sock"
    lua(bare, f"local c = {{}}\nc.unix_domains = {{ {{ name = 'unix', socket_path = '{path}' }} }}\nreturn c")
    assert bare.command("--daemonize").returncode == 0
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700 and not os.path.exists(bare.socket)
    for run in (bare.command("status"), subprocess.run(["wezterm", "cli", "spawn", "--new-window", "cat"], executable=SERVER,
                                                       env=bare.env, capture_output=True, text=True)):
        assert run.returncode == 0, run.stderr
    c = Client(str(path))
    c.hello()
    assert c.pane(0)["pane_id"] == 0 and pane_env(c)[0]["WEZTERM_UNIX_SOCKET"] == str(path)
    c.close()
    assert bare.command("stop").returncode == 0
    # A folder that others may write to is said, and the usual one taken.
    lua(bare, "return { unix_domains = { { name = 'unix', socket_path = '/tmp/lace-test-sock' } } }")
    assert "unix_domains.socket_path (/tmp/lace-test-sock: too long, or others may write its folder)" in daemon(bare, "--", "cat")
    assert os.path.exists(bare.socket)


# ---- programs that end, and that do not begin ----

def held(c, pane, what):
    text = c.wait_text(pane, what)
    assert c.poll(pane)["is_alive"], "it stays"
    return text.strip().replace("\u26a0\ufe0f   ", "\u26a0\ufe0f  ")     # its second cell is a blank here


VERBOSE = 'This message is shown because exit_behavior="%s"'


@pytest.mark.parametrize("messages,clean,unclean", [
    ("Verbose", "\n\U0001f44d Process \"sh -c 'exit 0'\" in domain \"local\" completed.\n" + VERBOSE % "Hold",
     "\n⚠️  Process \"sh -c 'exit 3'\" in domain \"local\" didn't exit cleanly\nExited with code 3\n" + VERBOSE % "Hold"),
    ("Brief", "\n\U0001f44d Process \"sh -c 'exit 0'\" in domain \"local\" completed.",
     "\n⚠️  Process \"sh -c 'exit 3'\" in domain \"local\" didn't exit cleanly\nExited with code 3"),
    ("Terse", "\n[done]", "\n[Exited with code 3]"), ("None", "", "")])
def test_hold(bare, messages, clean, unclean):
    lua(bare, f"return {{ exit_behavior = 'Hold', exit_behavior_messaging = '{messages}' }}")
    bare.start()
    c = bare.client()
    for n, (status, text) in enumerate(((0, clean), (3, unclean))):
        assert c.spawn(["sh", "-c", f"exit {status}"], rows=10, cols=90)["pane_id"] == n
        if text:
            assert "\n" + held(c, n, text.split("\n")[-1][-20:]) == text
    # Input goes nowhere; a resize, a zoom and a split are as ever; KillPane ends it.
    c.write(0, "x" * 100)
    c.resize(c.pane(0)["tab_id"], 0, 20, 80)
    assert c.pane(0)["size"]["rows"] == 20
    eventually(lambda: children(bare.process.pid) == [], what="the ends")
    assert [p["pane_id"] for p in c.panes()] == [0, 1]
    c.done(35, uleb(0))
    assert c.push_named("PaneRemoved")["pane_id"] == 0
    assert [p["pane_id"] for p in c.panes()] == [1]


def test_close_on_clean_exit(bare):
    lua(bare, "return { exit_behavior = 'CloseOnCleanExit', clean_exit_codes = { 130 } }")
    bare.start()
    c, lace = bare.client(), bare.client(lace=True)
    for n, code in enumerate((0, 130)):
        c.spawn(["sh", "-c", f"exit {code}"])
        assert c.push_named("PaneRemoved")["pane_id"] == n
    c.spawn(["sh", "-c", "echo hello; exit 7"])
    assert held(c, 2, "CloseOn") == ("hello\n\n⚠️  Process \"sh -c 'echo hello; exit 7'\" in domain \"local\" didn't exit cleanly\n"
                                     "Exited with code 7.\n" + VERBOSE % "CloseOnCleanExit")
    c.spawn(["sh", "-c", "kill -9 $$"])
    assert "Terminated by Killed." in held(c, 3, "CloseOn")
    lace.settle()
    lace.pushes.clear()
    c.done(35, uleb(2))
    assert lace.push_named("LacePaneExited") == {"pane_id": 2, "kind": 0, "code": 7}
    c.done(35, uleb(3))
    assert lace.push_named("LacePaneExited") == {"pane_id": 3, "kind": 1, "code": 9}


def test_a_program_that_cannot_be_started(bare):
    """wezterm's clients get the pane that the real server makes, lace's own an error."""
    bare.start()
    c, lace = bare.client(), bare.client(lace=True)
    assert c.spawn(["no-such-program-here"], env=[("PATH", "/usr/bin:/bin")])["pane_id"] == 0
    assert held(c, 0, "CloseOn").split("\n") == [
        "Unable to spawn no-such-program-here because:", "No viable candidates found in PATH \"/usr/bin:/bin\"",
        "⚠️  Process \"no-such-program-here\" in domain \"local\" didn't exit cleanly", "Exited with code 1.",
        VERBOSE % "CloseOnCleanExit"]
    assert c.pane(0)["title"] == "wezterm" and c.pane(0)["is_active_pane"]
    assert c.split(0, argv=["/etc"])["pane_id"] == 1
    assert "Unable to spawn /etc because it is a directory" in held(c, 1, "CloseOn")
    assert c.split(0, argv=["/etc/passwd"])["pane_id"] == 2
    assert "Unable to spawn /etc/passwd because it is not executable" in held(c, 2, "CloseOn")
    answer = lace.spawn(["no-such-program-here"])
    assert answer.name == "ErrorResponse" and "cannot run no-such-program-here: No such file" in answer["reason"]
    c.done(35, uleb(0))
    assert sorted(p["pane_id"] for p in c.panes()) == [1, 2]


def test_kill_reaches_a_program_that_ignores_every_signal(bare):
    bare.start()
    c = bare.client()
    c.spawn(["sh", "-c", "trap '' HUP TERM INT QUIT; echo $$ is it; while :; do read x; done"])
    pid = int(c.wait_text(0, "is it").split()[0])
    c.done(35, uleb(0))
    assert c.push_named("PaneRemoved")["pane_id"] == 0 and c.panes() == []
    eventually(lambda: not os.path.exists(f"/proc/{pid}"), 10, "its end by SIGKILL")

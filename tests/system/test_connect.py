"""`lace connect`: a terminal that outlives its connection."""
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from conftest import eventually
from terminal import PREFIX, Terminal


@pytest.fixture
def running(lace, project):
    lace.ok("up", "--trust", project)
    return project


@pytest.fixture
def connect(lace):
    """Opens terminals with `lace connect`; what is left of them is ended at the end."""
    opened = []

    def open_(project, *args, rows=24, cols=80, env=None):
        t = Terminal(lace.argv("connect", *args, project), {**lace.env, **(env or {})}, rows, cols)
        opened.append(t)
        return t

    yield open_
    for t in opened:
        if t.child.isalive():
            t.kill()


def test_a_command_goes_through_the_whole_road(running, connect):
    t = connect(running).prompt()
    t.run('echo "via:$((40+2)):$SSH_CONNECTION"', r"via:42:\S+ \d+ \S+ 2222")
    t.run("pwd; id -un", rf"/workspaces/{os.path.basename(str(running))}\ndev")
    assert t.detach() == 0


def test_the_exit_code_of_the_shell_is_laces(running, connect):
    t = connect(running).prompt()
    t.line("exit 7")
    assert t.wait() == 7
    t = connect(running, "-n").prompt()
    t.line("kill -9 $$")
    assert t.wait() == 128 + 9


def test_new_panes_have_the_environment_of_exec(lace, project, connect):
    project.write(containerEnv={"C": "c c"}, remoteEnv={"R": "${containerEnv:C}!"})
    lace.ok("up", "--trust", project)
    project.sh("echo 'export FROM_BASHRC=yes' >> ~dev/.profile")
    t = connect(project).prompt()
    t.run('echo "<$C|$R|$FROM_BASHRC|$LANG>"', r"<c c\|c c!\|yes\|.*UTF-8>")


def test_detaching_keeps_everything(running, connect):
    t = connect(running).prompt()
    t.run("X=kept; for i in $(seq 1 200); do echo row$i; done", r"row200")
    assert t.detach() == 0
    t = connect(running)
    t.until("row200")
    t.run("echo var:$X", "var:kept")
    # the scrollback is there too
    t.type(PREFIX + "[")
    for _ in range(12):
        t.type("\x1b[5~")
    t.until(r"row3\b")
    t.type("q")
    t.until("var:kept")


def test_the_detach_key_is_shown(running, connect, lace):
    t = connect(running).prompt()
    t.until(r"Ctrl-\\ d|\^\\ d|C-\\ d")
    assert "Ctrl-\\ d" in lace.ok("connect", "--help")


def modes_left_on(raw):
    """Private modes that were set in the output and not reset after."""
    on = set()
    for codes, final in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", raw):
        for code in codes.split(b";"):
            (on.add if final == b"h" else on.discard)(code)
    return on - {b"25", b"7", b"2026"}


def test_the_outer_terminal_is_left_as_it_was(running, lace, tmp_path):
    script = tmp_path / "wrapper.sh"
    script.write_text(f'stty -a > {tmp_path}/before; "$@"; echo "code $?"; stty -a > {tmp_path}/after\n')
    t = Terminal(["sh", str(script), *lace.argv("connect", running)], lace.env)
    t.prompt()
    t.run("printf '\\033[?1000h\\033[?1006h\\033[?2004h\\033[?1h\\033[?1004h\\033[>1u\\033[5 q'; echo ma''rk", "mark")
    t.type(PREFIX + "d")
    t.until("code 0")
    t.wait()
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()
    assert modes_left_on(t.raw) == set(), modes_left_on(t.raw)
    assert t.raw.count(b"\x1b[>1u") <= t.raw.count(b"\x1b[<")


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGHUP])
def test_the_outer_terminal_is_left_as_it_was_after_a_signal(running, lace, tmp_path, sig):
    script = tmp_path / "wrapper.sh"
    script.write_text(f'stty -a > {tmp_path}/before; "$@" & echo $! > {tmp_path}/pid; fg >/dev/null 2>&1 || wait; '
                      f'stty -a > {tmp_path}/after; echo ov""er\n')
    t = Terminal(["bash", "-m", str(script), *lace.argv("connect", running)], lace.env)
    t.prompt()
    os.kill(int((tmp_path / "pid").read_text()), sig)
    t.until("over")
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()
    assert modes_left_on(t.raw) == set()


def start_vim(t):
    t.line("vi -u NONE /tmp/file")
    t.until(r"~\n~")
    t.type("ihello from vi")
    t.until("hello from vi")
    t.type("\x1b")
    t.type(":set list?\r")
    t.until("nolist")


def check_vim(t):
    t.until("hello from vi")
    t.type(":set number\r")
    t.until("1 hello from vi")
    t.type(":wq\r")
    t.run("cat /tmp/file | tr a-z A-Z", "HELLO FROM VI")


def ssh_pids(lace):
    """The ssh processes of this test's `lace`, by its own key's path."""
    key = f"{lace.env['XDG_CONFIG_HOME']}/lace/ssh/"
    found = []
    for p in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = p.read_bytes().split(b"\0")
        except OSError:
            continue
        if os.path.basename(words[0]) == b"ssh" and any(key.encode() in w for w in words):
            found.append(int(p.parent.name))
    return found


def test_kill_9_of_the_client_loses_nothing(running, connect):
    t = connect(running).prompt()
    start_vim(t)
    t.kill(signal.SIGKILL)
    check_vim(connect(running))


def test_kill_9_of_ssh_is_connected_again(running, connect, lace):
    t = connect(running).prompt()
    start_vim(t)
    pids = ssh_pids(lace)
    assert len(pids) == 1, pids
    os.kill(pids[0], signal.SIGKILL)
    eventually(lambda: [p for p in ssh_pids(lace) if p not in pids], 20, "a new ssh")
    check_vim(t)


def test_kill_9_of_sshds_connection_is_connected_again(running, connect, lace):
    t = connect(running).prompt()
    start_vim(t)
    before = ssh_pids(lace)
    running.sh("for p in /proc/[0-9]*; do case $(tr '\\0' ' ' < $p/cmdline) in 'sshd: dev'*) kill -9 ${p#/proc/};; esac; done")
    eventually(lambda: [p for p in ssh_pids(lace) if p not in before], 20, "a new ssh")
    check_vim(t)


def in_network_of(project, *command):
    pid = project.inspect()["State"]["Pid"]
    subprocess.run(["nsenter", "-t", str(pid), "-n", *command], check=True, capture_output=True)


def test_a_cut_network_loses_nothing(running, connect):
    t = connect(running).prompt()
    start_vim(t)
    drop = ["iptables", "-p", "tcp", "--dport", "2222", "-j", "DROP"]
    in_network_of(running, *drop[:1], "-I", "INPUT", *drop[1:])
    t.kill(signal.SIGKILL)
    in_network_of(running, *drop[:1], "-D", "INPUT", *drop[1:])
    check_vim(connect(running))


@pytest.mark.long
def test_a_cut_network_is_noticed_and_connected_again(running, connect):
    t = connect(running).prompt()
    start_vim(t)
    drop = ["iptables", "-p", "tcp", "--dport", "2222", "-j", "DROP"]
    in_network_of(running, *drop[:1], "-I", "INPUT", *drop[1:])
    try:
        eventually(lambda: t.feed(0.1) and "connecting again" in t.text.replace("\n", ""), 90, "the notice")
    finally:
        in_network_of(running, *drop[:1], "-D", "INPUT", *drop[1:])
    check_vim(t)


def size(t, tag):
    return tuple(map(int, t.run(f"echo {tag}'':$(stty size)", rf"{tag}:(\d+) (\d+)").groups()))


def test_the_size_follows_the_one_that_typed_last(running, connect):
    small = connect(running, rows=24, cols=80).prompt()
    assert size(small, "a") == (23, 80)
    large = connect(running, rows=50, cols=200)
    large.until("a:23 80")
    assert size(large, "b") == (49, 200)
    small.until("b:49 200")
    assert size(small, "c") == (23, 80)
    large.until("c:23 80")
    assert size(large, "d") == (49, 200)


def test_resizing_the_terminal_resizes_the_pane(running, connect):
    t = connect(running).prompt()
    t.resize(40, 120)
    assert eventually(lambda: size(t, "s") == (39, 120), 10)


def test_paste_is_bracketed_only_where_the_program_asked(running, connect):
    t = connect(running).prompt()
    t.line("cat > /tmp/pasted; echo do''ne")
    t.type("\x1b[200~one\rtwo\r\x1b[201~\x04")
    t.until("done")
    assert running.sh("cat /tmp/pasted") == "one\ntwo\n"


def test_mouse_reaches_a_program_that_asked_for_it(running, connect):
    t = connect(running).prompt()
    t.line("printf '\\033[?1000h\\033[?1006h'; stty -icanon -echo; dd bs=1 count=9 2>/dev/null | od -An -c; stty sane")
    eventually(lambda: t.feed(0.1) and b"\x1b[?1000h" in t.raw, 10, "mouse mode on the outer terminal")
    t.type("\x1b[<0;5;6M")
    t.until(r"033 +\[ +< +0 +; +5 +; +6 +M")


def test_wide_characters_and_colours_arrive(running, connect):
    t = connect(running).prompt()
    t.run("printf '\\033[38;2;1;2;3m\\344\\270\\255\\033[0m|\\303\\251|\\n'", "中 *\\|é\\|")
    assert b"38;2;1;2;3" in t.raw or b"38:2::1:2:3" in t.raw


def test_htop_and_less_look_right(running, connect):
    t = connect(running).prompt()
    t.line("htop")
    t.until(r"PID +USER")
    t.type("q")
    t.prompt()
    t.line("seq 1 500 | less")
    t.until(r"^1\n2\n")
    t.type("G")
    t.until(r"500\n\(END\)")
    t.type("q")
    t.prompt()


def test_terminals_are_counted(running, connect, lace):
    t = connect(running).prompt()

    def terminals():
        cid = running.container()
        return next(e["terminals"] for e in json.loads(lace.ok("ls", "--json")) if e["containerId"] == cid)

    assert terminals() == 1
    t.detach()
    assert terminals() == 1
    connect(running, "-n").prompt()
    assert terminals() == 2


def test_one_server_however_many_connect_at_once(running, connect):
    terminals = [connect(running, "-n") for _ in range(5)]
    for t in terminals:
        t.prompt()
    servers = [l for l in running.sh("cat /proc/[0-9]*/comm").splitlines() if l == "lace-mux-server"]
    lines = running.sh("for p in /proc/[0-9]*; do [ \"$(cat $p/comm 2>/dev/null)\" = lace-mux-server ] && "
                       "tr '\\0' ' ' < $p/cmdline && echo; done; true").splitlines()
    proxies = [l for l in lines if " proxy" in l]
    assert len(servers) - len(proxies) == 1, lines


def test_a_bashrc_that_prints_does_not_disturb(running, connect):
    running.sh("sed -i '1i echo loud noise; printf \"\\\\000\\\\001\\\\377 binary\"' ~dev/.bashrc; head -2 ~dev/.bashrc")
    t = connect(running).prompt()
    t.run("echo fi''ne", "fine")


def test_a_read_only_client_changes_nothing(running, connect):
    t = connect(running).prompt()
    watcher = connect(running, "-r", rows=50, cols=200)
    watcher.prompt()
    watcher.line("echo intru''der")
    t.run("echo own''er", "owner")
    watcher.until("owner")
    assert "intruder" not in watcher.text and size(t, "z") == (23, 80)


# ---- what goes wrong ---------------------------------------------------------------------

def test_without_a_terminal_it_says_so(running, lace):
    assert "terminal" in lace.fails(2, "connect", running)


def last_words(t, code):
    assert t.wait(40) == code, t.text
    return t.text.strip().splitlines()[-1] if t.text.strip() else ""


def test_a_stopped_project_is_started(running, connect, lace):
    lace.ok("down", running)
    t = connect(running).prompt()
    t.run('echo "up:$((40+2))"', "up:42")
    assert t.detach() == 0


def test_a_stopped_project_that_cannot_be_started_says_why(running, connect, lace):
    lace.ok("down", running)
    running.config.write_text("{")
    t = connect(running)
    last_words(t, 1)
    said = t.text.replace("\n", "")
    assert "cannot be started" in said and "devcontainer.json" in said


def test_it_asks_which_one_when_the_name_does_not_say(lace, project_at, tmp_path):
    """Two projects, and a shell that stands in neither."""
    for name in "alpha-api", "beta-web":
        lace.ok("up", "--trust", project_at(tmp_path / f"{name}{os.getpid()}"))
    t = Terminal(lace.argv("connect"), lace.env, cwd="/")
    t.until(r"connect to: *\n(.*\n)*alpha-api\S* +running .*\n(.*\n)*beta-web")
    t.type("bwb")
    t.until(r"connect to: bwb *\nbeta-web")
    assert "alpha-api" not in t.text
    t.line("")
    t.prompt().run('echo "in:$(basename "$PWD")"', f"in:beta-web{os.getpid()}")
    assert t.detach() == 0
    # what is no name of any begins the list; arrows go through it; Escape leaves it, and leaves nothing behind
    t = Terminal(lace.argv("connect", "web"), lace.env, cwd="/")
    t.until(r"connect to: web *\nbeta-web")
    t.type("\x15").until(r"alpha-api")
    t.type("\x1b[B\x1b")
    assert t.wait() == 1
    assert "nothing was picked" in t.text and "alpha-api" not in t.text
    # nothing like it
    t = Terminal(lace.argv("connect", "zzz"), lace.env, cwd="/")
    assert t.wait() == 4 and "no dev container" in t.text


def test_a_command_that_is_not_there_is_told(running, lace):
    t = Terminal(lace.argv("connect", running, "--", "no-such-command"), lace.env)
    last_words(t, 1)
    assert "cannot start a terminal: cannot run no-such-command: No such file" in t.text.replace("\n", "")


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_be_drawn_on_is_refused(running, connect, term):
    t = connect(running, env={"TERM": term})
    last_words(t, 2)
    assert "TERM says" in t.text.replace("\n", "") and "\x1b" not in t.raw.decode()


def test_ssh_refused(running, connect):
    running.sh("kill $(cat /run/lace/sshd.pid)")
    t = connect(running)
    last_words(t, 1)
    assert "lace: cannot connect to" in t.text


def test_a_changed_host_key_is_an_error(running, connect, lace):
    running.sh("rm /var/lib/lace/ssh/ssh_host_ed25519_key*; ssh-keygen -q -t ed25519 -N '' -f "
               "/var/lib/lace/ssh/ssh_host_ed25519_key; kill $(cat /run/lace/sshd.pid); sleep 0.3; "
               "/usr/local/lib/lace/lace-init --root-service sshd")
    t = connect(running)
    last_words(t, 1)
    said = t.text.replace("\n", "")
    assert "host key" in said and "pinned" in said and "--recreate" in said


def test_the_end_of_the_container_is_told(running, connect, engine):
    t = connect(running).prompt()
    engine.docker("kill", running.container())
    last_words(t, 1)
    said = t.text.replace("\n", "")
    assert "was stopped, and its terminals ended with it" in said and "lace up" in said


def test_a_container_removed_under_a_connection_is_told(running, connect, lace):
    t = connect(running).prompt()
    lace.ok("rm", "--force", running)
    last_words(t, 1)
    assert "was removed, and its terminals ended with it" in t.text.replace("\n", "")


def test_a_restart_under_a_connection_is_told(running, connect, engine):
    t = connect(running).prompt()
    engine.docker("restart", "--time", "1", running.container())
    last_words(t, 1)
    assert "the terminal ended while the connection was lost" in t.text.replace("\n", "")
    connect(running).prompt().run("echo $((6*7))", r"\n42")


def test_a_terminal_is_there_after_up_was_run_again(running, connect, lace):
    t = connect(running).prompt()
    t.run("echo ke''pt", "kept")
    t.detach()
    lace.ok("up", running)
    connect(running).until("kept")


def test_mux_verbs_from_the_host(lace, running, connect):
    name = str(running)
    pane = lace.ok("mux", name, "spawn", "--new-window", "--", "cat").strip()
    lace.ok("mux", name, "send-text", "--pane-id", pane, "--no-paste", "over the road\r")
    eventually(lambda: "over the road" in lace.ok("mux", name, "get-text", "--pane-id", pane))
    lace.ok("mux", name, "set-tab-title", "--pane-id", pane, "mine")
    (entry,) = json.loads(lace.ok("mux", name, "list", "--format", "json"))
    assert (entry["pane_id"], entry["title"], entry["tab_title"]) == (int(pane), "cat", "mine")
    # The project of the current folder, as with every verb.
    assert lace.ok("mux", "list", cwd=name).splitlines()[1].split()[2] == pane
    r = lace("mux", name, "kill-pane", "--pane-id", "99")
    assert r.returncode == 1 and "no such pane 99" in r.stderr and r.stderr.count("\n") == 1
    assert lace("mux", name, "list", "--colour").returncode == 2
    assert lace("mux", name, "juggle").returncode == 2
    assert "--start-line" in lace.ok("mux", "get-text", "--help")
    lace.ok("mux", name, "kill-pane", "--pane-id", pane)
    eventually(lambda: lace.ok("mux", name, "list", "--format", "json") == "[]")

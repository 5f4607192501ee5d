"""The terminal client against a real server, without a container: `attach` over `lace-mux-server proxy`."""
import base64
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

from conftest import TOP, eventually
from terminal import PREFIX, Terminal
from test_mux_server import SERVER, bare, server  # noqa: F401 (fixtures)

ATTACH = os.environ.get("LACE_ATTACH", str(TOP / "build" / "tests" / "system" / "attach"))

# A proxy for a server that does not know lace's extension: the type of LaceHello becomes one that nobody knows.
PLAIN_PROXY = r"""
import os, select, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
while True:
    for fd in select.select([0, s], [], [])[0]:
        if fd == 0:
            data = os.read(0, 65536).replace(b"\xc1\x98\x01", b"\xac\x98\x01")
            s.sendall(data) if data else sys.exit()
        else:
            data = s.recv(65536)
            os.write(1, data) if data else sys.exit()
"""


@pytest.fixture
def attach(server):
    """Opens terminals; what is left of them is ended at the end."""
    opened = []

    def open_(*options, rows=24, cols=80, program=None, wrapper=(), env=None):
        argv = [ATTACH, *options, *(program or ["N0NCE", SERVER, "proxy", "--marker", "N0NCE"])]
        t = Terminal([*wrapper, *argv], {**server.env, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})},
                     rows, cols)
        opened.append(t)
        return t

    yield open_
    for t in opened:
        if t.child.isalive():
            t.kill()


def ended(t, what):
    t.wait()
    assert what in t.text.replace("\n", ""), t.text


def size(t, tag):
    return tuple(map(int, t.run(f"echo {tag}'':$(stty size)", rf"{tag}:(\d+) (\d+)").groups()))


def sent(t, what, seconds=10):
    """Waits until the client wrote these bytes."""
    eventually(lambda: t.feed(0.05) and what in t.raw, seconds, repr(what))


# ---- beginning and end --------------------------------------------------------------------------

def test_exit_code(attach):
    t = attach().prompt()
    t.line("exit 7")
    assert t.wait() == 7
    assert "[exited 7 pane " in t.text


def test_exit_by_signal(attach):
    t = attach().prompt()
    t.line("kill -9 $$")
    assert t.wait() == 137


def test_a_command_and_its_folder(attach, tmp_path):
    t = attach("-n", "-d", str(tmp_path), "-c", "pwd; echo arg; read x; exit 3")
    t.until(re.escape(str(tmp_path)) + r"\s+arg")
    t.type("\r")
    assert t.wait() == 3


def test_detach_and_come_back(attach):
    t = attach().prompt()
    t.run("X=kept; seq 1 100", r"\n100\n")
    t.type(PREFIX + "d")
    ended(t, "[detached -1 pane")
    t = attach()
    t.until(r"\n100\n")
    t.run("echo is:$X", "is:kept")


def test_a_pane_by_its_number(attach):
    one = attach("-n", "-c", "echo first; read x")
    one.until("first")
    two = attach("-n", "-c", "echo second; read x")
    two.until("second")
    two.type(PREFIX + "d")
    two.wait()
    pane = re.search(r"pane (\d+)\]", two.text).group(1)
    attach("-p", pane).until("second")
    missing = attach("-p", "999")
    assert missing.wait() == 104
    assert "there is no terminal 999 any more" in missing.text


def test_the_prefix_sends_itself_and_an_unknown_key_is_told(attach):
    t = attach().prompt()
    t.run("stty -isig; echo re''ady", "ready")
    t.line("od -An -tx1 -N2; echo do''ne")
    t.type(PREFIX)
    t.until(r"Ctrl-\\ \.\.\.")
    t.type(PREFIX + PREFIX + "z")
    t.until("no such key")
    t.type(PREFIX + PREFIX + "\r")
    t.until(r"1c 1c\n")
    t.until("done")


def test_help_and_hint(attach):
    t = attach().prompt()
    t.until(r"Ctrl-\\ d detach")
    t.type(PREFIX + "?")
    t.until(r"d: detach, \[: scroll back.* again")
    t.type("x")
    t.until(r"Ctrl-\\ d detach")


def test_another_prefix(attach):
    t = attach("-k", "a").prompt()
    t.until("Ctrl-A d detach")
    t.run("echo fi''ne", "fine")
    t.type("\x01d")
    ended(t, "detached")


@pytest.mark.parametrize("key", ["\x1b[92;5u", "\x1b[27;5;92~", "\x1b[92;5:1u\x1b[92;5:3u"])
def test_the_prefix_in_other_encodings(attach, key):
    t = attach().prompt()
    t.type(key + "d")
    ended(t, "detached")


# ---- the outer terminal -------------------------------------------------------------------------

def modes_left_on(raw):
    on = set()
    for mark, codes, final in re.findall(rb"\x1b\[(\??)([0-9;]+)([hl])", raw):
        for code in codes.split(b";"):
            (on.add if final == b"h" else on.discard)(mark + code)
    return on - {b"?25", b"?2026"}


def check_restored(t, tmp_path):
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()
    assert modes_left_on(t.raw) == set()
    assert len(re.findall(rb"\x1b\[>\d+u", t.raw)) == t.raw.count(b"\x1b[<u") == 1
    assert t.raw.rfind(b"\x1b[0 q") > t.raw.rfind(b"\x1b[5 q") > 0
    assert t.raw.rfind(b"\x1b>") > t.raw.rfind(b"\x1b=") > 0
    assert t.raw.rfind(b"\x1b[>4m") > t.raw.rfind(b"\x1b[>4;2m") > 0
    assert t.raw.count(b"\x1b[22;0t") == t.raw.count(b"\x1b[23;0t") == 1
    assert t.raw.rfind(b"\x1b[?25h") > t.raw.rfind(b"\x1b[?25l")


# Runs a program as a shell would; a shell of its own would take part in the program's signals.
WRAPPER = """
import os, subprocess, sys
stty = lambda name: open(sys.argv[1] + "/" + name, "wb").write(subprocess.run(["stty", "-a"], capture_output=True).stdout)
stty("before")
p = subprocess.Popen(sys.argv[2:])
open(sys.argv[1] + "/pid", "w").write(str(p.pid))
p.wait()
stty("after")
print("after")
"""


def wrapped(attach, tmp_path):
    t = attach(wrapper=[sys.executable, "-c", WRAPPER, str(tmp_path)]).prompt()
    t.run(r"printf '\033[?1003h\033[?1006h\033[?2004h\033[?1h\033[?1004h\033=\033[>5u\033[>4;2m\033[5 q\033[?25l\033[?2031h';"
          " echo ma''rk", "mark")
    for mode in [b"?1003", b"?1006", b"?2004", b"?1", b"?1004", b"?2031"]:
        assert mode in modes_left_on(t.raw), mode
    sent(t, b"\x1b[?u")
    t.type("\x1b[?0u")
    sent(t, b"\x1b[>5u")
    return t


@pytest.mark.parametrize("sig", [None, "TERM", "HUP", "INT", "QUIT", "SEGV", "ABRT"])
def test_it_is_left_as_it_was(attach, tmp_path, sig):
    t = wrapped(attach, tmp_path)
    if sig:
        os.kill(int((tmp_path / "pid").read_text()), getattr(signal, "SIG" + sig))
    else:
        t.type(PREFIX + "d")
    t.until("after")
    check_restored(t, tmp_path)


def test_a_signal_ends_it_as_that_signal(attach):
    t = attach().prompt()
    os.kill(t.child.pid, signal.SIGTERM)
    assert t.wait() == -signal.SIGTERM


def test_stop_and_continue(attach, tmp_path):
    t = attach().prompt()
    t.run("echo be''fore", "before")
    before = len(t.raw)
    os.kill(t.child.pid, signal.SIGTSTP)
    eventually(lambda: t.feed(0.05) and "T (stopped)" in pathlib.Path(f"/proc/{t.child.pid}/status").read_text(), 10, "stopped")
    assert b"\x1b[?1049l" in t.raw[before:]
    assert modes_left_on(t.raw) == set()
    os.kill(t.child.pid, signal.SIGCONT)
    eventually(lambda: t.feed(0.05) and t.raw.rfind(b"\x1b[?1049h") > before, 10, "the screen again")
    t.until("before")
    t.run("echo go''on", "goon")


def test_titles_bells_notes_and_copies(attach):
    t = attach().prompt()
    t.line(r"printf '\033]2;a title\007'; printf '\a'; printf '\033]9;a note\007'; printf '\033]52;c;%s\007' "
           + base64.b64encode("kopiert: ä".encode()).decode())
    sent(t, b"\x1b]2;a title\x1b\\")
    sent(t, b"\a")
    sent(t, b"\x1b]9;test: a note\x1b\\")
    sent(t, b"\x1b]52;c;" + base64.b64encode("kopiert: ä".encode()) + b"\x1b\\")
    t.until("a title")


def test_styles_and_links(attach):
    t = attach().prompt()
    t.line(r"printf '\033[1;3;4:3;38;2;1;2;3;48;5;200mst''yled\033[0m \033]8;;http://example.org/\033\\li''nk\033]8;;\033\\\n'")
    eventually(lambda: t.feed(0.05) and re.search(
        rb"\x1b\[0;1;3;4:3;38;2;1;2;3;48;5;200mstyled.*?\x1b\[0m"
        rb"\x1b\]8;id=lace\d+;http://example.org/\x1b\\link[^l]*\x1b\]8;;\x1b\\", t.raw), 10, "styles")


# ---- keys, pastes, the mouse ----------------------------------------------------------------------

def test_keys_follow_the_modes(attach):
    t = attach().prompt()
    t.line(r"printf '\033[?1h'; stty -icanon -echo -isig; echo o''n; dd bs=1 count=6 2>/dev/null | od -An -tx1; stty sane")
    t.until("\non")
    sent(t, b"\x1b[?1h")
    t.type("\x1bOA\x1bx\x03")
    t.until("1b 4f 41 1b 78 03")


def test_a_lone_escape_arrives(attach):
    t = attach().prompt()
    t.line("stty -icanon -echo; echo o''n; dd bs=1 count=1 2>/dev/null | od -An -tx1; stty sane")
    t.until("\non")
    t.type("\x1b")
    t.until(r"\n 1b\n")


def test_paste(attach, tmp_path):
    t = attach().prompt()
    t.line(f"cat > {tmp_path}/plain; echo do''ne")
    t.type("\x1b[200~one\rtwo\r\x1b[201~\x04")
    t.until("done")
    assert (tmp_path / "plain").read_text() == "one\ntwo\n"
    t.line(r"printf '\033[?2004h'; stty -icanon -echo -icrnl; echo o''n; "
           f"dd bs=1 count=15 2>/dev/null > {tmp_path}/marked; stty sane; echo do''ne2")
    t.until("\non")
    t.type("\x1b[200~a\rb\x1b[201~")
    t.until("done2")
    assert re.fullmatch(rb"\x1b\[200~a[\r\n]b\x1b\[201~", (tmp_path / "marked").read_bytes())


def test_a_large_paste(attach, tmp_path):
    t = attach().prompt()
    t.line(f"cat > {tmp_path}/large; echo do''ne")
    text = "".join(f"line {i} of a paste\r" for i in range(20000))
    t.type("\x1b[200~")
    for i in range(0, len(text), 4096):
        t.type(text[i:i + 4096])
        t.feed(0)
    t.type("\x1b[201~")
    t.until("line 19999 of a paste", 60)
    t.type("\x04")
    t.until("done")
    assert (tmp_path / "large").read_text() == text.replace("\r", "\n")


def test_mouse(attach):
    t = attach().prompt()
    t.line(r"printf '\033[?1000h\033[?1006h'; stty -icanon -echo; echo o''n; dd bs=1 count=9 2>/dev/null | od -An -c; stty sane")
    t.until("\non")
    # The status line is ours.
    t.type("\x1b[<0;5;24M\x1b[<0;5;6M")
    t.until(r"033 +\[ +< +0 +; +5 +; +6 +M")


def test_the_wheel_scrolls(attach):
    t = attach().prompt()
    t.run("seq 1 100", r"\n100\n")
    t.type("\x1b[<64;5;5M")
    t.until("3 rows up of")
    assert "\n79\n" in t.text.replace(" ", "")
    t.type("\x1b[<65;5;5M")
    t.until(r"\n100\n")
    t.type("\x1b[<0;5;5M")
    t.until("hold Shift")
    t.type(PREFIX + "m")
    eventually(lambda: t.feed(0.05) and b"?1000" not in modes_left_on(t.raw), 10, "mouse off")


def test_the_wheel_in_the_alternate_screen_is_arrows(attach):
    t = attach().prompt()
    t.line("seq 1 200 | less")
    t.until(r"^1\n2\n")
    t.type("\x1b[<65;5;5M")
    t.until(r"^(?!1\n)\d+\n")
    t.type("q")


# ---- scroll mode ----------------------------------------------------------------------------------

def test_scroll_mode(attach):
    t = attach().prompt()
    t.run("seq 1 500", r"\n500\n")
    t.type("\x1b[5;2~")
    t.until("rows up of")
    t.type("g")
    t.until(r"\n1\n2\n")
    assert "499" not in t.text
    t.type("\x1b[6~")
    t.until(r"\n30\n")
    t.type("G")
    t.until(r"\n500\n")
    t.until(" 0 rows up of")
    t.type("q")
    t.until(r"Ctrl-\\ d")
    t.run("echo al''so", "also")


def marks(t, color):
    """What has this background: (row of the screen, column, text) for each run (pyte names palette colours)."""
    found = []
    for y in range(t.screen.lines):
        row = t.screen.buffer[y]
        for x in range(t.screen.columns):
            if row[x].bg != color:
                continue
            if found and found[-1][0] == y and found[-1][1] + len(found[-1][2]) == x:
                found[-1] = (y, found[-1][1], found[-1][2] + row[x].data)
            else:
                found.append((y, x, row[x].data))
    return found


def jumped(t, text, column, line):
    """Waits until the match in front is this one, in a row with this text."""
    def there():
        t.feed(0.05)
        found = marks(t, "magenta")
        return len(found) == 1 and found[0][1:] == (column, text) and t.text.splitlines()[found[0][0]] == line

    eventually(there, 10, f"{text!r} at {column} of {line!r}")


@pytest.fixture(params=["lace", "wezterm"])
def scrolled(request, attach, server):
    """A terminal in scroll mode with 5,000 numbers between some words; with and without our extension of the protocol."""
    program = None if request.param == "lace" else ["-", sys.executable, "-c", PLAIN_PROXY, server.socket]
    t = attach(program=program).prompt()
    t.line("clear; echo a Nee''dle here; echo nee''dle \u00c4b; seq 1 5000; echo two need''les, nee''dles")
    t.until("two needles, needles")
    t.type(PREFIX + "[")
    t.until("rows up of")
    return t


def test_search_up_and_down(scrolled):
    t = scrolled
    t.type("G?needle")
    t.until(r"\?needle .*Enter searches")
    t.type("\r")
    jumped(t, "needle", 13, "two needles, needles")
    assert [m[1:] for m in marks(t, "cyan")] == [(4, "needle")]
    t.type("n")
    jumped(t, "needle", 4, "two needles, needles")
    t.type("n")
    jumped(t, "needle", 0, "needle \u00c4b")
    t.type("n")
    jumped(t, "Needle", 2, "a Needle here")
    # above there is none; so it goes on from the bottom
    t.type("n")
    jumped(t, "needle", 13, "two needles, needles")
    t.until("from the bottom on")
    t.type("N")
    jumped(t, "Needle", 2, "a Needle here")
    t.until("from the top on")
    # with a capital, case counts
    t.type("/Needle\r")
    eventually(lambda: t.feed(0.05) and marks(t, "cyan") == [], 10, "only one")
    jumped(t, "Needle", 2, "a Needle here")
    t.type("/\u00e4B\r")
    t.until("not found")
    t.type("/\u00e4b\r")
    jumped(t, "\u00c4b", 7, "needle \u00c4b")
    t.type("q")
    t.until(r"Ctrl-\\ d")
    assert marks(t, "magenta") == marks(t, "cyan") == []
    t.run("echo al''so", "also")


def test_search_for_an_expression(scrolled):
    t = scrolled
    # groups are shown as the server tells them: the last one that took part
    t.type("g/\x12^2(2)\\1\\1$\r")
    jumped(t, "2", 1, "2222")
    t.type("/(\r")
    t.until(r"Parsing error at position 1: Opening parenthesis without closing parenthesis")
    assert marks(t, "magenta") == []
    t.type("/nowhere\r")
    t.until("not found")
    t.type("/\x1b")
    t.until("not found|rows up of")


def test_typing_a_search(scrolled):
    t = scrolled
    t.type("?abc\x7f\x7fx y\x17z")
    t.until(r"\?ax z ")
    t.type("\x15\x1b[200~123\nrest\x1b[201~")
    t.until(r"\?123 ")
    t.type("\r")
    jumped(t, "123", 1, "4123")
    t.type("/\x1b[A")
    t.until("/123 ")
    t.type("\x7f" * 4)
    t.until("rows up of")
    # an empty one is the last one again
    t.type("/\r")
    jumped(t, "123", 0, "123")
    t.until("from the top on")


def test_scroll_mode_stays_at_the_bottom(scrolled):
    t = scrolled
    t.type("gG")
    t.until(r"0 rows up of")
    t.type("k")
    t.until(r"1 rows up of")
    t.type("j")
    t.until(r"Ctrl-\\ d")


def test_output_while_scrolled(attach, tmp_path):
    t = attach().prompt()
    t.run("seq 1 100", r"\n100\n")
    t.line(f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; seq 1000 1050; echo en''d > {tmp_path}/gone")
    t.type("\x1b[5;2~")
    t.until("rows up of")
    t.until(r"^\d+\n")
    seen = t.text.splitlines()[0]
    (tmp_path / "go").touch()
    eventually(lambda: t.feed(0.05) and (tmp_path / "gone").exists(), 10, "output")
    t.until(r"7[0-9] rows up|[0-9]{2,} rows up")
    assert t.text.splitlines()[0] == seen
    t.type("q")
    t.until(r"\n1050\n")


# ---- several clients, sizes -----------------------------------------------------------------------

def test_the_size_follows_the_one_that_typed_last(attach):
    small = attach(rows=24, cols=80).prompt()
    assert size(small, "a") == (23, 80)
    large = attach(rows=50, cols=200)
    large.until("a:23 80")
    large.until("80x23")
    assert "·" in large.text
    assert size(large, "b") == (49, 200)
    small.until("b:49 200")
    small.until("200x49")
    assert size(small, "c") == (23, 80)
    large.until("c:23 80")
    assert size(large, "d") == (49, 200)


def test_a_larger_pane_is_cropped_around_the_cursor(attach):
    large = attach(rows=50, cols=200).prompt()
    large.run("clear; seq 1 40", r"\n40\n")
    small = attach(rows=12, cols=40)
    small.until(r"40\n.*[$#]")
    large.run("printf '\\033[1;150HX''YZ'; sleep 1", "XYZ")
    small.until("XYZ")


def test_resize(attach):
    t = attach().prompt()
    t.resize(40, 120)
    eventually(lambda: size(t, "s") == (39, 120), 10)
    t.resize(2, 20)
    t.until(r"[$#]")
    t.resize(24, 80)
    eventually(lambda: size(t, "u") == (23, 80), 10)
    t.until(r"Ctrl-\\ d")


def test_read_only(attach):
    t = attach().prompt()
    watcher = attach("-r", rows=50, cols=200).prompt()
    watcher.until("read-only")
    watcher.line("echo intru''der")
    watcher.until("nothing is sent")
    t.run("echo own''er", "owner")
    watcher.until("owner")
    assert "intruder" not in watcher.text and size(t, "z") == (23, 80)
    watcher.type(PREFIX + "d")
    ended(watcher, "detached")


def test_nothing_to_watch(attach):
    t = attach("-r")
    assert t.wait() == 104
    assert "there is no terminal to watch" in t.text


# ---- what goes wrong ------------------------------------------------------------------------------

def children(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_lost_connection_says_why(attach):
    t = attach().prompt()
    os.kill(children(t.child.pid)[0], signal.SIGKILL)
    ended(t, "[lost -1 pane 0: lace-mux-server was ended by signal 9]")
    assert modes_left_on(t.raw) == set()


@pytest.mark.parametrize("codec", [42, 43, 45])
def test_another_codec_is_spoken_too(attach, bare, codec):
    bare.process.terminate()
    bare.process.wait(10)
    bare.start(f"--codec={codec}")
    t = attach().prompt()
    t.run("echo codec:$((40+2))", "codec:42")
    t.type(PREFIX + "d")
    ended(t, "detached")


def test_no_terminal(server):
    r = subprocess.run([ATTACH, "N0NCE", SERVER, "proxy", "--marker", "N0NCE"], env=server.env, capture_output=True, text=True,
                       stdin=subprocess.DEVNULL)
    assert r.returncode == 102 and "must be one" in r.stderr


def test_a_program_that_says_something_else(attach):
    t = attach(program=["N0NCE", "sh", "-c", "echo No such container: api >&2; exit 1"])
    assert t.wait() == 101
    assert "sh ended with status 1: No such container: api" in t.text.replace("\n", "")


def test_a_terminal_that_does_not_read_holds_up_nobody(attach):
    slow = attach().prompt()
    fast = attach()
    fast.prompt()
    # 20 MB, of which `slow` reads nothing
    fast.run("seq 1 300000 | sed 's/$/ and some more text to make it long/'; echo a''ll", r"\nall\n", 60)
    slow.until(r"\nall\n")
    assert len(slow.raw) < 2_000_000
    slow.run("echo st''ill", "still")


def wakeups(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M).group(1))


def test_an_idle_client_sleeps(attach):
    t = attach().prompt()
    t.type("\x1b")                                        # not even after a lone escape
    previous = [-1]

    def settled():
        t.feed(0.5)
        now = wakeups(t.child.pid)
        same, previous[0] = now == previous[0], now
        return same

    eventually(settled, 10, "the client to settle")
    before = wakeups(t.child.pid)
    time.sleep(2)                                         # the length of the observation
    assert wakeups(t.child.pid) == before


# ---- a server without the extension -----------------------------------------------------------------

@pytest.fixture
def plain(attach, server):
    return lambda *options, **kw: attach(*options, program=["-", sys.executable, "-c", PLAIN_PROXY, server.socket], **kw)


def test_without_the_extension(plain):
    t = plain().prompt()
    t.run("echo wor''ks; seq 1 100", r"\n100\n")
    assert size(t, "s") == (23, 80)
    t.resize(30, 100)
    eventually(lambda: size(t, "r") == (29, 100), 10)
    t.type("\x1b[5;2~")
    t.until("rows up of")
    t.type("q" + PREFIX + "d")
    ended(t, "detached")
    t = plain()
    t.until("r:29 100")
    t.line("exit 3")
    ended(t, "[exited -1 pane")


# ---- keys that a program asks for ---------------------------------------------------------------

# A proxy that makes the client's LaceHello one of version 1.
V1_PROXY = PLAIN_PROXY.replace(r'b"\xc1\x98\x01", b"\xac\x98\x01"', r'b"\xc1\x98\x01\x02", b"\xc1\x98\x01\x01"')
# Shows what it reads, and ends with the first "." that comes as itself or as a key.
SHOW = "import os,sys\nwhile True:\n d = os.read(0, 999)\n print(ascii(d)[2:-1], end='', flush=True)\n if b'.' in d or b'[46' in d: break\n"


def show_keys(t, tmp_path, request):
    """Runs a program that asks for something and shows each byte it gets."""
    script = tmp_path / "show.py"
    script.write_text(SHOW)
    t.line(f"stty raw -echo; printf '{request}re''ady:'; {sys.executable} {script}; printf '\\033[=0;1u\\033[>4m\\033[>4f'; stty sane")
    t.until("ready:")


@pytest.mark.parametrize("flags, keys", [
    (1, ["\x1b[97;5u", "\x1b[27u", "x"]),
    (3, ["\x1b[97;5:2u", "\x1b[97;5:3u", "\x1b[1;1:3A"]),
    (5, ["\x1b[97:65;6u", "\x1b[1089::99;5u"]),
    (8, ["\x1b[97u", "\x1b[57441;2u", "\x1b[13u"]),
    (15, ["\x1b[97;1:3u", "\x1b[49:33;2u", "\x1b[57441;1:3u"]),
    (31, ["\x1b[97;;97u", "\x1b[97:65;2:2;65u", "\x1b[97;1:3u", "\x1b[0;;8364u"]),
], ids=str)
def test_kitty_keys_reach_the_program_as_the_terminal_has_them(attach, tmp_path, flags, keys):
    """The outer terminal has the kitty keyboard protocol: it is asked, gets the flags, and its keys arrive."""
    t = attach().prompt()
    show_keys(t, tmp_path, f"\\033[={flags};1u")
    sent(t, b"\x1b[?u")
    assert b"\x1b[>" + str(flags).encode() + b"u" not in t.raw     # not before it has answered
    t.type("\x1b[?0u")
    sent(t, b"\x1b[>%du" % flags)
    t.type("".join(keys))
    t.until(re.escape("".join(ascii(k)[1:-1] for k in keys)))
    t.type("\x1b[46u" if flags & 8 else ".")
    t.prompt()
    assert t.detach() == 0
    assert t.raw.rfind(b"\x1b[<u") > t.raw.rfind(b"\x1b[>%du" % flags)


def test_a_terminal_without_the_kitty_protocol_tells_what_it_can(attach, tmp_path):
    t = attach().prompt()
    show_keys(t, tmp_path, "\\033[=9;1u")
    sent(t, b"\x1b[?u")
    t.type("aB\x03\x1bx\x1bOA\r\u20ac")
    t.until(re.escape(r"\x1b[97u\x1b[98;2u\x1b[99;5u\x1b[120;3u\x1b[A\x1b[13u\x1b[8364u"))
    t.type(".")
    t.prompt()
    assert b"\x1b[>9u" not in t.raw and b"\x1b[<u" not in t.raw


def test_other_keys_come_in_the_format_that_was_asked_for(attach, tmp_path):
    t = attach().prompt()
    show_keys(t, tmp_path, "\\033[>4;2m\\033[>4;1f")
    sent(t, b"\x1b[>4;2m")
    sent(t, b"\x1b[>4;1f")
    t.type("\x1b[27;5;105~\x1b[106;5u")
    t.until(re.escape(r"\x1b[105;5u\x1b[106;5u"))
    t.type(".")
    t.prompt()
    assert t.detach() == 0
    assert t.raw.rfind(b"\x1b[>4m") > t.raw.rfind(b"\x1b[>4;2m") and t.raw.rfind(b"\x1b[>4f") > t.raw.rfind(b"\x1b[>4;1f")


def test_with_a_server_of_version_1_the_terminals_bytes_go_as_they_are(attach, server, tmp_path):
    t = attach(program=["-", sys.executable, "-c", V1_PROXY, server.socket]).prompt()
    show_keys(t, tmp_path, "\\033[=11;1u")
    sent(t, b"\x1b[?u")
    t.type("\x1b[?0u")
    sent(t, b"\x1b[>11u")
    t.type("\x1b[97;5:2u\x1b[57414u\x03")
    t.until(re.escape(r"\x1b[97;5:2u\x1b[57414u\x03"))
    t.type("\x1b[46u")
    t.prompt()

"""The rules that a client relies on (reference 4.5, 4.8, 6.5), decode, and clients that die. Which test proves which
sentence stands in docs/protocol.md, chapter 6; that those tests exist is tested here. LACE_MUX_SERVER names the program.
"""
import json
import re
import subprocess

import pytest

import muxwire
import recordings
from conftest import TOP, eventually
from muxwire import Client, sleb, string, uleb
from test_mux_server import SERVER, bare, server, shell  # noqa: F401 (fixtures)

RENDER = "GetPaneRenderChangesResponse"


def renders(c, pane):
    return [p for p in c.pushes if p.name == RENDER and p["pane_id"] == pane]


# ---- rows and their numbers (4.5) ----

def test_both_rows_of_a_cursor_that_moved_are_pushed(server):
    c = server.client()
    pane = c.spawn(argv=["sh", "-c", r"printf '\033[2;3H'; read x; printf '\033[7;9H'; exec sleep 100"])["pane_id"]
    c.poll(pane)
    at = lambda y: c.push(lambda p: p.name == RENDER and p["cursor"]["y"] == y)      # noqa: E731
    at(1)
    c.write(pane, "\r")
    push = at(6)
    assert {1, 6} <= set(push["lines"]["rows"]) or {2, 6} <= set(push["lines"]["rows"])


def test_numbers_rise_when_a_row_changes_and_never_fall(server):
    c = server.client()
    pane = shell(c)
    seen, last = {}, 0
    for i in range(20):
        c.write(pane, f"echo line {i}\r")
        c.wait_text(pane, f"\nline {i}\n")
    for p in renders(c, pane):
        assert p["seqno"] >= last
        last = p["seqno"]
        for row, line in p["lines"]["rows"].items():
            assert 1 <= line["seqno"] <= last
            text, number = seen.get(row, (line["text"], 0))
            assert line["text"] == text or line["seqno"] > number, f"row {row} changed, its number did not"
            seen[row] = line["text"], line["seqno"]
    assert len(renders(c, pane)) > 20


def test_rows_are_numbered_anew_by_a_resize(server):
    """Every row of the screen is pushed again, and the scrollback is told to be something else."""
    c = server.client()
    pane = shell(c)
    c.write(pane, "seq 1 100; printf '%0150d\\n' 7\r")
    c.wait_text(pane, "00007")
    c.pushes.clear()
    c.resize(0, pane, 20, 40)
    push = c.push(lambda p: p.name == RENDER and p["dimensions"]["cols"] == 40)
    top = push["dimensions"]["physical_top"]
    assert set(range(top, top + 20)) <= set(push["lines"]["rows"]) and push["dirty"] == [(0, top)]


# ---- topology (4.8) ----

def sizes(node):
    if "split" not in node:
        return [node["size"]]
    return [node["first"], node["second"], *sizes(node["left"]), *sizes(node["right"])]


def test_no_size_is_zero(server):
    """A split whose first part has no rows or columns makes a GUI panic."""
    c = server.client()
    c.spawn(argv=["cat"], rows=0, cols=0)
    first = c.spawn(argv=["cat"], rows=5, cols=5)["pane_id"]
    while c.split(first, vertical=len(c.panes()) % 2 == 0, percent=1, argv=["cat"]).name == "SpawnResponse":
        pass
    while c.split(first, vertical=len(c.panes()) % 2 == 1, percent=99, argv=["cat"]).name == "SpawnResponse":
        pass
    tab = c.pane(first)["tab_id"]
    for rows, cols in ((0, 0), (1, 1), (0, 80), (1 << 60, 1 << 60), (3, 0)):
        for p in [p["pane_id"] for p in c.panes()]:
            c.resize(tab, p, rows, cols)
            for direction in range(4):
                c.call(62, uleb(p) + uleb(direction) + uleb(1 << 40))
            assert all(s["rows"] > 0 and s["cols"] > 0 for t in c.list()["tabs"] for s in sizes(t)), (rows, cols)
    assert len(c.panes()) > 3


def test_resizes_are_told_to_others_together(server):
    a, b = server.client(), server.client()
    pane = a.spawn(argv=["cat"])["pane_id"]
    for i in range(30):
        a.resize(0, pane, 20 + i, 80)
    b.push_named("TabResized")
    assert b.list()["tabs"][0]["size"]["rows"] == 49, "at the end of a drag, not during it"
    a.settle()
    b.settle()
    told = [p for p in b.pushes if p.name == "TabResized"]
    assert len(told) < 10 and not [p for p in a.pushes if p.name == "TabResized"]


def test_a_pane_is_listed_before_it_is_pushed(server):
    a, b = server.client(), server.client()
    known = set()
    for i in range(8):
        a.spawn(argv=["sh", "-c", "echo hello; exec cat"]) if i % 2 else a.split(0, argv=["sh", "-c", "echo hello; exec cat"]) \
            if known else a.spawn(argv=["sh", "-c", "echo hello; exec cat"], rows=50)
        pane = b.push(lambda p: p.name == RENDER and p["pane_id"] not in known)["pane_id"]
        assert pane in [p["pane_id"] for p in b.panes()]
        known.add(pane)


PALETTE = uleb(0) + uleb(256) + b"\0" * 16 * 265


@pytest.mark.parametrize("ident, body, begins", [
    (38, PALETTE, True), (11, uleb(0) + uleb(0) + uleb(32) + uleb(0) + uleb(5), True),
    (14, uleb(0) + uleb(0) + muxwire.size(30, 90), True), (24, uleb(0), True),
    (45, uleb(0), False), (3, b"", False), (9, uleb(0) + string(" "), False), (26, b"", False)],
    ids=["SetPalette", "SendKeyDown", "Resize", "GetPaneRenderChanges", "SetFocusedPane", "ListPanes", "WriteToPane",
         "GetCodecVersion"])
def test_what_begins_pushes_without_a_hello(server, ident, body, begins):
    """A TLS client that reconnects never says who it is; a command line says only these other things (6.5)."""
    author = server.client()
    pane = shell(author)
    c = server.client(hello=False)
    c.call(ident, body)
    author.write(pane, "echo now\r")
    author.wait_text(pane, "\nnow")
    if begins:
        c.push(lambda p: p.name == RENDER and any("now" in line["text"] for line in p["lines"]["rows"].values()))
    else:
        c.settle()
        assert c.pushes == []


def test_what_is_looked_at_comes_first(server):
    """Behind a queue that was full, the focused pane is pushed before one that nobody sees."""
    author, c = server.client(), server.client()
    long = author.spawn(argv=["sh", "-c", "seq 1 9000; exec cat"])["pane_id"]
    author.wait_text(long, "9000")
    first = author.spawn(argv=["cat"], window=0)["pane_id"]
    second = author.spawn(argv=["cat"], window=0)["pane_id"]
    c.done(45, uleb(second))
    c.settle()
    c.pushes.clear()
    for _ in range(7):                                   # more than the socket and the queue hold
        c.send(22, uleb(long) + uleb(1) + sleb(0) + sleb(9000))
    author.settle()
    for pane in first, second:
        author.write(pane, f"text for {pane}\r")
        author.wait_text(pane, f"text for {pane}")
    shown = lambda p, pane: p.name == RENDER and p["pane_id"] == pane and any(         # noqa: E731
        f"text for {pane}" in line["text"] for line in p["lines"]["rows"].values())
    end = []
    c.push(lambda p: end.append(p) or shown(p, first), timeout=30)
    assert any(shown(p, second) for p in end)


def test_a_progress_is_for_codec_44(bare):
    bare.start("--codec=43")
    c = bare.client()
    pane = c.spawn(argv=["sh", "-c", r"printf '\033]9;4;1;42\007\007done'; exec cat"])["pane_id"]
    c.poll(pane)
    c.push(lambda p: p.name == "NotifyAlert" and p["alert"]["kind"] == "Bell")
    c.wait_text(pane, "done")
    assert [p["alert"]["kind"] for p in c.pushes if p.name == "NotifyAlert"] == []


@pytest.mark.parametrize("codec", [42, 43, 44, 45])
def test_a_row_has_the_same_columns_in_every_codec(bare, codec):
    from replay import cells_of
    bare.start(f"--codec={codec}")
    c = bare.client(hello=False)
    c.codec = codec
    columns = ["a", "\u4e2d", " ", "e\u0301", "\U0001f600", " ", "\u2500", "\u00e9", "x\u0302\u0323", "\uac01", " ", "z"]
    text = "".join(columns[i] for i in range(len(columns)) if i not in (2, 5, 10))
    pane = c.spawn(argv=["sh", "-c", 'printf "%s\\n%s\\n" "$1" "$2"; exec cat', "sh", text, "plain \u4e2d\u6587 row"])
    c.call(24, uleb(pane["pane_id"]))
    push = c.push(lambda p: p.name == RENDER and len(p["lines"]["rows"]) > 1 and p["cursor"]["y"] == 2)
    rows = [cells_of(push["lines"]["rows"][i]) for i in (0, 1)]
    assert [x for x in rows[0]] == columns
    assert "".join(rows[1]).rstrip() == "plain \u4e2d \u6587  row"
    # What an old client finds again by itself is the same for all of them: text of one code point each.
    assert [push["lines"]["rows"][i]["storage"] for i in (0, 1)] == ["V", "C"]


# ---- clients that die ----

@pytest.mark.parametrize("name, step", [("44/gui-attach", 2), ("42/gui-errors", 0), ("44/proxy", 0), ("44/images", 0)])
def test_a_client_may_die_at_every_byte(server, name, step):
    """The recorded client's bytes, cut off after each of them."""
    good = server.client()
    good.spawn(argv=["cat"])                             # theirs
    pane = good.spawn(argv=["cat"])["pane_id"]
    frames = recordings.load()[name].steps[step].connections[-1]
    said = b"".join(muxwire.frame(f.serial, f.ident, f.body) for f in frames if f.dir == ">")
    every = 1 if len(said) < 1000 else 3
    for n in range(0, len(said) + 1, every):
        c = Client(server.socket)
        try:
            c.send_raw(said[:n])
        except OSError:
            pass                                         # refused before its end
        c.close()
        if n % 50 == 0:
            good.settle()
    good.write(pane, "still here\r")
    good.wait_text(pane, "still here\nstill here")
    eventually(lambda: len(good.call(41)["clients"]) == 1, what="the end of every one of them")
    assert server.alive() and server.small(60000)


# ---- decode ----

@pytest.mark.parametrize("name", recordings.load())
def test_decode_prints_every_recorded_stream(name, tmp_path):
    r = recordings.load()[name]
    for direction in "<>":
        frames = [f for s in r.steps for c in s.connections for f in c if f.dir == direction]
        path = tmp_path / "stream"
        path.write_bytes(b"".join(muxwire.frame(f.serial, f.ident, f.body) for f in frames))
        done = subprocess.run([SERVER, "decode", "--codec", str(r.codec), str(path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert len(lines) == len(frames), "one line each"
        for line, f in zip(lines, frames):
            told = json.loads(line)
            assert (told["ident"], told["serial"], told["name"] or "?") == (f.ident, f.serial, f.name)
            if direction == "<":
                for key, value in muxwire.decode(f.ident, f.serial, f.body, r.codec).items():
                    if key in told and isinstance(value, (int, str)) and type(told[key]) is type(value):
                        assert told[key] == value


# ---- the table of docs/protocol.md ----

def test_the_table_of_proofs_names_tests_that_are_there():
    text = (TOP / "docs" / "protocol.md").read_text()
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", text[text.index("\n## 6."):], re.M)[1:]
    assert len(rows) > 55
    source = "".join(p.read_text() for p in (TOP / "tests").glob("system/*.py"))
    source += "".join(p.read_text() for p in (TOP / "tests" / "unit").glob("*/*.c"))
    defined = set(re.findall(r"^(?:def|static void) (\w+)\(", source, re.M))
    for what, tests in rows:
        named = re.findall(r"`(\w+)`", tests)
        assert named and not set(named) - defined, (what, set(named) - defined)
    assert {"Ping", "ListPanes", "KillPane", "AdjustPaneSize"} <= {what for what, _ in rows}
    assert {name for name in recordings.NAMES.values() if name in dict(rows)} >= set(requests())


def requests():
    """Every type that the recorded clients sent, and that is a request."""
    answers = {f.name for r in recordings.load().values() for s in r.steps for c in s.connections for f in c if f.dir == "<"}
    return {f.name for r in recordings.load().values() for s in r.steps for c in s.connections for f in c
            if f.dir == ">"} - {"?", "UnitResponse", "PaneRemoved", "PaneFocused", "ListPanesResponse"} | answers - answers



"""The recorded client sides, sent to our server: what it answers and pushes beside what was recorded.

A whole server on its own socket, with the programs that the recordings ran (bash, seq, cat, vim, less). DIFFERENCES is the
whole list of what may be otherwise, each with where that stands; an entry that nothing needs fails the test, as does a
difference that no entry names. What was compared and left out is printed for each message type (pytest -s, and at the end of
a failure). Needs no engine. LACE_MUX_SERVER names the program under test.
"""
import collections
import concurrent.futures
import pathlib
import re
import secrets
import shutil

import pytest

import muxwire
import recordings
from muxwire import Client, string, uleb
from replay import Party, Player, Tally, row_text
from test_mux_server import Server

# 43 and 45 are derived: to these recordings it is all one but for the number.
RECORDINGS = {**recordings.load(), **{f"{codec}/{name}": recordings.load()["44/" + name].under(codec)
                                      for codec in (43, 45) for name in ("gui-attach", "gui-errors", "proxy", "text-styles",
                                                                         "text-unicode")}}

# ---- what may differ ----

README = "golden README, What differs"
FAULT = "golden README, Known faults"


class Rule:
    """Fields of a message whose path matches; `test` looks at both values."""

    def __init__(self, message, path, why, test=None, only=None):
        self.message, self.path, self.why, self.test, self.only = message, re.compile(path), why, test, only


XTERM = "xterm, Control Sequences"
RENDER, LIST, LINES = "GetPaneRenderChangesResponse", "ListPanesResponse", "GetLinesResponse"


def row_like(change):
    """Rows that are equal once `change` was made to the text of ours."""
    return lambda want, got: row_text(want).rstrip() == change(row_text(got)).rstrip()


DIFFERENCES = [
    # Of the run, not of the server.
    Rule("GetCodecVersionResponse", "version|exe|config", README + ": version and paths of the program"),
    Rule("GetCodecVersionResponse", "codec", "derived: recorded with 44", None, "4[35]/.*"),
    Rule(LIST, r".*\.tty_name", README + ": tty names"),
    Rule("GetClientListResponse", r".*\.(connected_at|last_input)", README + ": times"),
    Rule(f"{RENDER}|{LINES}", "row .*", "vim says [readonly] to who may not write there; tests may run as root",
         row_like(lambda t: t.replace("lines, 12813", "lines, 12813").replace('services" 3', 'services" [readonly] 3')), ".*flood|.*attach"),
    Rule(f"{RENDER}|{LIST}", "(.*\\.)?title", "reference 4.2: the real server remembers a program's name for 300 ms",
         lambda want, got: {want, got} <= {"bash", "less", "seq", "timeout", "sleep", "vim.basic", "sed", "printf", "cat", "stty", "tset"}),
    # The real server tells what has no row of its own with the next output only (4.3): ours at once.
    Rule(RENDER, r"dimensions\.(dpi|pixel_width|pixel_height)", "reference 4.3: Resize pushes nothing by itself", None,
         ".*real-gui.*|.*layout"),
    Rule(RENDER, r"dimensions\.scrollback_(rows|top)|cursor_position.*|row .*|dimensions\.physical_top",
         "reference 4.3: EraseScrollback pushes nothing by itself", None, ".*search-erase"),
    # Faults of the real server.
    Rule(f"{RENDER}|{LINES}", "row .*", FAULT + ": U+2764 U+FE0F", row_like(lambda t: t.replace("\u2764\ufe0f  ", "\u2764\ufe0f ")),
         "4[345]/.*unicode"),
    Rule(f"{RENDER}|{LINES}", "row .*", FAULT + ": U+2764 U+FE0F; and Unicode 15.1, GB9c: a conjunct is one cluster of two columns, "
         "where wezterm of codec 42 had two of one",
         row_like(lambda t: t.replace("\u2764\ufe0f  ", "\u2764\ufe0f ").replace("\u0937  ", "\u0937 ")), "42/.*unicode"),
    # What a terminal does, where xterm and the real server disagree.
    Rule(f"{RENDER}|{LINES}", "row .*", XTERM + ": a wide character that has no room in the last column is wrapped",
         lambda want, got: row_text(want).rstrip() == row_text(got).rstrip() + "\u4e2d", ".*unicode"),
    Rule(f"GetPaneRenderableDimensionsResponse|{RENDER}|{LIST}", r"(.*\.)?cursor(_pos|_position)?\.y", XTERM + ": the same: one row more",
         lambda want, got: got == want + 1, ".*unicode"),
    Rule(f"{RENDER}|{LINES}", "row .*|cursor_position.*", XTERM + ": 1049 leaves the cursor where it is", None, ".*alerts"),
    Rule(LIST, r".*cursor_pos\.x", "RETOLD below: shorter or longer", None, ".*paste"),
    Rule(RENDER, r"row 1|cursor_position\.x", "RETOLD below: a Tab at the end of what was printed", None, ".*gui-keys"),
    Rule(RENDER, r"cursor_position.*", XTERM + ": 1049 reset restores the cursor, on whichever screen", None, ".*mouse"),
    Rule(RENDER, r"row [01]|cursor_position\.y", "the cursor comes back from the alternate screen to where it was; in the real server "
         "one row higher, when the window changed meanwhile", None, ".*resize"),
    Rule(LIST, r"tabs\[8\]\.cursor_pos\.y", "the notice in a pane whose program cannot be started is codec 44's: a row longer",
         lambda want, got: got == want + 1, "42/cli-spawn"),
    Rule(f"{LIST}|GetPaneRenderableDimensionsResponse", r"(.*\.)?(cursor(_pos)?\.y|scrollback_rows|physical_top)",
         "as many rows more or less as there are variables (ENVIRONMENT below)", None, ".*spawn-env"),
    Rule(f"{RENDER}|{LIST}|GetPaneRenderableDimensionsResponse", r"(.*\.)?(cursor_pos\.y|physical_top)",
         README + ": races with what the shell draws, which is narrowed to one column", None, ".*cli-focus"),
    Rule("SpawnResponse|" + LIST, r"(tabs\[0\]\.(first|second|left\.size)|size)\.(rows|cols|pixel_.*)",
         "reference 4.4: top_level splits the whole tab. The real server gives the new pane 55x19 cells of another's", None,
         ".*cli-split"),
    Rule(LIST, r".*(pixel_width|pixel_height|dpi)", "reference 4.4: Resize of a pane tells how large a cell is. Here all of a "
         "tab have one size; there each pane its own until it is resized itself", None, ".*layout"),
    Rule("GetClientListResponse", r"clients\[1\].focused", "the real server names a pane that is gone",
         lambda want, got: got is None, ".*layout"),
    Rule(f"{RENDER}|{LIST}", r"dimensions\.(scrollback_rows|physical_top)|.*\.physical_top|.*\.cursor_pos\.y",
         "reference 4.5: the alternate screen has as many rows as it shows", None, ".*resize"),
    Rule(LINES, "row .*", "reference 4.5: the same; these rows have other numbers there", None, ".*resize"),
    Rule("ErrorResponse", "reason", "the fields of an answer that was sent as a request are not repeated",
         lambda want, got: want.startswith(got[:-1]), ".*errors"),
    Rule(f"{RENDER}|{LINES}", "row .*", "DEC VT340: sixels are twice as high as wide unless the program says otherwise; and "
         "of an image, one is told the rows that it covers", lambda want, got: bool(want[2]) and bool(got[2]), ".*images"),
    Rule("GetImageCellResponse", "data", "the same: another image", None, ".*images"),
    Rule(f"{RENDER}|{LINES}", "row .*|cursor_position.*", "kitty graphics protocol: an image with an id is answered; bash takes "
         "that for keys", None, ".*images"),
]

# Variables of a pane that are not the recorded ones (reference 4.4: a better server keeps its own base environment).
ENVIRONMENT = {
    "LACE_PANE", "LOGNAME",                            # ours as well
    "TERM_PROGRAM", "TERM_PROGRAM_VERSION",            # who we are
    "WEZTERM_CONFIG_DIR", "WEZTERM_CONFIG_FILE", "WEZTERM_EXECUTABLE", "WEZTERM_EXECUTABLE_DIR",       # not there
    "SSH_AUTH_SOCK", "WEZTERM_UNIX_SOCKET", "XDG_RUNTIME_DIR", "USER",                                 # of the run
}

# What programs are sent in another form, seen in what they print: (recording, pattern of ours, the recorded, why).
RETOLD = [
    ("gui-keys", r"\^\[\[Z    (?:(\^\[)(?:      )?)?", lambda m: "^[[Z^[[9;5u" + (m[1] or "") + ("^[[9;5u" if m[0].endswith("[      ") else ""),
     XTERM + ": Ctrl+Tab is a Tab unless a program asked for modifyOtherKeys"),
    ("gui-keys", r"\^\[\[H\^\[\[A\^\[\[5~(\*?)(\+?)(-?)((?:\^\[\[3~)?)/?", r"^[[H^[[A^[[6~\4",
     "keypad 9 is Page Up, and the keys of arithmetic send what is on them; the real server sends Page Down and nothing"),
    ("gui-paste", r"ctl esc ", r"ctl^Aesc^[", "control characters of a paste become blanks, as in " + XTERM + ", disallowedPasteControls"),
    ("gui-mouse", r"^\$ (\[[M<].*?) *$", r"^[\1$", XTERM + ": 1049 reset restores the cursor, on whichever screen"),
    ("gui-mouse", r"(\^\[\[M)[3+;]", r"\1#", XTERM + ", Mouse Tracking: modifiers are told on a release too"),
    ("gui-mouse", r"((?:\^\[\[B){3})\1\1", r"\1", "reference 3.5: the client adds up notches of the wheel; each of them is told"),
    ("gui-mouse", r"(\^\[\[(?:M[`a-z]\S\S|<\d+;\d+;\d+M))\1\1", r"\1",
     "reference 3.5: the client adds up notches of the wheel; each of them is told"),
]


def focus_lost(e):
    return e.name == "NotifyAlert" and e["alert"]["kind"] == "OutputSinceFocusLost"


class Rules:
    def __init__(self):
        self.used = set()

    def reason(self, player, message, path, want, got):
        for r in DIFFERENCES:
            if re.fullmatch(r.message, message) and r.path.fullmatch(path) and (r.only is None or re.fullmatch(r.only, player.name)) and \
                    (r.test is None or r.test(want, got)):
                self.used.add(r)
                return r.why
        return None

    def screen(self, player, recorded, here):
        """Rows of an answer, as recorded and here, and what else differs."""
        if "resize" in player.name and set(recorded) != set(here):
            player.left_out.add((LINES, str(sorted(recorded)), "rows", "reference 4.5: the alternate screen has as many rows as it shows"))
            return {}, {}, []
        if "spawn-env" in player.name:
            variables, others = zip(*(self.environment(rows) for rows in (recorded, here)))
            other = {n for v in variables for n in v if variables[0].get(n) != variables[1].get(n)}
            found = [f"{n}: recorded {variables[0].get(n)}, here {variables[1].get(n)}" for n in other - ENVIRONMENT]
            player.left_out.add((LINES, str(variables[0]), "environment", "reference 4.4: a server's own base environment"))
            return *others, found
        return recorded, here, []

    @staticmethod
    def environment(rows):
        """Variables that rows print, and the other rows under new numbers."""
        found = {r: re.fullmatch(r"([A-Z_0-9]+)=(.*)", row_text(rows[r]).rstrip()) for r in sorted(rows)}
        rest = [r for r in found if not found[r] and row_text(rows[r]).strip()]
        return {m[1]: m[2] for m in found.values() if m}, {i: rows[r] for i, r in enumerate(rest)}

    def normal(self, name, body, here):
        """A body with its parts in one order and folders under one name."""
        if name == "ListPanesResponse":
            order = sorted(range(len(body["tabs"])), key=lambda i: [(e["window_id"], i) for e in muxwire.leaves(body["tabs"][i])][:1])
            body["tabs"] = [body["tabs"][i] for i in order]
            body["tab_titles"] = [body["tab_titles"][i] for i in order]
            if here:
                for e in (e for t in body["tabs"] for e in muxwire.leaves(t)):
                    e["working_dir"] = e["working_dir"] and e["working_dir"].replace(*here)
        elif name == "ErrorResponse":
            # Names in the order of a map.
            body["reason"] = re.sub(r"names are (.*)\.$", lambda m: "names are " + ", ".join(sorted(m[1].split(", "))), body["reason"])
        elif name == "GetClientListResponse":
            body["clients"].sort(key=lambda c: (c["pid"], c["id"]))
        return body

    # -- pushes that tell of something --

    def retold(self, player):
        return [r for scenario, *r in RETOLD if scenario in player.name]

    @staticmethod
    def told(events):
        return [e for e in events if e.name not in ("TabResized", "PaneFocused") and not focus_lost(e)]

    def recorded_events(self, events):
        """Those that are to be seen here, and [(event, why not)]."""
        kept, left_out, focused, palettes, first = [], [], None, {}, {}
        for e in events:
            skip = None
            if e.name == "SetPalette":
                pane, colors = e["pane_id"], e["colors"] + e["special"]
                first.setdefault(pane, colors)
                if palettes.get(pane, first[pane]) == colors:
                    skip = "SetPalette of what the client has (4.8)"
                palettes[pane] = colors
                e["changed"] = {i: c for i, c in enumerate(colors) if c != first[pane][i]}
            elif e.name == "PaneFocused":
                if "SetFocusedPane" in e.asked or e.asked & {"ActivatePaneDirection", "SetPaneZoomed", "SplitPane"}:
                    skip = FAULT + ": PaneFocused to its author"
                elif focused == e["pane_id"]:
                    skip = "PaneFocused without a change (4.8)"
                focused = e["pane_id"]
            elif focus_lost(e) and e["pane_id"] == e.focus:
                skip = FAULT + ": OutputSinceFocusLost to its author"
            elif e.name == "TabResized" and e.asked:
                skip = "TabResized to its author (4.8)"
            if skip:
                left_out.append((e, skip))
            else:
                kept.append(e)
        return kept, left_out

    def compare_events(self, want, got):
        resized = [{e["tab_id"] for e in side if e.name == "TabResized"} for side in (want, got)]
        if resized[0] - resized[1]:
            yield f"TabResized: recorded {resized[0]}, here {resized[1]}"
        # Each pane that had output; how often is a race with its program.
        lost = [{e["pane_id"] for e in side if focus_lost(e)} for side in (want, got)]
        if lost[0] - lost[1]:
            yield f"OutputSinceFocusLost: recorded {lost[0]}, here {lost[1]}"
        # Each palette that a program made, in that order; others may lie between.
        palettes = iter([e for e in got if e.name == "SetPalette"])
        for a in want:
            if a.name == "SetPalette" and not any(self.same_palette(a, b) for b in palettes):
                yield f"palette: recorded {a['changed']}"
        want, got = ([e for e in self.told(side) if e.name != "SetPalette"] for side in (want, got))
        for i, (a, b) in enumerate(zip(want, got)):
            if a.name != b.name or dict(a) != dict(b):
                yield f"push {i}: recorded {a}, here {b}"
                return
        if len(want) != len(got):
            yield f"pushes: recorded more {want[len(got):]}, here more {got[len(want):]}"

    @staticmethod
    def same_palette(a, b):
        colors = b["colors"] + b["special"]
        return a["pane_id"] == b["pane_id"] and all(max(abs(x - y) for x, y in zip(c, colors[i])) < 0.003
                                                    for i, c in a["changed"].items())


# ---- playing ----

# Recorded at the same time: steps that are played together, in the order in which they are begun.
TOGETHER = {"gui-layout": [(0, 1)]}
# A command line that was run before the client of the other step left.
BEFORE_THE_END_OF = {"gui-attach": (1, 2)}


def offset_of(a, b):
    """Between the beginnings of two connections that were recorded at the same time: a push that both had tells it."""
    first = [next(f for f in c if f.name == "TabAddedToWindow") for c in (a, b)]
    return first[0].t - first[1].t


def play(recording, folder, tally, rules):
    shell = folder / "bash"
    shell.write_text("#!/bin/sh\nexec /bin/bash --norc --noprofile\n")
    shell.chmod(0o755)
    server = Server(folder)
    # As long as the recorded one, so that it takes the same room in requests and on screens.
    server.home = pathlib.Path("/tmp/h" + secrets.token_hex(2)[:3])
    server.home.mkdir()
    server.env["HOME"] = str(server.home)
    server.session.write_bytes(f"LACE_SESSION_SHELL={shell}\0".encode())
    parties = []
    try:
        # wezterm's own default; the terminal of the recordings.
        server.start(f"--codec={recording.codec}", "--scrollback-lines=3500", env={"PS1": "$ "})
        with_pane(server)
        player = Player(server, recording, rules, tally)
        together = dict(TOGETHER.get(recording.scenario, []))
        early, late = BEFORE_THE_END_OF.get(recording.scenario, (None, None))
        party = lambda i: [Party(player, frames) for frames in recording.steps[i].connections if frames]    # noqa: E731
        for i, step in enumerate(recording.steps):
            if i in together.values() or i == early:
                continue
            parties = party(i)
            if i in together:
                other = recording.steps[together[i]].connections[0]
                parties.append(Party(player, other, offset_of(step.connections[0], other)))
                player.play(parties)
            else:
                for p in parties:
                    player.play([p])
            if i == late:
                parties += party(early)
                player.play(parties[1:])
            for p in parties:
                p.close()
        assert server.alive()
    finally:
        for p in parties:
            p.close()
        server.end()
        shutil.rmtree(server.home, ignore_errors=True)


def with_pane(server):
    """What every recording begins with: pane 0 with a bash that prompts."""
    c = Client(server.socket)
    assert c.call(36, uleb(0) + b"\0" + b"\0" + b"\0" + muxwire.size(24, 80, 640, 384, 0) + string("default"))["pane_id"] == 0
    c.wait_text(0, "$")
    c.close()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All of them, several at a time: they wait most of it."""
    rules = Rules()

    def one(name, folder):
        tally = Tally()
        play(RECORDINGS[name], folder, tally, rules)
        return tally

    names = sorted(RECORDINGS, key=lambda n: "mouse" not in n)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        done = {name: pool.submit(one, name, tmp_path_factory.mktemp("r")) for name in names}
        concurrent.futures.wait(done.values())
    return rules, done


@pytest.mark.parametrize("name", RECORDINGS)
def test_our_server_answers_as_the_recorded_one(name, outcomes):
    tally = outcomes[1][name].result()
    assert not tally.differences, "\n".join(tally.differences[:40])


def test_every_difference_that_is_listed_is_one(outcomes):
    rules, done = outcomes
    assert not [(r.message, r.path.pattern, r.only) for r in DIFFERENCES if r not in rules.used]
    reasons = {why for t in done.values() for why in t.result().reasons}
    assert not [why for _, _, _, why in RETOLD if why not in reasons]


def test_what_was_compared(outcomes):
    """The figures; most of what the real server sent is compared."""
    compared, skipped = collections.Counter(), collections.Counter()
    reasons = collections.Counter()
    for t in (t.result() for t in outcomes[1].values()):
        compared += t.compared
        skipped += t.skipped
        reasons += t.reasons
    print()
    for name in sorted(set(compared) | set(skipped)):
        print(f"{name:36} {compared[name]:7} fields compared, {skipped[name]:6} left out")
    for why, n in reasons.most_common():
        print(f"{n:7} left out: {why}")
    answers = {f.name for r in RECORDINGS.values() for s in r.steps for c in s.connections for f in c if f.dir == "<"}
    assert not {n for n in answers if not compared[n] and n not in ("UnitResponse", "Pong")}

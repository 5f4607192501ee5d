"""Plays the client side of a recorded conversation to a server and compares what it says with what was recorded.

Answers are compared field by field. Pushes come when they come, so what a client knows from them is compared: at every
moment at which the recorded client sends something and nothing was under way, the server under test must bring its
client to the recorded state. Pushes that tell of an event are compared one by one, in their order.
"""
import collections
import os
import re
import termios
import time
import unicodedata

import muxwire
from muxwire import Client, Closed

RENDER, PALETTE, ALERT, FOCUSED, RESIZED, UNIT = 25, 38, 39, 53, 54, 10
ASK_AGAIN = {3, 22, 31, 41, 46, 51, 60}           # questions: asked again while programs still draw
QUIET_MS = 40                                     # nothing came for so long: the recorded client's state was at rest
PATIENCE = 8                                      # seconds


class Tally:
    """Fields compared and left out, by message; and what differed."""

    def __init__(self):
        self.compared, self.skipped = collections.Counter(), collections.Counter()
        self.reasons, self.differences = collections.Counter(), []

    def skip(self, name, reason, n=1):
        self.skipped[name] += n
        self.reasons[reason] += n


# ---- rows ----

def joins(before, cp):
    """Whether a code point belongs to the cell before it. Enough for what the recordings have: rows with more come as
    single cells."""
    c = chr(cp)
    return bool(before) and (unicodedata.category(c)[0] == "M" or cp in (0x200d, 0xfe0e, 0xfe0f) or before[-1] == "\u200d" or
                             0x1f3fb <= cp <= 0x1f3ff or (0x1f1e6 <= cp <= 0x1f1ff and len(before) == 1 and
                                                           0x1f1e6 <= ord(before) <= 0x1f1ff))


def cells_of(line):
    """One text for each column; the right half of a wide character is a blank."""
    if line["storage"] == "V":
        return line["cells"]
    cells, wide = [], set(line["wide"])
    for c in line["text"]:
        if cells and joins(cells[-1], ord(c)):
            cells[-1] += c
            continue
        while len(cells) - 1 in wide:
            cells.append(" ")
        cells.append(c)
    while len(cells) - 1 in wide and len(cells) < line["len"]:
        cells.append(" ")
    return cells


PLAIN = (0, None, None, ("default",), ("default",), ("default",), None)


def look(a, link):
    color = lambda c: (c[0],) + tuple(round(x, 3) for x in c[1]) if c[0] == "true" else c    # noqa: E731
    fat = [color(a.get(k, ("default",))) for k in ("underline", "fat_fg", "fat_bg")]
    return (a["attributes"], a["fg"], a["bg"], *fat, link)


def rows_of(lines, here):
    """{row: (columns, bits, images)} of SerializedLines; `here`: the text of a folder and what it is called there."""
    links = {}
    for link, coords in lines["links"]:
        for index, start, end in coords:
            for col in range(start, end):
                links[lines["order"][index], col] = (link["uri"], tuple(sorted(link["params"].items())))
    rows = {}
    for row, line in lines["rows"].items():
        attrs = [a for n, a in line["runs"] for _ in range(n)]
        cells = cells_of(line)
        assert len(cells) == len(attrs), (cells, len(attrs))
        columns = [(c, look(a, links.get((row, i)))) for i, (c, a) in enumerate(zip(cells, attrs))]
        text = "".join(c for c in cells if len(c) == 1)
        if here and len(text) == len(cells):
            while (at := text.find(here[0])) >= 0:
                columns[at:at + len(here[0])] = [(c, columns[at][1]) for c in here[1]]
                text = text.replace(here[0], here[1], 1)
        while columns and columns[-1] == (" ", PLAIN):
            columns.pop()
        images = sorted((i["cell"], i["from"], i["to"], i["hash"].hex(), i["z"], i["padding"], i["image_id"], i["placement_id"])
                        for i in lines["images"] if i["row"] == row)
        rows[row] = (columns, line["bits"], images)
    return rows


def row_text(row):
    return "".join(c for c, _ in row[0])


# ---- what a client knows of a pane ----

class View:
    def __init__(self, here):
        self.here, self.fields, self.rows, self.last_seqno = here, {}, {}, 0

    def render(self, pdu):
        cwd = pdu["working_dir"]
        if cwd and self.here:
            cwd = cwd.replace(*self.here)
        pdu["cursor"]["y"] -= pdu["dimensions"]["physical_top"]        # a row of the screen: numbers have a field of their own
        self.fields = {"mouse_grabbed": pdu["mouse_grabbed"], "title": pdu["title"], "working_dir": cwd,
                       **{"cursor_position." + k: v for k, v in pdu["cursor"].items()},
                       **{"dimensions." + k: v for k, v in pdu["dimensions"].items()}}
        for start, end in pdu["dirty"]:
            for row in [r for r in self.rows if start <= r < end]:
                del self.rows[row]
        self.rows.update(rows_of(pdu["lines"], self.here))

    def visible(self):
        top = self.fields["dimensions.physical_top"]
        return {r - top: self.rows[r] for r in range(top, top + self.fields["dimensions.viewport_rows"]) if r in self.rows}


def edge_rows(rows):
    """Rows without one that a wide character alone was wrapped to; those behind it come one earlier."""
    alone = [r for r in rows if row_text(rows[r]).rstrip() == "\u4e2d" and row_text(rows.get(r - 1, ([],))).rstrip()[-1:] == "!"]
    if not alone:
        return rows
    out = {r - (r > alone[0]): line for r, line in rows.items() if r != alone[0]}
    return {**out, max(rows): ([], 0, [])}


WRAPPED = (1 << 11, *PLAIN[1:])


def retell(rows, cursor, cols, substitutions):
    """Rows (0, 1, ...) and (x, y) as if the programs' text had been another: a line that `substitutions` change is laid
    out again, and what is below it moves up."""
    out, y, (cx, cy), changed = [], 0, cursor, 0
    while y in rows:
        line, first = [], y
        while True:
            line += rows[y][0]
            y += 1
            if len(rows[y - 1][0]) < cols or rows[y - 1][0][-1][1][0] & WRAPPED[0] == 0 or y not in rows:
                break
        old = "".join(c for c, _ in line)
        new = old
        for pattern, text in substitutions:
            new = re.sub(pattern, text, new)
        if new == old:
            laid = [rows[r] for r in range(first, y)]
        else:
            changed += abs(len(old) - len(new)) + 1
            laid = [([(c, PLAIN) for c in new[i:i + cols]], 0, []) for i in range(0, len(new), cols)]
            for row in laid[:-1]:
                row[0][-1] = (row[0][-1][0], WRAPPED)
        if first <= cy < y:
            # A program's cursor is behind what it printed.
            moved = (cy - first) * cols + cx + (len(new) - len(old) if new != old else 0)
            full = new != old and moved > 0 and moved % cols == 0      # it waits on the last column
            cursor = (cols - 1 if full else moved % cols, len(out) + moved // cols - full)
        out += laid
    out += [([], 0, [])] * (len(rows) - len(out))
    return dict(enumerate(out)), cursor, changed


def compare_rows(want, got, where, ignore):
    for row, line in sorted(want.items()):
        if row not in got:
            yield f"{where} row {row} is missing; recorded: {row_text(line)!r}"
        elif line != got[row] and not ignore(row, line, got[row]):
            if row_text(line) != row_text(got[row]):
                yield f"{where} row {row}: recorded {row_text(line)!r}, here {row_text(got[row])!r}"
            elif line != got[row]:
                parts = [(i, a, b) for i, (a, b) in enumerate(zip(line[0], got[row][0])) if a != b] or (line, got[row])
                yield f"{where} row {row} ({row_text(line)!r}): {parts[:2]}"


def size_of(value):
    if isinstance(value, dict):
        return sum(size_of(v) for v in value.values())
    if isinstance(value, (list, tuple)):
        return sum(size_of(v) for v in value)
    return 1


def compare(want, got, path=""):
    """Yields (path, recorded, here) of leaves that differ."""
    if isinstance(want, dict) and isinstance(got, dict) and want.keys() == got.keys():
        for k in want:
            yield from compare(want[k], got[k], f"{path}.{k}" if path else str(k))
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for i, (a, b) in enumerate(zip(want, got)):
            yield from compare(a, b, f"{path}[{i}]")
    elif isinstance(want, float):
        if abs(want - got) > 1e-4:
            yield path, want, got
    elif want != got:
        yield path, want, got


# ---- one connection ----

class Party:
    """A recorded connection that is played again."""

    def __init__(self, player, frames, offset=0):
        self.player, self.frames, self.offset = player, frames, offset
        self.client, self.registered = None, False
        self.wanted, self.seen = {}, {}                # View of each pane, as recorded and here
        self.events, self.here_events = [], []         # pushes that tell of something, as recorded and here
        self.serials, self.here_serials = [], []
        self.asked, self.quiet_since, self.read, self.focus = {}, None, 0, None
        self.ask = 1 << 20                             # serials of questions that are asked again

    def decode(self, f):
        return muxwire.decode(f.ident, f.serial, f.body, self.player.codec)

    def take_pushes(self):
        """What arrived since the last time."""
        for pdu in self.client.pushes[self.read:]:
            if pdu.name == "GetPaneRenderChangesResponse":
                view = self.seen.setdefault(pdu["pane_id"], View(self.player.here))
                self.player.check_numbers(view, pdu)
                view.render(pdu)
                if pdu["input_serial"] is not None:
                    self.here_serials.append(pdu["input_serial"])
            else:
                self.here_events.append(pdu)
        self.read = len(self.client.pushes)

    def author(self, f):
        """The request that a recorded push was the immediate consequence of: asked, and not answered yet."""
        return {self.asked[s].name for s in self.asked}

    def differences(self):
        for pane, want in sorted(self.wanted.items()):
            got = self.seen.get(pane)
            if got is None or not got.fields:
                yield f"pane {pane}: no push"
                continue
            fields = dict(got.fields)
            rows, (fields["cursor_position.x"], fields["cursor_position.y"]) = self.player.told(
                edge_rows(got.visible()), (fields["cursor_position.x"], fields["cursor_position.y"]), fields["dimensions.cols"])
            for k, v in want.fields.items():
                if v != fields[k] and not self.player.may_differ("GetPaneRenderChangesResponse", pane, k, v, fields[k]):
                    yield f"pane {pane} {k}: recorded {v!r}, here {fields[k]!r}"
            yield from compare_rows(want.visible(), rows, f"pane {pane}", lambda row, a, b, pane=pane:
                                    self.player.may_differ("GetPaneRenderChangesResponse", pane, f"row {row}", a, b))

    def count(self):
        tally = self.player.tally
        for want in self.wanted.values():
            tally.compared["GetPaneRenderChangesResponse"] += len(want.fields)
            for row in want.visible().values():
                tally.compared["GetPaneRenderChangesResponse"] += 2 * len(row[0]) + 2

    def close(self):
        if self.client is not None:
            self.client.close()


# ---- a recording ----

class Player:
    """rules: what may differ, and why (test_mux_replay.py)."""

    def __init__(self, server, recording, rules, tally):
        self.server, self.rules, self.tally = server, rules, tally
        self.codec, self.name = recording.codec, recording.name
        self.here = (str(server.home), "/home/dev")
        self.left_out = set()                          # (message, which, field, reason)

    def may_differ(self, name, which, path, want, got):
        """Whether a rule says so; what it let pass is counted once."""
        reason = self.rules.reason(self, name, path, want, got)
        if reason:
            self.left_out.add((name, which, path, reason))
        return reason is not None

    def differ(self, text):
        self.tally.differences.append(f"{self.name}: {text}")

    def told(self, rows, cursor, cols):
        """What programs print of what they were sent, where the rules say that this is sent in another form."""
        substitutions = self.rules.retold(self)
        if not substitutions or sorted(rows) != list(range(len(rows))):
            return rows, cursor
        rows, cursor, changed = retell(rows, cursor, cols, [(p, t) for p, t, _ in substitutions])
        for _, _, why in substitutions if changed else ():
            self.left_out.add(("GetPaneRenderChangesResponse", cursor, "text", why))
        return rows, cursor

    def check_numbers(self, view, pdu):
        """4.5: rows' numbers lie in 1..=the push's, and that never falls."""
        if pdu["seqno"] < view.last_seqno or any(not 1 <= line["seqno"] <= pdu["seqno"] for line in pdu["lines"]["rows"].values()):
            self.differ(f"bad sequence numbers in {pdu}")
        view.last_seqno = pdu["seqno"]

    def play(self, parties):
        """Several recorded connections at a time."""
        frames = sorted(((p.offset + f.t, n, i) for n, p in enumerate(parties) for i, f in enumerate(p.frames)),
                        key=lambda x: x[0])
        for _, n, i in frames:
            party = parties[n]
            f = party.frames[i]
            if party.client is None:
                party.client = Client(self.server.socket, codec=self.codec)
                party.client.serial = 2 << 20          # of questions of our own
            if f.dir == ">":
                if party.quiet_since is not None and f.t - party.quiet_since >= QUIET_MS and not party.asked:
                    self.settle(parties, f)
                party.client.send_raw(muxwire.frame(f.serial, f.ident, f.body.replace(self.here[1].encode(), self.here[0].encode())))
                self.wait_raw(party, f)
                party.asked[f.serial] = f
                if f.name == "SetFocusedPane":
                    party.focus = f.body[0]
                if f.name == "SetClientId" and f.body[-1:] != b"\1":
                    party.registered = True
                continue
            party.quiet_since = f.t
            if f.serial == 0:
                self.recorded_push(party, f)
            else:
                self.answer(party, i, f, party.asked.pop(f.serial))
        self.settle(parties, None)
        for p in parties:
            self.compare_events(p)
        for name, _, _, reason in self.left_out:
            self.tally.skip(name, reason)
        self.left_out.clear()

    def wait_raw(self, party, f):
        """A command line that turns the echo off: what is typed before it does would be echoed. People are slower."""
        if f.name != "WriteToPane" or b"stty raw -echo" not in f.body:
            return
        tty = party.client.pane(f.body[0])["tty_name"]
        fd = os.open(tty, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            end = time.monotonic() + PATIENCE
            # Of all that "raw" is, the shell's own line editor leaves this as it was.
            while termios.tcgetattr(fd)[1] & termios.OPOST and time.monotonic() < end:
                party.client.read_some(0.01)
        finally:
            os.close(fd)

    def recorded_push(self, party, f):
        pdu = party.decode(f)
        if not party.registered:
            self.tally.skip(pdu.name, "a push to a command line, which ignores it (4.8)", size_of(pdu))
        elif f.ident == RENDER:
            view = party.wanted.setdefault(pdu["pane_id"], View(None))
            view.render(pdu)
            self.tally.skip(pdu.name, "numbers of rows (golden README; their order is checked)", 1 + len(pdu["lines"]["rows"]))
            self.tally.skip(pdu.name, "which rows came as ranges (golden README)", 2 * len(pdu["dirty"]))
            if pdu["input_serial"] is not None:
                party.serials.append(pdu["input_serial"])
        else:
            if f.name == "PaneRemoved":
                party.wanted.pop(pdu["pane_id"], None)
            pdu.asked, pdu.focus = party.author(f), party.focus
            party.events.append(pdu)

    # -- answers --

    def answer(self, party, index, f, request):
        want = party.decode(f)
        got = party.client.wait(f.serial, PATIENCE)
        end = time.monotonic() + PATIENCE
        while True:
            found = self.differences(want, got, request, id(f))
            if not found or request.ident not in ASK_AGAIN or time.monotonic() > end or self.racing(party, index, f, found):
                break
            party.client.read_some(0.02)
            party.ask += 1
            party.client.send_raw(muxwire.frame(party.ask, request.ident, request.body.replace(*(h.encode() for h in self.here[::-1]))))
            got = party.client.wait(party.ask, PATIENCE)
        if found and self.racing(party, index, f, found):
            self.tally.skip(want.name, "taken while a program was drawing (golden README)", size_of(want))
            return
        for d in found:
            self.differ(f"{request!r} -> {d}")
        self.tally.compared[want.name] += max(1, size_of(want)) if want.name != "GetLinesResponse" else sum(
            2 * len(r[0]) + 2 for r in rows_of(want["lines"], None).values())
        party.take_pushes()

    def racing(self, party, index, f, found):
        """A program was drawing when this was recorded: the next push came without a request between."""
        if f.name not in ("GetLinesResponse", "ListPanesResponse"):
            return False
        for g in party.frames[index + 1:]:
            if g.t - f.t > QUIET_MS:
                return False
            if g.serial == 0 and g.ident == RENDER:
                return True
        return False

    def differences(self, want, got, request, which):
        if want.name != got.name:
            return [] if self.may_differ(want.name, which, "", want, got) else [f"recorded {want}, here {got}"]
        if want.name == "GetLinesResponse":
            here = edge_rows(rows_of(got["lines"], self.here))
            here = self.told(here, (0, 0), 80)[0]
            recorded, here, found = self.rules.screen(self, rows_of(want["lines"], None), here)
            found += list(compare_rows(recorded, here, "", lambda row, a, b: self.may_differ(want.name, which, f"row {row}", a, b)))
            more = {r for r in set(here) - set(recorded) if here[r][0]}
            if more:
                found.append(f"rows {sorted(more)} were not recorded")
            if any(line["seqno"] < 1 for line in got["lines"]["rows"].values()):
                found.append("a row without a sequence number")
            return found
        name = want.name
        want, got = self.rules.normal(name, dict(want), None), self.rules.normal(name, dict(got), self.here)
        return [f"{path}: recorded {a!r}, here {b!r}" for path, a, b in compare(want, got)
                if not self.may_differ(name, which, path, a, b)]

    # -- pushes --

    def settle(self, parties, before):
        """Until every client knows what the recorded ones knew."""
        end = time.monotonic() + PATIENCE
        while True:
            found, late = [], False
            for p in parties:
                if p.client is None:
                    continue
                try:
                    while p.client.read_some(0):
                        pass
                except Closed:
                    self.differ("the server closed the connection")
                    return
                p.take_pushes()
                found += p.differences()
                late |= len(self.rules.told(p.here_events)) < len(self.rules.told(self.rules.recorded_events(p.events)[0]))
            # What comes late only delays; compare_events says so when it never comes.
            if not found and (not late or time.monotonic() > end - PATIENCE + 1):
                break
            if time.monotonic() > end:
                for d in found:
                    self.differ(f"before {before!r} at {before.t if before else 'the end'}: {d}")
                # What differs is told once, not again before each request.
                for p in parties:
                    p.wanted = {}
                return
            for p in parties:
                if p.client is not None and p.registered:
                    p.client.read_some(0.01)
        for p in parties:
            p.count()

    def compare_events(self, p):
        (want, skipped), end = self.rules.recorded_events(p.events), time.monotonic() + PATIENCE
        for e, why in skipped:
            self.tally.skip(e.name, why, size_of(e))
        while True:
            p.take_pushes()
            got = p.here_events
            found = list(self.rules.compare_events(want, got))
            if not found or time.monotonic() > end:
                break
            p.client.read_some(0.02)
        for e in want:
            self.tally.compared[e.name] += size_of(e)
        for d in found:
            self.differ(d)
        # Keys that are pressed in one moment may share a push, the last one's.
        if p.serials and p.registered:
            self.tally.compared["GetPaneRenderChangesResponse"] += len(p.serials)
            if set(p.here_serials) - set(p.serials) or (p.here_serials or [None])[-1] != p.serials[-1]:
                self.differ(f"input serials: recorded {p.serials[-3:]}, here {p.here_serials[-3:]}")

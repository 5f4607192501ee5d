#!/usr/bin/python3
"""pyte_diff.py LINES [ROUNDS [SEED]]: the engine beside pyte, over random streams.

LINES (lines.c) makes the streams and tells the engine's screen after each item; pyte gets the same bytes and must show
the same text, cursor, attributes and colours. What the two are known to differ in, and who says that we are right, stands
in RULES and nowhere else. A difference that is not there is shown with the shortest stream that has it.
"""
import subprocess
import sys

import pyte
import pyte.graphics

# rule (see lines.c), what differs, source of ours
RULES = [
    ("ALTBUF", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("ALTBUF_47", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("ALTBUF_1047", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("CBT", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("CHT", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DCS", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECBI", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECDC", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECDWL", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECFI", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECIC", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECLRMM", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECSCA", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECSED", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECSEL", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECSLRM", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("DECSTR", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("EMOJI", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("OSC_LINK", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("REP", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("SD", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("SGR_HALF", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("SGR_UNDERLINE", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("SL", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("SR", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("SS2", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("SU", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("UNKNOWN", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("UNKNOWN_STRING", "pyte does not know it, and prints some of it", "xterm ctlseqs"),
    ("SCS_GRAPHICS", "pyte has character sets only where text is not UTF-8", "xterm"),
    ("SCS_UK", "the same", "xterm"),
    ("SCS_G1", "the same", "xterm"),
    ("SO_SI", "the same", "xterm"),
    ("SGR_BRIGHT", "pyte says bold for bright", "xterm ctlseqs, SGR 90-107"),
    ("DECSC", "pyte keeps a stack of saved cursors", "VT510, DECSC"),
    ("DECRC", "the same", "VT510, DECRC"),
    ("NEL", "pyte does not go to the first column", "ECMA-48 8.3.86"),
    ("HPA", "pyte takes 0 as nothing", "ECMA-48 8.3.57"),
    ("DECSTBM", "with pyte moves and line feeds outside the margins go into them", "VT510, DECSTBM; xterm"),
    ("DECALN", "pyte leaves the cursor and each cell's rendition", "VT510; xterm"),
    ("DECOM", "pyte fails where no margins are set", "VT510, DECOM"),
    ("DECSCNM", "pyte tells it by each cell, we as a mode", "VT510, DECSCNM"),
    ("BS@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("HT@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("LF@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("VT_FF@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("IND@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("RI@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("CUU@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("CUD@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("CUF@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("CUB@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("CNL@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("CPL@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("VPA@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("VPR@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("HPR@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("EL@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("ED@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("ECH@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("ICH@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("DCH@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("IL@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("DL@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("DCH/ICH", "pyte keeps what is pushed out at the right and brings it back", "VT510, ICH: it is lost"),
    ("DCH/IRM", "the same", "VT510, IRM"),
    ("DECAWM", "with pyte the cursor is past the last column although it cannot wrap", "VT510, DECAWM"),
    ("IRM@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("SGR_RESET@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("TBC@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("HTS@", "with pyte the cursor waits in a column of its own", "DEC STD 070; xterm"),
    ("COMBINING", "pyte composes (NFC); we keep every code point", "UAX #29: a cluster is what was printed"),
    ("WIDE", "pyte draws half of a wide character in the last column", "xterm"),
]

BOLD, UNDERLINE, ITALIC, REVERSE, STRIKE = 1, 7 << 2, 1 << 7, 1 << 8, 1 << 9
NAMES = ["black", "red", "green", "brown", "blue", "magenta", "cyan", "white"]


def colour(v):
    """The ways in which pyte may say an engine's colour."""
    kind, v = v >> 24, v & 0xffffff
    if kind == 0:
        return {"default"}
    if kind == 2:
        return {f"{v:06x}"}
    ret = {pyte.graphics.FG_BG_256[v]}
    if v < 8:
        ret.add(NAMES[v])
    elif v < 16:
        ret |= {"bright" + NAMES[v - 8], NAMES[v - 8]}
    return ret


class Screens:
    def __init__(self, rows, cols):
        self.rows, self.cols = rows, cols
        self.screen = pyte.Screen(cols, rows)
        self.stream = pyte.ByteStream(self.screen)

    def feed(self, data):
        self.stream.feed(data)

    def differs(self, state):
        """What differs from the engine's screen, or None."""
        words = state.split(" ")
        x, y = int(words[0]), int(words[1])
        cursor = self.screen.cursor
        if (x, y) != (min(cursor.x, self.cols - 1), cursor.y):
            return f"cursor {x},{y}, pyte {cursor.x},{cursor.y}"
        for i, word in enumerate(words[2:]):
            text, width, attrs, fg, bg = word.split(",")
            ours = bytes.fromhex(text).decode() or " "
            attrs, fg, bg = int(attrs, 16), int(fg, 16), int(bg, 16)
            cx, cy = i % self.cols, i // self.cols
            cell = self.screen.buffer[cy][cx]
            if width == "0":
                ours = ""
            at = f"cell {cx},{cy}: "
            if ours != cell.data:
                return at + f"{ours!r}, pyte {cell.data!r}"
            if width == "0":
                continue
            blank = not text
            for name, mask, seen in (("bold", BOLD, cell.bold), ("underline", UNDERLINE, cell.underscore),
                                     ("italic", ITALIC, cell.italics), ("reverse", REVERSE, cell.reverse),
                                     ("strike", STRIKE, cell.strikethrough)):
                if not blank and bool(attrs & mask) != seen:
                    return at + f"{name} {bool(attrs & mask)}, pyte {seen}"
            if not blank and cell.fg not in colour(fg):
                return at + f"fg {colour(fg)}, pyte {cell.fg}"
            # Lines that pyte scrolls in have no background (we: back_color_erase, as xterm).
            if not blank and cell.bg not in colour(bg):
                return at + f"bg {colour(bg)}, pyte {cell.bg}"
        return None


def final(lines, rows, cols, items):
    """What differs after all these items."""
    state = subprocess.run([lines, "feed", str(rows), str(cols)], input="".join(i.hex() + "\n" for i in items), text=True,
                           check=True, capture_output=True).stdout.rstrip("\n")
    screens = Screens(rows, cols)
    for item in items:
        screens.feed(item)
    return screens.differs(state), state, screens


def explain(lines, rows, cols, items):
    less = True
    while less:
        less = False
        for i in reversed(range(len(items))):
            rest = items[:i] + items[i + 1:]
            if final(lines, rows, cols, rest)[0]:
                items, less = rest, True
    what, state, screens = final(lines, rows, cols, items)
    data = b"".join(items).decode(errors="replace").replace("\x1b", "\\e")
    print(f"  size {rows} {cols}\n  in {data!r}\n  {what}")
    cells = [bytes.fromhex(w.split(",")[0]).decode() or " " * (w.split(",")[1] != "0") for w in state.split(" ")[2:]]
    for y in range(rows):
        print(f"    |{''.join(cells[y * cols:(y + 1) * cols])}|  |{screens.screen.display[y]}|")


def run(lines, seed, count):
    out = subprocess.run([lines, "stream", str(seed), str(count), *[r[0] for r in RULES]], check=True, capture_output=True,
                         text=True).stdout.splitlines()
    rows, cols = map(int, out[0].split())
    screens, items = Screens(rows, cols), []
    for head, state in zip(out[1::2], out[2::2]):
        kind, data = head.split(" ")
        items.append(bytes.fromhex(data))
        screens.feed(items[-1])
        what = screens.differs(state)
        if what:
            print(f"seed {seed}, item {len(items)} ({kind}): {what}")
            explain(lines, rows, cols, items)
            return False
    return True


def main():
    lines, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 60
    first, bad = int(sys.argv[3]) if len(sys.argv) > 3 else 1, 0
    for i in range(rounds):
        bad += not run(lines, first + i, 120)
        if bad == 20:
            break
    print(f"{rounds} streams beside pyte, {bad} of them differ")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())

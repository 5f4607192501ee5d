#!/usr/bin/python3
"""dump.py TOOL [VTERM [SEEDS]]: the dump of our screen shows the same screen in pyte and,
when its tool is given, in libvterm.

Output is made from seeds, of what all know: text with wide characters, colours,
erasing, scrolling, the alternate screen, modes. Ours is compared with what the others
make of our dump, not with what they make of the output. Known differences, left out:

- pyte breaks a line only when the cursor is past the last column, so a wide character
  that does not fit is cut in half; such a character is not put there.
- pyte prints what comes after a colon in a sequence, which ECMA-48 allows for parameters:
  neither curly underlines nor underline colours.
- pyte does not reverse the screen (DECSCNM) but the cells that are there.
- pyte has no rapid blinking, overline, double underline, links (ignored), nor the
  alternate screen: it shows what comes last, and so the same.
- libvterm (0.1.4) loses a mark whose ASCII character stands in the last column, once a set
  has been designated, and what waits at a right margin.
- libvterm knows no half intensity, no underline colour, no dotted and dashed underline.
"""
import random
import subprocess
import sys

import pyte

ROWS, COLS = 8, 30
NAMES = ["black", "red", "green", "brown", "blue", "magenta", "cyan", "white"]
BOLD, HALF, UNDERLINE, ITALIC, REVERSE, STRIKE = 1, 2, 7 << 2, 1 << 7, 1 << 8, 1 << 9


COMMON = ["\x1b[m", "\x1b]8;;http://x/\x1b\\", "\x1b]8;;\x1b\\", "\x1b[?1h", "\x1b[?2004h", "\x1b[?1002h", "\x1b=",
          "\x1b[?25l", "\x1b[?25h", "\x1b[4 q", "\x1b[2;6r", "\x1b[r", "\x1b7", "\x1b[?1049h", "\x1b[?1049l", "\x1b[3g",
          "\x1b[4h", "\x1b[4l", "\x1b(0", "\x1b(B", "\x1b[>5u", "\x1b[>4;2m", "\x1b]2;title\x1b\\",
          "\x1b]4;1;#123456\x1b\\", "\x1b[?6h", "\x1b[?6l"]
NOT_PYTE = ["\x1b[4:3m", "\x1b[58:2::1:2:3m", "\x1b[21m", "\x1b[5m", "\x1b[?5h", "\x1b8",
            "\x1b[3S", "\x1b[2T", "\x1b[8;28H한국어", "\x1b[2 q", "\x1b[5 q", "\x1b[?7l", "\x1b[?7h"]
WIDE = "中日本語한"


def output(seed, more):
    rnd = random.Random(seed)
    out = []
    for _ in range(rnd.randrange(5, 80)):
        match rnd.randrange(15):
            case 0:
                out.append("\r\n")
            case 1:
                out.append(f"\x1b[{rnd.randrange(1, ROWS + 1)};{rnd.randrange(1, COLS - 8)}H")
            case 2:
                out.append("\x1b[" + ";".join(str(rnd.choice([0, 1, 3, 4, 7, 9, 22, 23, 24, 27, 29]))
                                             for _ in range(rnd.randrange(1, 3))) + "m")
            case 3:
                out.append(f"\x1b[{rnd.choice([30, 40]) + rnd.randrange(8)}m")
            case 4:
                out.append(f"\x1b[{rnd.choice([38, 48])};5;{rnd.randrange(16, 256)}m")
            case 5:
                out.append("\x1b[%d;2;%d;%d;%dm" % (rnd.choice([38, 48]), *(rnd.randrange(256) for _ in range(3))))
            case 6:
                out.append(f"\x1b[{rnd.randrange(3)}{rnd.choice('JK')}")
            case 7:
                out.append(f"\x1b[{rnd.randrange(1, 6)}{rnd.choice('XP@LM')}")
            case 8:
                out.append(rnd.choice(COMMON))
            case 9:
                out.append(f"\x1b[{rnd.randrange(1, ROWS + 1)};1H" +
                           "".join(rnd.choice(WIDE) for _ in range(rnd.randrange(1, 6))))
            case 10:
                out.append("x" * rnd.randrange(20, 70))
            case 11 if more:
                out.append(rnd.choice(NOT_PYTE))
            case _:
                out.append("".join(chr(rnd.randrange(32, 127)) for _ in range(rnd.randrange(1, 15))))
    return "".join(out).encode()


def color(c, default):
    kind, v = c >> 24, c & 0xffffff
    if kind == 0:
        return default
    if kind == 2:
        return f"{v:06x}"
    if v < 8:
        return NAMES[v]
    return "bright" + NAMES[v - 8] if v < 16 else pyte.graphics.FG_BG_256[v]


def parse(text):
    """{(x, y): (text, width, attributes, foreground, background)} and the cursor's line."""
    cells, cursor = {}, None
    for line in text.split("\n"):
        kind, _, rest = line.partition(" ")
        if kind == "cursor":
            cursor = list(map(int, rest.split()))
        elif kind == "cell":
            x, y, width, attrs, fg, bg, text = rest.split(" ", 6)
            cells[int(x), int(y)] = (text, int(width), int(attrs, 16), int(fg, 16), int(bg, 16))
    return cells, cursor


def ours(tool, data, flags, scrollback):
    run = subprocess.run([tool, str(ROWS), str(COLS), str(flags), str(scrollback)], input=data, capture_output=True,
                         check=True)
    head, dump = run.stdout.split(b"\ndump\n", 1)
    return *parse(head.decode()), dump


def in_words(cells):
    """As pyte tells them. It draws blanks with their attributes too, and knows no half intensity."""
    ret = {}
    for (x, y), (text, width, a, fg, bg) in cells.items():
        ret[x, y] = (text, color(fg, "default"), color(bg, "default"), a & 3 == BOLD, bool(a & ITALIC),
                     bool(a & UNDERLINE), bool(a & STRIKE), bool(a & REVERSE))
        if width == 2:
            ret[x + 1, y] = None
    return ret


BLANK = (" ", "default", "default", False, False, False, False, False)


def theirs(dump):
    screen = pyte.HistoryScreen(COLS, ROWS, history=1000)
    pyte.ByteStream(screen).feed(dump)
    cells = {}
    for y in range(ROWS):
        for x in range(COLS):
            c = screen.buffer[y][x]
            cells[x, y] = (c.data, c.fg, c.bg, c.bold, c.italics, c.underscore, c.strikethrough, c.reverse)
    return cells, screen


def differences(want, got):
    for y in range(ROWS):
        for x in range(COLS):
            w, g = want.get((x, y), BLANK), got[x, y]
            # The right half of a wide character.
            if w is None:
                w, g = "", g[0]
            if w != g:
                yield x, y, w, g


def report(seed, flags, bad, data, dump):
    if bad:
        print(f"seed {seed}, flags {flags}: {len(bad)} differences, the first {bad[0]}\n  output {data!r}\n  dump {dump!r}")
    return not bad


def check_pyte(tool, seed, flags, scrollback):
    data = output(seed, False)
    want, (x, y, _, visible), dump = ours(tool, data, flags, scrollback)
    got, screen = theirs(dump)
    bad = list(differences(in_words(want), got))
    at = min(screen.cursor.x, COLS - 1), screen.cursor.y, not screen.cursor.hidden
    if at != (x, y, bool(visible)):
        bad.append(("cursor", (x, y, visible), at))
    return report(seed, flags, bad, data, dump)


def check_vterm(tool, vterm, seed, flags, scrollback):
    data = output(seed, True)
    want, cursor, dump = ours(tool, data, flags, scrollback)
    run = subprocess.run([vterm, str(ROWS), str(COLS)], input=dump, capture_output=True, check=True)
    got, at = parse(run.stdout.decode())
    known = BOLD | UNDERLINE | 1 << 5 | ITALIC | REVERSE | STRIKE
    # DECSCNM turns every cell round there.
    turned = REVERSE if reversed_screen(dump) else 0
    bad = []
    for place in sorted(set(want) | set(got)):
        w = want.get(place, (" ", 1, 0, 0, 0) if want.get((place[0] - 1, place[1]), (0, 0))[1] != 2 else None)
        g = got.get(place)
        if w:
            w = w[:2] + (w[2] & known,) + w[3:]
        if g:
            g = g[:2] + (g[2] ^ turned,) + g[3:]
        if w and g and w[0] == g[0] == " ":
            w, g = seen(w), seen(g)
        if w != g:
            bad.append((place, w, g))
    if cursor[:2] != at[:2] or cursor[3] != at[3]:
        bad.append(("cursor", cursor, at))
    return report(seed, flags, bad, data, dump)


def seen(blank):
    text, width, attrs, _, bg = blank
    return text, width, attrs & (UNDERLINE | REVERSE | STRIKE), bg


def reversed_screen(dump):
    return b"\x1b[?5h" in dump


def main():
    tool, vterm = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 150
    failed = 0
    for seed in range(seeds):
        how = seed % 4, (0, 0, 5)[seed % 3]
        failed += not check_pyte(tool, seed, *how)
        if vterm:
            failed += not check_vterm(tool, vterm, seed, *how)
    print(f"{seeds} screens in pyte{' and libvterm' if vterm else ''}, {failed} differ")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

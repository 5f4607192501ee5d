#!/usr/bin/env python3
"""Generate src/vt/terminfo.c, what XTGETTCAP tells, from a terminfo entry in source form.

    infocmp -1x xterm-256color | tools/terminfo.py > src/vt/terminfo.c

The entry is that of Debian's ncurses-base 6.4. Strings are told as the bytes that a
terminal sends or takes, so \\E and ^H and the like are undone here; parameters
(%p1%d) stay as they are written.
"""
import re
import sys

SINGLE = {"E": 27, "e": 27, "n": 10, "l": 10, "r": 13, "t": 9, "b": 8, "f": 12, "s": 32, "0": 0x80}


def decode(text):
    """Bytes of a terminfo string."""
    out = bytearray()
    for m in re.finditer(r"\\([0-7]{3})|\\(.)|\^(.)|(.)", text, re.S):
        if m[1]:
            out.append(int(m[1], 8))
        elif m[2]:
            out.append(SINGLE.get(m[2], ord(m[2])))
        elif m[3]:
            out.append(127 if m[3] == "?" else ord(m[3].upper()) ^ 64)
        else:
            out += m[4].encode("ascii")
    return bytes(out)


def read(lines):
    """{name: value}; a boolean's value is empty, a number's is its decimal digits."""
    caps = {}
    for line in lines:
        m = re.fullmatch(r"\t([A-Za-z0-9_]+)(?:([=#])(.*))?,\n?", line)
        if not m:
            continue
        if m[2] == "#":
            caps[m[1]] = str(int(m[3], 0)).encode()
        else:
            caps[m[1]] = decode(m[3]) if m[2] else b""
    return caps


def quoted(value):
    return "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in value)


def main():
    caps = read(sys.stdin)
    assert len(caps) > 200, "that is no whole entry"
    print("/* Made by tools/terminfo.py from the terminfo entry xterm-256color; do not edit. */")
    print('#include "vt/terminfo.h"\n')
    print("const char vt_terminfo[] =")
    for name, value in sorted(caps.items()):
        assert b"\0" not in value
        print(f'\t"{name}\\0" "{quoted(value)}\\0"')
    print('\t"";')


if __name__ == "__main__":
    main()

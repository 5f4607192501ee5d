#!/usr/bin/python3
"""states.py PROGRAM PROGRAM...: builds of vt_states (states.c) that must end up in the same states on the same streams.

The streams are those of the scripts of this folder, and random ones made of their pieces and of runs of text of every
length, cut anywhere. The programs differ in how the engine was compiled: as it is; with loops that take several bytes at
a time switched off; under AddressSanitizer and UndefinedBehaviorSanitizer.
"""
import base64
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ESCAPES = {"e": b"\x1b", "a": b"\a", "b": b"\b", "t": b"\t", "n": b"\n", "r": b"\r", "0": b"\0", "\\": b"\\", '"': b'"'}
TOKEN = re.compile(r"\\x([0-9a-fA-F]{2})|\\u\{([0-9a-fA-F]+)\}|\\(.)|([^\\]+)")


def decode(text):
    """The bytes that a string of a script stands for."""
    out = b""
    for m in TOKEN.finditer(text):
        if m[1]:
            out += bytes([int(m[1], 16)])
        elif m[2]:
            out += chr(int(m[2], 16)).encode("utf-8", "surrogatepass")
        elif m[3]:
            out += ESCAPES[m[3]]
        else:
            out += m[4].encode()
    return out


def record(letter, *numbers):
    return letter + struct.pack(f"<{len(numbers)}I", *numbers)


def write(data):
    return record(b"W", len(data)) + data


class Scripts:
    """Streams that do what the scripts do; and the pieces of output in them."""

    def __init__(self):
        self.pieces, self.stream, self.states = [], b"", 0
        for path in sorted(HERE.glob("*.vt")):
            for line in path.read_text().splitlines():
                self.command(line.strip())
        self.end()

    def end(self):
        if self.stream:
            self.stream += record(b"C") + record(b"H")
            self.states += 1

    def command(self, line):
        if line.startswith("case "):
            self.end()
            self.stream += record(b"T", 4, 10, 100)
        elif m := re.match(r"size (\d+) (\d+)(?: (\d+))?", line):
            self.stream += record(b"T", int(m[1]), int(m[2]), int(m[3] or 100))
        elif m := re.match(r"resize (\d+) (\d+)", line):
            self.stream += record(b"R", int(m[1]), int(m[2])) + record(b"H")
            self.states += 1
        elif m := re.match(r'(?:in|fill (\d+)) "(.*?)(?<!\\)(?:\\\\)*"', line):
            data = decode(line[line.index('"') + 1:m.end() - 1])
            self.pieces.append(data)
            self.stream += write(data * min(int(m[1] or 1), 2000))


def text(rnd):
    """Runs of text whose ends fall anywhere."""
    kind = rnd.randrange(6)
    n = int(2 ** rnd.uniform(0, 8))
    if kind < 3:
        return bytes(rnd.randrange(0x20, 0x7f) for _ in range(n)) + rnd.choice([b"", b"\r\n", b"\r\n", b"\t"])
    if kind == 3:
        return "".join(chr(rnd.randrange(0x4e00, 0x9fff)) for _ in range(n // 2)).encode() + b"\r\n"
    if kind == 4:
        return "".join(chr(rnd.choice([rnd.randrange(0xa1, 0xd800), rnd.randrange(0x1f000, 0x1fb00)]))
                       for _ in range(n // 4)).encode()
    return bytes(rnd.randrange(256) for _ in range(n // 8))


def string(rnd):
    """A long string of a kind that somebody reads."""
    body = bytes(rnd.randrange(0x20, 0x100 if rnd.randrange(2) else 0x7f) for _ in range(rnd.randrange(3000)))
    kind = rnd.randrange(4)
    if kind == 0:
        return b"\x1b]%d;" % rnd.choice([0, 2, 6, 7, 8, 9, 133, 777]) + body + b"\a"
    if kind == 1:
        return b"\x1b]52;c;" + base64.b64encode(body) + b"\x1b\\"
    if kind == 2:
        return b"\x1bP0;%dq" % rnd.randrange(3) + bytes(rnd.choice(b"#!1234567890$-??@ABCDEFGHIJ~^noxyz\"")
                                                      for _ in range(rnd.randrange(2000))) + b"\x1b\\"
    side = rnd.randrange(1, 40)
    return (b"\x1b_Ga=T,f=32,s=%d,v=%d,i=%d,q=2;" % (side, side, rnd.randrange(1, 5)) +
            base64.b64encode(bytes(rnd.randrange(256) for _ in range(side * side * 4))) + b"\x1b\\")


def random_stream(seed, pieces):
    rnd = random.Random(seed)
    out = record(b"T", rnd.choice([1, 5, 24, 50]), rnd.choice([1, 7, 16, 17, 80, 80, 132, 133]), rnd.choice([0, 50, 3000]))
    states = 0
    for _ in range(40):
        data = b"".join(rnd.choice([lambda: rnd.choice(pieces), lambda: text(rnd), lambda: text(rnd),
                                    lambda: b"\x1b[%d;%dH" % (rnd.randrange(60), rnd.randrange(140)),
                                    lambda: b"\x1b[%dm" % rnd.randrange(108),
                                    lambda: string(rnd) if rnd.randrange(8) == 0 else b"\r\n"])()
                        for _ in range(60))
        while data:
            n = rnd.choice([1, 2, 3, 15, 16, 17, 100, 4096])
            out += write(data[:n])
            data = data[n:]
        if rnd.randrange(4) == 0:
            out += record(b"R", rnd.choice([1, 5, 24, 50]), rnd.choice([1, 7, 16, 17, 79, 80, 132, 133]))
        if rnd.randrange(4) == 0:
            out += record(b"C")
        out += record(b"H")
        states += 1
    return out, states


def main():
    programs = sys.argv[1:]
    scripts = Scripts()
    stream, states = scripts.stream, scripts.states
    for seed in range(12):
        more, n = random_stream(seed, scripts.pieces)
        stream += more
        states += n
    with tempfile.NamedTemporaryFile() as f:
        f.write(stream)
        f.flush()
        seen = [subprocess.run([p, f.name], stdin=subprocess.DEVNULL, capture_output=True, text=True) for p in programs]
    failed = False
    for program, r in zip(programs, seen):
        name = pathlib.Path(program).name
        if r.returncode != 0:
            print(f"{name} ended with {r.returncode}\n{r.stderr[-3000:]}")
            failed = True
        elif len(r.stdout.splitlines()) != states or len(set(r.stdout.splitlines())) < states // 2:
            print(f"{name} printed {len(r.stdout.splitlines())} states of {states}, or all the same")
            failed = True
        elif r.stdout != seen[0].stdout:
            at = next(i for i, (a, b) in enumerate(zip(r.stdout.splitlines(), seen[0].stdout.splitlines())) if a != b)
            print(f"{name} differs from {pathlib.Path(programs[0]).name} in state {at} of {states}")
            failed = True
    print(f"{states} states after {len(stream)} bytes, in {len(programs)} builds")
    print("1 script failed" if failed else "1 script passed")
    sys.exit(failed or len(programs) < 2)


main()

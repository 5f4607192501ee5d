#!/usr/bin/env python3
"""Packs recorded conversations into frames.txt and conversations.txt.

usage: pack.py FOLDER RECORDING.json...

A recording is a scenario against the real programs: steps, each with
connections, each a list of frames (ident, body in hex). Every different body is
kept once, a line each in FOLDER/frames.txt:

    CODECS IDENT BODY

CODECS: the codecs it was recorded with, joined by commas. BODY: hex, in which
"text" stands for plain cells of that text, each 01 CHARACTER 00 00 00 00; an
empty body is -.

FOLDER/conversations.txt says who sent which of them when:

    # CODEC/SCENARIO VERSION      a recording begins
    step {...}                    a command line (argv, exit, stdout, ...) or a client (client)
    connection                    one of the step
    > SERIAL LINE MS              a frame to the server, the body in that line of frames.txt (from 1),
    < SERIAL LINE MS              one to the client; MS since the connection began
"""
import json
import os
import re
import sys

PLAIN_CELLS = re.compile(r"(?:01(?!22)(?:[2-6][0-9a-f]|7[0-9a-e])00000000){2,}")


def shorten(body):
    def text(match):
        return '"' + bytes.fromhex(match.group(0))[1::6].decode() + '"'

    # Matches must begin on a byte; an odd position is searched again one digit on.
    out, at = [], 0
    while match := PLAIN_CELLS.search(body, at):
        if match.start() % 2:
            out.append(body[at:match.start() + 1])
            at = match.start() + 1
            continue
        out += [body[at:match.start()], text(match)]
        at = match.end()
    return "".join(out) + body[at:] or "-"


def main():
    folder, recordings, seen = sys.argv[1], [], {}
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as f:
            recordings.append(json.load(f))
        for step in recordings[-1]["steps"]:
            for connection in step["connections"]:
                for frame in connection:
                    seen.setdefault((frame["ident"], frame["body"]), set()).add(recordings[-1]["codec"])
    lines = {}
    with open(os.path.join(folder, "frames.txt"), "w", encoding="utf-8") as out:
        for number, ((ident, body), codecs) in enumerate(sorted(seen.items()), 1):
            lines[ident, body] = number
            print(",".join(map(str, sorted(codecs))), ident, shorten(body), file=out)
    with open(os.path.join(folder, "conversations.txt"), "w", encoding="utf-8") as out:
        for r in recordings:
            print(f"# {r['codec']}/{r['scenario']} {r['version']}", file=out)
            for step in r["steps"]:
                print("step", json.dumps({k: v for k, v in step.items() if k != "connections"}), file=out)
                for connection in step["connections"]:
                    print("connection", file=out)
                    for f in connection:
                        print(f["dir"], f["serial"], lines[f["ident"], f["body"]], f["t"], file=out)


main()

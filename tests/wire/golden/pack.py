#!/usr/bin/env python3
"""Packs recorded conversations into frames.txt.

usage: pack.py RECORDING.json... > frames.txt

A recording is a scenario against the real programs: steps, each with
connections, each a list of frames (ident, body in hex). Every different body is
kept once, one line each:

    CODECS IDENT BODY

CODECS: the codecs it was recorded with, joined by commas. BODY: hex, in which
"text" stands for plain cells of that text, each 01 CHARACTER 00 00 00 00; an
empty body is -.
"""
import json
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
    seen = {}
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as f:
            recording = json.load(f)
        for step in recording["steps"]:
            for connection in step["connections"]:
                for frame in connection:
                    seen.setdefault((frame["ident"], frame["body"]), set()).add(recording["codec"])
    for (ident, body), codecs in sorted(seen.items()):
        print(",".join(map(str, sorted(codecs))), ident, shorten(body))


main()

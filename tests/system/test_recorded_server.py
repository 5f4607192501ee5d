"""The terminal client, as `lace connect` runs it, against a real wezterm server: what that one said, recorded, answers it.

Every client connection of the recordings is a screen: the client must draw it. Codec 43 and 45 are derived: 44's bodies
under another number, which is all that a screen can tell of the difference. LACE_ATTACH names the program under test.
"""
import os
import socket
import sys
import threading
import time

import pytest

import muxwire
import recordings
from conftest import TOP
from muxwire import Reader, Short, frame, sleb, string, uleb
from replay import View, row_text
from terminal import PREFIX, Terminal

ATTACH = os.environ.get("LACE_ATTACH", str(TOP / "build" / "tests" / "system" / "attach"))
PIPE = r"""
import os, select, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
while True:
    for fd in select.select([0, s], [], [])[0]:
        data = os.read(0, 65536) if fd == 0 else s.recv(65536)
        if not data:
            sys.exit()
        s.sendall(data) if fd == 0 else os.write(1, data)
"""


def raw_lines(body, at):
    """{row: the bytes of that line} of SerializedLines that begin at an offset; and where its lines end."""
    r = Reader(body)
    r.at, found = at, {}
    for _ in range(r.u()):
        row = r.s()
        begin = r.at
        muxwire.r_line(r)
        found[row] = body[begin:r.at]
    return found


class RecordedServer:
    """What a client is told by the server of one recorded connection, at its end: of the pane that was drawn last."""

    def __init__(self, path, frames, codec):
        self.codec, self.asked, self.lines, self.pushes = codec, [], {}, []
        self.answers = {f.ident: f.body for f in frames if f.dir == "<" and f.serial}
        renders = [f.body for f in frames if f.dir == "<" and f.ident == 25]
        # A client that lists the panes must find it: some were made after the recorded one had listed.
        listed = {e["pane_id"] for t in muxwire.decode(4, 0, self.answers[4])["tabs"] for e in muxwire.leaves(t)}
        self.pane = [pane for pane in map(lambda body: Reader(body).u(), renders) if pane in listed][-1]
        self.view = View(None)
        for body in renders:
            push = muxwire.decode(25, 0, body)
            if push["pane_id"] != self.pane:
                continue
            self.pushes.append(body)
            self.view.render(push)
            r = Reader(body)
            r.u(), r.byte()
            begin = r.at
            muxwire.r_cursor(r), muxwire.r_dims(r)
            self.where = body[begin:r.at]
            r.vec(lambda: muxwire.r_range(r)), r.text(), r.opt(r.text)
            self.lines.update(raw_lines(body, r.at))
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        threading.Thread(target=self.serve, daemon=True).start()

    def size(self):
        return self.view.fields["dimensions.viewport_rows"], self.view.fields["dimensions.cols"]

    def answer(self, ident, body):
        """(pushes that come first, ident and body of the answer)"""
        if ident == 26:
            return [], 27, uleb(self.codec) + string("20990101-000000-recorded") + string("/bin/x") + b"\0"
        if ident == 3:
            return [], 4, self.answers[4]
        if ident == 41:
            return [], 42, uleb(0)
        if ident == 51:
            return [], 52, uleb(self.pane) + self.where
        if ident == 24:
            return self.pushes, 30, uleb(self.pane) + b"\1"
        if ident == 22:
            r = Reader(body)
            r.u()
            rows = sorted({row for a, b in r.vec(lambda: muxwire.r_range(r)) for row in self.lines if a <= row < b})
            return [], 23, uleb(self.pane) + uleb(len(rows)) + b"".join(sleb(row) + self.lines[row] for row in rows) + b"\0\0"
        if ident > 62:
            return [], 0, string("Error: invalid PDU Invalid { ident: %d }" % ident)
        return [], 10, b""

    def serve(self):
        s, _ = self.listener.accept()
        with s:
            data = b""
            while got := s.recv(65536):
                data += got
                while True:
                    r = Reader(data)
                    try:
                        length = r.u()
                        body = Reader(r.take(length & ~(1 << 63)))
                    except Short:
                        break
                    data = data[r.at:]
                    serial, ident = body.u(), body.u()
                    rest = body.data[body.at:]
                    self.asked.append((ident, muxwire.decompress(rest) if length >> 63 else rest))
                    pushes, answer, text = self.answer(ident, self.asked[-1][1])
                    try:
                        s.sendall(b"".join(frame(0, 25, p) for p in pushes) + frame(serial, answer, text))
                    except OSError:
                        return


def screens():
    for name, r in recordings.load().items():
        for i, step in enumerate(r.steps):
            # One mouse mode looks like the other.
            frames = step.connections[0] if "client" in step and not ("mouse" in name and i) else []
            listed = [muxwire.decode(4, 0, f.body) for f in frames if f.ident == 4 and f.dir == "<"]
            panes = {e["pane_id"] for t in (listed[-1]["tabs"] if listed else ()) for e in muxwire.leaves(t)}
            if any(f.ident == 25 and f.dir == "<" and f.body[0] in panes for f in frames):
                for codec in ((r.codec,) if r.codec == 42 else (43, 44, 45) if "text" in name else (44,)):
                    yield pytest.param(frames, codec, id=f"{name} {i} codec {codec}")


def packed(text):
    """Without blanks: a wide character has one behind it on one side, and none on the other."""
    return "".join(text.split())


@pytest.mark.parametrize("frames, codec", screens())
def test_the_client_draws_what_a_real_server_says(frames, codec, tmp_path):
    path = str(tmp_path / "sock")
    server = RecordedServer(path, frames, codec)
    rows, cols = server.size()
    t = Terminal([ATTACH, "-p", str(server.pane), "-", sys.executable, "-c", PIPE, path],
                 {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}, rows + 1, cols)
    try:
        want = [packed(row_text(server.view.visible().get(i, ([],)))) for i in range(rows)]
        seen = lambda: [packed(line) for line in t.screen.display[:rows]]     # noqa: E731
        # pyte joins no clusters: what it does not show as one character is compared up to there.
        if any(ord(c) > 0x3000 or 0x300 <= ord(c) < 0x370 or 0x900 <= ord(c) < 0x1000 for line in want for c in line):
            want, whole = [line[:1] for line in want], seen
            seen = lambda: [line[:1] for line in whole()]                    # noqa: E731
        end = time.monotonic() + 10
        while seen() != want and time.monotonic() < end:
            assert t.feed(0.02), t.text
        assert seen() == want
        t.type(PREFIX + "d")
        t.wait()
        assert "[detached" in t.text.replace("\n", ""), t.text
    finally:
        if t.child.isalive():
            t.kill()
        server.listener.close()
    idents = [i for i, _ in server.asked]
    assert idents[:2] == [19521, 26] and not [i for i in idents[2:] if i > 62], "no extension where there is none"
    hello = Reader(next(body for ident, body in server.asked if ident == 40))
    hello.text(), hello.text(), [hello.u() for _ in range(3)]
    assert (hello.at == len(hello.data)) == (codec == 42), "ssh_auth_sock and is_proxy since 43"

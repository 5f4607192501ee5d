"""Just enough of wezterm's mux protocol to test a server: frames, requests, answers.

Independent of src/wire on purpose: a mistake there shall not hide itself here.
"""
import ctypes
import os
import select
import socket
import struct
import time


# ---- primitives ----

def uleb(n):
    out = bytearray()
    while True:
        byte = n & 0x7f
        n >>= 7
        if n == 0:
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def sleb(n):
    out = bytearray()
    while True:
        byte = n & 0x7f
        n >>= 7
        if (n == 0 and not byte & 0x40) or (n == -1 and byte & 0x40):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def string(s):
    data = s.encode() if isinstance(s, str) else s
    return uleb(len(data)) + data


class Short(Exception):
    pass


class Reader:
    def __init__(self, data, codec=44):
        self.data, self.at, self.codec = data, 0, codec

    def byte(self):
        if self.at >= len(self.data):
            raise Short()
        self.at += 1
        return self.data[self.at - 1]

    def u(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def s(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                return value - (1 << shift) if byte & 0x40 else value

    def take(self, n):
        if self.at + n > len(self.data):
            raise Short()
        self.at += n
        return self.data[self.at - n:self.at]

    def text(self):
        return self.take(self.u()).decode()

    def opt(self, f):
        return f() if self.byte() else None

    def vec(self, f):
        return [f() for _ in range(self.u())]

    def rgba(self):
        return struct.unpack("<4f", self.take(16))


# ---- composed types ----

def size(rows, cols, pw=0, ph=0, dpi=96):
    return b"".join(uleb(n) for n in (rows, cols, pw, ph, dpi))


def r_size(r):
    return dict(zip(("rows", "cols", "pixel_width", "pixel_height", "dpi"), (r.u() for _ in range(5))))


def r_cursor(r):
    return {"x": r.u(), "y": r.s(), "shape": r.u(), "visible": r.u()}


def r_dims(r):
    d = {"cols": r.u(), "viewport_rows": r.u(), "scrollback_rows": r.u(), "physical_top": r.s(),
         "scrollback_top": r.s(), "dpi": r.u(), "pixel_width": r.u(), "pixel_height": r.u()}
    d["reverse_video"] = r.byte()
    return d


def r_range(r):
    return (r.s(), r.s())


def r_color(r):
    kind = r.u()
    if kind == 0:
        return ("true+palette", r.rgba(), r.byte())
    if kind == 1:
        return ("true", r.rgba())
    return ("palette", r.byte()) if kind == 2 else ("default",)


def r_hyperlink(r):
    return {"params": {r.text(): r.text() for _ in range(r.u())}, "uri": r.text(), "implicit": r.byte()}


def r_attrs(r):
    a = {"attributes": r.u()}
    for name in ("fg", "bg"):
        a[name] = r.byte() if r.u() else None
    if r.byte():
        a["hyperlink"] = r.opt(lambda: r_hyperlink(r))
        assert r.u() == 0
        a["underline"], a["fat_fg"], a["fat_bg"] = r_color(r), r_color(r), r_color(r)
    return a


def r_line(r):
    line = {"storage": "VC"[r.u()]}
    if line["storage"] == "V":
        cells = [(r.text(), r_attrs(r)) for _ in range(r.u())]
        line["cells"] = [c[0] for c in cells]
        line["text"] = "".join(line["cells"])
        line["runs"] = [(1, c[1]) for c in cells]
    else:
        line["text"] = r.text()
        line["wide"] = [r.u() for _ in range(r.u())]
        line["runs"] = [(r.u(), r_attrs(r)) for _ in range(r.u())]
        line["len"] = r.u()
        r.opt(r.byte)
        assert sum(n for n, _ in line["runs"]) == line["len"]
    for _ in range(r.u()):
        r.u(), r.u(), r.u()
    line["seqno"], line["bits"] = r.u(), r.u()
    return line


def r_lines(r):
    rows = {}
    order = []
    for _ in range(r.u()):
        row = r.s()
        rows[row] = r_line(r)
        order.append(row)
    links = [(r_hyperlink(r), [(r.u(), r.u(), r.u()) for _ in range(r.u())]) for _ in range(r.u())]
    return {"rows": rows, "order": order, "links": links, "images": r.vec(lambda: r_image_cell(r))}


def r_image_cell(r):
    c = {"row": r.s(), "cell": r.u(), "from": struct.unpack("<2f", r.take(8)), "to": struct.unpack("<2f", r.take(8)),
         "hash": r.take(32), "z": r.s(), "padding": tuple(r.u() for _ in range(4))}
    c["image_id"], c["placement_id"] = r.opt(r.u), r.opt(r.u)
    return c


def r_image(r):
    d = {"kind": ("file", "lease", "rgba", "animation")[r.u()]}
    if d["kind"] == "animation":
        d["size"] = (r.u(), r.u())
        d["durations"] = [(r.u(), r.u()) for _ in range(r.u())]
        d["frames"] = [r.take(r.u()) for _ in range(r.u())]
        d["hashes"] = [r.take(32) for _ in range(r.u())]
    else:
        d["data"] = r.take(r.u())
        if d["kind"] == "rgba":
            d["size"], d["data_hash"] = (r.u(), r.u()), r.take(32)
    d["hash"] = r.take(32)
    return d


def r_node(r):
    kind = r.u()
    if kind == 0:
        return None
    if kind == 1:
        left, right = r_node(r), r_node(r)
        return {"split": "HV"[r.u()], "first": r_size(r), "second": r_size(r), "left": left, "right": right}
    e = {"window_id": r.u(), "tab_id": r.u(), "pane_id": r.u(), "title": r.text(), "size": r_size(r),
         "working_dir": r.opt(r.text), "is_active_pane": bool(r.byte()), "is_zoomed_pane": bool(r.byte()),
         "workspace": r.text(), "cursor_pos": r_cursor(r), "physical_top": r.s(), "top_row": r.u(), "left_col": r.u(),
         "tty_name": r.opt(r.text)}
    return e


def leaves(node):
    if node is None:
        return []
    return leaves(node["left"]) + leaves(node["right"]) if "split" in node else [node]


def r_alert(r):
    kind = r.u()
    names = ("Bell", "Toast", "Cwd", "IconTitle", "WindowTitle", "TabTitle", "Palette", "UserVar", "OutputSinceFocusLost",
             "Progress")
    a = {"kind": names[kind]}
    if kind == 1:
        a["title"], a["body"], a["focus"] = r.opt(r.text), r.text(), r.byte()
    elif kind in (3, 5):
        a["title"] = r.opt(r.text)
    elif kind == 4:
        a["title"] = r.text()
    elif kind == 7:
        a["name"], a["value"] = r.text(), r.text()
    elif kind == 9:
        a["progress"] = r.u()
        if a["progress"] in (1, 2):
            a["percent"] = r.byte()
    return a


def r_client_info(r):
    c = {"hostname": r.text(), "username": r.text(), "pid": r.u(), "epoch": r.u(), "id": r.u()}
    c["agent"] = r.opt(r.text) if r.codec > 42 else None
    c["connected_at"], c["workspace"], c["last_input"], c["focused"] = r.s(), r.opt(r.text), r.s(), r.opt(r.u)
    return c


DECODERS = {
    "ErrorResponse": (0, lambda r: {"reason": r.text()}),
    "Pong": (2, lambda r: {}),
    "ListPanesResponse": (4, lambda r: {"tabs": [r_node(r) for _ in range(r.u())],
                                        "tab_titles": [r.text() for _ in range(r.u())],
                                        "window_titles": {r.u(): r.text() for _ in range(r.u())}}),
    "SpawnResponse": (8, lambda r: {"tab_id": r.u(), "pane_id": r.u(), "window_id": r.u(), "size": r_size(r)}),
    "UnitResponse": (10, lambda r: {}),
    "SetClipboard": (20, lambda r: {"pane_id": r.u(), "text": r.opt(r.text), "selection": r.u()}),
    "GetLinesResponse": (23, lambda r: {"pane_id": r.u(), "lines": r_lines(r)}),
    "GetPaneRenderChangesResponse": (25, lambda r: {
        "pane_id": r.u(), "mouse_grabbed": bool(r.byte()), "cursor": r_cursor(r), "dimensions": r_dims(r),
        "dirty": r.vec(lambda: r_range(r)), "title": r.text(), "working_dir": r.opt(r.text), "lines": r_lines(r),
        "input_serial": r.opt(r.u), "seqno": r.u()}),
    "GetCodecVersionResponse": (27, lambda r: {"codec": r.u(), "version": r.text(), "exe": r.text(), "config": r.opt(r.text)}),
    "GetTlsCredsResponse": (29, lambda r: {"ca_cert_pem": r.text(), "client_cert_pem": r.text()}),
    "LivenessResponse": (30, lambda r: {"pane_id": r.u(), "is_alive": bool(r.byte())}),
    "SearchScrollbackResponse": (32, lambda r: {"results": [(r.s(), r.u(), r.s(), r.u(), r.u()) for _ in range(r.u())]}),
    "PaneRemoved": (37, lambda r: {"pane_id": r.u()}),
    "SetPalette": (38, lambda r: {"pane_id": r.u(), "colors": r.vec(r.rgba), "special": [r.rgba() for _ in range(9)]}),
    "NotifyAlert": (39, lambda r: {"pane_id": r.u(), "alert": r_alert(r)}),
    "GetClientListResponse": (42, lambda r: {"clients": r.vec(lambda: r_client_info(r))}),
    "WindowWorkspaceChanged": (44, lambda r: {"window_id": r.u(), "workspace": r.text()}),
    "GetImageCellResponse": (47, lambda r: {"pane_id": r.u(), "data": r.opt(lambda: r_image(r))}),
    "MovePaneToNewTabResponse": (49, lambda r: {"tab_id": r.u(), "window_id": r.u()}),
    "GetPaneRenderableDimensionsResponse": (52, lambda r: {"pane_id": r.u(), "cursor": r_cursor(r), "dimensions": r_dims(r)}),
    "PaneFocused": (53, lambda r: {"pane_id": r.u()}),
    "TabResized": (54, lambda r: {"tab_id": r.u()}),
    "TabAddedToWindow": (55, lambda r: {"tab_id": r.u(), "window_id": r.u()}),
    "TabTitleChanged": (56, lambda r: {"tab_id": r.u(), "title": r.text()}),
    "WindowTitleChanged": (57, lambda r: {"window_id": r.u(), "title": r.text()}),
    "RenameWorkspace": (58, lambda r: {"old": r.text(), "new": r.text()}),
    "GetPaneDirectionResponse": (61, lambda r: {"pane_id": r.opt(r.u)}),
    "LaceHelloResponse": (19522, lambda r: {"version": r.u(), "server": r.text(), "pid": r.u()}),
    "LacePaneExited": (19523, lambda r: {"pane_id": r.u(), "kind": r.u(), "code": r.u()}),
    "LacePaneModes": (19524, lambda r: {"pane_id": r.u(), "modes": r.u(), "kitty": r.byte(), "other": r.byte(),
                                        "window_title": r.text()}),
}
BY_IDENT = {ident: (name, f) for name, (ident, f) in DECODERS.items()}


class Pdu(dict):
    """A decoded PDU: its fields, and name and serial beside them."""

    def __init__(self, name, serial, fields):
        super().__init__(fields)
        self.name, self.serial = name, serial

    def __repr__(self):
        return "%s#%d%s" % (self.name, self.serial, dict.__repr__(self))


def frame(serial, ident, body=b""):
    rest = uleb(serial) + uleb(ident) + body
    return uleb(len(rest)) + rest


def decompress(data, limit=16 << 20):
    zstd = ctypes.CDLL("libzstd.so.1")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    out = ctypes.create_string_buffer(limit)
    n = zstd.ZSTD_decompress(out, ctypes.c_size_t(limit), data, ctypes.c_size_t(len(data)))
    assert n <= limit, "broken zstd"
    return out.raw[:n]


def decode(ident, serial, body, codec=44):
    """The PDU of an answer or push whose body is not compressed; every byte of it must be taken."""
    name, fields = BY_IDENT[ident]
    r = Reader(body, codec)
    pdu = Pdu(name, serial, fields(r))
    assert r.at == len(body), (name, r.at, len(body))
    return pdu


def parse_frame(data, codec=44):
    """(pdu, bytes taken), or None while the frame is not whole."""
    r = Reader(data)
    try:
        length = r.u()
        rest = Reader(r.take(length & ~(1 << 63)))
    except Short:
        return None
    serial, ident, body = rest.u(), rest.u(), rest.data[rest.at:]
    return decode(ident, serial, decompress(body) if length >> 63 else body, codec), r.at


class Closed(Exception):
    pass


class Client:
    """A connection. Pushes that come while an answer is awaited are kept in .pushes."""

    def __init__(self, path=None, rfd=None, wfd=None, codec=44):
        self.codec = codec
        if path is not None:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(path)
            self.rfd = self.wfd = self.sock.fileno()
        else:
            self.sock, self.rfd, self.wfd = None, rfd, wfd
        self.buf, self.serial, self.pushes = b"", 0, []
        self.answers = {}

    def close(self):
        if self.sock is not None:
            self.sock.close()

    def send_raw(self, data):
        while data:
            data = data[os.write(self.wfd, data):]

    def send(self, ident, body=b""):
        self.serial += 1
        self.send_raw(frame(self.serial, ident, body))
        return self.serial

    def read_some(self, timeout):
        """Whether anything arrived. Raises Closed at the end."""
        if not select.select([self.rfd], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.rfd, 1 << 20)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed()
        self.buf += data
        while True:
            got = parse_frame(self.buf, self.codec)
            if got is None:
                return True
            pdu, taken = got
            self.buf = self.buf[taken:]
            if pdu.serial == 0:
                self.pushes.append(pdu)
            else:
                assert pdu.serial not in self.answers
                self.answers[pdu.serial] = pdu

    def wait(self, serial, timeout=10):
        end = time.monotonic() + timeout
        while serial not in self.answers:
            left = end - time.monotonic()
            assert left > 0, "no answer"
            self.read_some(left)
        return self.answers.pop(serial)

    def call(self, ident, body=b"", timeout=10):
        return self.wait(self.send(ident, body), timeout)

    def done(self, ident, body=b""):
        answer = self.call(ident, body)
        assert answer.name == "UnitResponse", answer

    def error(self, ident, body=b""):
        answer = self.call(ident, body)
        assert answer.name == "ErrorResponse", answer
        return answer["reason"]

    def push(self, want, timeout=10):
        """Waits for a push for which want(pdu) is true; returns it and drops those before."""
        end = time.monotonic() + timeout
        seen = 0
        while True:
            while seen < len(self.pushes):
                pdu = self.pushes[seen]
                seen += 1
                if want(pdu):
                    del self.pushes[:seen]
                    return pdu
            left = end - time.monotonic()
            assert left > 0, "no such push; there were %s" % [p.name for p in self.pushes]
            self.read_some(left)

    def push_named(self, name, timeout=10):
        return self.push(lambda p: p.name == name, timeout)

    def settle(self):
        """Everything that was sent before now has arrived: a round trip orders it."""
        self.call(1)

    # ---- requests ----

    def hello(self, is_proxy=False, pid=4242, agent=None):
        self.done(40, string("devbox") + string("dev") + uleb(pid) + uleb(1790000000) + uleb(0) +
                  (b"\1" + string(agent) if agent else b"\0") + bytes([is_proxy]))

    def lace(self, flags=0):
        answer = self.call(19521, uleb(1) + uleb(flags))
        assert answer.name == "LaceHelloResponse", answer
        return answer

    def spawn(self, argv=None, cwd=None, window=None, rows=24, cols=80, workspace="default", env=(), from_base=False):
        body = uleb(0) + (b"\0" if window is None else b"\1" + uleb(window)) + command(argv, env, from_base)
        body += (b"\0" if cwd is None else b"\1" + string(cwd)) + size(rows, cols) + string(workspace)
        return self.call(36, body)

    def split(self, pane, vertical=True, second=True, top=False, percent=None, cells=None, argv=None, move=None):
        body = uleb(pane) + uleb(int(vertical)) + bytes([second, top])
        body += uleb(0) + uleb(cells) if cells is not None else uleb(1) + bytes([50 if percent is None else percent])
        body += command(argv) + b"\0" + uleb(1) + (b"\0" if move is None else b"\1" + uleb(move))
        return self.call(34, body)

    def list(self):
        return self.call(3)

    def panes(self):
        return [p for t in self.list()["tabs"] for p in leaves(t)]

    def pane(self, pane_id):
        found = [p for p in self.panes() if p["pane_id"] == pane_id]
        return found[0] if found else None

    def write(self, pane, data):
        self.done(9, uleb(pane) + string(data))

    def key(self, pane, char, serial=1):
        self.done(11, uleb(pane) + uleb(0) + uleb(ord(char)) + uleb(0) + uleb(serial))

    def poll(self, pane):
        return self.call(24, uleb(pane))

    def resize(self, tab, pane, rows, cols):
        self.done(14, uleb(tab) + uleb(pane) + size(rows, cols))

    def lace_size(self, pane, rows, cols):
        self.done(19525, uleb(pane) + size(rows, cols))

    def lines(self, pane, start=0, end=1 << 30):
        return self.call(22, uleb(pane) + uleb(1) + sleb(start) + sleb(end))["lines"]

    def text(self, pane):
        lines = self.lines(pane)["rows"]
        return "\n".join(lines[row]["text"].rstrip() for row in sorted(lines)).rstrip("\n")

    def wait_text(self, pane, want, timeout=10):
        """Until the pane shows the text; asks again after each push, and now and then."""
        end = time.monotonic() + timeout
        while True:
            text = self.text(pane)
            if want in text:
                return text
            assert time.monotonic() < end, "pane shows %r" % text
            self.read_some(0.02)


def command(argv, env=(), from_base=False):
    if argv is None:
        return b"\0"
    os_string = lambda s: b"\0" + string(s)
    body = b"\1" + uleb(len(argv)) + b"".join(os_string(a) for a in argv) + uleb(len(env))
    for name, value in env:
        body += os_string(name) + bytes([from_base]) + os_string(name) + os_string(value)
    return body + b"\0" + b"\0" + b"\1"      # no cwd, no umask, a controlling terminal

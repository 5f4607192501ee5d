"""The recorded conversations of tests/wire/golden, read into Python (their form: tests/wire/golden/pack.py)."""
import functools
import json

from conftest import TOP

FOLDER = TOP / "tests" / "wire" / "golden"
NAMES = {0: "ErrorResponse", 1: "Ping", 2: "Pong", 3: "ListPanes", 4: "ListPanesResponse", 8: "SpawnResponse", 9: "WriteToPane",
         10: "UnitResponse", 11: "SendKeyDown", 12: "SendMouseEvent", 13: "SendPaste", 14: "Resize", 20: "SetClipboard",
         22: "GetLines", 23: "GetLinesResponse", 24: "GetPaneRenderChanges", 25: "GetPaneRenderChangesResponse",
         26: "GetCodecVersion", 27: "GetCodecVersionResponse", 28: "GetTlsCreds", 29: "GetTlsCredsResponse",
         30: "LivenessResponse", 31: "SearchScrollbackRequest", 32: "SearchScrollbackResponse", 33: "SetPaneZoomed",
         34: "SplitPane", 35: "KillPane", 36: "SpawnV2", 37: "PaneRemoved", 38: "SetPalette", 39: "NotifyAlert",
         40: "SetClientId", 41: "GetClientList", 42: "GetClientListResponse", 43: "SetWindowWorkspace",
         44: "WindowWorkspaceChanged", 45: "SetFocusedPane", 46: "GetImageCell", 47: "GetImageCellResponse",
         48: "MovePaneToNewTab", 49: "MovePaneToNewTabResponse", 50: "ActivatePaneDirection",
         51: "GetPaneRenderableDimensions", 52: "GetPaneRenderableDimensionsResponse", 53: "PaneFocused", 54: "TabResized",
         55: "TabAddedToWindow", 56: "TabTitleChanged", 57: "WindowTitleChanged", 58: "RenameWorkspace",
         59: "EraseScrollbackRequest", 60: "GetPaneDirection", 61: "GetPaneDirectionResponse", 62: "AdjustPaneSize"}


class Frame:
    """dir: ">" to the server or "<"; t: ms since the connection began."""

    def __init__(self, dir, serial, ident, body, t):
        self.dir, self.serial, self.ident, self.body, self.t = dir, serial, ident, body, t
        self.name = NAMES.get(ident, "?")

    def __repr__(self):
        return "%s %d %s" % (self.dir, self.serial, self.name)


class Step(dict):
    """What was run (argv, exit, stdout, stderr, stdin, env) or who stayed connected (client), and .connections."""

    def __init__(self, what):
        super().__init__(what)
        self.connections = []


class Recording:
    def __init__(self, name, version):
        self.name, self.version, self.steps = name, version, []
        self.codec, self.scenario = int(name[:2]), name[3:]

    def under(self, codec):
        """The same conversation under another codec's number; what the two do not encode alike must not be in it."""
        other = Recording(f"{codec}/{self.scenario}", self.version)
        other.steps = self.steps
        return other


def expand(text):
    """A body as frames.txt has it."""
    if text == "-":
        return b""
    parts = text.split('"')
    return b"".join(b"".join(b"\1%c\0\0\0\0" % c for c in part.encode()) if i % 2 else bytes.fromhex(part)
                    for i, part in enumerate(parts))


@functools.cache
def load():
    """{name: Recording}, in the file's order."""
    bodies, found = [None], {}
    for line in (FOLDER / "frames.txt").read_text().splitlines():
        _, ident, body = line.split(" ", 2)
        bodies.append((int(ident), expand(body)))
    for line in (FOLDER / "conversations.txt").read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "#":
            r = Recording(*rest.split(" "))
            found[r.name] = r
        elif word == "step":
            r.steps.append(Step(json.loads(rest)))
        elif word == "connection":
            r.steps[-1].connections.append([])
        else:
            serial, number, t = map(int, rest.split(" "))
            r.steps[-1].connections[-1].append(Frame(word, serial, *bodies[number], t))
    return found

"""The rooms' rules: which room includes which, and what stands at the top of a header."""
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
SRC = TOP / "src"

# docs/architecture.md says the same in words. A room may always include itself.
ALLOWED = {
    "base": set(),
    "text": {"base"},
    "vt": {"base", "text"},
    "wire": {"base"},
    "host": {"base"},
    "mux": {"base", "text", "vt", "wire", "host"},
    "client": {"base", "text", "wire", "host", "link"},
    "link": {"base", "host"},
    "engine": {"base", "host"},
    "registry": {"base", "host"},
    "port": {"base", "host"},
    "fetch": {"base", "host", "registry"},
    "dev": {"base", "host", "engine", "port", "registry"},
    "init": set(),
    "tls": {"base", "host"},
    "muxcli": {"base", "text", "wire"},
    "server": {"base", "text", "vt", "wire", "host", "link", "mux", "muxcli"},
    "cmd": {"base", "text", "wire", "muxcli", "host", "link", "client", "engine", "port", "registry", "dev"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def files(pattern):
    return sorted(p for p in SRC.rglob(pattern) if p.is_file())


def violations(room, text):
    for name in INCLUDE.findall(text):
        parts = name.split("/")
        if name in ("version.h", "build_time.h"):   # made by the build
            continue
        if len(parts) != 2:
            yield f'"{name}": write it as "room/file.h"'
        elif parts[0] != room and parts[0] not in ALLOWED[room]:
            yield f'"{name}": {room} may not include {parts[0]}'


def test_includes_go_one_way():
    seen = [p for p in files("*.[ch]")]
    assert len(seen) > 50, f"only {len(seen)} files under src: the test looks in the wrong place"
    bad = [f"{p.relative_to(TOP)}: {v}" for p in seen
           for v in violations(p.relative_to(SRC).parts[0], p.read_text(errors="replace"))]
    assert not bad, "\n".join(bad)


def test_every_room_has_a_rule():
    rooms = {p.relative_to(SRC).parts[0] for p in files("*.[ch]")}
    assert rooms <= set(ALLOWED), f"no rule for {rooms - set(ALLOWED)}"


def test_rules_have_no_cycle():
    def below(room, path=()):
        assert room not in path, f"cycle: {' -> '.join(path + (room,))}"
        for other in ALLOWED[room]:
            below(other, path + (room,))

    for room in ALLOWED:
        below(room)


def purpose(path, text):
    """None, or what is wrong with the head of a header."""
    m = re.match(r"/\* (\S+) - (.{10,})", text)
    if not m:
        return 'does not begin with "/* name.h - purpose"'
    if m.group(1) not in (path.name, f"{path.parent.name}/{path.name}"):
        return f'calls itself {m.group(1)}'
    return None


def test_every_header_says_its_purpose():
    headers = files("*.h")
    bad = [f"{p.relative_to(TOP)}: {w}" for p in headers if (w := purpose(p, p.read_text(errors="replace")))]
    assert headers and not bad, "\n".join(bad)


def test_the_rules_can_fail():
    assert list(violations("vt", '#include "host/fs.h"\n'))
    assert list(violations("mux", '#include "pane.h"\n'))
    assert not list(violations("mux", '#include "vt/vt.h"\n'))
    assert purpose(pathlib.Path("x/a.h"), "#ifndef A\n")
    assert not purpose(pathlib.Path("x/a.h"), "/* a.h - what it is good for\n */")


def test_no_path_of_a_machine_and_no_registry_host_is_named():
    # built from pieces, so that this file does not name them itself
    words = ["/" + "work" + "/", "/" + "tmp/b-", "registry." + "npmjs", "deb." + "debian.org", "py" + "pi.org"]
    bad = []
    for p in TOP.rglob("*"):
        rel = p.relative_to(TOP)
        if not p.is_file() or p.is_symlink() or rel.parts[0] == ".git" or "__pycache__" in rel.parts or rel.parts[0].startswith("build"):
            continue
        if p.stat().st_size > 1 << 20:
            continue
        text = p.read_text(errors="replace")
        bad += [f"{rel}: {w}" for w in words if w in text]
    assert not bad, "\n".join(bad)


def test_mode_bits_are_used_once():
    text = (SRC / "vt" / "internal.h").read_text()
    bits = re.findall(r"^#define (VT_M_\w+) \(1ull << (\d+)\)", text, re.M)
    assert len(bits) > 25, "the test does not find the engine's modes"
    names = {}
    for name, bit in bits:
        names.setdefault(int(bit), []).append(name)
    shared = {bit: n for bit, n in names.items() if len(n) > 1}
    assert not shared, f"one bit, several modes: {shared}"

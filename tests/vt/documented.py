#!/usr/bin/python3
"""documented.py LISTER: docs/control-sequences.md says what the engine's tables say.

Each row of the tables has a line in the document under the same name, each line of the
document has a row in the tables, and the case that a line names exists and feeds the sequence.

    documented.py LISTER --missing     what is not documented, with cases that feed it
"""
import functools
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
DOC = TOP / "docs" / "control-sequences.md"
ESCAPES = {"e": b"\x1b", "a": b"\a", "b": b"\b", "t": b"\t", "n": b"\n", "r": b"\r", "0": b"\0", "\\": b"\\", '"': b'"'}


# ---- the tables ------------------------------------------------------------------------

def listed(lister):
    """{key: mnemonic}; a key is (kind, prefix, intermediate, final, number, word)."""
    rows = {}
    for line in subprocess.run([lister], check=True, capture_output=True, text=True).stdout.splitlines():
        kind, prefix, inter, final, number, name, word = line.split(" ", 6)
        key = (kind, *[chr(int(b)) if b != "0" else "" for b in (prefix, inter, final)], int(number), word)
        if key in rows:
            raise ValueError(f"twice in the tables: {key}")
        rows[key] = name
    return rows


# ---- the document ------------------------------------------------------------------------

def key_of(form):
    """The key of a written form such as `CSI ? Ps h`."""
    words = [" " if w == "SP" else w for w in form.split()]
    kind, rest = words[0], words[1:]
    if re.fullmatch(r"0x[0-9a-f]{2}", kind) and not rest:
        return ("C0", "", "", chr(int(kind, 16)), 0, "")
    if kind == "ESC" and len(rest) > 1 and rest[0] in "()*+-./" and rest[-1] != "Pc":
        return ("SET", chr(94 if rest[0] in "()*+" else 96), "".join(rest[1:-1]), rest[-1], 0, "")
    if kind == "ESC" and len(rest) in (1, 2):
        final = "" if rest[-1] == "Pc" else rest[-1]
        return ("ESC", "", rest[0] if len(rest) == 2 else "", final, 0, "")
    if kind == "OSC":
        words = [w for w in rest[1:-1] if w != ";" and not re.fullmatch(r"P[a-z]", w)]
        return ("OSC", "", "", "", int(rest[0]), "".join(words))
    if kind == "APC":
        return ("APC", "", "", rest[0], 0, "")
    if kind not in ("CSI", "DCS"):
        raise ValueError(f"cannot read `{form}`")
    prefix = rest.pop(0) if len(rest[0]) == 1 and rest[0] in "<=>?" else ""
    number = 0
    while re.fullmatch(r"P[a-z]|\d+|[;:]|\.\.\.", rest[0]):
        word = rest.pop(0)
        number = int(word) if word.isdigit() else number
    inter = rest.pop(0) if len(rest[0]) == 1 and " " <= rest[0] <= "/" else ""
    final = rest.pop(0)
    if kind == "DCS" and inter + final == "$q":
        return (kind, prefix, inter, final, 0, "".join(w for w in rest[:-1] if w != "Pt"))
    if len(final) != 1 or (rest and kind == "CSI"):
        raise ValueError(f"cannot read `{form}`")
    if kind == "CSI" and final == "h" and number and not inter:
        return ("MODE", prefix, "", "", number, "")
    return (kind, prefix, inter, final, 0, "")


def document(text):
    """Lines of the tables: (line number, key, name, meaning, source, [(file, case)])."""
    for n, line in enumerate(text.splitlines(), 1):
        if not line.startswith("| `"):  # a table's line, no head
            continue
        cells = [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) != 5:
            raise ValueError(f"line {n}: {len(cells)} cells, not 5")
        form, name, meaning, source, proofs = cells
        proofs = [tuple(p.split(": ", 1)) for p in proofs.split("; ")]
        yield n, key_of(re.fullmatch(r"(`+)(.*)\1", form)[2]), name, meaning, source, proofs


def sources(text):
    """The names that the list of sources defines."""
    section = text.split("## Sources", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^- \*\*(.+?)\*\*", section, re.M))


# ---- the scripts ------------------------------------------------------------------------

def decode(s):
    def one(m):
        if m[1]:
            return chr(int(m[1], 16)).encode()
        return bytes([int(m[2], 16)]) if m[2] else ESCAPES[m[3]]
    return re.sub(rb"\\u\{([0-9A-Fa-f]+)\}|\\x([0-9A-Fa-f]{2})|\\(.)",
                  lambda m: one([m[0], *[g.decode() if g else None for g in m.groups()]]), s.encode())


@functools.lru_cache
def cases(path):
    """{name: what the case feeds}"""
    ret, fed = {}, b""
    for line in path.read_text().splitlines():
        if line.startswith("case "):
            name = line[5:].strip()
            if name in ret:
                raise ValueError(f"{path.name}: two cases \"{name}\"")
            fed = ret[name] = b""
        elif m := re.match(r'\s*(?:in|fill\s+\d+)\s+"(.*)"', line):
            ret[name] = fed = fed + decode(m[1])
    return ret


def pattern(key):
    kind, prefix, inter, final, number, word = key
    q = [re.escape(p.encode()) for p in (prefix, inter, final)]
    csi = rb"(?:\x1b\[|\xc2\x9b|\x9b)"
    end = rb"(?=[;\x07\x1b\x9c])"
    if kind == "C0":
        return q[2]
    if kind == "ESC":
        c1 = b""
        if not inter and final and "@" <= final <= "_":
            c1 = rb"|\xc2" + re.escape(bytes([ord(final) + 0x40]))
        return rb"\x1b" + q[1] + (q[2] or rb"[\x20-\x7e]") + c1
    if kind == "SET":
        return rb"\x1b" + (rb"[()*+]" if prefix == chr(94) else rb"[-./]") + q[1] + q[2]
    if kind == "CSI":
        return csi + q[0] + rb"[0-9;:]*" + q[1] + q[2]
    if kind == "MODE":
        end = rb"[hlrs]" if prefix else rb"[hl]"
        return csi + q[0] + rb"(?:\d*;)*%d(?:;\d*)*(?:" % number + end + rb"|\$p)"
    if kind == "OSC":
        return rb"(?:\x1b\]|\xc2\x9d|\x9d)%d" % number + (b";" + re.escape(word.encode()) if word else end)
    if kind == "DCS":
        return rb"(?:\x1bP|\xc2\x90|\x90)" + q[0] + rb"[0-9;:]*" + q[1] + q[2] + re.escape(word.encode())
    return rb"(?:\x1b_|\xc2\x9f|\x9f)" + q[2]


def proof_problem(key, name, case):
    """None, or what is wrong with a proof. A unit test is named by its function."""
    path = TOP / "tests" / ("vt" if name.endswith(".vt") else "unit/vt") / name
    if not path.is_file():
        return f"there is no {name}"
    if name.endswith(".c"):
        return None if re.search(rf"\b{re.escape(case)}\(", path.read_text()) else f"{name} has no {case}()"
    fed = cases(path).get(case)
    if fed is None:
        return f'{name} has no case "{case}"'
    if not re.search(pattern(key), fed, re.S):
        return f'{name}: case "{case}" does not feed it'
    return None


# ---- what has to hold ------------------------------------------------------------------------

def show(key):
    kind, prefix, inter, final, number, word = key
    if kind == "C0":
        return f"0x{ord(final):02x}"
    if kind == "SET":
        return " ".join(["ESC", "(" if prefix == chr(94) else "-", *inter, final])
    parts = ["CSI" if kind == "MODE" else kind, prefix, str(number) if kind in ("MODE", "OSC") else "", inter, final, word]
    return " ".join("SP" if p == " " else p for p in parts if p) + (" h" if kind == "MODE" else "")


def problems(tables, text):
    known, seen = sources(text), set()
    for n, key, name, meaning, source, proofs in document(text):
        at = f"line {n} ({show(key)})"
        seen.add(key)
        if key not in tables:
            yield f"{at}: not in the engine's tables"
        elif name.split(" ")[0] != tables[key]:
            yield f"{at}: called {name}, the tables say {tables[key]}"
        if not meaning:
            yield f"{at}: has no meaning"
        for s in source.split(", "):
            if s not in known:
                yield f"{at}: source \"{s}\" is not in the list of sources"
        for proof in proofs:
            wrong = "name a proof as \"file: case\"" if len(proof) != 2 else proof_problem(key, *proof)
            if wrong:
                yield f"{at}: {wrong}"
    for key, name in tables.items():
        if key not in seen:
            yield f"{show(key)} ({name}): not documented"


def self_test(tables, text):
    """Every kind of problem is found."""
    lines = text.splitlines(keepends=True)
    row = next(i for i, line in enumerate(lines) if line.startswith("| `CSI"))
    n, key, name, meaning, source, proofs = next(document(lines[row]))

    def found(what, tables, text):
        assert any(what in p for p in problems(tables, text)), f"not found: {what}"

    others = "".join(line for i, line in enumerate(lines)
                     if not line.startswith("| `") or next(document(line))[1] != key)
    found("not documented", tables, others)
    found("not in the engine's tables", {k: v for k, v in tables.items() if k != key}, text)
    found("the tables say", {**tables, key: "OTHER"}, text)
    found("has no case", tables, text.replace(f": {proofs[0][1]}", ": no such case"))
    found("there is no", tables, text.replace(f"| {proofs[0][0]}:", "| no-such.vt:"))
    found("list of sources", tables, text.replace(f"| {source} |", "| hearsay |"))
    assert proof_problem(("CSI", "?", "", "~", 0, ""), *proofs[0])


def missing(tables, text):
    have = {row[1] for row in document(text)}
    for key, name in tables.items():
        if key in have:
            continue
        print(f"{show(key)}\t{name}")
        for path in sorted((TOP / "tests/vt").glob("*.vt")):
            for case, fed in cases(path).items():
                if re.search(pattern(key), fed, re.S):
                    print(f"\t{path.name}: {case}")


def main():
    tables, text = listed(sys.argv[1]), DOC.read_text()
    if "--missing" in sys.argv:
        missing(tables, text)
        return
    bad = list(problems(tables, text))
    print("\n".join(bad))
    if bad:
        sys.exit(f"{len(bad)} problems between the engine's tables and {DOC.name}")
    self_test(tables, text)
    print(f"{len(tables)} sequences documented and proven")


if __name__ == "__main__":
    main()

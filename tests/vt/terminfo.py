#!/usr/bin/python3
"""terminfo.py ASKER: XTGETTCAP knows all of xterm-256color, as the system's infocmp shows it.

Also that each key which the entry has can be asked for by its name in termcap. Skipped
where the system's terminfo is of another ncurses than that of tools/terminfo.py.
"""
import importlib.util
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]


def tool():
    spec = importlib.util.spec_from_file_location("terminfo", TOP / "tools" / "terminfo.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*argv, text=None):
    return subprocess.run(argv, input=text, check=True, capture_output=True, text=True).stdout


def main():
    if "ncurses 6.4" not in run("infocmp", "-V"):
        sys.exit(77)
    want = tool().read(run("infocmp", "-1x", "xterm-256color").splitlines())
    # Termcap's own notation differs; what the two share is the key's name: \E[A is ku and kcuu1.
    keys = dict(re.findall(r"^\t:([^:=#@]{2})=(.*):\\$", run("infocmp", "-1rCT", "xterm-256color"), re.M))
    keys = {name: tool().decode(value) for name, value in keys.items() if re.match(r"k|[#%*@&F]|K", name)}
    bad = []
    for names, asked in ((want, list(want)), (keys, list(keys))):
        answers = dict(line.split(" ", 1) for line in run(sys.argv[1], text="\n".join(asked)).splitlines())
        for name in asked:
            value = names[name]
            expected = "=" + value.hex().upper() if value else ""
            if answers[name] != expected:
                bad.append(f"{name}: {answers[name]!r}, not {expected!r} ({value!r})")
    print("\n".join(bad))
    if bad or len(want) < 250 or len(keys) < 25:
        sys.exit(f"{len(bad)} of {len(want)} names and {len(keys)} keys differ")
    print(f"{len(want)} names and {len(keys)} keys")


main()

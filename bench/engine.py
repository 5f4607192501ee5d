#!/usr/bin/python3
"""engine.py --build DIR [--seconds N] [--json FILE]: the terminal engine's figures, beside other engines, in one run.

Prints tables in Markdown. libvterm and libtsm are measured where they were there at build time, @xterm/headless where npm
can install it (into DIR/rivals); a line below the table says which is missing and why. With --json the figures become
the member "engine" of FILE, others stay.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
missing = []


def output(*argv, **kwargs):
    return subprocess.run([str(a) for a in argv], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          **kwargs).stdout


def rivals_in_c(build, seconds):
    program = build / "bench" / "bench_rivals"
    found = json.loads(output(program, seconds)) if program.exists() else {}
    for name in ("libvterm", "libtsm"):
        if not any(n.startswith(name) for n in found):
            missing.append(f"{name} was not measured: its development package is not installed.")
    return found


def install_xterm(folder):
    """Where the module is, or None."""
    module = folder / "node_modules" / "@xterm" / "headless"
    if not module.is_dir():
        if not shutil.which("npm"):
            missing.append("@xterm/headless was not measured: npm is not installed.")
            return None
        folder.mkdir(parents=True, exist_ok=True)
        r = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), "@xterm/headless"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if r.returncode != 0 or not module.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
            missing.append("@xterm/headless was not measured: npm could not install it.")
            return None
    return module


def xterm(build, seconds, names):
    module = install_xterm(build / "rivals")
    if not module:
        return {}
    version = json.loads((module / "package.json").read_text())["version"]
    with tempfile.TemporaryDirectory(prefix="lace-bench-payloads-") as folder:
        items = []
        for name in names:
            path = pathlib.Path(folder) / name
            with path.open("wb") as f:
                subprocess.run([build / "bench" / "bench_vt", "--payload", name], check=True, stdin=subprocess.DEVNULL, stdout=f)
            items.append(f"{name}={path}")
        try:
            found = json.loads(output("node", HERE / "xterm.mjs", module, seconds, *items))
        except (OSError, subprocess.CalledProcessError) as e:
            missing.append(f"@xterm/headless was not measured: {e}.")
            return {}
    return {f"@xterm/headless {version}": found}


def number(v):
    return f"{v:.0f}" if v >= 100 else f"{v:.3g}"


def bar(f):
    if f["goal"] <= 0:
        return ""
    return f"{number(f['goal'])}" + (", met" if met(f) else ", **missed**")


def met(f):
    return f["value"] >= f["goal"] if f["unit"] == "MB/s" else f["value"] <= f["goal"]


def tables(figures, rivals):
    names = sorted(rivals, key=lambda n: ["libvterm", "libtsm", "@xterm"].index(n.split(" ")[0].split("/")[0]))
    lines = ["### The terminal engine, in process", "",
             "| MB/s of | bar | lace | " + " | ".join(names) + (" |" if names else ""),
             "|---|---|---|" + "---|" * len(names)]
    for key, f in figures.items():
        if f["unit"] == "MB/s":
            others = [number(rivals[n][key]) if key in rivals[n] else "-" for n in names]
            lines.append(f"| {f['title']} | {bar(f)} | {number(f['value'])} | " + " | ".join(others) + (" |" if names else ""))
    lines += [""] + [line + "\n" for line in missing]
    lines += ["| time, memory | bar | lace |", "|---|---|---|"]
    for f in figures.values():
        if f["unit"] != "MB/s":
            lines.append(f"| {f['title']} | {bar(f)} | {f['value']:.3g} {f['unit']} |")
    return "\n".join(lines) + "\n"


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--build", type=pathlib.Path, required=True)
    args.add_argument("--seconds", type=float, default=1.0)
    args.add_argument("--json", type=pathlib.Path)
    args = args.parse_args()
    figures = json.loads(output(args.build / "bench" / "bench_vt", "--json", args.seconds))
    names = [k for k, f in figures.items() if f["unit"] == "MB/s" and k != "pty"]
    rivals = {**rivals_in_c(args.build, args.seconds), **xterm(args.build, args.seconds, names)}
    if args.json:
        samples = json.loads(args.json.read_text()) if args.json.exists() else {}
        samples["engine"] = {"lace": figures, **rivals}
        args.json.write_text(json.dumps(samples, indent=1) + "\n")
    print(tables(figures, rivals))


main()

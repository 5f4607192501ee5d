#!/usr/bin/python3
"""mux.py --build DIR [--rounds N] [--keys N] [--json FILE]: the mux server's figures, beside tmux and screen, in one run.

Prints tables in Markdown. What is compared takes turns, round by round, so that whatever else the machine does meets
all of them; rates and times are medians. tmux and screen are left out, and a line says so, where they are not
installed. With --json the figures become the member "mux" of FILE, others stay.
"""
import argparse
import json
import os
import pathlib
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "system"))
import muxwire  # noqa: E402

MIB = 1 << 20
PAYLOADS = [("log", "coloured log"), ("ascii", "ASCII"), ("vim", "vim session"), ("csi", "CSI mix"),
            ("cjk", "CJK, emoji, combining")]
PANES, LINES = 50, 10000
# What the real server sent in the recorded conversation gui-flood of codec 44, from the command line that starts vim to
# its end: frames with their bodies before compression, and with those compressed that were.
RECORDED_VIM = {"plain": 47394, "compressed": 5637}
missing = []


def run(argv, **kwargs):
    r = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       **kwargs)
    if r.returncode != 0:
        raise SystemExit(f"{argv}: exit {r.returncode}\n{r.stdout}{r.stderr}")
    return r.stdout


def process(pid, field):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+)", text, re.M).group(1))


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settled_rss(pid, quiet=4.0, limit=90):
    """kB, once it has not changed for a while: the scrollback of quiet panes is compressed in between."""
    end, last, since = time.monotonic() + limit, None, time.monotonic()
    while time.monotonic() < end:
        now = process(pid, "VmRSS")
        if now != last:
            last, since = now, time.monotonic()
        if time.monotonic() - since > quiet:
            break
        time.sleep(0.2)
    return last


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p / 100))]


# ---- who is compared ------------------------------------------------------------

class Contender:
    """Starts sessions, each with one program in it, and clients of them."""

    def __init__(self, tools, folder):
        self.tools, self.folder, self.clients = tools, pathlib.Path(folder), []
        self.folder.mkdir(mode=0o700)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", "TERM": "xterm-256color",
                    "SHELL": "/bin/sh", "USER": "bench"}

    def start(self):
        pass

    def attach(self, session):
        """A client on a terminal that is drained."""
        p = subprocess.Popen([self.tools.mux, "bare", *self.attach_argv(session)], env=self.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.clients.append(p)
        time.sleep(1)
        return p

    def detach_all(self):
        for p in self.clients:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()
        self.clients = []


class Lace(Contender):
    name = "lace"

    def __init__(self, tools, folder):
        super().__init__(tools, folder)
        self.env["XDG_RUNTIME_DIR"] = str(folder)
        self.socket = str(self.folder / "wezterm" / "sock")
        self.process = None

    def start(self):
        r, w = os.pipe()
        self.process = subprocess.Popen([self.tools.server, f"--ready-fd={w}", "--session-file=/nonexistent"], env=self.env,
                                        pass_fds=[w], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(w)
        assert os.read(r, 10) == b"ok\n"
        os.close(r)
        self.pid = self.process.pid

    def session(self, argv, rows=24, cols=80):
        c = muxwire.Client(self.socket)
        pane = c.spawn(argv=[str(a) for a in argv], rows=rows, cols=cols)["pane_id"]
        c.close()
        return pane

    def attach_argv(self, session):
        return [self.tools.attach, "-p", str(session), "-s", self.socket]

    def stop(self):
        self.detach_all()
        self.process.terminate()
        self.process.wait()


class Tmux(Contender):
    name = "tmux"

    def __init__(self, tools, folder):
        super().__init__(tools, folder)
        self.conf = self.folder / "conf"
        self.conf.write_text(f"set -g status off\nset -g history-limit {LINES}\n")
        self.env["TMUX_TMPDIR"] = str(folder)
        self.n = 0

    def tmux(self, *args):
        return run(["tmux", "-L", "b", "-f", self.conf, *args], env=self.env)

    def session(self, argv, rows=24, cols=80):
        self.n += 1
        self.tmux("new-session", "-d", "-s", f"s{self.n}", "-x", str(cols), "-y", str(rows), "exec " + " ".join(str(a) for a in argv))
        self.pid = int(self.tmux("display-message", "-p", "#{pid}"))
        return f"s{self.n}"

    def attach_argv(self, session):
        return ["tmux", "-L", "b", "-f", str(self.conf), "attach", "-t", session]

    def stop(self):
        self.detach_all()
        subprocess.run(["tmux", "-L", "b", "kill-server"], env=self.env, stderr=subprocess.DEVNULL)


class Screen(Contender):
    name = "screen"

    def __init__(self, tools, folder):
        super().__init__(tools, folder)
        self.conf = self.folder / "conf"
        self.conf.write_text(f"startup_message off\ndefutf8 on\ndefscrollback {LINES}\n")
        self.env["SCREENDIR"] = str(folder)
        self.n = 0

    def session(self, argv, rows=24, cols=80):
        self.n += 1
        run(["screen", "-U", "-c", self.conf, "-dmS", f"s{self.n}", *argv], env=self.env)
        return f"s{self.n}"

    def attach_argv(self, session):
        return ["screen", "-U", "-c", str(self.conf), "-r", session]

    def stop(self):
        self.detach_all()
        for i in range(self.n):
            subprocess.run(["screen", "-S", f"s{i + 1}", "-X", "quit"], env=self.env, stdout=subprocess.DEVNULL)


# ---- through a pane ---------------------------------------------------------------

class Blaster:
    """A program in a pane that writes a payload when it is told, and says how long that took."""

    def __init__(self, tools, folder, name, start):
        self.control, self.result = folder / f"{name}.in", folder / f"{name}.out"
        for p in (self.control, self.result):
            os.mkfifo(p, 0o600)
        self.out = os.open(self.result, os.O_RDWR)
        start([tools.mux, "blast", self.control, self.result])
        self.inp = os.open(self.control, os.O_RDWR)

    def rate(self, payload, size):
        """MB/s, or None when nobody understood the question at its end."""
        os.write(self.inp, f"{payload} {size}\n".encode())
        if not select.select([self.out], [], [], 120)[0]:
            return None
        done, seconds = os.read(self.out, 200).split()
        return int(done) / float(seconds) / 1e6


def throughput(tools, folder, contenders, rounds):
    blasters, bare = {}, []
    blasters["bare"] = Blaster(tools, folder, "bare", lambda argv: bare.append(subprocess.Popen(
        [str(a) for a in [tools.mux, "bare", *argv]], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)))
    for c in contenders:
        for kind in ("detached", "attached"):
            session = []
            blasters[f"{c.name} {kind}"] = Blaster(tools, folder, f"{c.name}-{kind}", lambda argv: session.append(c.session(argv)))
            if kind == "attached":
                c.attach(session[0])
    rates = {}
    for payload, _ in PAYLOADS:
        for i in range(rounds):
            for name, b in blasters.items():
                # What is close to the bar has more rounds.
                rate = b.rate(payload, 4 * MIB) if i % 3 == 0 or name.startswith(("bare", "lace")) else None
                if rate is not None:
                    rates.setdefault(payload, {}).setdefault(name, []).append(rate)
    for p in bare:
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
    for c in contenders:
        c.detach_all()
    return rates


def throughput_table(rates, names):
    def rate(payload, name):
        return statistics.median(rates[payload].get(name, [0]))

    heads = ["MB/s of", "bar", "bare pty", *[f"{n}, {k}" for n in names for k in ("detached", "attached")]]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for payload, title in PAYLOADS:
        bare = rate(payload, "bare")
        lace = min(rate(payload, "lace detached"), rate(payload, "lace attached"))
        tmux = max(rate(payload, "tmux detached"), rate(payload, "tmux attached"))
        bar = max(0.85 * bare, tmux)
        cells = [title, f"{bar:.0f}, " + ("met" if lace >= bar else f"**missed** ({100 * lace / bare:.0f} %)"), f"{bare:.1f}"]
        cells += [f"{rate(payload, f'{n} {k}'):.1f}" if rate(payload, f"{n} {k}") else "-" for n in names for k in ("detached", "attached")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


# ---- keys ------------------------------------------------------------------------------

def key_times(tools, contenders, count):
    """Keys through each whole chain, in turns of fifty."""
    chains = {"bare pty": ({}, ["cat"])}
    for c in contenders:
        chains[c.name] = (c.env, c.attach_argv(c.session(["cat"])))
    values = {name: [] for name in chains}
    for _ in range(max(1, count // 50)):
        for name, (env, argv) in chains.items():
            out = run([tools.mux, "keys", "50", *argv], env={**os.environ, **env})
            values[name] += [float(v) for v in out.split()]
    return values


def socket_keys(tools, lace, count):
    pane = lace.session(["cat"])
    return [float(v) for v in run([tools.mux, "typing", lace.socket, pane, count]).split()]


# ---- a pane floods -----------------------------------------------------------------------

def flooded(tools, contender, seconds, count):
    """While one pane floods and a client shows another: processor time of the server, and keys in that other."""
    quiet = contender.session(["cat"])
    contender.session([tools.mux, "flood"])
    contender.attach(quiet)
    time.sleep(1)
    before, began = cpu_seconds(contender.pid), time.monotonic()
    time.sleep(seconds)
    share = (cpu_seconds(contender.pid) - before) / (time.monotonic() - began)
    contender.detach_all()
    out = run([tools.mux, "keys", count, *contender.attach_argv(quiet)], env={**os.environ, **contender.env})
    return {"cpu": share, "keys": [float(v) for v in out.split()]}


# ---- the rest ---------------------------------------------------------------------------------

def memory(tools, contender):
    """kB of the server: nothing in it but one shell, and with PANES idle panes of LINES lines."""
    contender.session(["sh"])
    idle = settled_rss(contender.pid, 3)
    for _ in range(PANES):
        contender.session([tools.mux, "lines", LINES])
    return {"idle": idle, "panes": settled_rss(contender.pid)}


def first_frames(tools, contender, runs):
    """ms from starting a client until it shows a full screen of 200x50."""
    session = contender.session(["sh", str(contender.folder / "fill")], 50, 200)
    time.sleep(1)
    times = [float(run([tools.mux, "until", "the-last-row", *contender.attach_argv(session)], env={**os.environ, **contender.env}))
             for _ in range(runs)]
    return session, times


def fill_script(folder):
    (folder / "fill").write_text("i=1; while [ $i -lt 49 ]; do printf '%0199d\\n' $i; i=$((i+1)); done\n"
                                 "printf '\\033[32mthe-last-row\\033[m'; exec sleep 100000\n")


class Counting(muxwire.Client):
    """A connection that counts what arrives."""

    received = 0

    def read_some(self, timeout):
        if not select.select([self.rfd], [], [], timeout)[0]:
            return False
        data = os.read(self.rfd, 1 << 20)
        if not data:
            raise muxwire.Closed()
        self.received += len(data)
        self.buf += data
        while (got := muxwire.parse_frame(self.buf)) is not None:
            pdu, taken = got
            self.buf = self.buf[taken:]
            if pdu.serial == 0:
                self.pushes.append(pdu)
            else:
                self.answers[pdu.serial] = pdu
        return True


def vim_session(lace):
    """The steps of the recorded session, each after what the last one caused; bytes that the server sent."""
    home = lace.folder / "vim"
    home.mkdir()
    found = {}
    for kind in ("local", "remote"):
        c = Counting(lace.socket)
        if kind == "remote":
            c.hello(is_proxy=True)
        c.hello()
        pane = c.spawn(argv=["sh", "-i"], env=[("PS1", "$ "), ("ENV", "")])["pane_id"]
        c.wait_text(pane, "$")

        def quiet(seconds=0.4):
            while c.read_some(seconds):
                pass

        quiet()
        c.write(pane, "seq 1 3000\r")
        quiet()
        c.poll(pane)
        c.received, before = 0, len(c.pushes)
        c.write(pane, "vim -u NONE -c 'set nocp nu' /etc/services\r")
        quiet()
        c.poll(pane)
        for key in "jjG":
            c.key(pane, key, 1790000000123)
            quiet(0.15)
        c.poll(pane)
        c.lines(pane, 0, 24)
        c.write(pane, ":q!\r")
        quiet()
        c.poll(pane)
        found[kind] = {"bytes": c.received, "pushes": len(c.pushes) - before}
        c.done(35, muxwire.uleb(pane))
        c.close()
    return found


def starts(tools, folder, runs):
    """ms from nothing to the first answer: `proxy` starts the server and carries the question. tmux: a session is there."""
    values = {"lace": [], "tmux": []}
    for i in range(runs):
        lace = Lace(tools, folder / f"start{i}")
        began = time.monotonic()
        p = subprocess.Popen([tools.server, "proxy"], env=lace.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        c = muxwire.Client(rfd=p.stdout.fileno(), wfd=p.stdin.fileno())
        c.call(26)
        values["lace"].append((time.monotonic() - began) * 1e3)
        p.kill()
        p.wait()
        run([tools.server, "stop"], env=lace.env)
        if shutil.which("tmux"):
            tmux = Tmux(tools, folder / f"tstart{i}")
            began = time.monotonic()
            tmux.tmux("new-session", "-d", "sleep 1000")
            values["tmux"].append((time.monotonic() - began) * 1e3)
            tmux.stop()
    return values


def stripped_size(tools, folder):
    out = folder / "stripped"
    run(["strip", "-o", out, tools.server])
    return out.stat().st_size


def installed(name):
    if not shutil.which(name):
        missing.append(f"{name} was not measured: it is not installed.")
    return shutil.which(name)


class Tools:
    def __init__(self, build):
        self.mux = str(build / "bench" / "bench_mux")
        self.attach = str(build / "bench" / "bench_attach")
        self.server = str(build / "src" / "server" / "lace-mux-server")


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--build", type=pathlib.Path, required=True)
    args.add_argument("--rounds", type=int, default=42)
    args.add_argument("--keys", type=int, default=1000)
    args.add_argument("--only", choices=["throughput", "keys", "flood", "memory", "rest"])
    args.add_argument("--without", nargs="*", default=[], help="tmux, screen")
    args.add_argument("--json", type=pathlib.Path)
    args = args.parse_args()
    tools = Tools(args.build.resolve())
    kinds = [Lace] + [k for k in (Tmux, Screen) if k.name not in args.without and installed(k.name)]
    figures, text = {"load": os.getloadavg()[0]}, ["### The mux server", "", f"The machine's load was {os.getloadavg()[0]:.0f} when this began.", ""]

    def wanted(part):
        return args.only in (None, part)

    with tempfile.TemporaryDirectory(prefix="lace-bench-mux-") as top:
        top = pathlib.Path(top)
        serial = iter(range(1000))

        def contenders(which=kinds):
            made = [k(tools, top / f"{k.name}{next(serial)}") for k in which]
            for c in made:
                c.start()
                fill_script(c.folder)
            return made

        def stop(made):
            for c in made:
                c.stop()

        if wanted("throughput"):
            made = contenders()
            figures["throughput"] = throughput(tools, top, made, args.rounds)
            stop(made)
            text += [throughput_table(figures["throughput"], [k.name for k in kinds]), ""]
        rows = []                      # title, bar, lace, tmux, screen

        def us(values, p):
            return f"{percentile(values, p):.0f}"

        if wanted("keys"):
            made = contenders()
            k = figures["keys"] = key_times(tools, made, args.keys)
            figures["keys, socket"] = socket_keys(tools, made[0], args.keys)
            stop(made)
            pairs = {n: f"{us(v, 50)} / {us(v, 99)} us" for n, v in k.items()}
            s = figures["keys, socket"]
            bar = "tmux's" + (", met" if percentile(s, 50) <= percentile(k.get("tmux", [1e9]), 50) else ", **missed**") + "; goal 100 us"
            rows.append(["key to its push on the server's socket, p50 / p99", bar, f"{us(s, 50)} / {us(s, 99)} us", "", ""])
            rows.append(["key to echo through server and client, p50 / p99", "", pairs["lace"], pairs.get("tmux", "-"), pairs.get("screen", "-")])
            rows.append(["the same on a bare pty", "", pairs["bare pty"], "", ""])
        if wanted("flood"):
            for c in contenders([k for k in kinds if k is not Screen]):
                figures[f"flood, {c.name}"] = flooded(tools, c, 3, 200)
                c.stop()
            f = {n: figures.get(f"flood, {n}") for n in ("lace", "tmux")}
            rows.append(["processor time of the server while a pane floods and a client shows another", "",
                         *[f"{100 * f[n]['cpu']:.0f} %" if f[n] else "-" for n in f], ""])
            rows.append(["key to echo in that time, p50 / p99", "", *[f"{us(f[n]['keys'], 50)} / {us(f[n]['keys'], 99)} us" if f[n] else "-"
                                                                      for n in f], ""])
        if wanted("memory"):
            for c in contenders([k for k in kinds if k is not Screen]):
                figures[f"memory, {c.name}"] = memory(tools, c)
                c.stop()
            m = {n: figures.get(f"memory, {n}") for n in ("lace", "tmux")}
            rows.append(["resident memory, one idle shell", "3 MB" + (", met" if m["lace"]["idle"] * 1024 <= 3e6 else ", **missed**"),
                         *[f"{m[n]['idle'] * 1024 / 1e6:.2f} MB" if m[n] else "-" for n in m], ""])
            rows.append([f"{PANES} idle panes of {LINES:,} lines of log more", "", *[f"{m[n]['panes'] * 1024 / 1e6:.1f} MB" if m[n] else "-" for n in m],
                         ""])
        if wanted("rest"):
            made = contenders([k for k in kinds if k is not Screen])
            lace = made[0]
            frames = {}
            for c in made:
                session, frames[c.name] = first_frames(tools, c, 20)
                if c is lace:
                    on_socket = [float(v) / 1e3 for v in run([tools.mux, "frames", lace.socket, session, 100]).split()]
            figures["first frame"], figures["first frame, socket"] = frames, on_socket
            figures["vim"] = vim_session(lace)
            stop(made)
            med = statistics.median
            rows.append(["a client is started to its first full frame of 200x50", "", f"{med(frames['lace']):.1f} ms",
                         f"{med(frames['tmux']):.1f} ms" if "tmux" in frames else "-", ""])
            rows.append(["connect to that frame on the server's socket", "3 ms" + (", met" if med(on_socket) <= 3 else ", **missed**"),
                         f"{med(on_socket):.2f} ms", "", ""])
            s = figures["start"] = starts(tools, top, 20)
            rows.append(["nothing runs to the first answer", "", f"{med(s['lace']):.1f} ms", f"{med(s['tmux']):.1f} ms" if s["tmux"] else "-", ""])
            size = figures["size"] = stripped_size(tools, top)
            rows.append(["the program on disk, stripped", "3 MB" + (", met" if size < 3e6 else ", **missed**"), f"{size / 1e6:.2f} MB", "", ""])
            v = figures["vim"]
            rows.append(["a recorded vim session again: bytes that the server sends", f"recorded: {RECORDED_VIM['plain']:,}, compressed {RECORDED_VIM['compressed']:,}",
                         f"{v['local']['bytes']:,}; through a proxy, compressed {v['remote']['bytes']:,}", "", ""])
        if rows:
            heads = ["what", "bar", "lace", "tmux", "screen"]
            text += ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
            text += ["| " + " | ".join(r) + " |" for r in rows]
        text += ["", *[line + "\n" for line in missing]]
    if args.json:
        samples = json.loads(args.json.read_text()) if args.json.exists() else {}
        samples["mux"] = figures
        args.json.write_text(json.dumps(samples, indent=1) + "\n")
    print("\n".join(text))


main()

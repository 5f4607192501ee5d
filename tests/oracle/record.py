#!/usr/bin/python3
"""record.py PROGRAM [read|life...]: asks the reference dev container CLI about every case, and stores what it answers.

`make oracle` runs it. It needs npm (for the reference CLI) and a Docker Engine of its own, as the tests do.
"""
import os
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

import cases  # noqa: E402
import harness  # noqa: E402
import life  # noqa: E402
from dockerd import DOCKER, Dockerd  # noqa: E402


def read(engine, folder, program, env):
    answers = {}
    for i, (name, case) in enumerate(cases.READ.items()):
        layout = harness.Layout(case, folder / f"read{i}", engine.docker)
        answers[name] = harness.read_answer(layout, layout.run([program], env))
        print(f"{answers[name]['exit']} {name}", flush=True)
    harness.store("read", answers)


def lives(engine, folder, program, env):
    answers = {}
    for i, (name, spec) in enumerate(life.LIVES.items()):
        one = life.Life(spec, folder / f"life{i}", engine, [program], env)
        answers[name] = one.tell()
        one.remove()
        print([s.get("exit") for s in answers[name]["steps"]], name, flush=True)
    harness.store("life", answers)


def main():
    program = sys.argv[1]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lace-oracle-"))
    engine = Dockerd(folder / "docker")
    try:
        engine.start()
        home = folder / "home"
        home.mkdir()
        env = {**{k: v for k, v in os.environ.items() if not k.startswith(("DOCKER_", "LACE_"))}, "HOME": str(home),
               "TMPDIR": str(home), "DOCKER_HOST": engine.host, "PATH": f"{os.path.dirname(DOCKER)}:{os.environ['PATH']}"}
        wanted = sys.argv[2:] or ["read", "life"]
        for name, record in (("read", read), ("life", lives)):
            if name in wanted:
                record(engine, folder, program, env)
    finally:
        engine.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()

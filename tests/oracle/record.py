#!/usr/bin/python3
"""record.py PROGRAM [NAME...]: asks the reference dev container CLI about the cases (or those named), and stores what it
answers.

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


def read(case, folder, engine, program, env):
    layout = harness.Layout(case, folder, engine.docker)
    return harness.read_answer(layout, layout.run([program], env))


def live(spec, folder, engine, program, env):
    one = life.Life(spec, folder, engine, [program], env)
    try:
        return one.tell()
    finally:
        one.remove()


def record(store, table, ask, wanted, folder, *more):
    known = harness.stored(store) if wanted else {}
    answers = {}
    for i, (name, case) in enumerate(table.items()):
        if wanted and name not in wanted:
            answers[name] = known[name]
            continue
        answers[name] = ask(case, folder / f"{store}{i}", *more)
        print(answers[name].get("exit", [s.get("exit") for s in answers[name].get("steps", [])]), name, flush=True)
    harness.store(store, answers)


def main():
    program, *wanted = sys.argv[1:]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lace-oracle-"))
    engine = Dockerd(folder / "docker")
    try:
        engine.start()
        home = folder / "home"
        home.mkdir()
        env = {**{k: v for k, v in os.environ.items() if not k.startswith(("DOCKER_", "LACE_"))}, "HOME": str(home),
               "TMPDIR": str(home), "DOCKER_HOST": engine.host, "PATH": f"{os.path.dirname(DOCKER)}:{os.environ['PATH']}"}
        record("read", cases.READ, read, wanted, folder, engine, program, env)
        record("life", life.LIVES, live, wanted, folder, engine, program, env)
    finally:
        engine.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()

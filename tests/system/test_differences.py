"""`lace devcontainer` against what the reference dev container CLI answered (tests/oracle, stored by `make oracle`).

The same JSON and exit codes, for every case of tests/oracle/cases.py. What differs on purpose stands in
docs/differences.md, and a case names the line that it shows; anything else fails.
"""
import json
import os
import pathlib
import re
import sys

import pytest

from conftest import LACE
from dockerd import DOCKER, TOP

sys.path.insert(0, str(TOP / "tests" / "oracle"))
import cases  # noqa: E402
import harness  # noqa: E402
import life  # noqa: E402

PROGRAM = [LACE, "devcontainer"]


def wanted():
    """The names in the first column of docs/differences.md."""
    lines = (TOP / "docs" / "differences.md").read_text().splitlines()
    return {m.group(1) for m in (re.match(r"\| ([a-z][^|]*?) \|", line) for line in lines) if m}


def held(name, case, ours, theirs):
    """Only the differences that the case names, and those all of them."""
    left = {}
    for line, values in case.get("differs", {}).items():
        assert line in wanted(), f"docs/differences.md has no line \"{line}\""
        left.update(values)
    free = case.get("free", [])
    for path, mine, other in harness.differences(ours, theirs):
        if any(path == f or path.startswith(f + ".") for f in free):
            continue
        assert path in left, f"{name}: {path}: lace says {json.dumps(mine)[:300]}, the reference {json.dumps(other)[:300]}"
        assert left.pop(path) == mine, f"{name}: {path}: {mine}"
    assert not left, f"{name}: no difference any more: {left}"


@pytest.fixture(scope="module")
def env(engine, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return {**{k: v for k, v in os.environ.items() if not k.startswith(("DOCKER_", "LACE_", "XDG_"))}, "HOME": str(home),
            "DOCKER_HOST": engine.host, "PATH": f"{os.path.dirname(DOCKER)}:{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def read_answers():
    return harness.stored("read")


@pytest.mark.parametrize("name", cases.READ)
def test_read_configuration(engine, env, tmp_path, read_answers, name):
    case = cases.READ[name]
    layout = harness.Layout(case, tmp_path, engine.docker)
    result = layout.run(PROGRAM, env)
    if result.returncode != 0 or case.get("warns"):
        assert result.stderr.strip(), f"{name}: nothing is said about it"
    if case.get("warns"):      # where it is, for a person to go there
        assert re.search(r"devcontainer\.json:\d+:\d+: ", result.stderr), f"{name}: {result.stderr}"
    held(name, case, harness.read_answer(layout, result), read_answers[name])


@pytest.mark.parametrize("name", life.LIVES)
def test_life(engine, env, tmp_path, name):
    one = life.Life(life.LIVES[name], tmp_path, engine, PROGRAM, env)
    try:
        ours = one.tell()
    finally:
        one.remove()
    held(name, life.LIVES[name], ours, harness.stored("life")[name])


@pytest.mark.parametrize("name", ["T170 up, up, stop, up", "T186 of a feature too", "configurations"])
def test_a_container_of_the_reference(engine, env, tmp_path, name):
    """Made from the labels that the reference gave it: found, used, and its hooks are those of the label."""
    one = life.Life(life.LIVES[name], tmp_path, engine, PROGRAM, env)
    (one.ws / ".devcontainer" / "devcontainer.json").write_text(json.dumps(
        {"image": cases.BASE, "remoteEnv": {"T_LIVE": "yes"}, "postCreateCommand": "echo never >> ran"}))
    ident = harness.devcontainer_id({"devcontainer.local_folder": str(one.ws),
                                     "devcontainer.config_file": f"{one.ws}/.devcontainer/devcontainer.json"})
    stored = harness.stored("life")[name]
    labels = {k: v.replace("<root>", str(tmp_path)).replace("<id>", ident) for k, v in stored["container"]["labels"].items()}
    flags = [x for k, v in labels.items() for x in ("-l", f"{k}={v}")]
    made = engine.docker("run", "-d", *flags, "--mount", f"type=bind,source={one.ws},target=/workspaces/proj", cases.BASE,
                         "sleep", "100000").strip()
    try:
        up = one.step([*life.UP, "--expect-existing-container"])
        assert up["stdout"]["outcome"] == "success" and one.containers() == [made]
        hooks = [line for line in stored["steps"][0]["ran"] if line != "initialize"]
        assert up["ran"] == hooks
        assert "T_LIVE=yes" in one.step(life.ENV)["stdout"].split()
    finally:
        one.remove()


def test_every_case_is_stored(read_answers):
    assert {*read_answers} == {*cases.READ} and {*harness.stored("life")} == {*life.LIVES}, "make oracle stores them"


def test_every_line_has_a_case():
    shown = {line for c in cases.READ.values() for line in c.get("differs", {})}
    assert shown <= wanted()

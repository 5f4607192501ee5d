"""lace's reading of devcontainer.json against the reference CLI's, on the same folders.

Reading, substituting and merging are compared as values, labels byte for byte. Runs when LACE_ORACLE names the
reference CLI's `devcontainer` (Node has to be on PATH). No engine is needed: a stand-in for `docker` answers what is
asked of it. Masked, because lace differs on purpose: ${devcontainerId}, which lace knows without a container;
hostRequirements without any metadata entry (the reference prints minus infinity); no workspace mount ("" there,
absent here).
"""
import json
import os
import pathlib
import random
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
ORACLE = os.environ.get("LACE_ORACLE", "")
PRINT = os.environ.get("LACE_PRINT_CONFIG", str(TOP / "build" / "tests" / "unit" / "dev" / "print_config"))
RANDOM_CASES = int(os.environ.get("LACE_ORACLE_CASES", "150"))

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not os.access(ORACLE, os.X_OK), reason="LACE_ORACLE names no reference CLI"),
    pytest.mark.skipif(not os.access(PRINT, os.X_OK), reason="print_config is not built"),
]

ENV = {"SETV": "val", "EMPTY": "", "NEST": "${localEnv:SETV}"}

DOCKER = """#!/bin/sh
case "$1 $2" in
"inspect --type") cat "$LACE_ORACLE_IMAGE" ;;
"-v ") echo "Docker version 28.0.0, build 0" ;;
"version "*) echo 28.0.0 ;;
"ps "*) ;;
"events "*) ;;
"run "*) printf '%s\\0' "$@" > "${0%/*}/run"; exit 1 ;;
*) exit 1 ;;
esac
"""


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    docker = tmp_path_factory.mktemp("docker") / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    return docker


def environment(**more):
    return {**{k: v for k, v in os.environ.items() if k not in ("UNSET",)}, **ENV, **more}


def reference(docker, folder, label, *args):
    """What the reference CLI prints, or None when it refuses."""
    image = docker.parent / "image.json"
    labels = {} if label is None else {"devcontainer.metadata": label}
    image.write_text(json.dumps([{"Id": "sha256:0", "Architecture": "amd64", "Os": "linux",
                                  "Config": {"User": "", "Env": ["PATH=/bin"], "Labels": labels,
                                             "Entrypoint": None, "Cmd": ["sh"]}}]))
    r = subprocess.run([ORACLE, "read-configuration", "--workspace-folder", str(folder),
                        "--include-merged-configuration", "--docker-path", str(docker), *args],
                       env=environment(LACE_ORACLE_IMAGE=str(image)), capture_output=True, text=True, timeout=60)
    if r.returncode != 0:
        return None
    seen = json.loads(r.stdout)
    for part in ("configuration", "mergedConfiguration"):
        seen[part].pop("configFilePath", None)
    return {k: seen[k] for k in ("configuration", "workspace", "mergedConfiguration")}


def lace(folder, label, *args):
    """What lace makes of it, or None when it refuses."""
    label = [] if label is None else ["--label", label]
    r = subprocess.run([PRINT, *label, *args, str(folder)], env=environment(), capture_output=True, text=True,
                       timeout=60)
    if r.returncode != 0:
        assert r.stderr.count("\n") >= 1, "an error without a message"
        return None
    seen = json.loads(r.stdout)
    seen = json.loads(r.stdout.replace(seen["id"], "${devcontainerId}"))
    return {k: seen[k] for k in ("configuration", "workspace", "mergedConfiguration")}


def mask(seen):
    if (seen["mergedConfiguration"].get("hostRequirements") or {}).get("memory") == "-Infinity":
        del seen["mergedConfiguration"]["hostRequirements"]
    if seen["workspace"].get("workspaceMount") == "":
        del seen["workspace"]["workspaceMount"]
    return seen


def agree(docker, folder, label=None, lace_args=(), reference_args=()):
    """Both say the same, or both refuse; lace's answer."""
    ours, theirs = lace(folder, label, *lace_args), reference(docker, folder, label, *reference_args)
    if ours is None or theirs is None:
        assert ours == theirs, "only one of them refuses"
        return None
    for part, value in mask(theirs).items():
        for key in sorted({*value, *ours[part]}):
            assert (part, key, ours[part].get(key, "absent")) == (part, key, value.get(key, "absent"))
    return ours


def write(folder, text, name=".devcontainer/devcontainer.json"):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return folder


CONFIGS = {
    "variables": {"image": "i", "x": ["${localEnv:UNSET}", "${localEnv:UNSET:dflt}", "${localEnv:EMPTY:d}",
                                      "${env:SETV}", "${localEnv:UNSET:d:e:f}", "${unknown:x}", "${containerEnv:PATH}",
                                      "${devcontainerId}", "x${localEnv:SETV}y${localEnv:SETV}z", "$${localEnv:SETV}",
                                      "${ localEnv:SETV }", "${localEnv:NEST}", "${localEnv:UNSET:${localEnv:SETV}}",
                                      "${localEnv:SETV", "${}", "${localEnv:}", "${localEnv::z}", "${\n}",
                                      "${local\nEnv:SETV}${localEnv:SETV}", "${localWorkspaceFolder:x}",
                                      "${\u2028}", "${\u2029${localEnv:SETV}"],
                  "${localEnv:SETV}": 1},
    "no variable name": {"image": "i", "name": "${localEnv}"},
    "folders": {"image": "i", "x": "${localWorkspaceFolder} ${localWorkspaceFolderBasename} "
                                   "${containerWorkspaceFolder} ${containerWorkspaceFolderBasename}"},
    "own folder": {"image": "i", "workspaceFolder": "/w/${localWorkspaceFolderBasename}/${containerWorkspaceFolder}",
                   "x": "${containerWorkspaceFolder}"},
    "own folder's base": {"image": "i", "workspaceFolder": "/w/${containerWorkspaceFolderBasename}"},
    "no mount": {"image": "i", "workspaceMount": ""},
    "own mount": {"image": "i", "workspaceMount": "source=${localWorkspaceFolder},target=/w,type=bind",
                  "workspaceFolder": "/w"},
    "id": {"image": "i", "workspaceFolder": "/w/${devcontainerId}", "mounts": ["source=v-${devcontainerId},target=/v"]},
    "jsonc": '{ // line\n "image": "u", /* block */ "a":1,, "b":[1,2,], }',
    "bom": '\ufeff{"image":"u","name":"\\u0041\\n"}',
    "missing comma": '{"image":"u" "name":"n"}',
    "not a number": '{"x":NaN,"image":"u"}',
    "twice": '{"image":"u","image":"v"}',
    "numbers": '{"image":"u","x":[1.0,1e3,1E+2,0.1,-0,1e21,1e-7,12345678901234567890,1.5e300]}',
    "key order": '{"image":"u","x":{"b":1,"10":2,"9":3,"a":4,"01":5,"-1":6,"4294967295":7,"4294967294":8}}',
    "strings": '{"image":"u","x":"\\/\\b\\f\\u001f\\u2028\\u00e9\\ud83d\\ude00"}',
    "empty": "",
    "array": "[]",
    "legacy": {"image": "u", "extensions": ["a"], "settings": {"k": 1, "c": 2}, "devPort": 3,
               "customizations": {"vscode": {"settings": {"k": 5}, "extensions": ["z"]}}},
    "legacy alone": {"extensions": ["a"], "image": "u"},
    "null": '{"image":"u","name":null,"postCreateCommand":null,"mounts":null}',
    "unknown": {"image": "u", "foo": {"bar": 1}},
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configuration(stand_in, tmp_path, name):
    agree(stand_in, write(tmp_path / "proj", CONFIGS[name]))


@pytest.mark.parametrize("folder", ["plain", "a b", "a,b c", "é中", "$(x)", "UPPER.case"])
def test_paths(stand_in, tmp_path, folder):
    agree(stand_in, write(tmp_path / folder, {"image": "i", "x": "${localWorkspaceFolder}"}))


def test_git_root(stand_in, tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path / "gr")], check=True)
    pkg = write(tmp_path / "gr" / "sub" / "pkg", {"image": "i", "x": "${containerWorkspaceFolder}"})
    seen = agree(stand_in, pkg)
    assert seen["workspace"]["workspaceFolder"] == "/workspaces/gr/sub/pkg"
    agree(stand_in, pkg, lace_args=["--no-git-root"], reference_args=["--mount-workspace-git-root", "false"])
    # a folder called .git that is no repository does not stop the search; a file that leads nowhere does
    (tmp_path / "gr" / "sub" / ".git").mkdir()
    agree(stand_in, pkg)
    (tmp_path / "gr" / "sub" / ".git").rmdir()
    (tmp_path / "gr" / "sub" / ".git").write_text("gitdir: /nowhere\n")
    agree(stand_in, pkg)


def test_worktree(stand_in, tmp_path):
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", str(tmp_path / "repo")]
    subprocess.run(["git", "init", "-q", str(tmp_path / "repo")], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], check=True)
    subprocess.run([*git, "worktree", "add", "-q", str(tmp_path / "feat")], check=True, capture_output=True)
    agree(stand_in, write(tmp_path / "feat" / "s", {"image": "i"}))


def test_explicit_file(stand_in, tmp_path):
    write(tmp_path / "p", {"image": "i"})
    write(tmp_path / "p", {"image": "alt"}, "alt/devcontainer.json")
    alt = ["--config", str(tmp_path / "p" / "alt" / "devcontainer.json")]
    assert agree(stand_in, tmp_path / "p", None, alt, alt)["configuration"]["image"] == "alt"


LABELS = {
    "none": (None, {"hostRequirements": {"cpus": 2}}),
    "object": ({"remoteUser": "a"}, {}),
    "not json": ("nonsense", {"remoteUser": "z"}),
    "booleans": ([{"init": True}, {"privileged": True}, {"overrideCommand": True}, {"overrideCommand": False}],
                 {"init": False}),
    "unions": ([{"capAdd": ["A", "C"]}, {"capAdd": ["B"], "securityOpt": ["x"]}], {"capAdd": ["B", "A"]}),
    "mounts": ([{"mounts": ["source=/a,target=/t1,type=bind", {"type": "volume", "source": "c", "target": "/t2"}]},
                {"mounts": [{"type": "volume", "source": "d", "target": "/t3"}]}],
               {"mounts": ["type=bind,source=/c,target=/t1", "source=x,dst=/t4,type=volume",
                           "source=y,destination=/t2,type=volume"]}),
    "hooks": ([{"postCreateCommand": "one"}, {"postCreateCommand": ["two"]}, {"postCreateCommand": ""},
               {"onCreateCommand": []}],
              {"postCreateCommand": {"a": "x"}, "onCreateCommand": ["l", "s"], "postStartCommand": "ps"}),
    "last": ([{"userEnvProbe": "none", "waitFor": "postCreateCommand", "shutdownAction": "none",
               "updateRemoteUserUID": False, "remoteUser": "a", "containerUser": "c"}, {"remoteUser": ""}], {}),
    "env": ([{"remoteEnv": {"A": "1", "B": "2"}, "containerEnv": {"X": "1", "Y": "2"}}, {"remoteEnv": {"B": "3"}}],
            {"remoteEnv": {"A": "dc", "N": None}, "containerEnv": {"X": "dc", "N": 1}}),
    "ports": ([{"forwardPorts": [3000, "localhost:8080"], "portsAttributes": {"3000": {"label": "a"}},
                "otherPortsAttributes": {"label": "x"}}],
              {"forwardPorts": [3000, "localhost:3001", "db:1", 3001], "portsAttributes": {"3000": {"label": "b"}},
               "otherPortsAttributes": {"protocol": "http"}}),
    "requirements": ([{"hostRequirements": {"memory": "1024"}}, {"hostRequirements": {"memory": "bad", "cpus": 1.5}}],
                     {"hostRequirements": {"memory": "1tb", "storage": "2kb"}}),
    "customizations": ([{"customizations": {"vscode": {"a": 1}, "jb": {"p": 1}}}],
                       {"customizations": {"vscode": {"c": 1}, "x": [1]}}),
    "entrypoints": ([{"entrypoint": "/e1"}, {"entrypoint": "/e2"}], {}),
    "strangers": ([{"name": "n", "runArgs": ["-x"], "appPort": 1, "workspaceFolder": "/x", "initializeCommand": "no",
                    "foo": 1}], {"name": "own", "runArgs": ["--rm"]}),
    "variables": ([{"remoteEnv": {"A": "${localEnv:SETV}", "B": "${localWorkspaceFolder}",
                                  "C": "${containerWorkspaceFolder}", "D": "${containerEnv:PATH}"}}], {}),
}


@pytest.mark.parametrize("name", LABELS)
def test_merge(stand_in, tmp_path, name):
    label, config = LABELS[name]
    label = label if label is None or isinstance(label, str) else json.dumps(label)
    agree(stand_in, write(tmp_path / "proj", {"image": "i", **config}), label)


# Values that lace's check lets pass, so that every difference is one of reading, substituting or merging.
STRINGS = ["", "a", "b c", "${localEnv:SETV}", "${localEnv:UNSET:x}", "$${localEnv:SETV}", "${nope}", "é", "q\"\\",
           "${localWorkspaceFolderBasename}", "${containerWorkspaceFolder}", "${containerEnv:HOME}"]
COMMANDS = ["", "true", [], ["a", "b"], {}, {"one": "x", "two": ["y"]}]
MOUNTS = ["source=a,target=/1,type=volume", "type=bind,src=/b,dst=/2", "target=/3,type=tmpfs",
          "destination=/1,type=volume", {"type": "volume", "source": "v", "target": "/2"},
          {"type": "bind", "source": "/h", "target": "/4"}]
PORTS = [0, 80, 3000, "localhost:3000", "db:5432", "localhost:81"]


def some(r, pool, most=3):
    return [r.choice(pool) for _ in range(r.randint(0, most))]


def random_entry(r):
    """Properties that may stand in a label and in devcontainer.json."""
    pool = {
        "init": lambda: r.random() < .5, "privileged": lambda: r.random() < .5,
        "overrideCommand": lambda: r.random() < .5, "updateRemoteUserUID": lambda: r.random() < .5,
        "capAdd": lambda: some(r, STRINGS), "securityOpt": lambda: some(r, STRINGS),
        "mounts": lambda: some(r, MOUNTS, 4), "forwardPorts": lambda: some(r, PORTS, 5),
        "remoteUser": lambda: r.choice(STRINGS), "containerUser": lambda: r.choice(STRINGS),
        "userEnvProbe": lambda: r.choice(["none", "loginShell"]), "shutdownAction": lambda: "none",
        "waitFor": lambda: r.choice(["onCreateCommand", "postStartCommand"]),
        "remoteEnv": lambda: {r.choice("ABC"): r.choice([*STRINGS, None, 1]) for _ in range(3)},
        "containerEnv": lambda: {r.choice("ABC"): r.choice([*STRINGS, 1, True]) for _ in range(3)},
        "portsAttributes": lambda: {str(p): {"label": r.choice(STRINGS)} for p in some(r, PORTS)},
        "otherPortsAttributes": lambda: {"label": r.choice(STRINGS)},
        "customizations": lambda: {r.choice("xyz"): r.choice([*STRINGS, 1, [], {}, {"1": 2, "a": 3}]) for _ in range(2)},
        "hostRequirements": lambda: {"cpus": r.randint(1, 9), "memory": r.choice(["1gb", "512mb", "3"])},
        **{f"{hook}Command": lambda: r.choice(COMMANDS)
           for hook in ("onCreate", "updateContent", "postCreate", "postStart", "postAttach")},
    }
    return {k: pool[k]() for k in r.sample(sorted(pool), r.randint(0, 8))}


@pytest.mark.parametrize("seed", range(RANDOM_CASES))
def test_random(stand_in, tmp_path, seed):
    r = random.Random(seed)
    label = [{**random_entry(r), **({"entrypoint": r.choice(STRINGS)} if r.random() < .3 else {})}
             for _ in range(r.randint(0, 4))]
    config = {"image": "i", **random_entry(r), "x": some(r, STRINGS, 5)}
    if r.random() < .3:
        # (not its own name: what the reference makes of that depends on who asks)
        config["workspaceFolder"] = "/w/" + r.choice([s for s in STRINGS if "containerWorkspace" not in s])
    if r.random() < .2:
        config["workspaceMount"] = r.choice(["", "type=bind,source=${localWorkspaceFolder},target=/w"])
    agree(stand_in, write(tmp_path / "proj", config), json.dumps(label))


BYTES = {
    "numbers": '{"image":"i","customizations":{"x":[1.0,1e3,0.1,-0,1e21,1e20,1e-7,1e-6,12345678901234567890,1.5e300]}}',
    "key order": '{"customizations":{"b":1,"10":2,"9":3,"a":4,"01":5,"4294967295":7,"4294967294":8},"image":"i"}',
    "strings": '{"image":"i","remoteEnv":{"A":"\\/\\b\\f\\u001f\\u007f\\u2028\\u00e9\\ud83d\\ude00 é<&"}}',
    "nothing": '{"image":"i"}',
    "empty values": '{"image":"i","mounts":[],"remoteEnv":{},"postCreateCommand":"","init":false}',
    "raw": '{"image":"i","mounts":["source=v-${devcontainerId},target=/v"],"containerEnv":{"A":"${localEnv:SETV}"}}',
    "not in it": '{"image":"i","name":"n","runArgs":["--rm"],"appPort":[1],"workspaceFolder":"/w","forwardPorts":[1,"a:2"]}',
    "legacy": '{"extensions":["a"],"image":"i","settings":{"a":1},"init":true}',
}


@pytest.mark.parametrize("case", [*BYTES, *range(20)])
def test_label(stand_in, tmp_path, case):
    text = BYTES[case] if case in BYTES else json.dumps({"image": "i", **random_entry(random.Random(1000 + case))})
    folder = write(tmp_path / "proj", text)
    run = stand_in.parent / "run"
    run.unlink(missing_ok=True)
    image = stand_in.parent / "image.json"
    image.write_text('[{"Id":"sha256:0","Config":{"User":"","Env":[],"Labels":{}}}]')
    subprocess.run([ORACLE, "up", "--workspace-folder", str(folder), "--docker-path", str(stand_in),
                    "--update-remote-user-uid-default", "never"],
                   env=environment(LACE_ORACLE_IMAGE=str(image)), capture_output=True, timeout=60)
    theirs = [a for a in run.read_bytes().decode().split("\0") if a.startswith("devcontainer.")]
    seen = json.loads(subprocess.run([PRINT, str(folder)], env=environment(), capture_output=True, check=True).stdout)
    assert theirs == [f"devcontainer.local_folder={folder}", f"devcontainer.config_file={seen['configFile']}",
                      f"devcontainer.metadata={seen['label']}"]

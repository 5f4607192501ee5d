"""lace's life cycle of a dev container beside the reference CLI's, on one engine.

Whatever one of them made, the other must find and use as its own: the same container for the same folder, the
same labels, environment, markers and order of hooks. Runs in the long tier when LACE_ORACLE names the reference
CLI's `devcontainer` (tools/oracle installs it). What is masked here differs on purpose; docs/devcontainer.md
names it, and test_differences_hold at the end pins the rest.
"""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading

import pytest

from conftest import LACE, Lace, eventually, log_tail
from dockerd import BASE, DOCKER
from terminal import Terminal

ORACLE = os.environ.get("LACE_ORACLE", "")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not os.access(ORACLE, os.X_OK), reason="LACE_ORACLE names no reference CLI"),
]


class Reference:
    """Runs the reference CLI with the environment of a Lace."""

    def __init__(self, lace, program=ORACLE):
        self.env = {**lace.env, "TMPDIR": str(lace.home)}
        self.program = str(program)

    def __call__(self, verb, project, *args, env=None, before=(), cwd=None):
        where = ["--workspace-folder", str(project)] if project else []
        return subprocess.run([*before, self.program, verb, *where, "--docker-path", DOCKER, *map(str, args)],
                              env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", timeout=300, cwd=cwd)

    def ok(self, verb, project, *args, **kwargs):
        r = self(verb, project, *args, **kwargs)
        assert r.returncode == 0, f"devcontainer {verb}: exit {r.returncode}\n{r.stdout}\n{r.stderr[-3000:]}"
        return r.stdout

    def up(self, project, *args, **kwargs):
        return json.loads(self.ok("up", project, "--no-lockfile", *args, **kwargs))


@pytest.fixture
def reference(lace):
    return Reference(lace)


class Pair:
    """Both CLIs on one project: `lace` makes containers as the reference does (--plain)."""

    def __init__(self, lace, reference, project):
        self.lace, self.reference, self.project = lace, reference, project

    def lace_up(self, *args, **kwargs):
        return json.loads(self.lace.ok("up", "--trust", "--json", "--plain", "--docker-path", DOCKER, *args,
                                       self.project, **kwargs))

    def reference_up(self, *args, **kwargs):
        return self.reference.up(self.project, *args, **kwargs)

    def both(self, look):
        """look() at the container that lace makes and at the one that the reference makes."""
        seen = []
        for up in (self.lace_up, self.reference_up):
            self.project.remove()
            up()
            seen.append(look())
        return seen


@pytest.fixture
def pair(lace, reference, project):
    return Pair(lace, reference, project)


def same(ours, theirs):
    """Key by key, so that a failure names what differs."""
    for key in sorted({*ours, *theirs}):
        assert (key, ours.get(key, "absent")) == (key, theirs.get(key, "absent"))


# ---- the container itself --------------------------------------------------------

def arguments(args):
    """-c SCRIPT - COMMAND...: the words around the entrypoints are each program's own."""
    assert args[0] == "-c" and args[2] == "-"
    head, *entrypoints, execute, loop = args[1].rstrip("\n").split("\n")
    assert head == "echo Container started" and entrypoints[0].startswith("trap ") and loop.startswith("while ")
    return {"Script": [*entrypoints[1:], execute], "Args": args[3:]}


def without_breaks(label):
    """A label that came through the reference's Dockerfile has a blank where each of its lines ended."""
    return re.sub(r"}, {", "},{", re.sub(r"^\[ (.*) \]$", r"[\1]", label))


def described(inspect):
    """What a container is, but for its names: image, host name, ids of anonymous volumes."""
    config, host = dict(inspect["Config"]), dict(inspect["HostConfig"])
    for key in ("Hostname", "Image", "Entrypoint", "Cmd"):    # (these two: see Path and Args)
        config.pop(key)
    config["Env"] = sorted(config["Env"] or [])
    config["User"] = config["User"] or "root"
    labels = {k: v for k, v in (config.pop("Labels") or {}).items() if not k.startswith("lace.")}
    mounts = [{k: v for k, v in m.items() if k not in ("Name", "Source") or len(m.get("Name", "")) != 64}
              for m in sorted(inspect["Mounts"], key=lambda m: m["Destination"])]
    flat = {"Path": inspect["Path"], **arguments(inspect["Args"]), "Mounts": mounts}
    return {**flat, **{f"Config.{k}": v for k, v in config.items()}, **{f"HostConfig.{k}": v for k, v in host.items()},
            **{f"label {k}": without_breaks(v) for k, v in labels.items()}}


def feature(project, name, install="true", **properties):
    folder = project.folder / ".devcontainer" / name
    folder.mkdir()
    (folder / "devcontainer-feature.json").write_text(json.dumps({"id": name, "version": "1.0.0", **properties}))
    (folder / "install.sh").write_text("#!/bin/sh\nset -e\n" + install + "\n")
    return f"./{name}"


def dockerfile(project, text, name="Dockerfile"):
    (project.folder / ".devcontainer" / name).write_text(text)


def image(engine, name, text):
    engine.docker("build", "-q", "-t", f"lace-test:{name}", "-", input=f"FROM {BASE}\n{text}\n")
    return f"lace-test:{name}"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def case_image(p, engine, tmp):
    return {"image": BASE}


def case_users(p, engine, tmp):
    return {"image": BASE, "containerUser": "dev", "remoteUser": "root"}


def case_numeric_users(p, engine, tmp):
    return {"image": BASE, "containerUser": "1000", "remoteUser": "1000"}


def case_user_of_the_image(p, engine, tmp):
    return {"image": image(engine, "user", "USER dev")}


def case_user_and_group_of_the_image(p, engine, tmp):
    return {"image": image(engine, "user-group", "USER dev:dev")}


def case_dockerfile(p, engine, tmp):
    dockerfile(p, "ARG WHO=nobody\nARG BASE=nothing\nFROM ${BASE} AS first\nARG WHO\n"
               "ENV SAID=$WHO\nWORKDIR /srv\nFROM first AS second\n")
    return {"build": {"dockerfile": "Dockerfile", "args": {"WHO": "me and you", "BASE": BASE}, "target": "first",
                      "options": ["--label", "built=1"], "cacheFrom": BASE}, "remoteUser": "dev"}


def case_dockerfile_context(p, engine, tmp):
    (p.folder / "data").write_text("from the context")
    dockerfile(p, f"FROM {BASE}\nCOPY data /data\nUSER dev\nENTRYPOINT [\"/bin/echo\"]\n")
    return {"build": {"dockerfile": "Dockerfile", "context": ".."}, "containerEnv": {"A": "b"}}


def case_old_dockerfile(p, engine, tmp):
    dockerfile(p, f"FROM {BASE}\nENV OLD=1\n", "old.dockerfile")
    return {"dockerFile": "old.dockerfile", "context": "."}


def case_features(p, engine, tmp):
    feature(p, "b", "echo b >> /order", dependsOn={"./c": {"x": "from b"}})
    feature(p, "c", "echo \"c $X\" >> /order", options={"x": {"type": "string", "default": "d"}})
    feature(p, "a", "echo \"a $A_1 $_REMOTE_USER $_REMOTE_USER_HOME $_CONTAINER_USER\" >> /order\n"
            "printf '#!/bin/sh\\necho ran \"$@\" >/a-ran\\n' > /usr/local/bin/a-init; chmod +x /usr/local/bin/a-init",
            installsAfter=["./b"], entrypoint="/usr/local/bin/a-init --x",
            options={"a-1": {"type": "boolean", "default": False}},
            containerEnv={"FROM_A": "${PATH}:/a", "QUOTED": "it's a \"b\""},
            mounts=[{"type": "tmpfs", "target": "/a-tmp"}],
            capAdd=["SYS_PTRACE"], securityOpt=["seccomp=unconfined"], init=True,
            customizations={"vscode": {"extensions": ["a.b"]}}, postCreateCommand="true")
    return {"image": BASE, "remoteUser": "dev", "features": {"./a": {"a-1": True}, "./b": {}, "./c": "1"},
            "containerEnv": {"OWN": "x y", "COST": "$5 \"q\" \\ `z`"}, "postCreateCommand": ["true"]}


def case_features_on_a_dockerfile(p, engine, tmp):
    dockerfile(p, f"FROM {BASE}\nENV F=1\nUSER dev\nWORKDIR /home/dev\nENTRYPOINT [\"/bin/true\"]\nCMD [\"x\"]\n")
    feature(p, "one", "id -un > /who; echo $_REMOTE_USER >> /who", entrypoint="true")
    feature(p, "two", containerEnv={"F": "${F}2"}, privileged=True)
    return {"build": {"dockerfile": "Dockerfile"}, "features": {"./two": {}, "./one": {}},
            "overrideFeatureInstallOrder": ["./two"]}


def case_mounts(p, engine, tmp):
    extra = tmp / "extra, with comma"
    plain = tmp / "plain"
    extra.mkdir()
    plain.mkdir()
    return {"image": BASE, "mounts": [
        f"type=bind,source={plain},target=/plain,readonly",
        f"type=bind,\"source={extra}\",target=/extra,consistency=cached",
        "source=lace-test-${devcontainerId},target=/named,type=volume",
        {"type": "volume", "source": "lace-test-object", "target": "/object"},
        {"type": "bind", "source": str(plain), "target": "/bound"},
        "type=tmpfs,target=/mem,tmpfs-size=1000000",
        {"type": "tmpfs", "target": "/mem2"},
        "type=volume,destination=/anonymous",
        "type=volume,src=lace-test-dst,dst=/dst,volume-nocopy=true",
        f"type=bind,src={plain},dst=/bound2,bind-propagation=rprivate",
        {"type": "volume", "source": "lace-test-late", "target": "/object"},
    ]}


def case_workspace_mount(p, engine, tmp):
    return {"image": BASE, "workspaceFolder": "/src",
            "workspaceMount": "source=${localWorkspaceFolder},target=/src,type=bind,consistency=delegated"}


def case_no_workspace_mount(p, engine, tmp):
    return {"image": BASE, "workspaceMount": "", "workspaceFolder": "/tmp"}


def case_only_workspace_folder(p, engine, tmp):
    return {"image": BASE, "workspaceFolder": "/workspaces"}


def case_run_args(p, engine, tmp):
    return {"image": BASE, "containerEnv": {"FROM": "config"},
            "runArgs": ["--hostname", "named", "-e", "FROM=args", "--add-host=a.test:10.0.0.1", "--cap-add",
                        "NET_ADMIN", "--label", "x=y", "--ulimit", "nofile=1000:1000", "--memory=256m", "--workdir", "/srv",
                        "--network=none", "-v", "lace-test-args:/args"]}


def case_ports(p, engine, tmp):
    a, b, c = free_port(), free_port(), free_port()
    return {"image": BASE, "appPort": [a, f"{b}:4000", f"127.0.0.1:{c}:5000/udp", "127.0.0.1::6000"]}


def case_one_port(p, engine, tmp):
    return {"image": BASE, "appPort": free_port()}


def case_port_string(p, engine, tmp):
    return {"image": BASE, "appPort": f"{free_port()}:7000"}


def case_privileges(p, engine, tmp):
    return {"image": BASE, "containerUser": "dev", "init": True, "capAdd": ["SYS_PTRACE", "NET_RAW"],
            "securityOpt": ["seccomp=unconfined"], "privileged": True}


def case_image_command(p, engine, tmp):
    name = image(engine, "command", 'ENTRYPOINT ["/bin/sh", "-c"]\nCMD ["sleep 1000000", "b c"]')
    return {"image": name, "overrideCommand": False}


def case_image_command_overridden(p, engine, tmp):
    return {"image": image(engine, "command", 'ENTRYPOINT ["/bin/sh", "-c"]\nCMD ["sleep 1000000", "b c"]')}


def case_environment(p, engine, tmp):
    return {"image": BASE, "containerEnv": {"K": "v w", "E": "", "N": 1, "B": True, "Q": "it's \"q\" $HOME `x` \\ é",
                                            "WS": "${containerWorkspaceFolder}", "L": "${localEnv:HOME}"},
            "remoteEnv": {"R": "${containerEnv:K}!"}}


def case_label_of_the_image(p, engine, tmp):
    entries = json.dumps([{"id": "x/y", "entrypoint": "echo $HOME", "capAdd": ["SYS_PTRACE"], "init": True,
                           "mounts": [{"type": "volume", "source": "lace-test-${devcontainerId}", "target": "/v"}]},
                          {"remoteUser": "dev", "containerEnv": {"FROM_LABEL": "${localWorkspaceFolder}"},
                           "overrideCommand": False, "customizations": {"x": {"b": 1, "a": "é\u2028"}}}])
    quoted = re.sub(r'(["\\$])', r"\\\1", entries)
    name = image(engine, "labelled", f'LABEL devcontainer.metadata="{quoted}"\nCMD ["sleep", "100000"]')
    return {"image": name, "capAdd": ["NET_ADMIN"], "customizations": {"x": {"c": 2}}, "forwardPorts": [3000, "db:1"]}


def case_label_and_features(p, engine, tmp):
    config = case_label_of_the_image(p, engine, tmp)
    feature(p, "one", "test \"$_REMOTE_USER\" = dev", postStartCommand={"a": "true"})
    return {**config, "features": {"./one": True}}


def case_label_one_object(p, engine, tmp):
    name = image(engine, "one-object", 'LABEL devcontainer.metadata="{\\"remoteUser\\":\\"dev\\",\\"init\\":true}"')
    return {"image": name}


def case_label_that_is_no_json(p, engine, tmp):
    return {"image": image(engine, "no-json", 'LABEL devcontainer.metadata="[{\\"remoteUser\\":"')}


CASES = {name[5:]: value for name, value in list(globals().items()) if name.startswith("case_")}


@pytest.fixture
def no_volumes(engine):
    yield
    names = engine.docker("volume", "ls", "-q", "--filter", "name=lace-test-").split()
    if names:
        engine.docker("volume", "rm", "-f", *names, check=False)


@pytest.mark.parametrize("name", CASES)
def test_container(pair, engine, tmp_path, no_volumes, name):
    """Labels byte for byte, and all that `docker inspect` says."""
    config = CASES[name](pair.project, engine, tmp_path)
    pair.project.write(conf={"updateRemoteUserUID": False, **config})
    files = "cat /order /who /a-ran 2>/dev/null; sort /etc/environment; grep PATH /etc/profile"
    ours, theirs = pair.both(lambda: {**described(pair.project.inspect()), "files": pair.project.sh(files)})
    same(ours, theirs)

def test_an_image_that_the_reference_built(pair, engine):
    """With features and configuration baked in; both go on from its label."""
    ref = feature(pair.project, "one", "touch /installed", entrypoint="true", init=True, postCreateCommand="true")
    pair.project.write(features={ref: {}}, containerEnv={"A": "$5 \"q\" é"}, remoteEnv={"R": "${containerEnv:A}"},
                       postStartCommand={"a": "true"})
    pair.reference.ok("build", pair.project, "--image-name", "lace-test:built", "--no-lockfile")
    shutil.rmtree(pair.project.folder / ".devcontainer" / "one")
    pair.project.write(conf={"image": "lace-test:built", "updateRemoteUserUID": False, "remoteEnv": {"S": "own"}})
    files = "ls -d /installed"
    ours, theirs = pair.both(lambda: {**described(pair.project.inspect()), "files": pair.project.sh(files)})
    same(ours, theirs)
    assert pair.lace.ok("exec", pair.project, "--", "sh", "-c", "echo $R $S; id -un") == '$5 "q" é own\ndev\n'


def test_the_reference_installs_our_features(pair):
    """As folders of the project: sshd is started by its entrypoint, and lace finds its port and uses it."""
    built = pathlib.Path(LACE).resolve().parents[2] / "features"
    for name in ("sshd", "mux-server"):
        shutil.copytree(built / name, pair.project.folder / ".devcontainer" / name)
    port = free_port()
    pair.project.write(features={"./sshd": {}, "./mux-server": {}}, appPort=f"127.0.0.1:{port}:2222")
    cid = pair.reference_up()["containerId"]
    ours = json.loads(pair.lace.ok("up", "--trust", "--json", pair.project))
    assert (ours["containerId"], ours["port"]) == (cid, port)
    assert pair.lace.ok("ssh", pair.project, "--", "id", "-un") == "dev\n"


def test_somebody_elses_port_2222(pair):
    """Another sshd's, or nothing's: lace leaves it alone, and works through the engine."""
    pair.project.write(appPort=f"127.0.0.1:{free_port()}:2222")
    cid = pair.reference_up()["containerId"]
    ours = json.loads(pair.lace.ok("up", "--trust", "--json", pair.project))
    assert (ours["containerId"], ours["port"]) == (cid, None)
    assert [p["port"] for p in json.loads(pair.lace.ok("ls", "--json")) if p["containerId"] == cid] == [None]
    assert pair.lace.ok("exec", pair.project, "--", "id", "-un") == "dev\n"
    assert "lace exec" in pair.lace.fails(1, "ssh", pair.project, "--", "true")


# ---- the workspace: git roots, worktrees, links ----------------------------------

def git(folder, *args):
    subprocess.run(["git", "-c", "init.defaultBranch=main", "-c", "user.name=t", "-c", "user.email=t@example.com",
                    *args], cwd=folder, check=True, capture_output=True)


def repository(folder):
    folder.mkdir(parents=True)
    git(folder, "init")
    git(folder, "commit", "--allow-empty", "-m", "first")
    return folder


def where(pair):
    inspect = pair.project.inspect()
    return {"mounts": [(m["Source"], m["Destination"]) for m in inspect["Mounts"]],
            "labels": sorted((k, v) for k, v in inspect["Config"]["Labels"].items() if k.startswith("devcontainer."))}


@pytest.fixture
def pair_at(lace, reference, project_at):
    def make(folder, **properties):
        conf = {"image": BASE, "updateRemoteUserUID": False}
        return Pair(lace, reference, project_at(folder, conf=conf, **properties))
    return make


def test_git_root_above_the_folder(pair_at, tmp_path):
    top = repository(tmp_path / "top")
    pair = pair_at(top / "sub" / "pkg")
    ours, theirs = pair.both(lambda: where(pair))
    same(ours, theirs)
    assert ours["mounts"] == [(str(top), "/workspaces/top")]
    for up in (pair.lace_up, pair.reference_up):
        assert up()["remoteWorkspaceFolder"] == "/workspaces/top/sub/pkg"


@pytest.mark.parametrize("relative", [False, True])
def test_worktree(pair_at, tmp_path, relative):
    repository(tmp_path / "repo")
    git(tmp_path / "repo", "worktree", "add", "../feat")
    if relative:
        (tmp_path / "feat" / ".git").write_text("gitdir: ../repo/.git/worktrees/feat\n")
    pair = pair_at(tmp_path / "feat")
    ours, theirs = pair.both(lambda: where(pair))
    same(ours, theirs)


@pytest.mark.parametrize("name", ["with blank", "it's", "a,b", "käse", "UPPER.Case", "a;b&c$(d)"])
def test_names_of_folders(pair_at, tmp_path, name):
    pair = pair_at(tmp_path / name, postCreateCommand="pwd > /tmp/pwd")
    ours, theirs = pair.both(lambda: {**where(pair), "pwd": pair.project.sh("cat /tmp/pwd")})
    same(ours, theirs)
    assert ours["pwd"] == f"/workspaces/{name}\n"


def test_relative_path_and_trailing_slash(pair, tmp_path):
    first = pair.lace_up()["containerId"]
    name = os.path.basename(str(pair.project))
    for spelling in (f"{name}/", f"./{name}", f"../{tmp_path.name}/{name}"):
        assert pair.reference.up(spelling, cwd=tmp_path)["containerId"] == first
        assert json.loads(pair.lace.ok("up", "--json", spelling, cwd=tmp_path))["containerId"] == first


# ---- one makes it, the other uses it ---------------------------------------------

HOOKS = ("initialize", "onCreate", "updateContent", "postCreate", "postStart", "postAttach")


def hooks(*names):
    """A configuration whose hooks write themselves into the workspace's file `ran`."""
    return {f"{name}Command": f"echo {name} >> ran" for name in names or HOOKS}


def ran(project):
    """Which hooks ran since the last look."""
    file = project.folder / "ran"
    seen = file.read_text().split() if file.exists() else []
    file.exists() and file.write_text("")
    return seen


def write_hooks(project, *names, **properties):
    file = project.folder / "ran"
    file.touch()
    file.chmod(0o666)
    project.write(**hooks(*names), **properties)


@pytest.fixture
def hooked(pair):
    write_hooks(pair.project)
    return pair


def start_order(pair, order):
    return [{"lace": pair.lace_up, "reference": pair.reference_up, "lace with its features":
             lambda: json.loads(pair.lace.ok("up", "--trust", "--json", pair.project))}[name] for name in order]


@pytest.mark.parametrize("first, second", [("lace", "reference"), ("lace with its features", "reference"),
                                           ("reference", "lace"), ("reference", "lace with its features")])
def test_the_other_uses_it(hooked, engine, first, second):
    """The rows of the life cycle's table, with the two programs taking turns."""
    one, two = start_order(hooked, (first, second))
    project = hooked.project
    cid = one()["containerId"]
    assert ran(project) == list(HOOKS)
    images = set(engine.docker("images", "-q", "--no-trunc").split())
    for up in (two, one, two):
        assert up()["containerId"] == cid
        assert ran(project) == ["initialize", "postAttach"]
    assert set(engine.docker("images", "-q", "--no-trunc").split()) == images, "something was built"
    for up in (two, one):
        engine.docker("stop", "-t", "1", cid)
        assert up()["containerId"] == cid
        assert ran(project) == ["initialize", "postStart", "postAttach"]
        for again in (one, two):
            again()
            assert ran(project) == ["initialize", "postAttach"]
    assert project.containers() == [cid]


@pytest.mark.parametrize("maker", ["lace", "lace with its features", "reference"])
def test_exec_and_lists(pair, maker):
    pair.project.write(containerEnv={"A": "b"}, remoteEnv={"R": "${containerEnv:A}c"})
    cid = start_order(pair, [maker])[0]()["containerId"]
    show = ["sh", "-c", "id -un; pwd; echo $A $R; exit 7"]
    theirs = pair.reference("exec", pair.project, *show)
    ours = pair.lace("exec", pair.project, "--", *show)
    assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout)
    name = os.path.basename(str(pair.project))
    assert ours.stdout == f"dev\n/workspaces/{name}\nb bc\n" and ours.returncode == 7
    listed = [p for p in json.loads(pair.lace.ok("ls", "--json")) if p["containerId"] == cid]
    assert [(p["state"], p["user"], p["workspaceFolder"]) for p in listed] == [("running", "dev", str(pair.project))]
    read = json.loads(pair.reference.ok("read-configuration", pair.project, "--include-merged-configuration"))
    assert read["mergedConfiguration"]["remoteUser"] == "dev"
    pair.lace.ok("down", pair.project)
    assert pair.reference("exec", pair.project, "true").returncode != 0
    pair.lace.ok("rm", pair.project)
    assert pair.project.containers() == []


@pytest.mark.parametrize("maker", ["lace", "lace with its features", "reference"])
def test_an_edit_changes_only_what_needs_no_rebuild(pair, maker):
    """User, probe and remoteEnv of the live file count; hooks and containerEnv are the label's until a rebuild."""
    write_hooks(pair.project, "postAttach", containerEnv={"A": "old"}, remoteEnv={"R": "old", "S": "kept"})
    start_order(pair, [maker])[0]()
    ran(pair.project)
    for user in ("dev", "root"):
        pair.project.write(remoteUser=user, containerEnv={"A": "new"}, remoteEnv={"R": f"new {user}"},
                           postAttachCommand="echo edited >> ran")
        used(pair, user)


@pytest.mark.parametrize("maker", ["lace", "lace with its features", "reference"])
def test_an_edit_when_nothing_else_is_to_do(pair, maker):
    pair.project.write(containerEnv={"A": "old"}, remoteEnv={"R": "old", "S": "kept"})
    start_order(pair, [maker])[0]()
    for user in ("dev", "root"):
        pair.project.write(remoteUser=user, containerEnv={"A": "new"}, remoteEnv={"R": f"new {user}"})
        used(pair, user, hooks=[])


def used(pair, user, hooks=("postAttach",)):
    for up, run in ((pair.lace_up, lambda *a: pair.lace("exec", pair.project, "--", *a)),
                    (pair.reference_up, lambda *a: pair.reference("exec", pair.project, *a))):
        assert up()["remoteUser"] == user
        assert ran(pair.project) == list(hooks)
        assert run("sh", "-c", "id -un; echo $A $R $S").stdout == f"{user}\nold new {user} kept\n"


def test_found_by_the_folder_alone(pair, engine):
    """A container of a time when the configuration's path was no label yet, and one of another configuration."""
    folder = str(pair.project)
    other = engine.docker("run", "-d", "-l", f"devcontainer.local_folder={folder}", "-l",
                          f"devcontainer.config_file={folder}/.devcontainer/x/devcontainer.json", BASE, "sleep",
                          "1000000").strip()
    old = engine.docker("run", "-d", "-l", f"devcontainer.local_folder={folder}", BASE, "sleep", "1000000").strip()
    assert pair.lace_up()["containerId"] == pair.reference_up()["containerId"] == old
    engine.docker("rm", "-f", old)
    made = pair.lace_up()["containerId"]
    assert made not in (old, other) and pair.reference_up()["containerId"] == made


def test_result(pair):
    ours, theirs = pair.both(lambda: None) and (pair.lace_up(), pair.reference_up())
    shared = ("outcome", "containerId", "remoteUser", "remoteWorkspaceFolder")
    assert {k: ours[k] for k in shared} == {k: theirs[k] for k in shared}


# ---- environment and folder of hooks and exec ------------------------------------

# Of one process each: who runs it, through which shells, and where.
PASSING = {"HOSTNAME", "VSCODE_REMOTE_CONTAINERS_SESSION", "SHLVL", "_", "PWD", "OLDPWD"}
SHOW = 'env -0; printf "cwd=%s\\0id=%s\\0" "$(pwd -P)" "$(id)"'


def environment(text):
    """From `SHOW`'s output."""
    pairs = dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)
    return {k: v for k, v in pairs.items() if k not in PASSING}


def shells(engine):
    """An image whose shells' start-up files each leave a mark."""
    return image(engine, "shells", r"""
RUN echo 'export FROM_PROFILE=1; PATH=/from/profile:$PATH' > /etc/profile.d/mark.sh && \
    printf 'export FROM_BASHRC=1\nPATH=$PATH:/from/bashrc\nexport MULTI="two\nlines"\n' > /home/dev/.bashrc && \
    printf '[ -z "$BASH_VERSION" ] || . ~/.bashrc\nexport FROM_DOT_PROFILE="$FROM_PROFILE$FROM_BASHRC"\n' \
        > /home/dev/.profile && \
    echo 'export ROOT_BASHRC=1' >> /root/.bashrc && \
    useradd --create-home --shell /bin/sh plain && useradd --no-create-home --shell /usr/sbin/nologin service
ENV FROM_IMAGE="a b" PATH=/from/image:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
WORKDIR /srv""")


PROBES = ["none", "loginShell", "interactiveShell", "loginInteractiveShell", None]
ENVIRONMENTS = {
    **{f"{user} {probe}": {"remoteUser": user, **({"userEnvProbe": probe} if probe else {})}
       for user in ("dev", "root") for probe in PROBES},
    "sh": {"remoteUser": "plain"},
    "number": {"remoteUser": "1000"},
    "number of nobody": {"containerUser": "4242", "containerEnv": {"HOME": "/tmp/nobody"}},
    "number of nobody at home nowhere": {"containerUser": "4242"},
    "user and group": {"remoteUser": "dev:root"},
    "HOME": {"remoteUser": "dev", "containerEnv": {"HOME": "/tmp/other", "SHELL": "/bin/sh"}},
    "SHELL": {"remoteUser": "plain", "containerEnv": {"SHELL": "/bin/bash"}},
    "remoteEnv": {"remoteUser": "dev", "containerEnv": {"C": "c", "E": ""}, "remoteEnv": {
        "A": "${containerEnv:C}-${containerEnv:FROM_IMAGE}", "PATH": "${containerEnv:PATH}:/remote", "EMPTY": "",
        "D": "${containerEnv:NOT:fallback}", "L": "${localEnv:LC_ALL}", "W": "${containerWorkspaceFolder}",
        "FROM_BASHRC": "remote", "Q": "it's \"q\" $HOME `x` \\ \n é", "GONE": "${containerEnv:NOT}"}},
    "user of runArgs": {"runArgs": ["--user", "dev"]},
    "containerEnv": {"remoteUser": "dev", "containerEnv": {"PATH": "/mine:/usr/bin:/bin",
                                                           "Q": "it's \"q\" $HOME `x` \\ é"}},
    "folder elsewhere": {"remoteUser": "dev", "workspaceFolder": "/etc", "containerUser": "dev"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_environment(pair, engine, name):
    """Of hooks in a container of one's own, and of exec by both in each other's."""
    pair.project.write(conf={"image": shells(engine), "updateRemoteUserUID": False, **ENVIRONMENTS[name]},
                       postCreateCommand=f"({SHOW}) > /tmp/string",
                       postStartCommand=["/bin/sh", "-c", f"({SHOW}) > /tmp/array"],
                       postAttachCommand={"one": f"({SHOW}) > /tmp/object"})

    def look():
        # (a home that cannot be written holds no markers, and without markers the reference runs no hook)
        forms = () if "nowhere" in name else ("string", "array", "object")
        seen = {form: environment(pair.project.sh(f"cat /tmp/{form}")) for form in forms}
        seen["exec by lace"] = environment(pair.lace.ok("exec", pair.project, "--", "sh", "-c", SHOW))
        seen["exec by the reference"] = environment(pair.reference.ok("exec", pair.project, "sh", "-c", SHOW))
        seen["profile"] = pair.project.sh("cat /etc/profile; sort /etc/environment; ls -A /var/devcontainer")
        return seen

    ours, theirs = pair.both(look)
    same(ours["exec by lace"], theirs["exec by the reference"])
    for form in ours:
        if form == "profile":
            assert ours[form] == theirs[form]
        else:
            print(form)
            same(ours[form], theirs[form])
    same(ours.get("string", ours["exec by lace"]), ours["exec by lace"])


# ---- lifecycle hooks -------------------------------------------------------------

MARKS = "cd /home/dev/.devcontainer && for f in $(ls -A); do printf '%s ' $f; cat $f; echo; done"


def failing(pair, up):
    """What a failing up says: exit code, description of the failure (without the command line), container."""
    if up == "lace":
        r = pair.lace("up", "--trust", "--json", "--plain", "--docker-path", DOCKER, pair.project)
        said = json.loads(r.stdout)
        return r.returncode, said["outcome"], said["message"], said["containerId"] == pair.project.container()
    r = pair.reference("up", pair.project, "--no-lockfile")
    said = json.loads(r.stdout)
    return r.returncode, said["outcome"], said["description"], said["containerId"] == pair.project.container()


def test_order_with_two_features(pair):
    """Each hook of each feature, then the configuration's; forms mixed; empty ones skipped."""
    project = pair.project
    refs = {}
    for name in ("b", "a"):
        order = {f"{hook}Command": f"echo {name} {hook} >> /tmp/ran" for hook in HOOKS[1:]}
        order["postCreateCommand"] = ["sh", "-c", f"echo {name} array >> /tmp/ran"]
        refs[feature(project, name, **order)] = {}
    project.write(features=refs, onCreateCommand={"one": "echo config object >> /tmp/ran", "none": ""},
                  updateContentCommand="", postCreateCommand=[], postStartCommand={},
                  postAttachCommand=["sh", "-c", "echo \"$0 $1\" config >> /tmp/ran", "word one", "$HOME"])
    marks = "cat /tmp/ran"
    ours, theirs = pair.both(lambda: project.sh(marks).split("\n"))
    assert ours == theirs and len(ours) == 13
    for up in (pair.lace_up, pair.reference_up):
        project.sh("rm /tmp/ran")
        up()
        assert project.sh(marks).split("\n")[:-1] == ["a postAttach", "b postAttach", "word one $HOME config"]


def test_markers(pair):
    pair.project.write(onCreateCommand="true", postStartCommand="")

    def look():
        inspect = pair.project.inspect()
        text = pair.project.sh(MARKS)
        return (text.replace(inspect["Created"], "CREATED").replace(inspect["State"]["StartedAt"], "STARTED"),
                pair.project.sh("stat -c '%U %a' /home/dev/.devcontainer /home/dev/.devcontainer/.*Marker"))

    ours, theirs = pair.both(look)
    assert ours == theirs and ours[0].count("CREATED") == 3 and ours[0].count("STARTED") == 1


@pytest.mark.parametrize("maker", ["lace", "reference"])
def test_a_failed_hook(pair, maker):
    """Stops the later ones, is not retried by either, and the next up goes on behind it."""
    write_hooks(pair.project)
    pair.project.write(**{**hooks(), "postCreateCommand": "echo bad >> ran; exit 3"})
    said = failing(pair, maker)
    assert said == (1, "error", "postCreateCommand from devcontainer.json failed.", True)
    assert ran(pair.project) == ["initialize", "onCreate", "updateContent", "bad"]
    other = pair.reference_up if maker == "lace" else pair.lace_up
    other()
    assert ran(pair.project) == ["initialize", "postStart", "postAttach"]


FAILURES = {
    "string": {"postStartCommand": "exit 3"},
    "array": {"postStartCommand": ["sh", "-c", "exit 3"]},
    "no such program": {"postStartCommand": ["/no/such/program"]},
    "object": {"postStartCommand": {"good": "echo good >> ran", "bad": "exit 4", "bad2": ["false"]}},
    "attach": {"postAttachCommand": "exit 1"},
    "killed": {"postCreateCommand": "kill -9 $$"},
    "create": {"onCreateCommand": {"only": "exit 129"}},
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_in_the_same_words(pair, name):
    write_hooks(pair.project)
    pair.project.write(**{**hooks(), **FAILURES[name]})
    seen = []
    for up in ("lace", "reference"):
        pair.project.remove()
        seen.append((failing(pair, up), ran(pair.project)))
    assert seen[0] == seen[1]


def test_a_feature_whose_hook_fails(pair):
    ref = feature(pair.project, "bad", postCreateCommand="exit 1")
    pair.project.write(features={ref: {}})
    seen = []
    for up in ("lace", "reference"):
        pair.project.remove()
        seen.append(failing(pair, up))
    assert seen[0] == seen[1] == (1, "error", "postCreateCommand from Feature './bad' failed.", True)


def test_initialize_that_fails(pair):
    pair.project.write(initializeCommand="exit 1")
    ours = pair.lace("up", "--trust", "--json", "--plain", pair.project)
    theirs = pair.reference("up", pair.project, "--no-lockfile")
    assert ours.returncode == theirs.returncode == 1 and pair.project.containers() == []
    assert json.loads(ours.stdout)["message"] == json.loads(theirs.stdout)["description"]


@pytest.mark.parametrize("form", ["exit 130", ["sh", "-c", "exit 130"], {"a": "exit 130"}])
def test_an_interrupted_hook_is_no_failure(pair, form):
    write_hooks(pair.project)
    pair.project.write(**{**hooks(), "postCreateCommand": form})
    seen = []
    for up in (pair.lace_up, pair.reference_up):
        pair.project.remove()
        seen.append((up()["outcome"], ran(pair.project)))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("hook", ["initializeCommand", "postCreateCommand"])
def test_members_of_an_object_run_at_once(pair, hook):
    """Each waits for what the other makes: one after the other they would wait for ever."""
    where = "" if hook == "initializeCommand" else "/tmp/"
    wait = "i=0; until [ -e {0} ]; do i=$((i+1)); [ $i -lt 300 ] || exit 1; sleep 0.05; done"
    pair.project.write(**{hook: {"a": f"touch {where}a; " + wait.format(where + "b"),
                                 "b": f"touch {where}b; " + wait.format(where + "a")}})
    for up in (pair.lace_up, pair.reference_up):
        pair.project.remove()
        for file in "ab":
            (pair.project.folder / file).unlink(missing_ok=True)
        up()


def test_skipping_hooks(pair):
    write_hooks(pair.project)
    pair.lace_up("--skip-hooks")
    assert ran(pair.project) == ["initialize"]
    pair.reference_up("--skip-post-create")
    assert ran(pair.project) == ["initialize"]
    pair.reference_up("--prebuild")
    assert ran(pair.project) == ["initialize", "onCreate", "updateContent"]
    pair.reference_up("--skip-non-blocking-commands")
    assert ran(pair.project) == ["initialize"]
    pair.lace_up()
    assert ran(pair.project) == ["initialize", "postCreate", "postStart", "postAttach"]
    pair.reference.ok("run-user-commands", pair.project)
    assert ran(pair.project) == ["postAttach"]


# ---- the uid of the person on the host -------------------------------------------

class Person(Pair):
    """Somebody of uid and gid 4321, at home in a folder of its own."""

    def __init__(self, engine, folder, project):
        lace = Lace(folder / "home", engine.host)
        lace.home.mkdir()
        # copies, because the tree may stand where only root can look
        shutil.copy(os.path.realpath(LACE), folder / "lace")
        shutil.copytree(pathlib.Path(ORACLE).resolve().parent, folder / "reference")
        self.program = str(folder / "lace")
        super().__init__(lace, Reference(lace, folder / "reference" / "devcontainer.js"), project)
        # in a mount namespace of its own, because the reference looks its name up
        passwd = folder / "passwd"
        passwd.write_text(f"{pathlib.Path('/etc/passwd').read_text()}person:x:4321:4321::{lace.home}:/bin/sh\n")
        script = f"mount --bind '{passwd}' /etc/passwd && exec setpriv --reuid=4321 --regid=4321 --clear-groups \"$@\""
        self.before = ["unshare", "-m", "sh", "-c", script, "sh"]

    def up(self, which):
        for path in (self.lace.home, self.project):
            subprocess.run(["chown", "-R", "4321:4321", str(path)], check=True)
        if which == "reference":
            return self.reference_up(before=self.before)
        r = subprocess.run([*self.before, self.program, "up", "--trust", "--json", "--plain", "--docker-path", DOCKER,
                            str(self.project)],
                           env=self.lace.env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert r.returncode == 0, r.stderr + log_tail([str(self.project)])
        return json.loads(r.stdout)


@pytest.fixture
def person(engine, project_at):
    socket_path = engine.host.removeprefix("unix://")
    if engine.own:
        for path in (engine.folder, engine.folder.parent):
            os.chmod(path, 0o755)
        os.chmod(socket_path, 0o666)
    elif not os.stat(socket_path).st_mode & 0o002:
        pytest.skip("the engine's socket is not open to another user")
    # (pytest's own folder is closed to others again whenever another pytest begins)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lace-test-person-"))
    folder.chmod(0o755)
    yield Person(engine, folder, project_at(folder / "project"))
    shutil.rmtree(folder, ignore_errors=True)


UIDS = {
    "free": ("", {"remoteUser": "dev"}),
    "switched off": ("", {"remoteUser": "dev", "updateRemoteUserUID": False}),
    "root": ("", {"remoteUser": "root"}),
    "number": ("", {"remoteUser": "1000"}),
    "uid taken": ("RUN useradd -u 4321 other", {"remoteUser": "dev"}),
    "gid taken": ("RUN groupadd -g 4321 other", {"remoteUser": "dev"}),
    "both are this user's already": ("RUN usermod -u 4321 dev && groupmod -g 4321 dev", {"remoteUser": "dev"}),
    "only the uid is": ("RUN usermod -u 4321 dev", {"remoteUser": "dev"}),
    "only the gid is": ("RUN groupmod -g 4321 dev", {"remoteUser": "dev"}),
    "not in passwd": ("", {"remoteUser": "dev", "features": {"./late": {}}}),
    "home of root's": ("RUN mkdir -p /home/dev/a/b && touch /home/dev/a/b/c && ln -s /etc/hostname /home/dev/link && "
                       "chmod 4755 /home/dev/a/b/c && chmod 700 /home/dev/a", {"remoteUser": "dev"}),
    "image's user": ("USER dev", {}),
    "containerUser": ("", {"containerUser": "dev"}),
    "supplementary groups": ("RUN groupadd -g 5000 more && usermod -aG more dev", {"remoteUser": "dev"}),
    "features": ("", {"remoteUser": "made", "features": {"./late": {}}}),
}


@pytest.mark.parametrize("name", UIDS)
def test_uid(person, engine, name):
    text, config = UIDS[name]
    if "features" in config:
        feature(person.project, "late", "useradd --create-home --shell /bin/sh made; touch /home/made/x")
    base = image(engine, "uid-" + re.sub(r"\W", "-", name), text) if text else BASE
    person.project.write(conf={"image": base, **config},
                         postCreateCommand="touch \"$HOME/from-hook\" from-hook 2>/tmp/errors; id > /tmp/id")
    look = ("cat /etc/passwd /etc/group /tmp/id /tmp/errors; find /home -exec stat -c '%n %U %u %g %a' {} + | "
            "grep -v patch | sort; stat -c '%u %g' /workspaces/project/from-hook 2>&1; true")
    seen = []
    for which in ("lace", "reference"):
        person.project.remove()
        (person.project.folder / "from-hook").unlink(missing_ok=True)
        person.up(which)
        seen.append((person.project.sh(look).split("\n"), person.project.inspect()["Config"]["User"] or "root"))
    assert seen[0] == seen[1]


# ---- exec ------------------------------------------------------------------------

COMMANDS = {
    "binary": (["cat"], bytes(range(256)) * 300),
    "arguments": (["printf", "%s|", "a b", "", "$HOME", "--", "-x", "é"], b""),
    "two streams": (["sh", "-c", "echo out; echo err >&2"], b""),
    "exit code": (["sh", "-c", "exit 42"], b""),
    "signal": (["sh", "-c", "kill -9 $$"], b""),
    "no such program": (["/no/such/program"], b""),
    "no such program on PATH": (["no-such-program"], b""),
    "no program": (["/etc/passwd"], b""),
    "no terminal": (["sh", "-c", "test -t 0; echo $?; test -t 1; echo $?"], b""),
}


def test_exec(pair):
    pair.lace_up()
    for name, (command, given) in COMMANDS.items():
        ours, theirs = (subprocess.run(argv, env=pair.lace.env, input=given, capture_output=True) for argv in (
            pair.lace.argv("exec", "--docker-path", DOCKER, pair.project, "--", *command),
            [ORACLE, "exec", "--workspace-folder", str(pair.project), "--docker-path", DOCKER, *command]))
        assert (name, ours.returncode, ours.stdout) == (name, theirs.returncode, theirs.stdout)
        assert (name, "err" in ours.stderr.decode()) == (name, "err" in theirs.stderr.decode())


# ---- where lace differs on purpose (docs/devcontainer.md) --------------------------

def run_together(commands, env):
    results = [None] * len(commands)

    def one(i):
        results[i] = subprocess.run(commands[i], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(commands))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


def test_a_failing_build_keeps_the_container(pair):
    """T196; the reference has removed it by then."""
    cid = pair.lace_up()["containerId"]
    ref = feature(pair.project, "bad", "exit 1")
    pair.project.write(features={ref: {}})
    pair.lace.fails(1, "up", "--recreate", "--plain", "--trust", pair.project)
    assert pair.project.container() == cid
    assert pair.reference("up", pair.project, "--no-lockfile", "--remove-existing-container").returncode == 1
    assert pair.project.containers() == [], "the reference keeps it too by now: no difference any more"


def test_two_at_once(pair):
    """T197."""
    up = pair.lace.argv("up", "--trust", "--json", "--plain", pair.project)
    results = run_together([up] * 2, pair.lace.env)
    assert [r.returncode for r in results] == [0, 0], results
    assert len({json.loads(r.stdout)["containerId"] for r in results}) == 1 and len(pair.project.containers()) == 1
    theirs = [ORACLE, "up", "--workspace-folder", str(pair.project), "--docker-path", DOCKER, "--no-lockfile"]
    results = run_together([theirs, up], pair.lace.env)
    assert {json.loads(r.stdout)["containerId"] for r in results} == {pair.project.container()}


def test_a_link_is_the_folder_it_means(pair_at, tmp_path):
    """T198; the reference keeps the link's path, and with it mounts an unrelated folder."""
    top = repository(tmp_path / "deep" / "top")
    pair = pair_at(top / "a" / "b")
    link = tmp_path / "link"
    link.symlink_to(top / "a" / "b")
    real = pair.lace_up()
    assert json.loads(pair.lace.ok("up", "--trust", "--json", "--plain", link))["containerId"] == real["containerId"]
    assert where(pair)["mounts"] == [(str(top), "/workspaces/top")]
    assert pair.reference_up()["containerId"] == real["containerId"]


def test_null_takes_a_variable_away(pair):
    """T200; the reference makes it the text `null`."""
    pair.project.write(containerEnv={"GONE": "here"}, remoteEnv={"GONE": None},
                       postCreateCommand="env > /tmp/env")
    pair.lace_up()
    assert "GONE" not in pair.project.sh("cat /tmp/env")
    assert "GONE" not in pair.lace.ok("exec", pair.project, "--", "env")
    assert "GONE=null" in pair.reference.ok("exec", pair.project, "env")


def test_the_id_in_remote_env(pair):
    """T201; the reference's exec leaves it literal."""
    pair.project.write(remoteEnv={"ID": "${devcontainerId}"}, postCreateCommand="printenv ID > /tmp/id")
    ours, theirs = pair.both(lambda: pair.project.sh("cat /tmp/id"))
    assert ours == theirs and re.fullmatch(r"[0-9a-v]{52}\n", ours)
    assert pair.lace.ok("exec", pair.project, "--", "printenv", "ID") == ours
    assert pair.reference.ok("exec", pair.project, "printenv", "ID") == "${devcontainerId}\n"


def test_option_values_are_text(pair):
    """2.4; the reference's are read by a shell."""
    ref = feature(pair.project, "one", "printf '%s' \"$O\" > /seen", options={"o": {"type": "string", "default": ""}})
    value = "it's \"q\" $HOME `x` \\ $(y)"
    pair.project.write(features={ref: {"o": value}})
    pair.lace_up()
    assert pair.project.sh("cat /seen") == value


def test_a_home_that_cannot_be_written(pair, engine):
    """Hooks run although their markers cannot be kept; an account of a service has a shell all the same."""
    pair.project.write(conf={"image": shells(engine), "remoteUser": "service"}, postCreateCommand="touch /tmp/ran")
    ours, theirs = pair.both(lambda: pair.project.sh("ls /tmp"))
    assert ours == "ran\n" and theirs == ""
    assert "FROM_PROFILE=1" in pair.lace.ok("exec", pair.project, "--", "env")
    assert "FROM_PROFILE=1" not in pair.reference.ok("exec", pair.project, "env")


def test_a_home_of_somebody_else(pair, engine):
    """An image's HOME that the user cannot write gives way to the one of passwd."""
    pair.project.write(conf={"image": shells(engine), "remoteUser": "dev", "containerEnv": {"HOME": "/root"}})
    pair.lace_up()
    assert pair.lace.ok("exec", pair.project, "--", "printenv", "HOME") == "/home/dev\n"
    assert pair.reference.ok("exec", pair.project, "printenv", "HOME") == "/root\n"


def test_a_workspace_folder_that_is_missing(pair):
    """Hooks and exec work in the home folder; the reference's cannot start."""
    pair.project.write(workspaceFolder="/not/there", postCreateCommand="pwd > /tmp/pwd")
    pair.lace_up()
    assert pair.project.sh("cat /tmp/pwd") == pair.lace.ok("exec", pair.project, "--", "pwd") == "/home/dev\n"
    assert pair.reference("exec", pair.project, "pwd").returncode == 126


def test_an_empty_array_among_others_is_skipped(pair):
    pair.project.write(postCreateCommand={"one": "touch /tmp/ran", "none": []})
    pair.lace_up()
    assert pair.project.sh("ls /tmp") == "ran\n"


def test_a_user_without_a_home_gets_the_uid(person, engine):
    """The reference's build fails."""
    name = image(engine, "homeless", "RUN useradd -M -d /nowhere homeless")
    person.project.write(conf={"image": name, "remoteUser": "homeless"})
    person.up("lace")
    assert person.project.sh("id -u homeless") == "4321\n"


def test_a_mount_object_may_be_read_only(pair, tmp_path):
    """The reference drops the word."""
    pair.project.write(mounts=[{"type": "bind", "source": str(tmp_path), "target": "/m", "readonly": True}])
    ours, theirs = pair.both(lambda: [m["RW"] for m in pair.project.inspect()["Mounts"] if m["Destination"] == "/m"])
    assert (ours, theirs) == ([False], [True])


def test_values_of_several_lines(pair):
    """Stay out of /etc/environment, which knows no such thing; everywhere else they are whole."""
    pair.project.write(containerEnv={"M": "one\ntwo=2"})
    ours, theirs = pair.both(lambda: pair.project.sh("cat /etc/environment"))
    assert "one" not in ours and "one" in theirs
    assert pair.lace.ok("exec", pair.project, "--", "printenv", "M") == "one\ntwo=2\n"


def test_connect_and_mux_reach_what_the_reference_made(lace, reference, project):
    """No sshd, no port: through the engine, with the environment of exec."""
    project.write(remoteEnv={"R": "${containerEnv:C}!"}, containerEnv={"C": "c c"})
    reference.up(project)
    (row,) = [x for x in json.loads(lace.ok("ls", "--json")) if x["workspaceFolder"] == os.path.realpath(str(project))]
    assert row["reach"] == "exec"
    pane = int(lace.ok("mux", project, "spawn", "--new-window", "--", "sh", "-c", "echo \"<$R|$PWD|$(id -un)>\"; cat"))
    eventually(lambda: f"<c c!|/workspaces/{os.path.basename(str(project))}|dev>" in
               lace.ok("mux", project, "get-text", "--pane-id", pane), what="the pane's environment")
    t = Terminal(lace.argv("connect", project), lace.env)
    t.until(r"<c c!\|")
    assert t.detach() == 0

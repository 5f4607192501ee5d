"""Docker Compose: a dev container that is one service of a project. docker-compose 1.29, as Debian has it."""
import json
import os
import shutil
import signal
import subprocess

import pytest

from conftest import eventually
from dockerd import BASE

pytestmark = pytest.mark.skipif(shutil.which("docker-compose") is None, reason="no docker-compose")

SLEEP = "sh -c 'trap exit TERM; sleep 1000000 & wait'"


class Compose:
    """A project whose devcontainer.json names docker-compose.yml beside it."""

    def __init__(self, project, engine, lace):
        self.project, self.engine, self.lace = project, engine, lace

    def write(self, services, top=None, **properties):
        model = {"version": "3.8", "services": {name: {"image": BASE, "command": SLEEP, **s}
                                                for name, s in services.items()}, **(top or {})}
        for s in model["services"].values():
            if "build" in s:
                del s["image"]
        self.file.write_text(json.dumps(model))
        self.project.write(conf={"dockerComposeFile": "docker-compose.yml", "service": "app", "remoteUser": "dev",
                                 "updateRemoteUserUID": False, "workspaceFolder": "/tmp", **properties})
        return self

    @property
    def file(self):
        return self.project.folder / ".devcontainer" / "docker-compose.yml"

    @property
    def name(self):
        return f"{self.project.folder.name}_devcontainer"

    def up(self, *args, **kwargs):
        return json.loads(self.lace.ok("up", "--trust", "--json", *args, self.project, **kwargs))

    def services(self, *args):
        """{service: state} of the project's containers."""
        text = self.engine.docker("ps", *(args or ("-a",)), "--filter", f"label=com.docker.compose.project={self.name}",
                                  "--format", '{{.Label "com.docker.compose.service"}} {{.State}}')
        return dict(line.split() for line in text.splitlines())

    def inspect(self, service="app"):
        ids = self.engine.docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.name}", "--filter",
                                 f"label=com.docker.compose.service={service}").split()
        assert len(ids) == 1, ids
        return json.loads(self.engine.docker("inspect", ids[0]))[0]

    def remove(self):
        of_project = ("-q", "--filter", f"label=com.docker.compose.project={self.name}")
        for kind, ls in (("container", ("ps", "-a")), ("network", ("network", "ls")), ("volume", ("volume", "ls"))):
            for found in self.engine.docker(*ls, *of_project).split():
                self.engine.docker(kind, "rm", *(("-f", "-v") if kind == "container" else ()), found, check=False)


@pytest.fixture
def compose(project, engine, lace):
    c = Compose(project, engine, lace)
    yield c
    c.remove()


def test_a_service_comes_up_goes_down_and_is_removed(compose, lace, project, engine):
    compose.write({"app": {"environment": {"SAID": "by compose"}}, "db": {"volumes": ["data:/data"]}}, {"volumes": {"data": {}}},
                  containerEnv={"COST": "$5 ${localEnv:LACE_TEST_WORD} 'q' \"d\""}, postCreateCommand="echo once >> /tmp/created")
    before = compose.file.read_bytes()
    got = compose.up(env={"LACE_TEST_WORD": "$HOME"})
    assert got["composeProjectName"] == compose.name and got["container"] == "created"
    assert compose.file.read_bytes() == before
    inspect = compose.inspect()
    labels = inspect["Config"]["Labels"]
    assert labels["devcontainer.local_folder"] == os.path.realpath(str(project))
    assert labels["devcontainer.config_file"] == os.path.realpath(str(project.config))
    assert json.loads(labels["devcontainer.metadata"])[-1]["postCreateCommand"] == "echo once >> /tmp/created"
    assert inspect["NetworkSettings"]["Ports"]["2222/tcp"] == [{"HostIp": "127.0.0.1", "HostPort": str(got["port"])}]
    assert lace.ok("exec", project, "--", "printenv", "COST") == "$5 $HOME 'q' \"d\"\n"
    assert lace.ok("ssh", project, "--", "printenv", "SAID") == "by compose\n"
    assert inspect["Args"][-1] == "trap exit TERM; sleep 1000000 & wait", "the service's own command runs"
    listed = json.loads(lace.ok("ls", "--json"))
    assert [(p["state"], p["port"]) for p in listed if p["workspaceFolder"] == str(project)] == [("running", got["port"])]

    assert compose.up(env={"LACE_TEST_WORD": "$HOME", "PATH": "/nonexistent"})["container"] == "running", "without compose"
    lace.ok("down", project)
    assert compose.services() == {"app": "exited", "db": "exited"}
    again = compose.up()
    assert (again["container"], again["containerId"], again["port"]) == ("started", got["containerId"], got["port"])
    assert compose.services() == {"app": "running", "db": "running"}
    assert project.sh("cat /tmp/created") == "once\n"

    lace.ok("rm", "--force", project)
    assert compose.services() == {}
    network = ("network", "ls", "-q", "--filter", f"label=com.docker.compose.project={compose.name}")
    assert engine.docker(*network) == ""
    volume = ("volume", "ls", "-q", "--filter", f"label=com.docker.compose.project={compose.name}")
    assert engine.docker(*volume).split() == [f"{compose.name}_data"], "data is kept"


def test_features_on_a_service_that_is_built(compose, lace, project):
    folder = project.folder / ".devcontainer"
    (folder / "Dockerfile").write_text(f"ARG BASE\nFROM $BASE AS first\nARG WORD\nENV WORD=$WORD\nFROM first AS other\n"
                                       "RUN echo no > /other\n")
    (folder / "f").mkdir()
    (folder / "f" / "devcontainer-feature.json").write_text(json.dumps(
        {"id": "f", "version": "1.0.0", "containerEnv": {"F": "${WORD}!"}, "capAdd": ["SYS_PTRACE"]}))
    (folder / "f" / "install.sh").write_text("echo \"$_CONTAINER_USER $_REMOTE_USER\" > /f\n")
    compose.write({"app": {"build": {"context": ".", "target": "first", "args": {"BASE": BASE, "WORD": "w"}},
                           "user": "dev", "cap_add": ["NET_ADMIN"], "command": "false"}},
                  features={"./f": {}}, overrideCommand=True)
    project.write(conf={k: v for k, v in json.loads(project.config.read_text()).items() if k != "remoteUser"})
    assert compose.up()["remoteUser"] == "dev"
    assert project.sh("cat /f; ls /other 2>/dev/null || true") == "dev dev\n"
    assert lace.ok("exec", project, "--", "printenv", "F") == "w!\n"
    assert sorted(compose.inspect()["HostConfig"]["CapAdd"]) == ["NET_ADMIN", "SYS_PTRACE"]
    # the old one goes only when there is another
    old = project.container()
    (folder / "Dockerfile").write_text(f"FROM {BASE} AS first\nRUN exit 7\n")
    line = lace.fails(1, "up", "--recreate", project).splitlines()[-1]
    assert "docker-compose" in line and ".lace/logs" in line
    assert project.container() == old and compose.services() == {"app": "running"}


def test_mounts_and_ports_that_the_reference_loses(compose, project, tmp_path, lace):
    (tmp_path / "host").mkdir()
    compose.write({"app": {}}, mounts=[
        "type=tmpfs,target=/mem,tmpfs-size=1048576", f"type=bind,source={tmp_path}/host,target=/ro,readonly",
        "type=volume,source=named,target=/named", f"type=bind,src={tmp_path}/host,dst=/private,bind-propagation=rprivate"],
        appPort=["127.0.0.1::6000"])
    compose.up("--plain")
    mounts = project.sh("cat /proc/mounts")
    assert any(" /mem tmpfs rw" in m and "size=1024k" in m for m in mounts.splitlines())
    assert any(" /ro " in m and m.split()[3].startswith("ro") for m in mounts.splitlines())
    inspect = compose.inspect()
    assert {m["Destination"]: m.get("Name") for m in inspect["Mounts"]}["/named"] == f"{compose.name}_named"
    assert [b["HostIp"] for b in inspect["NetworkSettings"]["Ports"]["6000/tcp"]] == ["127.0.0.1"]
    assert inspect["Path"] == "/bin/sh", "the reference's script, where none of lace's features is"


def test_services_profiles_and_the_network_of_another(compose, lace, project):
    compose.write({"app": {"network_mode": "service:net", "profiles": ["dev"]}, "net": {}, "wanted": {}, "unwanted": {}},
                  runServices=["wanted"])
    got = compose.up()
    assert compose.services() == {"app": "running", "net": "running", "wanted": "running"}
    assert "2222/tcp" in compose.inspect("net")["NetworkSettings"]["Ports"]
    assert lace.ok("ssh", project, "--", "id", "-un") == "dev\n"
    assert [p["port"] for p in json.loads(lace.ok("ls", "--json")) if p["workspaceFolder"] == str(project)] == [got["port"]]
    assert compose.up("--recreate")["port"] == got["port"], "its neighbour holds the port for it"


def test_what_compose_itself_made_is_used_as_it_is(compose, lace, project, engine):
    compose.write({"app": {}}, postCreateCommand="touch /tmp/hook")
    subprocess.run(["docker-compose", "-f", str(compose.file), "--project-name", compose.name, "up", "-d"], check=True,
                   env={**os.environ, "DOCKER_HOST": engine.host}, capture_output=True)
    before = compose.inspect()["Id"]
    r = lace("up", "--trust", "--json", project)
    assert json.loads(r.stdout)["containerId"] == before and "--recreate" in r.stderr
    engine.docker("exec", before, "test", "-e", "/tmp/hook")
    assert compose.up("--recreate")["port"]


def test_two_at_once_and_an_interrupt(compose, lace, project):
    compose.write({"app": {}, "db": {}})
    # one is interrupted while compose runs, the others find what it left
    first = subprocess.Popen(lace.argv("up", "--trust", project), env=lace.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    eventually(lambda: compose.services(), 120, "a first container")
    os.killpg(first.pid, signal.SIGINT)
    _, err = first.communicate(timeout=60)
    assert first.returncode == -signal.SIGINT and err.endswith("lace: interrupted\n"), err
    runs = [subprocess.Popen(lace.argv("up", "--trust", "--json", project), env=lace.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    results = [(*p.communicate(timeout=300), p.returncode) for p in runs]
    assert [r[2] for r in results] == [0, 0], results
    assert len({json.loads(r[0])["containerId"] for r in results}) == 1
    assert compose.services() == {"app": "running", "db": "running"}


def test_errors_name_the_file_and_the_reason(compose, lace, project):
    compose.write({"app": {}}, service="other")
    line = lace.fails(1, "up", "--trust", project)
    assert "Service 'other' configured in devcontainer.json not found in Docker Compose configuration" in line
    assert "(it has: app)" in line
    compose.write({"app": {"imagee": "x"}})
    line = lace.fails(1, "up", "--trust", project).splitlines()[-1]
    assert str(compose.file) in line and "imagee" in line
    compose.write({"app": {}}, dockerComposeFile=["docker-compose.yml", "missing.yml"])
    assert "missing.yml, which does not exist" in lace.fails(4, "up", "--trust", project)
    compose.write({"app": {}})
    assert "--docker-compose-path" in lace.fails(1, "up", "--trust", "--docker-compose-path", "/nonexistent", project)
    compose.write({"app": {"command": "sh -c 'echo the last words; exit 7'"}})
    lines = lace.fails(1, "up", "--trust", "--plain", project)
    assert "ended by itself with exit code 7" in lines.splitlines()[-1] and "the last words" in lines


def test_services_that_want_the_host_are_asked_about(compose, lace, project):
    compose.write({"app": {}, "db": {"cap_add": ["SYS_PTRACE"], "volumes": ["/etc:/host-etc"], "ports": ["5432"]}})
    r = subprocess.run(["setsid", "--wait", *lace.argv("up", project)], env=lace.env, stdin=subprocess.DEVNULL,
                       capture_output=True, text=True)
    assert r.returncode == 1 and "--trust" in r.stderr, "the configuration"
    lace.ok("up", "--trust", "--plain", "--skip-hooks", project)
    lace.ok("rm", "-f", project)
    compose.write({"app": {}, "db": {"cap_add": ["SYS_PTRACE"], "volumes": ["/etc:/host-etc", "/root:/r"], "ports": ["5432"]}})
    r = subprocess.run(["setsid", "--wait", *lace.argv("up", project)], env=lace.env, stdin=subprocess.DEVNULL,
                       capture_output=True, text=True)
    assert r.returncode == 1 and "its compose service db" in r.stderr, r.stderr
    assert compose.services() == {}


# ---- beside the reference CLI (long tier) ------------------------------------------------

from test_oracle_up import ORACLE, Reference, described, same  # noqa: E402

beside = [pytest.mark.long, pytest.mark.skipif(not os.access(ORACLE, os.X_OK), reason="LACE_ORACLE names no reference CLI")]

CASES = {
    "plain": ({"app": {}}, {}),
    "command": ({"app": {"command": "sh -c 'sleep 1000000' 'a b' $$HOME", "entrypoint": ["/usr/bin/env", "A=$$B"]}}, {}),
    "overridden": ({"app": {"command": "false", "user": "dev"}}, {"overrideCommand": True, "containerUser": "root"}),
    "the image's command": ({"app": {"image": "lace-test:entry", "command": None}}, {}),
    "environment": ({"app": {"environment": ["X=1", "COST=compose"]}},
                    {"containerEnv": {"COST": "$5 'q' \"d\" \\ ${localEnv:HOME}", "N": 1, "E": ""}, "remoteEnv": {"R": "x"}}),
    "privileges": ({"app": {"cap_add": ["NET_ADMIN"]}}, {"capAdd": ["SYS_PTRACE"], "securityOpt": ["seccomp=unconfined"], "init": True}),
    "mounts": ({"app": {"volumes": ["..:/work"]}},
               {"mounts": ["type=bind,source=/etc,target=/e", {"type": "volume", "source": "v-${devcontainerId}", "target": "/v"},
                           "type=volume,target=/anonymous"], "workspaceFolder": "/work"}),
}


def without_versions(inspect):
    """What compose itself writes differs with the files' names and with the order of its lists."""
    inspect["Args"][1] = inspect["Args"][1].replace("\n ", "\n").replace('trap "exit 0" 15', "trap 'exit 0' 15")
    flat = described(inspect)
    for key in ("label com.docker.compose.config-hash", "label com.docker.compose.project.config_files", "Config.Hostname",
                "HostConfig.Binds", "label com.docker.compose.image"):
        flat.pop(key, None)
    flat["HostConfig.CapAdd"] = sorted(flat["HostConfig.CapAdd"] or [])
    if "HostConfig.Mounts" in flat:
        flat["HostConfig.Mounts"] = sorted(flat["HostConfig.Mounts"] or [], key=str)
    return flat


@pytest.fixture
def reference(lace):
    return Reference(lace)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("_", [pytest.param(0, marks=beside)])
def test_container_beside_the_reference(compose, lace, reference, engine, name, _):
    services, properties = CASES[name]
    engine.docker("build", "-q", "-t", "lace-test:entry", "-", input=f"FROM {BASE}\n"
                  'ENTRYPOINT ["/usr/bin/env", "Q=$Q"]\nCMD ["sleep", "1000000"]\n')
    compose.write(services, **properties)
    if services["app"].get("command", 0) is None:
        model = json.loads(compose.file.read_text())
        del model["services"]["app"]["command"]
        compose.file.write_text(json.dumps(model))
    seen = []
    for up in (lambda: compose.up("--plain"), lambda: reference.up(compose.project)):
        got = up()
        seen.append({**without_versions(compose.inspect()), "services": sorted(compose.services()),
                     "composeProjectName": got["composeProjectName"]})
        compose.remove()
    same(*seen)


@pytest.mark.parametrize("_", [pytest.param(0, marks=beside)])
def test_each_uses_what_the_other_made(compose, lace, reference, project, _):
    compose.write({"app": {"build": {"context": "."}}, "db": {}}, postCreateCommand="echo x >> /tmp/created",
                  postStartCommand="echo x >> /tmp/started")
    (project.folder / ".devcontainer" / "Dockerfile").write_text(f"FROM {BASE}\nENV A=b\n")
    for mine, other in ((lambda: compose.up()["containerId"], lambda: reference.up(project)["containerId"]),
                        (lambda: reference.up(project)["containerId"], lambda: compose.up()["containerId"])):
        first = mine()
        assert other() == first
        lace.ok("down", project)
        assert other() == first and mine() == first
        assert set(compose.services().values()) == {"running"}
        assert project.sh("cat /tmp/created /tmp/started") == "x\nx\nx\n"
        assert reference.ok("exec", project, "printenv", "A") == lace.ok("exec", project, "--", "printenv", "A") == "b\n"
        lace.ok("rm", "-f", project)

"""`lace devcontainer`: every flag of every command changes something, and what it takes no reference CLI to know.

Which command has which flags is asked of its help. What a flag does is shown by a case of tests/oracle that uses it
(test_differences.py runs those), or by a test here whose name is in SHOWN.
"""
import json
import os
import re
import subprocess
import sys
import urllib.request

import pytest

from conftest import LACE, eventually
from dockerd import BASE, DOCKER, TOP

sys.path.insert(0, str(TOP / "tests" / "oracle"))
import cases  # noqa: E402
import life  # noqa: E402

SHOWN = {
    "docker-path": "test_docker_path", "docker-compose-path": "test_compose_path", "user-data-folder": "test_user_data",
    "workspace-mount-consistency": "test_choices", "gpu-availability": "test_gpu", "update-remote-user-uid-default": "test_uid",
    "build-no-cache": "test_no_cache", "no-cache": "test_build", "image-name": "test_build", "label": "test_build",
    "log-level": "test_log", "log-format": "test_log", "terminal-columns": "test_terminal", "terminal-rows": "test_terminal",
    "frozen-lockfile": "test_lockfile", "no-lockfile": "test_lockfile", "dry-run": "test_registry", "output-format": "test_registry",
    "registry": "test_registry", "namespace": "test_registry", "output-folder": "test_package",
    "force-clean-output-folder": "test_package", "template-id": "test_templates", "template-args": "test_templates",
    "features": "test_templates", "omit-paths": "test_templates", "tmp-dir": "test_templates", "container-id": "test_set_up",
    "secrets-file": "test_secrets", "dotfiles-repository": "test_dotfiles", "dotfiles-install-command": "test_dotfiles",
    "dotfiles-target-path": "test_dotfiles",
}


class Face:
    def __init__(self, lace, project=None):
        self.lace, self.project = lace, project

    def __call__(self, command, *args, env=None, before=()):
        where = ["--workspace-folder", str(self.project)] if self.project else []
        return subprocess.run([*before, LACE, "devcontainer", *command.split(), *where, *map(str, args)], text=True,
                              env={**self.lace.env, "PATH": f"{os.path.dirname(DOCKER)}:{os.environ['PATH']}", **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, errors="replace", timeout=300)

    def ok(self, command, *args, **kwargs):
        r = self(command, *args, **kwargs)
        assert r.returncode == 0, f"{command} {args}: {r.returncode}\n{r.stdout}\n{r.stderr[-3000:]}"
        return json.loads(r.stdout) if r.stdout.startswith(("{", "[")) else r.stdout

    def fails(self, command, *args, **kwargs):
        r = self(command, *args, **kwargs)
        assert r.returncode == 1, f"{command} {args}: {r.returncode}\n{r.stdout}\n{r.stderr[-3000:]}"
        return r


@pytest.fixture
def face(lace, project):
    return Face(lace, project)


def commands():
    text = subprocess.run([LACE, "devcontainer", "--help"], capture_output=True, text=True).stdout
    return [m.group(1).strip() for m in re.finditer(r"^  devcontainer ((?:[a-z-]+ ?)+)", text, re.M)]


def flags(command):
    text = subprocess.run([LACE, "devcontainer", *command.split(), "--help"], capture_output=True, text=True).stdout
    return {m.group(1) for m in re.finditer(r"^  (?:-\w, )?--([a-z-]+)", text, re.M)} - {"help", "version"}


def test_every_flag_is_shown():
    used = {w.removeprefix("--").split("=")[0] for c in cases.READ.values() for w in c.get("args", []) if w.startswith("--")}
    used |= {w.removeprefix("--") for c in life.LIVES.values() for step in c["steps"] for w in step if w.startswith("--")}
    assert len(commands()) > 10
    for command in commands():
        for flag in flags(command):
            assert flag in used or SHOWN.get(flag) in globals(), f"{command} --{flag}"


def test_the_program_by_its_name(lace, tmp_path):
    (tmp_path / "devcontainer").symlink_to(LACE)
    for argv in ([str(tmp_path / "devcontainer")], [LACE, "devcontainer"]):
        r = subprocess.run([*argv, "--version"], capture_output=True, text=True)
        assert (r.returncode, r.stdout) == (0, "0.89.0\n")
        r = subprocess.run([*argv, "nonsense"], capture_output=True, text=True)
        assert (r.returncode, r.stdout) == (1, "") and "Unknown argument: nonsense" in r.stderr


@pytest.mark.parametrize("command", ["features test", "features generate-docs", "templates generate-docs"])
def test_a_command_that_is_not_there(lace, command):
    r = Face(lace)(command)
    assert r.returncode == 1 and command in r.stderr and r.stdout == ""


def test_docker_path(face):
    r = face.fails("up", "--docker-path", "/no/such/client")
    assert "/no/such/client" in json.loads(r.stdout)["message"]


def test_compose_path(face):
    face.project.write(conf={"dockerComposeFile": "c.yml", "service": "s"})
    (face.project.folder / ".devcontainer" / "c.yml").write_text(f"services:\n  s:\n    image: {BASE}\n")
    assert "/no/such" in json.loads(face.fails("up", "--docker-compose-path", "/no/such").stdout)["message"]


def local_feature(project, install="true", **more):
    folder = project.folder / ".devcontainer" / "one"
    folder.mkdir()
    (folder / "devcontainer-feature.json").write_text(json.dumps({"id": "one", "version": "1.0.0", "name": "One", **more}))
    (folder / "install.sh").write_text(f"#!/bin/sh\n{install}\n")
    return {"./one": {}}


def test_user_data(face, tmp_path):
    face.project.write(features=local_feature(face.project))
    seen = face.ok("read-configuration", "--include-features-configuration", "--user-data-folder", tmp_path / "data")
    assert seen["featuresConfiguration"]["dstFolder"].startswith(str(tmp_path / "data"))


@pytest.mark.parametrize("flag", ["workspace-mount-consistency", "gpu-availability", "update-remote-user-uid-default",
                                  "default-user-env-probe", "log-format"])
def test_choices(face, flag):
    r = face.fails("up", f"--{flag}", "nonsense")
    assert r.stdout == "" and f"Argument: {flag}" in r.stderr


def test_gpu(face):
    face.project.write(hostRequirements={"gpu": True})
    assert "gpu" in json.loads(face.fails("up", "--gpu-availability", "all").stdout)["message"].lower()
    face.ok("up", "--gpu-availability", "none")


def test_no_cache(face):
    face.project.write(features=local_feature(face.project, "cat /proc/sys/kernel/random/uuid > /made"))
    look = lambda *flags: (face.ok("up", "--no-lockfile", "--remove-existing-container", *flags), face.project.sh("cat /made"))[1]
    first = look()
    assert look() == first != look("--build-no-cache")


def test_build(face, engine):
    face.project.write(features=local_feature(face.project, "cat /proc/sys/kernel/random/uuid > /made", init=True))
    names = ["lace-test:one", "lace-test:two"]
    build = lambda *more: face.ok("build", "--no-lockfile", "--image-name", names[0], "--image-name", names[1], "--label", "a=b c", *more)
    assert build() == {"outcome": "success", "imageName": names}
    inspect = lambda name: json.loads(engine.docker("image", "inspect", name))[0]
    labels = inspect(names[0])["Config"]["Labels"]
    assert labels["a"] == "b c" and json.loads(labels["devcontainer.metadata"])[0] == {"id": "./one", "init": True}
    assert json.loads(labels["devcontainer.metadata"])[-1]["remoteUser"] == "dev"
    made = inspect(names[0])["Id"]
    assert made == inspect(names[1])["Id"] and build() and inspect(names[0])["Id"] == made
    build("--no-cache")
    assert inspect(names[0])["Id"] != made
    # and without a name
    name = face.ok("build", "--no-lockfile")["imageName"][0]
    assert re.fullmatch(r"vsc-.*-[0-9a-f]{64}-features", name) and inspect(name)
    engine.docker("rmi", "-f", *names, name, check=False)


def test_log(face):
    face.project.write(postCreateCommand="echo \"said by a hook\"")
    quiet = face("up").stderr
    assert "said by a hook" not in quiet
    face.project.remove()
    loud = face("up", "--log-level", "debug", "--log-format", "json").stderr
    lines = [json.loads(line) for line in loud.splitlines()]
    assert all(line["type"] == "text" and line["timestamp"] > 1e12 for line in lines)
    assert any("said by a hook" in line["text"] for line in lines)


def test_secrets(face, tmp_path):
    (tmp_path / "s.json").write_text('{"WORD": "very secret"}')
    face.project.write(postCreateCommand="echo $WORD; echo $WORD > /tmp/word")
    r = face("up", "--secrets-file", tmp_path / "s.json", "--log-level", "debug")
    assert r.returncode == 0 and "very secret" not in r.stderr + r.stdout
    assert face.project.sh("cat /tmp/word") == "very secret\n"
    assert json.loads(face.fails("up", "--secrets-file", tmp_path / "none").stdout)["outcome"] == "error"


def test_dotfiles(face):
    """With a git in the container that makes what a clone would."""
    face.project.write(features=local_feature(face.project, r"""printf '#!/bin/sh\nfor d; do :; done\n""" +
                       r"""mkdir -p "$d"; cd "$d" && echo "$*" > said && echo "touch ran" > own.sh && chmod +x own.sh\n' """ +
                       "> /usr/local/bin/git; chmod +x /usr/local/bin/git"))
    face.ok("up", "--no-lockfile", "--dotfiles-repository", "owner/dots", "--dotfiles-target-path", "/tmp/dots",
            "--dotfiles-install-command", "own.sh")
    assert "https://github.com/owner/dots" in face.project.sh("cat /tmp/dots/said; ls /tmp/dots/ran")


def test_terminal(face):
    face.ok("up")
    show = face("exec", "--terminal-columns", "123", "--terminal-rows", "45", "sh", "-c", "echo $COLUMNS $LINES")
    assert show.stdout == "123 45\n"


def test_set_up(face, engine):
    cid = engine.docker("run", "-d", BASE, "sleep", "100000").strip()
    try:
        face.project.write(postCreateCommand="echo set up > /tmp/done", remoteUser="root")
        here = Face(face.lace)
        seen = here.ok("set-up", "--container-id", cid, "--config", face.project.config, "--include-configuration")
        assert seen["configuration"]["remoteUser"] == "root"
        assert here("exec", "--container-id", cid, "cat", "/tmp/done").stdout == "set up\n"
        assert here.ok("run-user-commands", "--container-id", cid) == {"outcome": "success", "result": "done"}
        assert here("exec", "--container-id", "0123456789ab", "true").returncode == 1
    finally:
        engine.docker("rm", "-f", cid)


def test_uid(face, engine):
    """The person who calls is not root: dev becomes them, unless the flag says otherwise."""
    folder = face.project.folder
    subprocess.run(["chmod", "-R", "a+rwX", str(folder), str(face.lace.home)], check=True)
    for parent in folder.parents[:-2]:
        subprocess.run(["chmod", "a+x", str(parent)], check=True)
    sock = engine.host.removeprefix("unix://")
    for path in (sock, os.path.dirname(sock), os.path.dirname(os.path.dirname(sock))):
        subprocess.run(["chmod", "a+rwX", path], check=True)
    face.project.write(conf={"image": BASE, "remoteUser": "dev"})
    as_person = ["setpriv", "--reuid=4321", "--regid=4321", "--clear-groups"]
    seen = {}
    for how in ("on", "off", "never"):
        face.ok("up", "--remove-existing-container", "--update-remote-user-uid-default", how, before=as_person)
        seen[how] = face.project.sh("id -u dev").strip()
    assert seen["on"] == "4321" and seen["off"] == seen["never"] != "4321"


# ---- registries ----

@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """Debian's docker-registry on localhost."""
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    folder = tmp_path_factory.mktemp("registry")
    (folder / "c.yml").write_text(json.dumps({"version": "0.1", "log": {"level": "error"}, "http": {"addr": f"127.0.0.1:{port}"},
                                              "storage": {"filesystem": {"rootdirectory": str(folder / "data")}}}))
    p = subprocess.Popen(["docker-registry", "serve", str(folder / "c.yml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/").status == 200
        except OSError:
            return False
    eventually(answers, what="the registry")
    yield f"localhost:{port}"
    p.terminate()
    p.wait()


def collection(folder, versions):
    for name, version in versions.items():
        (folder / "src" / name).mkdir(parents=True, exist_ok=True)
        (folder / "src" / name / "devcontainer-feature.json").write_text(json.dumps(
            {"id": name, "version": version, "name": name, **({"dependsOn": {"./a": {}}} if name == "z" else {})}))
        (folder / "src" / name / "install.sh").write_text("echo $VERSION\n")
    return folder / "src"


def test_package(lace, tmp_path):
    src, out = collection(tmp_path, {"a": "1.0.0", "b": "2.1.0"}), tmp_path / "out"
    face = Face(lace)
    face.ok("features package", src, "-o", out)
    assert sorted(os.listdir(out)) == ["devcontainer-collection.json", "devcontainer-feature-a.tgz", "devcontainer-feature-b.tgz"]
    assert "exists" in face.fails("features package", src, "--output-folder", out).stderr
    face.ok("features package", src, "--output-folder", out, "--force-clean-output-folder")
    index = json.loads((out / "devcontainer-collection.json").read_text())
    assert [f["id"] for f in index["features"]] == ["a", "b"] and index["sourceInformation"] == {"source": "devcontainer-cli"}


def test_registry(face, registry, tmp_path):
    """Published, looked at, locked, outdated, upgraded."""
    alone = Face(face.lace)
    publish = lambda versions: alone.ok("features publish", collection(tmp_path, versions), "-r", registry, "-n", "owner/repo")
    first = publish({"a": "1.0.0"})["a"]
    assert first["publishedTags"] == ["1", "1.0", "1.0.0", "latest"] and first["version"] == "1.0.0"
    assert publish({"a": "1.0.0"}) == {"a": {}}
    assert "NS" in alone.fails("features publish", tmp_path, "-r", registry, "-n", "NS!").stderr
    ref = f"{registry}/owner/repo/a"
    tags = alone.ok("features info", "tags", ref, "--output-format", "json")
    assert sorted(tags["publishedTags"]) == ["1", "1.0", "1.0.0", "latest"]
    seen = alone.ok("features info", "manifest", ref, "--output-format", "json")
    assert seen["canonicalId"] == f"{ref}@{first['digest']}"
    assert alone("features info", "manifest", f"{ref}x", "--output-format", "json").stdout == "{}\n"
    face.project.write(features={f"{ref}:1": {}})
    lock = face.project.folder / ".devcontainer" / "devcontainer-lock.json"
    assert first["digest"] in face("upgrade", "--dry-run").stdout and not lock.exists()
    face.ok("upgrade")
    assert json.loads(lock.read_text())["features"][f"{ref}:1"]["version"] == "1.0.0"
    publish({"a": "1.1.0"})
    now = face.ok("outdated", "--output-format", "json")["features"][f"{ref}:1"]
    assert now == {"current": "1.0.0", "wanted": "1.1.0", "wantedMajor": "1", "latest": "1.1.0", "latestMajor": "1"}
    assert re.search(r"repo/a +1\.0\.0 +1\.1\.0 +1\.1\.0", face("outdated").stdout)
    order = face("features resolve-dependencies").stdout
    assert json.loads(order[order.index("\n{"):])["installOrder"] == [{"id": f"{ref}@{first['digest']}", "options": {}}]


def test_lockfile(face, registry, tmp_path):
    alone = Face(face.lace)
    alone.ok("features publish", collection(tmp_path, {"l": "1.0.0"}), "-r", registry, "-n", "owner/lock")
    face.project.write(features={f"{registry}/owner/lock/l:1": {}})
    lock = face.project.folder / ".devcontainer" / "devcontainer-lock.json"
    assert "ockfile" in json.loads(face.fails("up", "--frozen-lockfile").stdout)["message"]
    face.ok("up", "--no-lockfile")
    assert not lock.exists()
    face.ok("up", "--remove-existing-container")
    assert lock.exists()
    face.ok("up", "--remove-existing-container", "--frozen-lockfile")
    assert "mutually exclusive" in face.fails("up", "--no-lockfile", "--frozen-lockfile").stderr


def test_templates(lace, registry, tmp_path):
    face, src, out = Face(lace), tmp_path / "src" / "t", tmp_path / "out"
    (src / ".devcontainer").mkdir(parents=True)
    (src / "sub").mkdir()
    (src / "devcontainer-template.json").write_text(json.dumps(
        {"id": "t", "version": "1.0.0", "name": "T", "options": {"tag": {"type": "string", "default": "12"}}}))
    (src / ".devcontainer" / "devcontainer.json").write_text('{ // kept\n\t"image": "debian:${templateOption: tag }"\n}\n')
    (src / "sub" / "file").write_text("x")
    (src / "README.md").write_text("not copied")
    assert face.ok("templates publish", src.parent, "-r", registry, "-n", "owner/t")["t"]["version"] == "1.0.0"
    ref = f"{registry}/owner/t/t"
    assert face.ok("templates metadata", ref)["id"] == "t"
    out.mkdir()
    assert face.ok("templates apply", "-w", out, "-t", ref) == {"files": ["./.devcontainer/devcontainer.json", "./sub/file"]}
    assert (out / ".devcontainer" / "devcontainer.json").read_text() == '{ // kept\n\t"image": "debian:12"\n}\n'
    seen = face.ok("templates apply", "-w", out, "-t", ref, "-a", '{"tag":"13"}', "--omit-paths", '["sub/*"]', "--tmp-dir", tmp_path,
                   "--features", '[{"id":"ghcr.io/o/r/f:1","options":{"a":"b"}}]')
    assert seen == {"files": ["./.devcontainer/devcontainer.json"]}
    text = (out / ".devcontainer" / "devcontainer.json").read_text()
    assert "// kept" in text and "debian:13" in text and '"ghcr.io/o/r/f:1": {"a":"b"}' in text
    assert face.fails("templates apply", "-w", out, "-t", ref, "-a", "no json").stdout == ""
    assert face("templates metadata", f"{ref}x").stdout == "{}\n"


# ---- with the reference CLI beside it (long tier) ----

ORACLE = os.environ.get("LACE_ORACLE", "")
beside_the_reference = [pytest.mark.long, pytest.mark.skipif(not os.access(ORACLE, os.X_OK), reason="LACE_ORACLE names no reference CLI")]


class Reference(Face):
    def __call__(self, command, *args, env=None, before=()):
        where = ["--workspace-folder", str(self.project)] if self.project else []
        r = subprocess.run([ORACLE, *command.split(), *where, *map(str, args)], text=True, stdin=subprocess.DEVNULL,
                           env={**self.lace.env, "PATH": f"{os.path.dirname(DOCKER)}:{os.environ['PATH']}",
                                "TMPDIR": str(self.lace.home), **(env or {})},
                           capture_output=True, errors="replace", timeout=300)
        r.stdout = re.sub(r',"ociAuthDiagnostics":\{[^}]*\}', "", r.stdout)
        return r


@pytest.fixture
def both(face):
    return [face, Reference(face.lace, face.project)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["lace first", "the reference first"])
class TestInterchange:
    pytestmark = beside_the_reference

    def test_up_exec_rebuild(self, both, order):
        first, second = (both[i] for i in order)
        first.project.write(containerEnv={"A": "a"}, remoteEnv={"R": "${containerEnv:A}r"}, postCreateCommand="echo x >> /tmp/once",
                            features=local_feature(first.project, "touch /installed"))
        made = first.ok("up", "--no-lockfile")
        assert second.ok("up", "--no-lockfile") == made
        show = ["sh", "-c", "cat /tmp/once /installed; echo $A $R; id -un; pwd"]
        assert first("exec", *show).stdout == second("exec", *show).stdout != ""
        assert first.ok("run-user-commands") == second.ok("run-user-commands")
        read = lambda f: f.ok("read-configuration", "--include-merged-configuration")["mergedConfiguration"]
        assert read(first) == read(second)
        again = second.ok("up", "--no-lockfile", "--remove-existing-container")
        assert again["containerId"] != made["containerId"] and first.ok("up", "--no-lockfile") == again
        assert first.project.containers() == [again["containerId"]]

    def test_an_image_that_one_built(self, both, order, engine):
        first, second = (both[i] for i in order)
        first.project.write(features=local_feature(first.project, "touch /installed", init=True), postCreateCommand="touch /tmp/done",
                            remoteEnv={"R": "r"})
        assert first.ok("build", "--no-lockfile", "--image-name", "lace-test:inter")["imageName"] == ["lace-test:inter"]
        second.project.write(conf={"image": "lace-test:inter", "updateRemoteUserUID": False})
        assert second.ok("up", "--no-lockfile")["remoteUser"] == "dev"
        assert second("exec", "sh", "-c", "ls /installed /tmp/done; echo $R").stdout == "/installed\n/tmp/done\nr\n"
        assert second.project.inspect()["HostConfig"]["Init"] is True

    def test_features_that_one_published(self, both, order, registry, tmp_path):
        first, second = (both[i] for i in order)
        space = f"owner/inter{order[0]}"
        published = type(first)(first.lace).ok("features publish", collection(tmp_path, {"p": "1.2.3"}), "-r", registry, "-n", space)
        assert published["p"]["publishedTags"] == ["1", "1.2", "1.2.3", "latest"]
        assert type(second)(first.lace).ok("features publish", tmp_path / "src", "-r", registry, "-n", space) == {"p": {}}
        second.project.write(features={f"{registry}/{space}/p:1": {}})
        second.ok("up")
        lock = second.project.folder / ".devcontainer" / "devcontainer-lock.json"
        text = lock.read_text()
        assert published["p"]["digest"] in text
        lock.unlink()
        first.ok("up", "--remove-existing-container")
        assert lock.read_text() == text

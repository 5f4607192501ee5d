"""Dockerfiles by both of the engine's builders, and what installing features without a builder must not lose."""
import hashlib
import io
import json
import os
import subprocess
import tarfile

import pytest

from dockerd import BASE, DOCKER

BUILDERS = {"buildkit": {"DOCKER_BUILDKIT": ""}, "classic": {"DOCKER_BUILDKIT": "0"}}


@pytest.fixture(params=BUILDERS)
def builder(request):
    return BUILDERS[request.param]


def dockerfile(project, text, **build):
    (project.folder / ".devcontainer" / "Dockerfile").write_text(text)
    return project.write(conf={"build": {"dockerfile": "Dockerfile", **build}})


def feature(project, name, script, **properties):
    folder = project.folder / ".devcontainer" / name
    folder.mkdir()
    (folder / "devcontainer-feature.json").write_text(json.dumps({"id": name, "version": "1.0.0", **properties}))
    (folder / "install.sh").write_text("set -e\n" + script + "\n")
    return f"./{name}"


def up(lace, project, *args, **kwargs):
    return json.loads(lace.ok("up", "--trust", "--json", *args, project, **kwargs))


def image_of(engine, project):
    return json.loads(engine.docker("image", "inspect", project.inspect()["Image"]))[0]


# ---- builders -----------------------------------------------------------------------

def test_a_dockerfile_of_every_kind_of_line(lace, project, builder):
    (project.folder / "from-context").write_text("context\n")
    dockerfile(project, f"""# escape=`
ARG NAME=lace-test:base
ARG WORD=one.two.three
FROM --platform=linux/amd64 ${{NAME}} AS first
ARG WORD
ENV SAID=${{WORD:-none}} `
    PLUS=${{NOTHING:+x}}y
# a comment between
RUN echo first `
    # and inside
    >/first
FROM first AS second
COPY from-context /c
COPY --from=0 /first /copy
USER dev
ONBUILD USER nobody
FROM second
USER root
RUN echo never > /never
""", context="..", target="second", args={"WORD": "a b"}, options=["--label", "built=1"], cacheFrom=BASE)
    got = up(lace, project, "--plain", env=builder)
    assert got["remoteUser"] == "dev"
    assert project.sh("cat /first /copy /c; ls /never 2>&1 | wc -l; echo $SAID $PLUS") == "first\nfirst\ncontext\n1\na b y\n"
    assert project.inspect()["Config"]["Labels"]["built"] == "1"


def test_a_step_that_fails_is_named_by_its_line(lace, project, builder):
    dockerfile(project, f"FROM {BASE}\n\nRUN true && \\\n  exit 7\n")
    line = lace.fails(1, "up", "--trust", project, env=builder).splitlines()[-1]
    assert f"{project.folder}/.devcontainer/Dockerfile:3: " in line and "7" in line and ".lace/logs" in line
    dockerfile(project, f"FROM {BASE}\nCOPY missing /\n")
    line = lace.fails(1, "up", "--trust", project, env=builder).splitlines()[-1]
    assert "Dockerfile:2: " in line and "missing" in line


def test_a_client_without_buildkit_builds_all_the_same(lace, project, tmp_path):
    """Clients of 23 and later say this, and end, where buildx is not installed."""
    client = tmp_path / "docker"
    client.write_text('#!/bin/sh\ncase "$DOCKER_BUILDKIT $*" in "1 "*" build "*)\n'
                      'echo "ERROR: BuildKit is enabled but the buildx component is missing or broken." >&2; exit 1;; esac\n'
                      f'exec {DOCKER} "$@"\n')
    client.chmod(0o755)
    dockerfile(project, f"FROM {BASE}\nRUN echo done >/done\n")
    up(lace, project, "--plain", "--docker-path", client)
    assert project.sh("cat /done") == "done\n"


def test_a_secret_of_the_build_is_in_no_layer(lace, project, engine, tmp_path):
    secret = "a-secret-" + hashlib.sha256(os.urandom(8)).hexdigest()
    (tmp_path / "token").write_text(secret)
    # (a step with another secret is the same step to BuildKit's cache: hence the random word)
    dockerfile(project, f"FROM {BASE}\nRUN --mount=type=secret,id=token : {os.urandom(8).hex()} && "
               "sha256sum </run/secrets/token >/sum\n",
               options=["--secret", f"id=token,src={tmp_path}/token"])
    feature(project, "f", "! grep -rs a-secret- /run /root")
    project.write(conf=json.loads(project.config.read_text()), features={"./f": {}})
    up(lace, project, "--plain")
    assert project.sh("cat /sum").split()[0] == hashlib.sha256(secret.encode()).hexdigest()
    saved = subprocess.Popen([DOCKER, "--host", engine.host, "save", project.inspect()["Image"]], stdout=subprocess.PIPE)
    rest, found, size = b"", False, 0
    while data := saved.stdout.read(1 << 20):
        found = found or secret.encode() in rest + data
        rest, size = data[-100:], size + len(data)
    assert saved.wait() == 0 and size > 1 << 20 and not found


# ---- without a builder ----------------------------------------------------------------

def test_proxies_of_the_client_reach_install_sh_and_stay_out_of_the_image(lace, project, engine, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"proxies": {
        "default": {"httpProxy": "http://wrong.test:1"},
        engine.host: {"httpProxy": "http://proxy.test:3128", "noProxy": "localhost,.test"}}}))
    project.write(features={feature(project, "f", "env | grep -i proxy | sort > /seen"): {}})
    up(lace, project, env={"DOCKER_CONFIG": str(tmp_path)})
    assert project.sh("cat /seen").split() == ["HTTP_PROXY=http://proxy.test:3128", "NO_PROXY=localhost,.test",
                                               "http_proxy=http://proxy.test:3128", "no_proxy=localhost,.test"]
    image = image_of(engine, project)
    assert not [e for e in image["Config"]["Env"] if "proxy" in e.lower()]
    layers = engine.docker("history", "--no-trunc", image["Id"])
    assert "proxy.test" not in layers


def test_files_below_a_volume_of_the_image_are_kept(lace, project, engine):
    engine.docker("build", "-t", "lace-test:volumes", "-", input=f"FROM {BASE}\nRUN mkdir /data && echo old > /data/old\n"
                  'VOLUME /data\nVOLUME ["/empty"]\nENV KEPT=1\nCMD ["x"]\n')
    project.write(image="lace-test:volumes", features={
        feature(project, "one", "echo one > /data/one; rm /data/old; echo e > /empty/e"): {},
        feature(project, "two", "cat /data/one > /data/two"): {}})
    err = lace("up", "--trust", project)
    assert err.returncode == 0 and "VOLUME" not in err.stderr, err.stderr
    assert project.sh("cat /data/one /data/two /empty/e; ls /data; echo $KEPT") == "one\none\ne\none\ntwo\n1\n"
    image = image_of(engine, project)
    assert image["Config"]["Volumes"] == {"/data": {}, "/empty": {}} and image["Config"]["Cmd"] == ["x"]


def many_layers(engine, name, wanted):
    """BASE with so many layers: the engine has BASE's own already, so that a saved image may leave them out."""
    base = json.loads(engine.docker("image", "inspect", BASE))[0]
    diffs, archives = list(base["RootFS"]["Layers"]), []
    for i in range(len(diffs), wanted):
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as t:
            info = tarfile.TarInfo(f"many/{i}")
            t.addfile(info, io.BytesIO())
        archives.append((f"{i}/layer.tar", layer.getvalue()))
        diffs.append("sha256:" + hashlib.sha256(layer.getvalue()).hexdigest())
    config = json.dumps({"architecture": base["Architecture"], "os": base["Os"], "config": base["Config"],
                         "rootfs": {"type": "layers", "diff_ids": diffs}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name],
                            "Layers": [f"{i}/layer.tar" for i in range(len(diffs))]}]).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for path, data in [("config.json", config), ("manifest.json", manifest), *archives]:
            info = tarfile.TarInfo(path)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    subprocess.run([DOCKER, "--host", engine.host, "load", "-q"], input=out.getvalue(), check=True, capture_output=True)


def test_many_features_on_many_layers_stay_under_the_limit(lace, project, engine):
    many_layers(engine, "lace-test:many", 115)
    refs = [feature(project, f"f{i}", f"echo {i} >> /order; echo $LAST >> /last", containerEnv={"LAST": str(i)})
            for i in range(8)]
    project.write(image="lace-test:many", features={r: {} for r in refs})
    up(lace, project)
    assert project.sh("cat /order").split() == [str(i) for i in range(8)]
    assert project.sh("cat /last").split() == [str(i) for i in range(8)], "each with the environment of those before"
    image = image_of(engine, project)
    assert 115 < len(image["RootFS"]["Layers"]) <= 121 and "LAST=7" in image["Config"]["Env"]
    ids = [e.get("id") for e in json.loads(project.inspect()["Config"]["Labels"]["devcontainer.metadata"])]
    assert ids[:10] == ["lace/sshd", "lace/mux-server", *refs]

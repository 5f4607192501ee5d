"""`lace up`: from a folder to a running dev container that answers on its port."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from conftest import LACE, eventually
from dockerd import BASE


def banner(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
        return s.recv(64)


def up(lace, project, *args, **kwargs):
    return json.loads(lace.ok("up", "--trust", "--json", *args, project, **kwargs))


# ---- the road ------------------------------------------------------------------

def test_a_project_that_names_nothing_gets_a_port_with_sshd_on_it(lace, project):
    text = lace.ok("up", "--trust", project)
    name = os.path.basename(str(project))
    assert f"Next: lace connect {name}" in text
    port = int(re.search(r"port (\d+)", text).group(1))
    assert 22425 <= port <= 23424
    assert banner(port).startswith(b"SSH-2.0-")
    bound = project.inspect()["NetworkSettings"]["Ports"]["2222/tcp"]
    assert bound == [{"HostIp": "127.0.0.1", "HostPort": str(port)}]


def test_json_is_one_object(lace, project):
    out = lace.ok("up", "--trust", "--json", project)
    assert out.count("\n") == 1
    got = json.loads(out)
    assert got["outcome"] == "success" and got["container"] == "created" and got["remoteUser"] == "dev"
    assert got["containerId"] == project.container()
    assert got["remoteWorkspaceFolder"] == f"/workspaces/{os.path.basename(str(project))}"


def test_labels_are_those_of_the_reference(lace, project):
    up(lace, project)
    labels = project.inspect()["Config"]["Labels"]
    assert labels["devcontainer.local_folder"] == os.path.realpath(str(project))
    assert labels["devcontainer.config_file"] == os.path.realpath(str(project.config))
    entries = json.loads(labels["devcontainer.metadata"])
    assert sorted(e.get("id") for e in entries[:2]) == ["lace/mux-server", "lace/sshd"]
    assert entries[-1]["remoteUser"] == "dev"


def test_again_returns_at_once_and_after_a_stop_starts_the_same(lace, project):
    first = up(lace, project)
    start = time.monotonic()
    again = up(lace, project)
    took = time.monotonic() - start
    assert (again["container"], again["containerId"], again["port"]) == ("running", first["containerId"], first["port"])
    assert took < 2, f"{took:.2f} s for nothing to do"
    assert lace("up", project).stderr == "", "nothing was done, and nothing is told"
    lace.ok("down", project)
    assert project.inspect()["State"]["Running"] is False
    started = up(lace, project)
    assert (started["container"], started["containerId"], started["port"]) == (
        "started", first["containerId"], first["port"])
    assert banner(first["port"]).startswith(b"SSH-")


def test_two_at_once_on_one_project_make_one_container(lace, project):
    runs = [subprocess.Popen(lace.argv("up", "--trust", "--json", project), env=lace.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    results = [(*p.communicate(timeout=300), p.returncode) for p in runs]
    assert [r[2] for r in results] == [0, 0, 0], results
    got = [json.loads(r[0]) for r in results]
    assert len({g["containerId"] for g in got}) == 1 and len({g["port"] for g in got}) == 1
    assert sorted(g["container"] for g in got) == ["created", "running", "running"]
    assert len(project.containers()) == 1


def test_an_interrupted_up_says_so_and_leaves_nothing_half_done(lace, project, engine):
    feature(project, "slow", "touch /begun; sleep 1000\n")
    project.write(features={"./slow": {}})
    p = subprocess.Popen(lace.argv("up", "--trust", project), env=lace.env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    building = ("ps", "-q", "--filter", "label=lace.build=1")
    before = set(engine.docker(*building).split())
    eventually(lambda: set(engine.docker(*building).split()) - before, 60, "the container that installs")
    p.send_signal(signal.SIGINT)
    _, err = p.communicate(timeout=30)
    assert p.returncode == -signal.SIGINT and err.endswith("lace: interrupted\n"), err
    eventually(lambda: not set(engine.docker(*building).split()) - before, 20, "the end of that container")
    project.write(features={})
    assert up(lace, project)["outcome"] == "success"


def test_two_projects_at_once_get_two_ports(lace, project_at, tmp_path):
    projects = [project_at(tmp_path / f"two-{i}") for i in range(2)]
    runs = [subprocess.Popen(lace.argv("up", "--trust", "--json", p), env=lace.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for p in projects]
    results = [(*p.communicate(timeout=300), p.returncode) for p in runs]
    assert [r[2] for r in results] == [0, 0], results
    assert len({json.loads(r[0])["port"] for r in results}) == 2


def test_projects_that_want_the_same_image_at_once_make_it_once(lace, project_at, tmp_path, engine):
    engine.docker("build", "-t", "lace-test:same", "-", input=f"FROM {BASE}\nLABEL same={tmp_path}\n")
    layers = lambda: set(engine.docker("images", "-aq", "--no-trunc", "--filter", "label=lace.digest").split())
    before = layers()
    projects = [project_at(tmp_path / f"same-{i}", image="lace-test:same") for i in range(4)]
    runs = [subprocess.Popen(lace.argv("up", "--trust", "--json", p), env=lace.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for p in projects]
    results = [(*p.communicate(timeout=300), p.returncode) for p in runs]
    assert [r[2] for r in results] == [0] * 4, results
    assert len(layers() - before) == 2, "one for each of lace's two features"


def test_plain_leaves_lace_out(lace, project):
    got = up(lace, project, "--plain")
    assert got["port"] is None
    inspect = project.inspect()
    assert inspect["Config"]["Image"] == BASE
    assert inspect["Path"] == "/bin/sh" and "Container started" in inspect["Args"][1]
    assert not inspect["HostConfig"]["PortBindings"]
    assert lace.ok("exec", project, "--", "id", "-un") == "dev\n"


def test_sshd_runs_where_the_image_user_is_not_root(lace, project, engine):
    engine.docker("build", "-t", "lace-test:user", "-", input=f"FROM {BASE}\nUSER dev\n")
    project.write(conf={"image": "lace-test:user"})
    got = up(lace, project)
    assert got["remoteUser"] == "dev"
    assert lace.ok("ssh", project, "--", "id", "-un") == "dev\n"
    assert project.inspect()["Config"]["User"] == "dev"
    # the engine alone is enough to start it again
    cid = project.container()
    engine.docker("restart", "-t", "5", cid)
    eventually(lambda: banner(got["port"]) if project.inspect()["State"]["Running"] else None, what="sshd after a restart")


def test_no_new_privileges_and_a_user_who_is_not_root_is_told(lace, project, engine):
    engine.docker("build", "-t", "lace-test:user", "-", input=f"FROM {BASE}\nUSER dev\n")
    project.write(conf={"image": "lace-test:user", "securityOpt": ["no-new-privileges"]})
    line = lace.fails(1, "up", "--trust", project).strip().splitlines()[-1]
    assert "no-new-privileges" in line and "--plain" in line
    project.write(conf={"image": "lace-test:user", "securityOpt": ["no-new-privileges"], "containerUser": "root",
                        "remoteUser": "dev"})
    up(lace, project, "--recreate")
    assert lace.ok("ssh", project, "--", "id", "-un") == "dev\n"


def test_host_keys_differ_between_containers_of_one_image(lace, project_at, tmp_path):
    keys = set()
    for i in range(2):
        p = project_at(tmp_path / f"key-{i}")
        up(lace, p)
        keys.add(p.sh("cat /var/lib/lace/ssh/ssh_host_ed25519_key.pub"))
        assert not p.sh("ls /etc/ssh | grep ssh_host_ || true").strip()
    assert len(keys) == 2


def test_a_committed_container_gets_a_host_key_of_its_own(lace, project, project_at, engine, tmp_path):
    up(lace, project)
    engine.docker("commit", project.container(), "lace-test:copy")
    copy = project_at(tmp_path / "copy", conf={"image": "lace-test:copy", "remoteUser": "dev"})
    up(lace, copy)
    one, other = (p.sh("cat /var/lib/lace/ssh/ssh_host_ed25519_key.pub") for p in (project, copy))
    assert one != other


# ---- configuration ---------------------------------------------------------------

def test_jsonc_with_comments_commas_and_a_bom(lace, project):
    project.config.write_bytes(b"\xef\xbb\xbf" + f"""{{
        // a comment
        "image": "{BASE}", /* another */
        "remoteUser": "dev",
        "containerEnv": {{"A": "b",}},
    }}""".encode())
    up(lace, project)
    assert lace.ok("exec", project, "--", "printenv", "A") == "b\n"


@pytest.mark.parametrize("where", [".devcontainer.json", ".devcontainer/other/devcontainer.json"])
def test_the_other_places_of_a_configuration(lace, project, where):
    text = project.config.read_text()
    project.config.unlink()
    target = project.folder / where
    target.parent.mkdir(exist_ok=True)
    target.write_text(text)
    up(lace, project)
    assert project.inspect()["Config"]["Labels"]["devcontainer.config_file"] == os.path.realpath(target)


def test_dockerfile_with_args_and_target(lace, project):
    (project.folder / ".devcontainer/Dockerfile").write_text(
        f"ARG WHO=nobody\nFROM {BASE} AS first\nARG WHO\nENV SAID=$WHO\nFROM {BASE} AS last\nENV SAID=last\n")
    project.write(conf={"build": {"dockerfile": "Dockerfile", "args": {"WHO": "me"}, "target": "first"},
                        "remoteUser": "dev"})
    up(lace, project)
    assert lace.ok("exec", project, "--", "printenv", "SAID") == "me\n"


@pytest.mark.parametrize("plain", [[], ["--plain"]])
def test_a_container_whose_command_ends_is_told_as_that(lace, project, engine, plain):
    engine.docker("build", "-t", "lace-test:over", "-", input=f'FROM {BASE}\nCMD ["sh", "-c", "exit 9"]\n')
    project.write(conf={"image": "lace-test:over", "overrideCommand": False})
    line = lace.fails(1, "up", "--trust", *plain, project).strip().splitlines()[-1]
    assert "exit code 9" in line and "overrideCommand" in line and f"docker logs {project.container()[:12]}" in line


def test_an_edit_of_remote_env_counts_with_the_next_up(lace, project):
    project.write(remoteEnv={"R": "old"}, containerEnv={"C": "old"})
    first = up(lace, project)
    project.write(remoteEnv={"R": "new"}, containerEnv={"C": "new"})
    assert up(lace, project)["containerId"] == first["containerId"]
    assert lace.ok("exec", project, "--", "sh", "-c", "echo $R $C") == "new old\n"


def test_environment_of_exec_ssh_and_hooks_is_the_same(lace, project):
    project.write(containerEnv={"C": "${localWorkspaceFolderBasename}"},
                  remoteEnv={"R": "${containerEnv:C}/x", "GONE": None},
                  postCreateCommand="echo \"$C $R ${FROM_PROFILE}\" > ~/hook")
    project.write(**json.loads(project.config.read_text()))
    up(lace, project)
    name = os.path.basename(str(project))
    show = ["sh", "-c", 'echo "$C $R"; pwd; id -un']
    expected = f"{name} {name}/x\n/workspaces/{name}\ndev\n"
    assert lace.ok("exec", project, "--", *show) == expected
    assert lace.ok("ssh", project, "--", *show) == expected
    assert project.sh("cat ~dev/hook").split() == [name, f"{name}/x"]


def test_mounts_run_args_app_port_and_privileges(lace, project, tmp_path):
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "file").write_text("there")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        free = s.getsockname()[1]
    project.write(mounts=[f"type=bind,source={extra},target=/extra,readonly",
                          {"type": "volume", "source": f"lace-test-{os.getpid()}", "target": "/vol"}],
                  runArgs=["--hostname", "inside", "--shm-size=32m"], appPort=f"127.0.0.1:{free}:8000",
                  capAdd=["SYS_PTRACE"], init=True)
    up(lace, project)
    i = project.inspect()
    assert project.sh("cat /extra/file; echo; hostname").split() == ["there", "inside"]
    assert i["HostConfig"]["CapAdd"] in (["SYS_PTRACE"], ["CAP_SYS_PTRACE"])
    assert i["HostConfig"]["PortBindings"]["8000/tcp"][0]["HostPort"] == str(free)
    assert i["HostConfig"]["ShmSize"] == 32 << 20


def test_workspace_mount_and_folder(lace, project):
    project.write(workspaceMount=f"type=bind,source={project},target=/src", workspaceFolder="/src")
    (project.folder / "marker").write_text("x")
    up(lace, project)
    assert "marker" in lace.ok("exec", project, "--", "ls")
    assert lace.ok("ssh", project, "--", "pwd") == "/src\n"


@pytest.mark.parametrize("name", ["with blank", "a,comma", "quote'\"s", "ünïcode 日本", "$dollar`tick`"])
def test_odd_workspace_paths(lace, project_at, tmp_path, name):
    p = project_at(tmp_path / name)
    (p.folder / "marker").write_text("x")
    got = up(lace, p)
    assert "marker" in lace.ok("exec", p, "--", "ls")
    assert "marker" in lace.ok("ssh", got["name"], "--", "ls")


def test_a_symlink_is_the_folder_it_points_to(lace, project, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(project.folder)
    one = up(lace, link)
    two = up(lace, project)
    assert one["containerId"] == two["containerId"]


def test_what_nobody_knows_and_what_the_host_lacks_is_named_once(lace, project):
    project.write(hostRequirements={"cpus": 100000, "memory": "900tb", "storage": "900tb", "gpu": True}, bogusProperty=1)
    err = lace("up", "--trust", "--plain", project).stderr
    for word in (".cpus", ".memory", ".gpu", "bogusProperty"):
        lines = [l for l in err.splitlines() if word in l]
        assert len(lines) == 1 and "warning" in lines[0], f"{word}: {lines}\n{err}"
    project.write(hostRequirements={"cpus": 1, "memory": "1mb", "gpu": "optional"})
    assert "warning" not in lace("up", "--plain", "--trust", "--recreate", project).stderr


# ---- features ----------------------------------------------------------------------

def feature(project, name, script, **properties):
    folder = project.folder / ".devcontainer" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "devcontainer-feature.json").write_text(json.dumps({"id": name, "version": "1.0.0", "name": name,
                                                                  **properties}))
    (folder / "install.sh").write_text("#!/bin/sh\nset -e\n" + script)
    (folder / "install.sh").chmod(0o755)


def test_features_in_order_with_options_and_environment(lace, project):
    feature(project, "aa", 'echo "aa $_REMOTE_USER $_REMOTE_USER_HOME $OPTION_NAME $(pwd | grep -c aa)" >> /order\n',
            options={"option-name": {"type": "string", "default": "dflt"}}, installsAfter=["./zz"],
            containerEnv={"FROM_AA": "1:${PATH}"})
    feature(project, "zz", 'echo "zz $VERSION" >> /order\n', options={"version": {"type": "string", "default": "1"}})
    project.write(features={"./aa": {"option-name": 'q"uo$te `x`'}, "./zz": "9"})
    up(lace, project)
    lines = project.sh("cat /order").splitlines()
    assert lines == ["zz 9", 'aa dev /home/dev q"uo$te `x` 1']
    assert project.sh("printenv FROM_AA").startswith("1:/")


def test_an_image_is_reused_when_nothing_in_it_would_change(lace, project, engine):
    feature(project, "slow", "date +%s%N > /made\n")
    project.write(features={"./slow": {}})
    up(lace, project)
    made = project.sh("cat /made")
    up(lace, project, "--recreate")
    assert project.sh("cat /made") == made
    os.utime(project.folder / ".devcontainer/slow/install.sh", (1, 1))
    up(lace, project, "--recreate")
    assert project.sh("cat /made") == made, "a file's time is no content"
    feature(project, "slow", "date +%s%N > /made # changed\n")
    up(lace, project, "--recreate")
    assert project.sh("cat /made") != made


def test_a_failing_install_shows_and_keeps_its_log(lace, project):
    feature(project, "bad", "printf '\\033]0;t\\007\\033[31mred\\033c\\n'; i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo \"said line $i\"; done\nexit 9\n")
    project.write(features={"./bad": {}})
    err = lace.fails(1, "up", "--trust", project)
    assert "said line 1\n" in err and "said line 50" in err
    last = err.strip().splitlines()[-1]
    assert "bad" in last and "9" in last
    path = re.search(r"(/\S+\.log)", last).group(1)
    kept = pathlib.Path(path).read_text()
    assert "said line 50" in kept and "red\n" in kept and "\x1b" not in kept + err
    assert project.containers() == []
    feature(project, "bad", "echo fixed\n")
    up(lace, project)


def test_a_failed_rebuild_leaves_the_old_container(lace, project):
    first = up(lace, project)
    feature(project, "bad", "exit 1\n")
    project.write(features={"./bad": {}})
    lace.fails(1, "up", "--trust", "--recreate", project)
    assert project.container() == first["containerId"]
    assert project.inspect()["State"]["Running"]


# ---- hooks -------------------------------------------------------------------------

HOOKS = dict(
    initializeCommand="echo init >> host-log",
    onCreateCommand="echo onCreate $(id -un) $(pwd) >> ~/log",
    updateContentCommand=["sh", "-c", "echo updateContent >> ~/log"],
    postCreateCommand={"one": "echo postCreate one >> ~/log", "two": ["sh", "-c", "echo postCreate two >> ~/log"]},
    postStartCommand="echo postStart >> ~/log",
    postAttachCommand="echo postAttach >> ~/log")


def test_hooks_in_every_form_at_their_time(lace, project):
    project.write(**HOOKS)

    def log():
        return project.sh("cat ~dev/log; : > ~dev/log").splitlines()

    up(lace, project)
    seen = log()
    where = f"/workspaces/{os.path.basename(str(project))}"
    assert seen[:2] == [f"onCreate dev {where}", "updateContent"]
    assert sorted(seen[2:4]) == ["postCreate one", "postCreate two"]
    assert seen[4:] == ["postStart", "postAttach"]
    up(lace, project)
    assert log() == ["postAttach"]
    lace.ok("down", project)
    up(lace, project)
    assert log() == ["postStart", "postAttach"]
    assert (project.folder / "host-log").read_text() == "init\n" * 3
    marker = project.sh("cat ~dev/.devcontainer/.onCreateCommandMarker").strip()
    assert marker == project.inspect()["Created"]


def test_a_failing_hook_stops_the_later_ones_and_nothing_else(lace, project):
    project.write(onCreateCommand="echo before", postCreateCommand="echo oh no; exit 3",
                  postStartCommand="touch ~/started")
    err = lace.fails(1, "up", "--trust", project)
    assert "postCreateCommand from devcontainer.json failed" in err.strip().splitlines()[-1]
    assert "\noh no\nexit code 3\nThe container runs all the same: lace connect" in err
    assert project.inspect()["State"]["Running"]
    assert project.sh("ls ~dev/started || true") == ""
    up(lace, project)     # as the reference: not tried again
    assert "started" in project.sh("ls ~dev/started")


def test_hook_output_cannot_reach_the_terminal_raw(lace, project):
    project.write(postCreateCommand="printf '\\033]0;evil\\007\\033[31mred\\n'; printf '\\033]52;c;ZXZpbA==\\007'; exit 1")
    err = lace.fails(1, "up", "--trust", project)
    assert "\x1b" not in err and "\x07" not in err


def test_names_and_labels_with_escapes_are_shown_harmless(lace, project_at, tmp_path, engine):
    cid = engine.docker("create", "--label", "devcontainer.local_folder=/x/\x1b]0;evil\x07\x1b[2J", BASE, "true").strip()
    try:
        out = lace.ok("ls")
        assert "\x1b" not in out and "\x07" not in out and "evil" in out
        assert "\x1b" not in lace.ok("ls", "--json")
    finally:
        engine.docker("rm", "-f", cid)


def test_doctor_shows_a_folder_with_escapes_harmless(lace, engine):
    ours = json.dumps([{"customizations": {"lace": {"init": "/usr/local/lib/lace/lace-init"}}}])
    cid = engine.docker("run", "-d", "-p", "127.0.0.1::2222", "--label", "devcontainer.local_folder=/x/\x1b]0;evil\x07",
                        "--label", f"devcontainer.metadata={ours}", BASE, "sleep", "1000").strip()
    try:
        out = lace("doctor", cid[:12]).stdout
        assert "lace up /x/" in out and "\x1b" not in out and "\x07" not in out, out
    finally:
        engine.docker("rm", "-f", cid)


@pytest.mark.parametrize("user", ["-oProxyCommand=touch x", "a b", "a\x1b[2Jb", "$(id)", "..", "a/b"])
def test_what_can_be_no_users_name_is_refused(lace, project, user):
    lace.ok("up", "--trust", project)
    project.write(remoteUser=user)
    line = lace.fails(1, "up", "--trust", project).splitlines()[-1]
    assert "cannot be a user's name" in line and "\x1b" not in line


# ---- trust ---------------------------------------------------------------------------

def test_an_unknown_repository_is_not_run(lace, project):
    project.write(initializeCommand="touch host-was-touched")
    err = lace.fails(1, "up", project)
    assert "--trust" in err and not (project.folder / "host-was-touched").exists()
    assert project.containers() == []
    lace.ok("up", "--trust", project)
    lace.ok("up", project)        # confirmed once for this content
    project.write(initializeCommand="touch something-else")
    lace.fails(1, "up", project)
    assert not (project.folder / "something-else").exists()


def test_what_a_feature_asks_for_is_not_done_unasked(lace, project):
    """A container may write its own repository: a feature that it rewrites must not give it the host."""
    project.write(features={"./f": {}})
    feature = project.folder / ".devcontainer/f"
    feature.mkdir()
    (feature / "install.sh").write_text("true\n")
    (feature / "devcontainer-feature.json").write_text(json.dumps({"id": "f", "version": "1.0.0"}))
    lace.ok("up", "--trust", "--plain", project)
    old = project.container()
    (feature / "devcontainer-feature.json").write_text(json.dumps(
        {"id": "f", "version": "1.0.0", "mounts": ["type=bind,source=/opt,target=/host"]}))
    assert "mounts from this host: type=bind,source=/opt" in lace.fails(1, "up", "--plain", "--recreate", project)
    assert project.containers() == [old]
    lace.ok("up", "--trust", "--plain", "--recreate", project)
    assert "/host" in [m["Destination"] for m in project.inspect()["Mounts"]]
    lace.ok("up", "--plain", "--recreate", project)


def test_the_hosts_environment_stays_out_of_the_containers_reach(lace, project):
    secret = {"TOKEN_OF_HOST": "s3cret"}
    project.write(initializeCommand="test -n \"${localEnv:TOKEN_OF_HOST}\"")
    lace.ok("up", "--trust", "--plain", project, env=secret)
    used = (project.folder / ".lace/devcontainer.json").read_text()
    assert "s3cret" not in used and "${localEnv:TOKEN_OF_HOST}" in used
    # As if written from inside the container: exec asks nobody, so it takes nothing from there.
    project.write(remoteEnv={"STOLEN": "${localEnv:TOKEN_OF_HOST}"})
    r = lace("exec", project, "--", "env", env=secret)
    assert r.returncode == 0 and "s3cret" not in r.stdout and "not confirmed" in r.stderr, r
    lace.ok("up", "--trust", "--plain", project, env=secret)
    assert "STOLEN=s3cret" in lace.ok("exec", project, "--", "env", env=secret)


# ---- bad input -------------------------------------------------------------------------

def one_line(err):
    lines = [l for l in err.strip().splitlines() if l]
    assert len(lines) == 1, err
    return lines[0]


def test_broken_jsonc_names_the_place(lace, project):
    project.write(text='{\n  "image": "x",\n  "mounts": [ }\n}\n')
    line = one_line(lace.fails(1, "up", "--trust", project))
    assert re.search(r"devcontainer\.json:3:\d+: expected ", line), line


def test_a_wrong_type_names_the_place_and_what_was_expected(lace, project):
    project.write(text=f'{{\n  "image": "{BASE}",\n  "mounts": "x"\n}}\n')
    line = one_line(lace.fails(1, "up", "--trust", project))
    assert re.search(r"devcontainer\.json:3:\d+: .*mounts.*(array|list)", line), line


def test_no_configuration(lace, tmp_path):
    line = one_line(lace.fails(4, "up", "--trust", tmp_path))
    assert "devcontainer.json" in line


def test_unknown_engine_socket(lace, project, tmp_path):
    env = {"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"}
    for args in (("up", "--trust", project), ("ls",), ("connect", "x"), ("exec", "x", "--", "true")):
        r = lace(*args, env=env)
        if args[0] == "connect":
            continue      # wants a terminal first
        assert r.returncode == 3, (args, r.stderr)
        assert "nobody.sock" in r.stderr.strip().splitlines()[-1]


def test_an_image_that_is_not_there(lace, project):
    project.write(conf={"image": "localhost:1/not/there:1"})
    err = lace.fails(1, "up", "--trust", project).strip().splitlines()[-1]
    assert "localhost:1/not/there:1" in err
    assert project.containers() == []


def claims_file(lace):
    return pathlib.Path(lace.env["XDG_STATE_HOME"]) / "lace" / "ports.json"


def test_port_range_exhausted(lace, project, project_at, tmp_path):
    first = up(lace, project)
    data = json.loads(claims_file(lace).read_text())
    one = data["claims"][0]
    data["claims"] = [{**one, "workspace": f"/nowhere/{p}", "port": p} for p in range(22425, 23425) if p != first["port"]]
    data["claims"].append(one)
    claims_file(lace).write_text(json.dumps(data))
    other = project_at(tmp_path / "other")
    line = lace.fails(1, "up", "--trust", other).strip().splitlines()[-1]
    assert "22425" in line and "23424" in line
    assert other.containers() == []


def test_a_port_taken_by_another_program_before_the_start(lace, project):
    got = up(lace, project)
    lace.ok("down", project)
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", got["port"]))
        s.listen()
        line = lace.fails(1, "up", project).strip().splitlines()[-1]
        assert str(got["port"]) in line and "--recreate" in line
        assert project.container() == got["containerId"]
        moved = up(lace, project, "--recreate")
        assert moved["port"] != got["port"]
    assert banner(moved["port"]).startswith(b"SSH-")


def test_a_corrupt_registry_is_set_aside_and_rebuilt(lace, project, project_at, tmp_path):
    got = up(lace, project)
    claims_file(lace).write_text('{"version": 1, "claims": [{"port"')
    other = project_at(tmp_path / "other")
    r = lace("up", "--trust", "--json", other)
    assert r.returncode == 0, r.stderr
    assert "ports.json" in r.stderr and "warning" in r.stderr
    assert json.loads(r.stdout)["port"] != got["port"]
    assert list(claims_file(lace).parent.glob("ports.json.corrupt*"))
    assert up(lace, project)["port"] == got["port"]


def test_links_in_the_lace_folder_are_not_followed(lace, project, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    target = tmp_path / "elsewhere"
    target.mkdir()
    (project.folder / ".lace").mkdir()
    (project.folder / ".lace/devcontainer.json").symlink_to(victim)
    (project.folder / ".lace/port-assignments.json").symlink_to(victim)
    (project.folder / ".lace/logs").symlink_to(target)
    up(lace, project)
    assert victim.read_text() == "precious" and list(target.iterdir()) == []
    assert json.loads((project.folder / ".lace/devcontainer.json").read_text())["image"] == BASE


def test_a_name_that_two_containers_have(lace, project_at, tmp_path):
    projects = [project_at(tmp_path / d / "twin") for d in ("a", "b")]
    for p in projects:
        up(lace, p, "--plain")
    line = one_line(lace.fails(2, "exec", "twin", "--", "true"))
    assert all(str(p) in line for p in projects)
    assert lace.ok("exec", projects[1], "--", "echo", "hi") == "hi\n"


def test_usage_errors(lace):
    for args in (["bogus"], ["up", "--bogus"], ["ls", "extra"], []):
        assert lace(*args).returncode == 2, args


# ---- the other verbs ---------------------------------------------------------------------

def test_ssh_returns_the_exit_code_and_a_clean_stdout(lace, project):
    up(lace, project)
    project.sh("echo 'echo noise from bashrc' >> ~dev/.bashrc; echo 'echo noise from profile' >> ~dev/.profile")
    r = lace("ssh", project, "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (r.returncode, r.stdout) == (7, "noise from bashrc\nout\n") or (r.returncode, r.stdout) == (7, "out\n")
    assert r.stdout == "out\n", "a .bashrc that prints must not reach stdout"
    assert r.stderr == "err\n"


def test_exec_is_binary_safe_and_returns_the_exit_code(lace, project):
    up(lace, project)
    data = bytes(range(256)) * 300
    r = subprocess.run(lace.argv("exec", project, "--", "cat"), env=lace.env, input=data, capture_output=True)
    assert r.returncode == 0 and r.stdout == data
    assert lace("exec", project, "--", "sh", "-c", "exit 9").returncode == 9
    assert lace("exec", project, "--", "no-such-program").returncode == 127
    r = lace("exec", "--json", project, "--", "sh", "-c", "printf 'a\\377'; echo b >&2; exit 3")
    assert r.returncode == 3 and json.loads(r.stdout) == {"exitCode": 3, "stdout": "a\ufffd", "stderr": "b\n"}
    r = subprocess.run(lace.argv("ssh", project, "--", "cat"), env=lace.env, input=data, capture_output=True)
    assert r.returncode == 0 and r.stdout == data


def test_plain_ssh_with_the_key(lace, project):
    got = up(lace, project)
    key = f"{lace.env['XDG_CONFIG_HOME']}/lace/ssh/id_ed25519"
    r = subprocess.run(["ssh", "-F", "none", "-p", str(got["port"]), "-i", key, "-o", "IdentitiesOnly=yes",
                        "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
                        "dev@127.0.0.1", "echo $SSH_CONNECTION"], capture_output=True, text=True, timeout=30)
    assert r.returncode == 0 and r.stdout.split()[-1] == "2222"
    r = subprocess.run(["ssh", "-F", "none", "-p", str(got["port"]), "-o", "PubkeyAuthentication=no", "-o", "BatchMode=yes",
                        "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                        "dev@127.0.0.1", "true"], capture_output=True, text=True, timeout=30)
    assert r.returncode == 255 and "publickey" in r.stderr


def test_a_persons_ssh_configuration_does_not_matter(lace, project):
    up(lace, project)
    ssh = pathlib.Path(lace.env["HOME"]) / ".ssh"
    ssh.mkdir(mode=0o700)
    (ssh / "config").write_text("Host *\n  RemoteCommand echo hijacked\n  RequestTTY force\n  ProxyCommand false\n"
                                "  Port 1\n  User nobody\n  ForwardAgent yes\n  PermitLocalCommand yes\n"
                                "  LocalCommand echo hijacked\n")
    env = {"SSH_AUTH_SOCK": "/nonexistent"}
    assert lace.ok("ssh", project, "--", "echo", "fine", env=env) == "fine\n"


def test_ls_ports_down_and_rm(lace, project):
    got = up(lace, project)
    name = got["name"]
    entry = next(e for e in json.loads(lace.ok("ls", "--json")) if e["containerId"] == got["containerId"])
    assert (entry["name"], entry["state"], entry["port"], entry["user"], entry["terminals"]) == (
        name, "running", got["port"], "dev", 0)
    assert name in lace.ok("ls") and name in lace.ok("ls", "--names").split()
    claim = next(c for c in json.loads(lace.ok("ports", "--json")) if c["port"] == got["port"])
    assert claim["workspaceFolder"] == os.path.realpath(str(project)) and "its container" in claim["holder"]
    assert str(got["port"]) in lace.ok("ports")
    assert json.loads(lace.ok("down", "--json", name))["outcome"] == "success"
    entry = next(e for e in json.loads(lace.ok("ls", "--json")) if e["containerId"] == got["containerId"])
    assert (entry["state"], entry["port"], entry["terminals"]) == ("exited", got["port"], None)
    assert json.loads(lace.ok("rm", "--json", name))["outcome"] == "success"
    assert project.containers() == []
    assert not [c for c in json.loads(lace.ok("ports", "--json")) if c["port"] == got["port"]]
    lace.fails(4, "exec", name, "--", "true")


def test_rm_of_a_running_one_wants_force(lace, project):
    up(lace, project)
    assert "--force" in lace.fails(1, "rm", project)
    assert len(project.containers()) == 1
    lace.ok("rm", "--force", project)


def test_the_current_folder_is_the_project(lace, project):
    up(lace, project, "--plain")
    sub = project.folder / "sub"
    sub.mkdir()
    assert lace.ok("exec", "--", "echo", "here", cwd=sub) == "here\n"


def test_doctor_names_an_entrypoint_that_failed_and_one_that_never_returned(lace, project):
    feature(project, "aa-fails", "true\n", entrypoint="exit 5")
    feature(project, "bb-hangs", "true\n", entrypoint="sleep 100000")
    feature(project, "cc-runs", "true\n", entrypoint="touch /tmp/cc-ran")
    project.write(features={"./aa-fails": {}, "./bb-hangs": {}, "./cc-runs": {}})
    up(lace, project)
    eventually(lambda: project.sh("ls /tmp/cc-ran 2>/dev/null || true"), 15, "the entrypoint after the one that hangs")
    r = lace("doctor", project)
    assert r.returncode == 1
    bad = [l for l in r.stdout.splitlines() if l.startswith("BAD")]
    assert any("exit 5" in l for l in bad) and any("sleep 100000" in l for l in bad) and len(bad) == 2, r.stdout


def test_version_says_version_and_commit(lace):
    assert re.fullmatch(r"lace \d+\.\d+\.\d+ \([0-9a-f]{7,40}\), Unicode \d+\.\d+\.\d+\n", lace.ok("--version"))


def test_uid_remap_as_a_person_who_is_not_root(lace, project, engine, tmp_path):
    if not engine.own:
        pytest.skip("needs an engine whose socket may be opened to another user")
    os.chmod(engine.host.removeprefix("unix://"), 0o666)
    for path in (tmp_path, *tmp_path.parents):
        if path == pathlib.Path(path.root):
            break
        if os.stat(path).st_uid == os.getuid():
            os.chmod(path, os.stat(path).st_mode | 0o011)
    os.chmod(engine.folder, 0o755)
    os.chmod(engine.folder.parent, 0o755)
    project.write(conf={"image": BASE, "remoteUser": "dev"})
    subprocess.run(["chown", "-R", "4321:4321", lace.env["HOME"], str(project)], check=True)
    # the tree may stand where only root can look: the person has a lace of its own
    own = tmp_path / "prefix"
    own.mkdir()
    shutil.copy(os.path.realpath(LACE), own / "lace")
    shutil.copytree(pathlib.Path(os.path.realpath(LACE)).parents[2] / "features", own / "features", symlinks=True,
                    ignore=shutil.ignore_patterns("*.p"))
    # a person of uid 4321, in a mount namespace of its own: ssh wants to find its user
    passwd = tmp_path / "passwd"
    passwd.write_text(pathlib.Path("/etc/passwd").read_text() + f"person:x:4321:4321::{lace.env['HOME']}:/bin/sh\n")

    def as_person(*args):
        script = f'mount --bind "{passwd}" /etc/passwd && exec setpriv --reuid=4321 --regid=4321 --clear-groups "$@"'
        return subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", str(own / "lace"), *map(str, args)], env=lace.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    r = as_person("up", "--trust", project)
    assert r.returncode == 0, r.stderr
    assert project.sh("id -u dev; id -g dev; stat -c %u ~dev /run/user/4321").split() == ["4321"] * 4
    assert as_person("ssh", project, "--", "id", "-u").stdout == "4321\n"

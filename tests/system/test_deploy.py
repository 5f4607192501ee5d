"""What lace puts into containers that are there already, and ports that are asked for: TLS domains, newer servers."""
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess

import pytest

from conftest import LACE, Project, eventually
from dockerd import BASE
from muxwire import Client, parse_frame
from terminal import Terminal
from test_remote import domains
from test_tls import TLS, context, dial, ping, refused


class Port:
    """A published TLS domain, as test_tls's helpers want it."""

    def __init__(self, port):
        self.port = port


def works(tls, ca, pem):
    try:
        with dial(tls, context(ca, pem), "127.0.0.1") as s:
            return ping(s) == bytes([2, 1, 2])
    except (OSError, ssl.SSLError):
        return False


def published(project, container_port):
    """Host addresses and ports of a container's port."""
    return [(b["HostIp"], int(b["HostPort"])) for b in
            project.inspect()["HostConfig"]["PortBindings"].get(f"{container_port}/tcp", [])]


def test_hostTlsPort_gives_a_tls_domain_on_a_host_port(lace, project, tmp_path):
    """Certificates come as wezterm's bootstrap_via_ssh gets them; who has none is refused; it is there from the start."""
    project.write(features={"lace/mux-server": {"hostTlsPort": "auto"}})
    lace.ok("up", "--trust", project)
    (claim,) = [c for c in json.loads(lace.ok("ports", "--json")) if c["label"] == "mux-server/hostTlsPort"]
    assert published(project, 2223) == [("127.0.0.1", claim["port"])]
    tls = Port(claim["port"])
    r = subprocess.run(lace.argv("ssh", project, "--", "wezterm", "cli", "tlscreds"), env=lace.env, capture_output=True, timeout=60)
    assert r.returncode == 0, r.stderr
    creds, _ = parse_frame(r.stdout)
    ca, pem = tmp_path / "ca.pem", tmp_path / "client.pem"
    ca.write_text(creds["ca_cert_pem"])
    pem.write_text(creds["client_cert_pem"])
    with dial(tls, context(ca, pem), "127.0.0.1") as s:
        assert ping(s) == bytes([2, 1, 2])
    assert refused(tls, context(ca))

    pane = int(lace.ok("mux", project, "spawn", "--new-window", "--", "cat"))
    p = subprocess.Popen([TLS, "connect", "--to", f"127.0.0.1:{tls.port}", "--pem", str(pem), "--ca", str(ca)],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        c = Client(rfd=p.stdout.fileno(), wfd=p.stdin.fileno())
        c.write(pane, b"over tls\r")
        c.wait_text(pane, "over tls")
    finally:
        p.stdin.close()
        assert p.wait(10) == 0
        p.stdout.close()
    assert "over tls" in lace.ok("mux", project, "get-text", "--pane-id", pane)
    (row,) = [x for x in json.loads(lace.ok("ls", "--json")) if x["workspaceFolder"] == os.path.realpath(str(project))]
    assert row["terminals"] == 1

    # wezterm is given the domain with a certificate of its own, which is there as long as the container is.
    (domain,) = [d for (kind, _), d in domains(lace).items() if kind == "tls_clients"]
    assert domain["name"] == f"lace-tls:{project.folder.name}" and domain["remote_address"] == f"127.0.0.1:{tls.port}"
    assert domain["pem_cert"] == domain["pem_private_key"]
    mine = (*domain["pem_root_certs"], domain["pem_cert"])
    assert works(tls, *mine) and all(os.stat(f).st_mode & 0o777 == 0o600 for f in mine)
    # A server that another takes over from gives the port to its successor.
    assert "every terminal goes on" in lace.ok("ssh", project, "--", "lace-mux-server", "upgrade")
    eventually(lambda: works(tls, ca, pem), what="TLS after an upgrade of the server")
    # Nobody has come by ssh since: the server is the container's.
    project.engine.docker("restart", "-t", "1", project.container())
    eventually(lambda: works(tls, ca, pem), what="TLS after a restart of the container")
    lace.ok("rm", "--force", project)
    assert not any(os.path.exists(f) for f in mine)


def test_without_hostTlsPort_there_is_no_tls(lace, project):
    lace.ok("up", "--trust", project)
    assert published(project, 2223) == []
    assert [c["label"] for c in json.loads(lace.ok("ports", "--json"))] == ["mux-server/hostSshPort"]
    assert project.sh("ls /usr/local/lib/lace | grep tls || true") == ""


# ---- a newer server in the place of an older one ------------------------------------------------

FEATURES = pathlib.Path(LACE).resolve().parents[2] / "features"
BUILD = subprocess.run([FEATURES / "mux-server" / "bin" / f"lace-mux-server-{os.uname().machine}", "--version"], capture_output=True,
                       text=True, check=True).stdout.split(",")[0].removeprefix("lace-mux-server ")
INSTALLED = "/usr/local/lib/lace/lace-mux-server"


def made_in(year, folder):
    """A copy of lace's features whose server says that it was built in another year; what it says then."""
    build = BUILD.replace("(2", f"({year}", 1)[:len(BUILD)]
    shutil.copytree(FEATURES, folder / "features")
    for program in (folder / "features" / "mux-server" / "bin").glob("lace-mux-*"):
        data = program.read_bytes()
        assert data.count(BUILD.encode()) >= 1
        program.write_bytes(data.replace(BUILD.encode(), build.encode()))
    return build


def build_at(project, path=INSTALLED):
    return project.sh(f"{path} --version").split(",")[0].removeprefix("lace-mux-server ")


@pytest.fixture
def connect(lace):
    """Opens terminals with `lace connect`; what is left of them is ended at the end."""
    opened = []

    def open_(project, *args):
        t = Terminal(lace.argv("connect", *args, project), lace.env)
        opened.append(t)
        return t

    yield open_
    for t in opened:
        if t.child.isalive():
            t.kill()


def test_up_installs_its_newer_server_and_every_terminal_goes_on(lace, project, connect, tmp_path):
    old = made_in("1", tmp_path / "old")
    lace.ok("up", "--trust", "--keep-server", project, env={"LACE_DATA_DIR": str(tmp_path / "old")})
    assert build_at(project) == old != BUILD
    t = connect(project, "--keep-server").prompt()
    t.run("X=ke''pt; echo pid:$$:$X", r"pid:(\d+):kept")
    pid = t.until(r"pid:(\d+):kept").group(1)
    assert f"build    {old}" in lace.ok("ssh", project, "--", "lace-mux-server", "status")

    r = lace("up", project)
    assert r.returncode == 0 and re.search(rf"terminal server upgraded {re.escape(old)} to {re.escape(BUILD)}; pid \d+, every terminal", r.stderr), r.stderr
    assert build_at(project) == BUILD and f"build    {BUILD}" in lace.ok("ssh", project, "--", "lace-mux-server", "status")
    assert project.sh(f"stat -c '%U %a' {INSTALLED}").split() == ["root", "755"]
    t.run("echo 'still' $$ $X", rf"still {pid} kept")          # it came back by itself
    assert t.detach() == 0
    r = lace("up", project)
    assert r.returncode == 0 and "terminal server" not in r.stderr


def test_a_newer_server_than_lace_stays_and_an_older_one_is_replaced_by_connect(lace, project, connect, tmp_path):
    lace.ok("up", "--trust", project)
    new, old = made_in("9", tmp_path / "new"), made_in("1", tmp_path / "old")
    name = f"features/mux-server/bin/lace-mux-server-{os.uname().machine}"
    project.engine.docker("cp", str(tmp_path / "new" / name), f"{project.container()}:{INSTALLED}")
    lace.ok("down", project)
    r = lace("up", project)
    assert r.returncode == 0 and f"({new}) is newer than this lace ({BUILD})" in r.stderr, r.stderr
    assert build_at(project) == new
    project.sh(f"rm {INSTALLED}")
    project.engine.docker("cp", str(tmp_path / "old" / name), f"{project.container()}:{INSTALLED}")
    project.engine.docker("restart", "-t", "1", project.container())
    t = connect(project).prompt()
    assert f"terminal server {old} replaced by {BUILD}" in t.raw.decode(errors="replace")
    assert build_at(project) == BUILD
    assert t.detach() == 0


def test_a_server_that_cannot_take_over_leaves_the_old_one_with_its_terminals(lace, project, tmp_path):
    """The new program is put there but refuses the running server's state: that one goes on, and it is said at each up."""
    old = made_in("1", tmp_path / "old")
    lace.ok("up", "--trust", "--keep-server", project, env={"LACE_DATA_DIR": str(tmp_path / "old")})
    pane = int(lace.ok("mux", project, "spawn", "--new-window", "--", "cat"))
    project.sh(f"cp {INSTALLED} /usr/local/lib/lace/real")
    shutil.copytree(FEATURES, tmp_path / "bad" / "features")
    bad = tmp_path / "bad" / "features" / "mux-server" / "bin" / f"lace-mux-server-{os.uname().machine}"
    bad.write_text("#!/bin/sh\ncase $1 in\n--version) echo 'lace-mux-server %s, Unicode 0';;\n"
                   "upgrade) echo 'lace-mux-server: it does not read this state' >&2; exit 1;;\n"
                   '*) exec /usr/local/lib/lace/real "$@";;\nesac\n' % BUILD)
    for _ in range(2):
        r = lace("up", project, env={"LACE_DATA_DIR": str(tmp_path / "bad")})
        assert r.returncode == 0
        assert re.search(r"warning: the terminal server in \S+ stays .*: lace-mux-server: it does not read this state", r.stderr), r.stderr
        lace.ok("mux", project, "send-text", "--pane-id", pane, "--no-paste", "goes on\r")
        eventually(lambda: lace.ok("mux", project, "get-text", "--pane-id", pane).count("goes on") >= 2, what="the echo")
    assert f"build    {old}" in lace.ok("ssh", project, "--", "lace-mux-server", "status")


# ---- a container without port and sshd -----------------------------------------------------------


@pytest.fixture
def foreign(engine, tmp_path):
    """Runs containers as another tool makes them: labels, a mount, a command that sleeps."""
    folder = tmp_path / f"foreign{os.getpid()}"
    folder.mkdir()
    made = []

    def run(*args, image=BASE, metadata=({"remoteUser": "dev", "remoteEnv": {"R": "from label"}},)):
        made.append(engine.docker("run", "-d", "--label", f"devcontainer.local_folder={folder}", "--label",
                                  f"devcontainer.metadata={json.dumps(list(metadata))}", "-v", f"{folder}:/src", *args,
                                  image, "sleep", "infinity").strip())
        p = Project(engine, folder)
        shutil.rmtree(folder / ".devcontainer")
        return p

    yield run
    for c in made:
        engine.docker("rm", "-f", c, check=False)


def test_a_foreign_container_is_reached_through_the_engine(lace, foreign, connect, engine):
    project = foreign("-e", "C=from env")
    (row,) = [x for x in json.loads(lace.ok("ls", "--json")) if x["workspaceFolder"] == str(project)]
    assert row["reach"] == "exec" and row["port"] is None
    assert re.search(rf"{project.folder.name} +running +exec +dev ", lace.ok("ls"))
    t = connect(project).prompt()
    t.run('echo "<$(id -un)|$PWD|$C|$R|$SHELL>"', r"<dev\|/src\|from env\|from label\|/bin/bash>")
    t.run("Y=ke''pt; echo s''et", "set")
    assert t.detach() == 0
    assert project.sh(f"stat -c '%U %a' {INSTALLED} /usr/local/lib/lace").split() == ["root", "755"] * 2
    # The socket where ssh logins of that user look for it.
    assert project.sh("stat -c %F /run/user/$(id -u dev)/wezterm/sock").strip() == "socket"
    (pane,) = json.loads(lace.ok("mux", project, "list", "--format", "json"))
    assert "from env" in lace.ok("mux", project, "get-text", "--pane-id", pane["pane_id"])
    assert lace.ok("exec", project, "--", "sh", "-c", "echo $PWD $C $R $(id -un)") == "/src from env from label dev\n"
    t = connect(project)
    t.until("from label")
    t.run("echo var:$Y", "var:kept")
    engine.docker("restart", "-t", "1", project.container())
    t.until("started anew|gives a new one", 60)
    assert t.wait() == 1
    lace.ok("down", project)
    t = connect(project).prompt()
    t.line("exit 7")
    assert t.wait() == 7


def test_the_server_goes_where_it_can_run_and_nothing_else_is_run(lace, foreign, connect):
    """A read-only system; a file of the user's in the way; folders that let nothing run."""
    project = foreign("--read-only", "--tmpfs", "/usr/local/lib", "--tmpfs", "/run:noexec", "--tmpfs", "/tmp:exec,mode=1777",
                      "--tmpfs", "/home/dev:uid=1000")
    project.sh("mkdir /usr/local/lib/lace; printf '#!/bin/sh\\ntouch /tmp/fooled\\n' > /usr/local/lib/lace/lace-mux-server;"
               "chmod 755 /usr/local/lib/lace/lace-mux-server; chown -R dev /usr/local/lib/lace")
    t = connect(project).prompt()
    t.run('echo "<$R>"', "<from label>")
    assert t.detach() == 0
    assert sorted(project.sh("ls -A /tmp/.lace-server").split()) == ["lace-mux-server", "session"]
    assert project.sh("ls /tmp/fooled 2>/dev/null || true") == ""
    assert build_at(project, "/tmp/.lace-server/lace-mux-server") == BUILD


def test_a_container_that_takes_no_program_is_told(lace, foreign):
    project = foreign("--read-only", "--tmpfs", "/home/dev:uid=1000")
    err = lace.fails(1, "mux", project, "list")
    assert re.search(r"no folder of the container takes the terminal server .*: .*ead-only file system.*\n$", err), err

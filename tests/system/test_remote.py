"""`lace ssh-config`, `lace wezterm-config` and `lace proxy`: other programs reach the projects with what lace wrote."""
import json
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
TOP = HERE.parent.parent
LIBSSH_LOGIN = pathlib.Path(os.environ.get("LACE_ATTACH", TOP / "build/tests/system/attach")).with_name("libssh_login")


@pytest.fixture
def running(lace, project):
    lace.ok("up", "--trust", project)
    return project


def name_of(project):
    return os.path.basename(str(project))


def config_dir(lace):
    return pathlib.Path(lace.env["XDG_CONFIG_HOME"]) / "lace"


def run(lace, *argv, **more):
    return subprocess.run([str(a) for a in argv], env=lace.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, **more)


@pytest.fixture
def ssh(lace):
    """ssh with a configuration that has nothing but the line that lace names."""
    def ssh_(*args, program="ssh"):
        said = lace.ok("ssh-config", "--write")
        conf = pathlib.Path(lace.env["HOME"]) / "ssh_config"
        conf.write_text(said.splitlines()[1] + "\nUser nobody-of-this-name\nPort 1\n")
        return run(lace, program, "-F", conf, *args)
    return ssh_


def domains(lace, version="20240203-110809-5046fc22", *more):
    lace.ok("wezterm-config", "--write")
    r = run(lace, "lua5.4", HERE / "wezterm_domains.lua", config_dir(lace) / "wezterm.lua", version, *more)
    assert r.returncode == 0, r.stderr
    found = [json.loads(line) for line in r.stdout.splitlines()]
    return {(d["kind"], d["domain"]["name"]): d["domain"] for d in found}


def libssh(lace, domain, command, host=None, **changed):
    d = {**domain, **changed}
    address, port = d["remote_address"].split(":")
    return run(lace, LIBSSH_LOGIN, port, d["username"], d["ssh_option"]["identityfile"],
               d["ssh_option"]["userknownhostsfile"], host or address, command)


def test_ssh_and_scp_need_one_line(lace, running, ssh, tmp_path):
    host = name_of(running) + ".lace"
    r = ssh(host, "id -un; echo $SSH_CONNECTION")
    assert r.returncode == 0, r.stderr
    user, connection = r.stdout.splitlines()
    assert user == "dev" and connection.split()[-1] == "2222"
    (tmp_path / "file").write_text("content\n")
    assert ssh("-q", tmp_path / "file", host + ":copied", program="scp").returncode == 0
    assert running.sh("cat /home/dev/copied") == "content\n"
    # what stands after the line in the person's file is not inside of a Host of ours
    assert "\nuser nobody-of-this-name\n" in ssh("-G", "elsewhere.test").stdout


def test_ssh_refuses_another_host_key(lace, running, ssh):
    host = name_of(running) + ".lace"
    assert ssh(host, "true").returncode == 0
    known = config_dir(lace) / "ssh/known_hosts"
    pinned = known.read_text()
    other = pathlib.Path(lace.env["HOME"]) / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    known.write_text(pinned.split()[0] + " " + " ".join(other.with_suffix(".pub").read_text().split()[:2]) + "\n")
    r = ssh(host, "true")
    assert r.returncode == 255 and "Host key verification failed" in r.stderr


def test_a_container_made_anew_has_no_host_key_trouble(lace, running, ssh):
    host = name_of(running) + ".lace"
    lace.ok("ssh-config", "--write")
    lace.ok("wezterm-config", "--write")
    before = (config_dir(lace) / "ssh/known_addresses").read_text()
    lace.ok("up", "--trust", "--recreate", running)
    # up has refreshed both files by itself
    assert (config_dir(lace) / "ssh/known_addresses").read_text() != before
    conf = pathlib.Path(lace.env["HOME"]) / "conf"
    conf.write_text(f'Include "{config_dir(lace)}/ssh/config"\n')
    r = run(lace, "ssh", "-F", conf, host, "id -un")
    assert (r.returncode, r.stdout) == (0, "dev\n"), r.stderr
    d = domains(lace)["ssh_domains", "lace:" + name_of(running)]
    assert libssh(lace, d, "id -un").stdout == "dev\n"


def test_wezterms_kind_of_client_logs_in_without_a_prompt(lace, running):
    d = domains(lace)["ssh_domains", "lace:" + name_of(running)]
    assert d["no_agent_auth"] is True and d["multiplexing"] == "WezTerm"
    for host in "127.0.0.1", "localhost":
        r = libssh(lace, d, "id -un", host=host)
        assert (r.returncode, r.stdout) == (0, "dev\n"), r.stderr
    # the program that wezterm asks for is there, and is ours
    r = libssh(lace, d, d["remote_wezterm_path"] + " --version")
    assert r.returncode == 0 and "lace" in r.stdout
    # somebody else's key
    wrong = pathlib.Path(lace.env["HOME"]) / "wrong"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", wrong], check=True)
    port = d["remote_address"].split(":")[1]
    wrong_known = pathlib.Path(lace.env["HOME"]) / "wrong_known"
    wrong_known.write_text(f"[127.0.0.1]:{port} " + " ".join(wrong.with_suffix(".pub").read_text().split()[:2]) + "\n")
    r = libssh(lace, d, "true", ssh_option={**d["ssh_option"], "userknownhostsfile": str(wrong_known)})
    assert r.returncode == 1 and "the pinned one" in r.stderr


@pytest.mark.parametrize("version, codec", [("20240203-110809-5046fc22", 42), ("20240601-000000-abcdef01", 43),
                                            ("20250301-000000-abcdef01", 44), ("dev", 44)])
def test_the_remote_path_speaks_the_codec_of_the_wezterm_that_asks(lace, running, version, codec):
    d = domains(lace, version)["ssh_domains", "lace:" + name_of(running)]
    assert d["remote_wezterm_path"] == f"/usr/local/bin/wezterm-{codec}"


def test_domains_for_ports_and_the_defaults_stay(lace, running):
    found = domains(lace, "20240203-110809-5046fc22", "ports")
    port = int(found["ssh_domains", "lace:" + name_of(running)]["remote_address"].split(":")[1])
    ports = {int(name.split(":")[1]) for kind, name in found if name.startswith("lace:") and name[5:].isdigit()}
    assert ports == set(range(22425, 23425)) - {port}
    assert ("ssh_domains", "SSH:other") in found and ("unix_domains", "unix") in found


def test_a_unix_domain_through_lace_proxy(lace, running):
    d = domains(lace)["unix_domains", "lace-proxy:" + name_of(running)]
    # frame, serial 1, Ping (ident 1); the answer is Pong (ident 2) with the same serial
    r = subprocess.run(d["proxy_command"], env=lace.env, input=b"\x02\x01\x01", capture_output=True, timeout=60)
    assert r.stdout == b"\x02\x01\x02", r


def test_a_container_without_sshd_has_a_unix_domain_alone(lace, project):
    lace.ok("up", "--trust", "--plain", project)
    name, found = name_of(project), domains(lace)
    assert ("ssh_domains", "lace:" + name) not in found and f"Host {name}.lace" not in lace.ok("ssh-config")
    r = subprocess.run(found["unix_domains", "lace-proxy:" + name]["proxy_command"], env=lace.env, input=b"\x02\x01\x01",
                       capture_output=True, timeout=60)
    assert r.stdout == b"\x02\x01\x02", r


def test_a_stopped_project_says_so(lace, running):
    lace.ok("ssh-config", "--write")
    lace.ok("wezterm-config", "--write")
    lace.ok("down", running)
    for name in "ssh/config", "wezterm.lua":
        assert f"{running} is exited: start it with lace up" in (config_dir(lace) / name).read_text()
    lace.ok("rm", running)
    assert name_of(running) not in (config_dir(lace) / "ssh/config").read_text()


def test_two_folders_of_one_name(lace, project_at, tmp_path):
    mine = [project_at(tmp_path / f"{side}{os.getpid()}" / "same") for side in ("left", "right")]
    for p in mine:
        lace.ok("up", "--trust", "--plain", p)
    found = {p["workspaceFolder"]: p["name"] for p in json.loads(lace.ok("ls", "--json"))}
    names = [found[str(p)] for p in mine]
    assert names == [f"same.left{os.getpid()}", f"same.right{os.getpid()}"]
    assert lace.ok("exec", names[1], "--", "pwd") == "/workspaces/same\n"
    said = lace.fails(2, "exec", "same", "--", "true")
    assert all(n in said for n in names)


def test_a_folder_with_any_name(lace, project_at, tmp_path, ssh):
    folder = tmp_path / 'it\'s "odd" %h\\ ]]\nHost *'
    p = project_at(folder)
    lace.ok("up", "--trust", p)
    found = domains(lace)
    name, = [n for kind, n in found if kind == "ssh_domains" and n.startswith("lace:")]
    r = ssh(name.removeprefix("lace:") + ".lace", "id -un")
    assert (r.returncode, r.stdout) == (0, "dev\n"), r.stderr

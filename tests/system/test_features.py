"""lace's own two features on images that are not Debian: only POSIX sh, no bash, no package manager."""
import io
import json
import subprocess
import tarfile
import time

from conftest import eventually
from dockerd import BASE


def file(tar, name, data, mode=0o644):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    tar.addfile(info, io.BytesIO(data))


def alpine_like(engine, name, with_sshd=True):
    """busybox for everything, users in flat files, the account of dev locked, sshd without a PAM configuration."""
    if engine.docker("images", "-q", name).strip():
        return name
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for d in ("bin", "sbin", "usr", "usr/bin", "usr/sbin", "usr/local", "usr/local/bin", "etc", "home", "home/dev", "tmp",
                  "root", "var", "run", "proc", "dev"):
            info = tarfile.TarInfo(d)
            info.type, info.mode = tarfile.DIRTYPE, 0o1777 if d == "tmp" else 0o755
            if d == "home/dev":
                info.uid = info.gid = 1000
            tar.addfile(info)
        file(tar, "bin/busybox", open("/bin/busybox", "rb").read(), 0o755)
        applets = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True).stdout.split()
        for applet in set(applets) - {"busybox"}:
            info = tarfile.TarInfo(f"bin/{applet}")
            info.type, info.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(info)
        file(tar, "etc/os-release", b"ID=like-alpine\nNAME=\"Like Alpine\"\n")
        file(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nsshd:x:22:22::/var/empty:/bin/false\n"
                                b"dev:x:1000:1000::/home/dev:/bin/sh\n")
        file(tar, "etc/group", b"root:x:0:\nsshd:x:22:\ndev:x:1000:\n")
        file(tar, "etc/shadow", b"root:*:::::::\nsshd:!:::::::\ndev:!:::::::\n", 0o600)
        if with_sshd:
            script = ("set -e; for f in /usr/sbin/sshd /usr/bin/ssh-keygen; do echo $f; ldd $f | grep -o '/[^ ]*'; done | sort -u "
                      "| xargs -n 1 readlink -f | sort -u; ldd /usr/sbin/sshd /usr/bin/ssh-keygen | grep -o '/[^ ]*' | grep -v : "
                      "| sort -u; echo /usr/sbin/sshd; echo /usr/bin/ssh-keygen")
            names = sorted(set(engine.docker("run", "--rm", BASE, "sh", "-c", script).split()))
            r = subprocess.run(["/usr/bin/docker", "--host", engine.host, "run", "--rm", BASE, "tar", "-chf", "-", *names],
                               capture_output=True, check=True)
            with tarfile.open(fileobj=io.BytesIO(r.stdout)) as source:
                for m in source:
                    tar.addfile(m, source.extractfile(m) if m.isfile() else None)
    r = subprocess.run(["/usr/bin/docker", "--host", engine.host, "import", "-", name], input=out.getvalue(), capture_output=True)
    assert r.returncode == 0, r.stderr
    return name


def test_a_busybox_image_with_a_locked_account(lace, project, engine):
    project.write(conf={"image": alpine_like(engine, "lace-test:busybox"), "remoteUser": "dev"})
    lace.ok("up", "--trust", project)
    assert lace.ok("ssh", project, "--", "sh", "-c", "id -un; pwd").split()[0] == "dev"
    assert "UsePAM no" in project.sh("cat /usr/local/lib/lace/sshd_config")
    assert project.sh("stat -c %u /run/user/1000").strip() == "1000"
    assert project.sh("readlink -f $(command -v wezterm)").strip() == "/usr/local/lib/lace/lace-mux-server"


def test_an_image_without_sshd_and_without_a_package_manager_is_told(lace, project, engine):
    project.write(conf={"image": alpine_like(engine, "lace-test:busybox-bare", with_sshd=False), "remoteUser": "dev"})
    line = lace.fails(1, "up", "--trust", project).strip().splitlines()
    assert any("no sshd and no package manager" in l and "--plain" in l for l in line), line
    lace.ok("up", "--trust", "--plain", project)
    assert lace.ok("exec", project, "--", "id", "-un") == "dev\n"


def test_a_locked_account_logs_in_by_key_with_pam(lace, project):
    lace.ok("up", "--trust", project)
    assert project.sh("grep ^dev: /etc/shadow").split(":")[1] == "!"
    assert "UsePAM yes" in project.sh("cat /usr/local/lib/lace/sshd_config")
    assert lace.ok("ssh", project, "--", "id", "-un") == "dev\n"


def test_the_key_stands_outside_the_home_and_is_roots(lace, project):
    lace.ok("up", "--trust", project)
    assert project.sh("stat -c '%U %a' /var/lib/lace/ssh/authorized_keys/dev").split() == ["root", "644"]
    assert project.sh("ls ~dev/.ssh 2>/dev/null || true") == ""
    for option in ("passwordauthentication no", "permitrootlogin without-password", "port 2222"):
        assert option in project.sh("/usr/sbin/sshd -T -f /usr/local/lib/lace/sshd_config"), option


def test_a_wezterm_of_the_image_keeps_its_name(lace, project, engine):
    engine.docker("build", "-t", "lace-test:wezterm", "-", input=(
        f"FROM {BASE}\nRUN printf '#!/bin/sh\\necho real\\n' > /usr/bin/wezterm && chmod +x /usr/bin/wezterm\n"))
    project.write(conf={"image": "lace-test:wezterm", "remoteUser": "dev"})
    lace.ok("up", "--trust", project)
    assert project.sh("wezterm") == "real\n"
    assert "lace-mux-server" in project.sh("wezterm-mux-server --version")


def test_wezterms_proxy_command_reaches_the_server(lace, project):
    """The bytes a wezterm sends first, through the command it runs over SSH."""
    lace.ok("up", "--trust", project)
    r = subprocess.run(lace.argv("ssh", project, "--", "wezterm", "cli", "--prefer-mux", "proxy"), env=lace.env,
                       input=b"\x02\x01\x1a", capture_output=True, timeout=60)
    # GetCodecVersionResponse, serial 1: ident 27, codec 44
    assert r.returncode == 0 and r.stdout[1:4] == b"\x01\x1b\x2c", (r.stdout, r.stderr)


def test_hostSshPort_only_routes_on_the_host():
    feature = json.load(open(f"{__file__.rsplit('/tests/', 1)[0]}/features/mux-server/devcontainer-feature.json"))
    assert "only routes on the host" in feature["options"]["hostSshPort"]["description"].lower()
    script = open(f"{__file__.rsplit('/tests/', 1)[0]}/features/mux-server/install.sh").read()
    assert "HOSTSSHPORT" not in script


def test_an_unknown_architecture_is_a_clear_error(engine):
    top = __file__.rsplit("/tests/", 1)[0]
    for name in ("sshd", "mux-server"):
        script = open(f"{top}/features/{name}/install.sh").read()
        r = subprocess.run(["/usr/bin/docker", "--host", engine.host, "run", "--rm", "-i", BASE, "sh", "-c",
                            "mkdir -p /f/bin /fake; touch /f/bin/lace-init-x86_64 /f/bin/lace-mux-server-x86_64;"
                            "printf '#!/bin/sh\\necho riscv64\\n' > /fake/uname; chmod +x /fake/uname; cat > /f/install.sh;"
                            "PATH=/fake:$PATH sh /f/install.sh"], input=script, capture_output=True, text=True)
        assert r.returncode == 1 and "riscv64" in r.stderr and "x86_64" in r.stderr, r.stderr


def test_only_the_account_of_that_very_name_is_unlocked(lace, project, engine):
    """A dot in a name is a dot, not any character."""
    engine.docker("build", "-t", "lace-test:dotted", "-", input=(
        f"FROM {alpine_like(engine, 'lace-test:busybox')}\n"
        "RUN echo 'd.v:x:1001:1000::/home/dev:/bin/sh' >> /etc/passwd;"
        " printf 'dxv:!:::::::\\nd.v:!:1::::::\\n' >> /etc/shadow\n"))
    project.write(conf={"image": "lace-test:dotted", "remoteUser": "d.v", "updateRemoteUserUID": False})
    lace.ok("up", "--trust", project)
    shadow = project.sh("cat /etc/shadow").splitlines()
    assert "d.v:*:1::::::" in shadow and "dxv:!:::::::" in shadow and "dev:!:::::::" in shadow, shadow
    assert project.sh("stat -c '%u %a' /etc/shadow").split() == ["0", "600"]
    assert lace.ok("ssh", project, "--", "id", "-un") == "d.v\n"


def test_a_root_service_is_out_of_its_callers_reach(lace, project):
    """What the user of the container may set before calling the setuid lace-init: programs in /usr/local, an alarm,
    closed descriptors, ignored signals."""
    lace.ok("up", "--trust", project)
    project.sh("""
        cd /usr/local/lib/lace/services
        printf '#!/bin/sh\\nsleep 2\\nreadlink /proc/self/fd/2 > /run/lace/slow\\n' > slow
        printf 'grep SigIgn /proc/self/status >> /run/lace/slow\\n' >> slow
        chmod 755 slow
        printf '#!/bin/sh\\nid -u > /tmp/fooled\\n' | tee /usr/local/bin/sleep > /usr/local/bin/readlink
        chmod 755 /usr/local/bin/sleep /usr/local/bin/readlink
        chown dev /usr/local/bin /usr/local/bin/*""")
    project.sh("""perl -e '$SIG{PIPE} = "IGNORE"; alarm 1; close STDERR;
        exec "/usr/local/lib/lace/lace-init", "--root-service", "slow"' || true""", user="dev")
    seen = eventually(lambda: project.sh("cat /run/lace/slow 2>/dev/null || true").split(), 10, "the service's end")
    assert seen[:2] == ["/dev/null", "SigIgn:"], seen
    # 32 and 33 are glibc's own: nobody may change them, also when some parent left them ignored
    assert int(seen[2], 16) & ~(3 << 31) == 0, seen
    assert project.sh("cat /tmp/fooled 2>/dev/null || true") == ""


def test_a_run_folder_that_everybody_may_write_is_no_way_to_root(lace, project):
    lace.ok("up", "--trust", project)
    project.sh("rm -rf /run/user; chmod 1777 /run; mkdir -m 700 /secret")
    call = "/usr/local/lib/lace/lace-init --root-service mux-server"
    project.sh("ln -s /secret /run/user", user="dev")
    project.sh(f"! {call}", user="dev")
    assert project.sh("stat -c '%U %a' /secret").split() == ["root", "700"]
    project.sh("rm /run/user")
    project.sh(f"mkdir -m 777 /run/user; {call}", user="dev")
    assert project.sh("stat -c '%U %a' /run/user").split() == ["root", "755"]
    assert project.sh("stat -c '%U %a' /run/user/$(id -u dev)").split() == ["dev", "700"]


def test_process_1_does_not_wake_up(lace, project, engine):
    lace.ok("up", "--trust", project)
    pid = project.inspect()["State"]["Pid"]

    def switches():
        return [l for l in open(f"/proc/{pid}/status") if "ctxt_switches" in l]

    assert open(f"/proc/{pid}/comm").read() == "lace-init\n"
    before = eventually(lambda: (lambda a: a if a == switches_after(switches, 0.5) else None)(switches()), 10, "a quiet moment")
    assert switches_after(switches, 2) == before


def switches_after(read, seconds):
    # not a wait for luck: the quiet itself is what is measured
    time.sleep(seconds)
    return read()

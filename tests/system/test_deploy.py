"""What lace puts into containers that are there already, and ports that are asked for: TLS domains, newer servers."""
import json
import os
import ssl
import subprocess

import pytest

from conftest import eventually
from muxwire import Client, parse_frame
from test_tls import TLS, context, dial, ping, refused


class Port:
    """A published TLS domain, as test_tls's helpers want it."""

    def __init__(self, port):
        self.port = port


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

    # Nobody has come by ssh since: the server is the container's.
    project.engine.docker("restart", "-t", "1", project.container())

    def answers():
        try:
            with dial(tls, context(ca, pem), "127.0.0.1") as s:
                return ping(s) == bytes([2, 1, 2])
        except (OSError, ssl.SSLError):
            return False
    eventually(answers, what="TLS after a restart of the container")


def test_without_hostTlsPort_there_is_no_tls(lace, project):
    lace.ok("up", "--trust", project)
    assert published(project, 2223) == []
    assert [c["label"] for c in json.loads(lace.ok("ports", "--json"))] == ["mux-server/hostSshPort"]
    assert project.sh("ls /usr/local/lib/lace | grep tls || true") == ""

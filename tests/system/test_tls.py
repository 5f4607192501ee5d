"""TLS domains: lace-mux-server with lace-mux-tls beside it, spoken to by another TLS library and by our own client side.

Needs no engine. LACE_MUX_SERVER and LACE_MUX_TLS name the programs under test.
"""
import os
import shutil
import socket
import ssl
import subprocess
import time

import pytest

from conftest import TOP, eventually
from muxwire import Client
from test_mux_server import SERVER, Server

TLS = os.environ.get("LACE_MUX_TLS", str(TOP / "build" / "src" / "tls" / "lace-mux-tls"))
GET_TLS_CREDS, PING = 28, 1


@pytest.fixture
def server(tmp_path):
    """A server with a TLS listener on a port that the kernel chose. The two programs stand side by side, as installed."""
    for program in SERVER, TLS:
        shutil.copy(program, tmp_path)
    s = Server(tmp_path)
    s.program = str(tmp_path / "lace-mux-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        s.port = probe.getsockname()[1]
    s.start("--tls", f"127.0.0.1:{s.port}", program=s.program)
    yield s
    s.end()


def answers(port):
    """Whether something accepts there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def credentials(server, folder, name="mine"):
    """What GetTlsCreds gives, as files: (ca, certificate and key)."""
    pdu = server.client().call(GET_TLS_CREDS)
    ca, pem = folder / f"{name}.ca", folder / f"{name}.pem"
    ca.write_text(pdu["ca_cert_pem"])
    pem.write_text(pdu["client_cert_pem"])
    eventually(lambda: answers(server.port), what="the TLS listener")
    return ca, pem


def context(ca, pem=None):
    c = ssl.create_default_context(cafile=str(ca))
    if pem:
        c.load_cert_chain(str(pem))
    return c


def dial(server, ctx, name="localhost"):
    raw = socket.create_connection(("127.0.0.1", server.port), 10)
    return ctx.wrap_socket(raw, server_hostname=name)


def ping(s):
    s.sendall(bytes([2, 1, PING]))
    s.settimeout(10)
    return s.recv(100)


def refused(server, ctx):
    """The server ends the connection without an answer (TLS 1.3 tells a client so only when it reads)."""
    try:
        with dial(server, ctx) as s:
            return ping(s) == b""
    except (ssl.SSLError, ConnectionError):
        return True


def test_a_client_with_the_servers_certificate_is_served(server, tmp_path):
    ca, pem = credentials(server, tmp_path)
    for name in "localhost", "127.0.0.1":
        with dial(server, context(ca, pem), name) as s:
            assert ping(s) == bytes([2, 1, 2])        # a Pong with the same serial


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_the_listener_speaks_tls_1_2_too_and_nothing_older(server, tmp_path):
    ca, pem = credentials(server, tmp_path)
    c = context(ca, pem)
    c.maximum_version = ssl.TLSVersion.TLSv1_2
    with dial(server, c) as s:
        assert s.version() == "TLSv1.2" and ping(s) == bytes([2, 1, 2])
    c = context(ca, pem)
    c.minimum_version = c.maximum_version = ssl.TLSVersion.TLSv1_1
    c.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        dial(server, c)


def test_a_session_over_tls_is_the_one_of_the_socket(server, tmp_path):
    ca, pem = credentials(server, tmp_path)
    pane = server.client().spawn(["cat"])["pane_id"]
    p = subprocess.Popen([TLS, "connect", "--to", f"localhost:{server.port}", "--pem", str(pem), "--ca", str(ca),
                          "--expect", "localhost"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        c = Client(rfd=p.stdout.fileno(), wfd=p.stdin.fileno())
        assert pane in [x["pane_id"] for x in c.panes()]       # a reconnecting client does not say hello (6.5)
        c.write(pane, b"over tls\r")
        c.wait_text(pane, "over tls")
        big = "x" * 60
        for i in range(200):                                    # more than any buffer on the way holds
            c.write(pane, f"{i} {big}\r".encode())
        c.wait_text(pane, f"199 {big}")
    finally:
        p.stdin.close()
        assert p.wait(10) == 0
        p.stdout.close()


def test_who_has_no_certificate_or_a_strangers_is_refused_and_the_next_is_served(server, tmp_path):
    ca, pem = credentials(server, tmp_path)
    assert refused(server, context(ca))
    stranger = subprocess.run([TLS, "creds", "--user", "dev", "--pki", str(tmp_path / "pki2")], capture_output=True, text=True, check=True)
    other = tmp_path / "other.pem"
    other.write_text(stranger.stdout[stranger.stdout.index("-----BEGIN", 1):])
    assert refused(server, context(ca, other))
    # The right CA, another name.
    pki = server.run / "wezterm" / "pki"
    wrong = subprocess.run([TLS, "creds", "--user", "somebody", "--pki", str(pki)], capture_output=True, text=True, check=True)
    other.write_text(wrong.stdout[wrong.stdout.index("-----BEGIN", 1):])
    assert refused(server, context(ca, other))
    assert "not made out to dev" in (server.run / "log").read_text()
    # A name with a prefix that wezterm allows.
    more = subprocess.run([TLS, "creds", "--user", "user:dev/laptop", "--pki", str(pki)], capture_output=True, text=True, check=True)
    other.write_text(more.stdout[more.stdout.index("-----BEGIN", 1):])
    with dial(server, context(ca, other)) as s:
        assert ping(s) == bytes([2, 1, 2])
    with dial(server, context(ca, pem)) as s:
        assert ping(s) == bytes([2, 1, 2])


def test_clients_that_say_nothing_or_nonsense_block_nobody(server, tmp_path):
    ca, pem = credentials(server, tmp_path)
    idle = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(40)]
    for s in idle[::2]:
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    try:
        begin = time.monotonic()
        with dial(server, context(ca, pem)) as s:
            assert ping(s) == bytes([2, 1, 2])
        assert time.monotonic() - begin < 5
        # Of those that stall, only so many are kept waiting.
        eventually(lambda: sum(closed(s) for s in idle[1::2]) >= 4, what="the oldest ones closed")
    finally:
        for s in idle:
            s.close()


def closed(s):
    s.setblocking(False)
    try:
        return s.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_a_client_refuses_a_server_that_is_another(server, tmp_path):
    ca, pem = credentials(server, tmp_path)

    def connect(*args):
        return subprocess.run([TLS, "connect", "--to", f"127.0.0.1:{server.port}", "--pem", str(pem), *args],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    r = connect("--ca", str(ca), "--expect", "elsewhere.example")
    assert r.returncode == 1 and "ostname mismatch" in r.stderr and r.stderr.count("\n") == 1
    subprocess.run([TLS, "creds", "--user", "dev", "--pki", str(tmp_path / "pki2")], capture_output=True, check=True)
    r = connect("--ca", str(tmp_path / "pki2" / "ca.pem"))
    assert r.returncode == 1 and "certificate" in r.stderr and r.stderr.count("\n") == 1
    assert connect("--ca", str(ca)).returncode == 0


def test_the_listener_ends_with_the_server_and_comes_back_when_asked(server, tmp_path):
    credentials(server, tmp_path)
    (pid,) = [int(p) for p in os.listdir("/proc") if p.isdigit() and is_listener(p, server.port)]
    os.kill(pid, 9)
    eventually(lambda: not answers(server.port), what="the port closed")
    credentials(server, tmp_path, "again")
    assert answers(server.port)
    assert server.command("stop").returncode == 0
    eventually(lambda: not answers(server.port), what="the port closed")


def is_listener(pid, port):
    try:
        return f"127.0.0.1:{port}".encode() in open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0") and \
            b"lace-mux-tls" in open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")[0]
    except OSError:
        return False


def test_certificates_are_private_and_made_once(server, tmp_path):
    first = credentials(server, tmp_path)[0].read_text()
    assert credentials(server, tmp_path, "second")[0].read_text() == first
    pki = server.run / "wezterm" / "pki"
    assert oct(pki.stat().st_mode)[-3:] == "700"
    assert {f.name: oct(f.stat().st_mode)[-3:] for f in pki.glob("*.*")} == {"ca.key": "600", "ca.pem": "600", "server.pem": "600"}
    # Cut short: made anew, never half used.
    (pki / "server.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    assert credentials(server, tmp_path, "third")[0].read_text() != first


def test_without_the_program_the_answer_says_so(tmp_path):
    shutil.copy(SERVER, tmp_path)
    s = Server(tmp_path)
    s.start(program=str(tmp_path / "lace-mux-server"))
    try:
        assert "lace-mux-tls: No such file" in s.client().error(GET_TLS_CREDS)
    finally:
        s.end()


def test_wrong_command_lines_are_told():
    def run(*args):
        r = subprocess.run([TLS, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        return r.returncode, r.stderr
    assert run() == (2, "lace-mux-tls: say listen, creds or connect; see --help\n")
    assert run("listen", "--bind") == (2, "lace-mux-tls: --bind wants a value; see --help\n")
    assert run("creds", "--pki", "/nowhere") == (2, "lace-mux-tls: --user is missing; see --help\n")
    code, err = run("listen", "--bind", "nonsense", "--socket", "/s", "--user", "u", "--pem", "/nowhere", "--ca", "/nowhere")
    assert code == 1 and err.startswith("lace-mux-tls: cannot use /nowhere: ") and err.count("\n") == 1

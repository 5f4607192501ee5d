"""What one client can ask of lace-mux-server, how many there can be, and who may ask at all.

Whatever is over a limit is an error to the one who asked; the others go on. Servers as in test_mux_server.py.
"""
import os
import pathlib
import socket
import stat
import subprocess
import sys

import pytest

from conftest import eventually
from muxwire import Client, Closed, frame, string, uleb
from test_mux_server import bare, server, shell  # noqa: F401  (fixtures)

PANES_MAX, CONNS_MAX, REFUSED_MAX = 512, 256, 16
INPUT_MAX, COMMAND_MAX = 16 << 20, 1 << 20


# ---- limits ----

def test_a_request_that_is_too_large_is_refused_and_passed_over(server):
    good, bad = server.client(), server.client()
    pane = shell(good)
    body = uleb(pane) + string("x" * (INPUT_MAX + 10))
    request = frame(900, 9, body)
    bad.send_raw(request[:20])
    answer = bad.wait(900)
    assert answer.name == "ErrorResponse" and f"{len(request)} bytes is too large: send at most {INPUT_MAX}" in answer["reason"]
    assert server.small(30000)
    bad.send_raw(request[20:])
    bad.settle()
    good.write(pane, "echo still:$((40 + 2))\r")
    text = good.wait_text(pane, "still:42")
    assert "xxxx" not in text
    assert server.small(30000), "it was not kept"


def test_a_command_that_is_too_large(server):
    c = server.client()
    answer = c.spawn(argv=["env"], env=[("BIG", "x" * COMMAND_MAX)])
    assert answer.name == "ErrorResponse" and f"at most {COMMAND_MAX} are taken" in answer["reason"]
    answer = c.spawn(argv=["echo", "x" * COMMAND_MAX])
    assert answer.name == "ErrorResponse" and f"at most {COMMAND_MAX} are taken" in answer["reason"]
    pane = shell(c)
    answer = c.split(pane, argv=["echo", "x" * COMMAND_MAX])
    assert answer.name == "ErrorResponse" and "too large" in answer["reason"]
    assert len(c.panes()) == 1 and c.spawn(argv=["sleep", "100"]).name == "SpawnResponse"


def test_one_client_too_many(server):
    first = server.client()
    pane = shell(first)
    more = [Client(server.socket) for _ in range(CONNS_MAX - 1)]
    for c in more[::50]:
        c.settle()
    more[-1].settle()
    refused = Client(server.socket)
    assert refused.error(3) == f"Error: this server has {CONNS_MAX} clients, which is as many as it takes: close some"
    with pytest.raises(Closed):
        while True:
            assert refused.read_some(10)
    refused.close()
    # Those who say nothing are kept for a while, but not many of them.
    silent = [Client(server.socket) for _ in range(REFUSED_MAX + 1)]
    with pytest.raises(Closed):
        while True:
            assert silent[-1].read_some(10)
    first.write(pane, "echo still:$((40 + 2))\r")
    first.wait_text(pane, "still:42")
    for c in silent + more[:2]:
        c.close()

    def fits():
        c = Client(server.socket)
        try:
            return c.call(1).name == "Pong"
        except (Closed, BrokenPipeError):
            return False
        finally:
            c.close()

    eventually(fits, what="room for another client")
    for c in more[2:]:
        c.close()


# ---- many ----

def test_200_panes_and_as_many_as_there_can_be(server):
    c, other = server.client(), server.client(lace=True)
    first = shell(c)
    panes = [first] + [c.spawn(argv=["cat"], window=0, rows=5, cols=20)["pane_id"] for _ in range(199)]
    assert [p["pane_id"] for p in c.panes()] == panes
    for pane in panes[1::20]:
        other.write(pane, "to %d\r" % pane)
    for pane in panes[1::20]:
        assert other.wait_text(pane, "to %d\nto %d" % (pane, pane)), "each has its own"
    while (answer := c.spawn(argv=["cat"], window=0)).name == "SpawnResponse":
        panes.append(answer["pane_id"])
        assert len(panes) <= PANES_MAX
    assert len(panes) == PANES_MAX
    assert answer["reason"] == f"Error: there are {PANES_MAX} panes already: close some"
    assert c.split(first, argv=["cat"])["reason"] == answer["reason"]
    # A pane that is moved is none more.
    assert c.split(first, move=panes[1]).name == "SpawnResponse"
    other.write(first, "echo still:$((40 + 2))\r")
    other.wait_text(first, "still:42")
    c.done(35, uleb(panes[-1]))
    assert c.spawn(argv=["cat"], window=0).name == "SpawnResponse"


def test_50_clients_of_different_size(server):
    clients = [server.client(lace=i % 2 == 1) for i in range(50)]
    pane = shell(clients[0], rows=24, cols=80)
    tab = 0
    for i, c in enumerate(clients):
        if i % 2:
            c.lace_size(pane, 20 + i, 60 + i)
        else:
            c.resize(tab, pane, 20 + i, 60 + i)
        c.poll(pane)
    # The size follows whoever typed last.
    for i in (7, 30, 49, 12):
        clients[i].write(pane, "true\r")
        now = clients[0].pane(pane)["size"]
        assert (now["rows"], now["cols"]) == (20 + i, 60 + i)
    # Some end in the middle of what they say, or of what they are told.
    for i in range(20, 30):
        clients[i].send_raw(frame(5000, 9, uleb(pane) + string("echo never\r"))[:7])
        clients[i].close()
    for i in range(30, 33):
        clients[i].send_raw(b"".join(frame(6000 + n, 22, uleb(pane) + uleb(1) + uleb(0) + uleb(50)) for n in range(500)))
        clients[i].close()
    left = [c for i, c in enumerate(clients) if not 20 <= i < 33]
    left[0].write(pane, "echo all:$((40 + 2))\r")
    for c in left:
        c.push(lambda p, c=c: p.name == "GetPaneRenderChangesResponse" and
               any(line["text"].startswith("all:42") for line in p["lines"]["rows"].values()))
    assert "never" not in left[0].text(pane)
    eventually(lambda: len(left[0].call(41)["clients"]) == len([c for i, c in enumerate(clients) if i % 2 == 0 and not 20 <= i < 33]),
               what="the dead leave the list")
    server.clients = left


def test_who_reads_again_finds_the_current_state(server):
    c, sleeper = server.client(), server.client()
    pane = c.spawn(argv=["sh", "-c", "read x; seq 1 200000; printf '\\033[2J\\033[Hthe end'; exec sleep 1000"], cols=200)["pane_id"]
    sleeper.poll(pane)
    # It asks for more than its socket holds, and reads none of it.
    for n in range(3000, 3400):
        sleeper.send_raw(frame(n, 3))
    c.write(pane, "\r")
    c.wait_text(pane, "the end", timeout=60)
    assert server.small(40000)
    last = sleeper.push(lambda p: p.name == "GetPaneRenderChangesResponse" and
                        any(line["text"].startswith("the end") for line in p["lines"]["rows"].values()), timeout=30)
    assert last["cursor"]["y"] == last["dimensions"]["physical_top"] and last["cursor"]["x"] == len("the end")
    later = [p for p in sleeper.pushes if p.name == "GetPaneRenderChangesResponse"]
    assert {line["text"].rstrip() for p in later for line in p["lines"]["rows"].values()} <= {"", "the end"}


# ---- who may ask ----

def test_the_socket_and_its_folder_are_the_users_alone(server):
    assert stat.S_IMODE(os.stat(os.path.dirname(server.socket)).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(server.socket).st_mode) & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user")
def test_another_user_is_turned_away(server):
    # As if everything that keeps him from the socket had been taken away.
    for path in pathlib.Path(server.socket).parents:
        if str(path).startswith(str(server.run)):
            path.chmod(0o755)
    parent = server.run.parent
    modes = {}
    while str(parent) not in ("/", "/tmp"):
        modes[parent] = stat.S_IMODE(parent.stat().st_mode)
        parent.chmod(modes[parent] | 0o011)
        parent = parent.parent
    os.chmod(server.socket, 0o666)
    script = ("import os, socket; os.setgid(65534); os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.connect(%r);"
              "print('connected', flush=True)\ntry:\n    s.send(bytes([2, 1, 1])); print(s.recv(10))\n"
              "except ConnectionError as e: print(b'')" % server.socket)
    try:
        out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert out.stdout.split() == ["connected", "b''"], out
    assert "a process of user 65534 was turned away" in (server.run / "log").read_text()
    server.client().settle()


def refused(bare, *needles):
    r = bare.command("--daemonize")
    assert r.returncode == 1 and bare.pids() == []
    assert r.stderr.count("\n") == 1 and all(n in r.stderr for n in needles), r.stderr


def test_links_and_loose_folders_are_refused_with_the_remedy(bare):
    folder = pathlib.Path(bare.socket).parent
    elsewhere = bare.run / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)
    refused(bare, f"{folder} is not a folder: move it away")
    folder.unlink()
    for mode in (0o720, 0o702):
        folder.mkdir()
        folder.chmod(mode)
        refused(bare, f"{folder} can be written by other users: run chmod 700 {folder}")
        folder.rmdir()
    folder.mkdir(mode=0o700)
    os.symlink(elsewhere / "sock", bare.socket)
    refused(bare, f"{bare.socket} is in the way: it is no socket; remove it")
    os.unlink(bare.socket)
    assert bare.command("--daemonize").returncode == 0
    assert list(elsewhere.iterdir()) == []
    assert bare.command("stop").returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user")
def test_a_folder_of_another_user_is_refused_with_the_remedy(bare):
    folder = pathlib.Path(bare.socket).parent
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    refused(bare, f"{folder} belongs to user 65534: remove it, or make it yours with chown")

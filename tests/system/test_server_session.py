"""A server that a signal ends saves its session, and the next one begins with it when asked."""
import os
import signal
import stat

import pytest

from conftest import eventually
from muxwire import string, uleb
from test_mux_server import Server, bare, shell  # noqa: F401


def path(bare):
    return bare.home / ".local/state/lace/mux-session"


def end(bare, sig=signal.SIGTERM):
    for c in bare.clients:
        c.close()
    bare.clients.clear()
    bare.process.send_signal(sig)
    assert bare.process.wait(10) == 0


def layout(c):
    keep = ("window_id", "tab_id", "pane_id", "size", "is_active_pane", "is_zoomed_pane", "workspace", "top_row", "left_col",
            "working_dir")
    lists = c.list()
    return ([{k: p[k] for k in keep} for p in sorted(c.panes(), key=lambda p: p["pane_id"])], lists["tab_titles"], lists["window_titles"])


def rows(c, pane):
    return [r["text"].rstrip() for _, r in sorted(c.lines(pane, -(1 << 40), 1 << 40)["rows"].items())]


def test_what_was_seen_comes_back(bare):
    (bare.home / "a folder").mkdir()
    bare.start()
    c = bare.client()
    first = shell(c, rows=30, cols=100, cwd=str(bare.home / "a folder"))
    second = c.split(first, vertical=False, percent=30, argv=["sh", "-c", "cd /usr/share; printf 'right \\033[31mred'; exec sleep 100"])["pane_id"]
    third = c.split(second, argv=["sh", "-c", "cd /etc; echo below; exec sleep 100"])["pane_id"]
    fourth = c.spawn(["sh", "-c", "printf '\\033]0;my title\\007tab two'; exec sleep 100"], window=0)["pane_id"]
    fifth = c.spawn(["sh", "-c", "echo elsewhere; exec sleep 100"], workspace="work", rows=10, cols=40)["pane_id"]
    c.write(first, "seq 1 200\r")
    for pane, text in ((first, "\n200\n"), (second, "red"), (third, "below"), (fourth, "two"), (fifth, "elsewhere")):
        c.wait_text(pane, text)
    c.done(56, uleb(c.pane(first)["tab_id"]) + string("named tab"))
    c.done(57, uleb(c.pane(fifth)["window_id"]) + string("named window"))
    c.done(45, uleb(first))
    c.done(33, uleb(c.pane(first)["tab_id"]) + uleb(third) + b"\1")
    # what is known of a working folder may be a moment old
    for pane, folder in ((second, "file:///usr/share/"), (third, "file:///etc/")):
        eventually(lambda: c.pane(pane)["working_dir"] == folder, what=folder)
    before = layout(c)
    before_rows = {p: rows(c, p) for p in (first, second, third, fourth, fifth)}
    end(bare)
    assert not os.path.exists(bare.socket)
    assert stat.S_IMODE(path(bare).stat().st_mode) == 0o600 and stat.S_IMODE(path(bare).parent.stat().st_mode) == 0o700

    bare.start("--restore", env={"SHELL": "/bin/sh"})
    c = bare.client()
    # a working folder is the shell's once that has begun in it
    eventually(lambda: layout(c) == before, what="the layout as it was")
    assert c.pane(fourth)["title"] == "my title"
    for pane, old in before_rows.items():
        old = old[:next(i for i in range(len(old), 0, -1) if old[i - 1])]
        now = rows(c, pane)
        assert now[:len(old)] == old, pane
        # A new shell, in the old folder, below what was there.
        c.write(pane, "pwd; echo $((40+2))-$WEZTERM_PANE\r")
        c.wait_text(pane, f"42-{pane}")
        text = rows(c, pane)
        assert {first: str(bare.home / "a folder"), second: "/usr/share", third: "/etc"}.get(pane, str(bare.home)) in text[len(old):]
    assert [p["pane_id"] for p in c.panes() if p["is_zoomed_pane"]] == [third]
    cells = c.lines(second, 0, 1)["rows"][0]
    assert cells["text"].startswith("right red")
    # Ids go on where they were.
    new = c.spawn(["cat"])
    assert (new["pane_id"], new["tab_id"], new["window_id"]) == (5, 3, 2)


def test_modes_of_programs_that_are_gone_are_off(bare):
    bare.start()
    c = bare.client(lace=True)
    c.spawn(["sh", "-c", "echo under it; printf '\\033[?1049h\\033[?1003;1006;2004h\\033[?1h\\033=\\033[>5u\\033]4;1;#123456\\007ALT\\033]2;half';"
             "exec sleep 100"])
    c.push(lambda p: p.name == "LacePaneModes" and p["modes"] & 1)
    c.wait_text(0, "ALT")
    end(bare)
    bare.start("--restore")
    c = bare.client(lace=True)
    c.poll(0)
    modes = c.push_named("LacePaneModes")
    assert modes["kitty"] == modes["other"] == 0 and modes["modes"] & 0x1fff == modes["modes"] & 8 and "half" not in modes["window_title"]
    assert rows(c, 0)[0] == "under it" and not any("ALT" in r for r in rows(c, 0))


def test_it_is_restored_only_when_asked(bare):
    bare.start()
    shell(bare.client())
    end(bare, signal.SIGINT)
    saved = path(bare).read_bytes()
    bare.start("--window", "--", "cat")
    c = bare.client()
    assert len(c.panes()) == 1 and path(bare).read_bytes() == saved
    c.done(35, uleb(0))
    end(bare)                                          # without panes there is nothing to come back to
    assert not path(bare).exists()
    bare.start("--restore", "--window")
    shell(bare.client())
    assert [p["pane_id"] for p in bare.client().panes()] == [0, 1]
    end(bare)
    # The environment asks too: for those who do not start it themselves.
    env = {"LACE_MUX_RESTORE": "1"}
    assert bare.command("--daemonize", "--window", env=env).returncode == 0
    c = bare.client()
    assert [p["pane_id"] for p in c.panes()] == [0, 1]
    pid = bare.pids()[0]
    assert bare.command("upgrade", env=env).returncode == 0 and os.path.exists(f"/proc/{pid}")
    assert [p["pane_id"] for p in bare.client().panes()] == [0, 1]
    assert path(bare).exists() and bare.command("stop").returncode == 0 and not path(bare).exists()


def damage(data):
    yield data[:-1]
    yield data[:100] + bytes([data[100] ^ 1]) + data[101:]
    yield b""
    yield b"LACEses\n" + b"\x63" + data[9:]


@pytest.mark.parametrize("n", range(5))
def test_a_damaged_file_is_set_aside(bare, n):
    bare.start()
    shell(bare.client())
    end(bare)
    file = path(bare)
    if n < 4:
        bad = list(damage(file.read_bytes()))[n]
        file.write_bytes(bad)
    else:
        os.truncate(file, (1 << 30) + 1)               # SESSION_MAX; a hole
    (bare.run / "log").write_text("")
    bare.start("--restore", "--window", "--", "cat")
    assert [p["pane_id"] for p in bare.client().panes()] == [0]
    log = (bare.run / "log").read_text()
    assert log.count("\n") == 1 and f"warning: the saved session {file} is not restored" in log and f"{file}.damaged now" in log
    aside = file.parent / "mux-session.damaged"
    assert not file.exists() and (aside.read_bytes() == bad if n < 4 else "over 1024 MiB" in log and aside.stat().st_size > 1 << 30)


def test_a_file_that_others_read_is_not_restored(bare):
    bare.start()
    shell(bare.client())
    end(bare)
    path(bare).chmod(0o644)
    bare.start("--restore")
    assert bare.client().panes() == [] and "others may read or write it" in (bare.run / "log").read_text()


def test_a_session_that_cannot_be_saved_is_said(bare):
    bare.start()
    shell(bare.client())
    path(bare).parent.mkdir(parents=True)
    path(bare).parent.chmod(0o777)
    end(bare)
    assert "the session is not saved" in (bare.run / "log").read_text() and not path(bare).exists()
    eventually(lambda: bare.pids() == [], what="the end")


def test_held_panes_and_folders_that_are_gone(bare):
    folder = bare.home / "gone"
    folder.mkdir()
    (bare.home / ".wezterm.lua").write_text("return { exit_behavior = 'Hold' }")
    bare.start()
    c = bare.client()
    c.spawn(["sh", "-c", "echo said before; exit 3"])
    c.wait_text(0, "behavior")
    shell(c, cwd=str(folder))
    end(bare)
    folder.rmdir()
    bare.start("--restore", env={"PS1": "$ "})
    c = bare.client()
    for pane in (0, 1):
        c.write(pane, "pwd\r")
        c.wait_text(pane, "\n" + str(bare.home))
    assert rows(c, 0)[0] == "said before" and any("Exited with code 3" in r for r in rows(c, 0))

"""`lace gc`, `lace ports release` and `lace ports move`: what is given back, and what is not."""
import json
import shutil

import pytest


def claims(lace):
    return {c["port"]: c for c in json.loads(lace.ok("ports", "--json"))}


def gone(lace, *args):
    return [(o["kind"], o["name"]) for o in json.loads(lace.ok("gc", "--json", *args))]


@pytest.fixture
def running(lace, project):
    lace.ok("up", "--trust", project)
    return project


def test_gc_leaves_what_is_used(lace, running, engine):
    images = engine.docker("images", "-q", "lace.local/dev").split()
    before = claims(lace)
    ours = engine.docker("inspect", "-f", "{{.Config.Image}}", running.container()).strip()
    assert ours not in [name for _, name in gone(lace, "--all", "--dry-run")]
    assert set(engine.docker("images", "-q", "lace.local/dev").split()) == set(images)
    # the folder is gone, its container is not: that one still publishes the port
    shutil.rmtree(running.folder)
    assert not [g for g in gone(lace, "--dry-run") if g[0] in ("port", "note")]
    assert claims(lace) == before


def test_gc_takes_what_a_folder_left(lace, running, engine):
    (port,) = claims(lace)
    container = running.container()
    running.remove()
    assert ("note", container) in gone(lace, "--dry-run") and ("port", str(port)) not in gone(lace, "--dry-run")
    known = lace.home / "config/lace/ssh/known_hosts"
    assert f"lace-{container[:12]} " in known.read_text()
    shutil.rmtree(running.folder)
    went = gone(lace, "--dry-run")
    assert ("port", str(port)) in went and claims(lace)
    text = lace.ok("gc")
    assert f"port {port}: {running} is gone" in text
    assert claims(lace) == {} and f"lace-{container[:12]} " not in known.read_text()
    assert not [g for g in gone(lace) if g[0] in ("port", "note")]


def test_an_image_without_container_goes(lace, project, engine):
    project.write(features={"./mine": {}})
    mine = project.folder / ".devcontainer/mine"
    mine.mkdir()
    (mine / "devcontainer-feature.json").write_text(json.dumps({"id": "mine", "version": "1.0.0", "name": "mine"}))
    (mine / "install.sh").write_text(f"#!/bin/sh\necho {project.folder.name} > /mine\n")
    lace.ok("up", "--trust", "--plain", project)
    image = engine.docker("inspect", "-f", "{{.Config.Image}}", project.container()).strip()
    assert image.startswith("lace.local/dev:") and ("image", image) not in gone(lace, "--all", "--dry-run")
    lace.ok("rm", "--force", project)
    assert ("image", image) not in gone(lace, "--dry-run")      # it is young
    assert ("image", image) in gone(lace, "--all")
    # made again from nothing but the folder
    lace.ok("up", "--trust", "--plain", project)
    assert project.sh("cat /mine") == project.folder.name + "\n"


def test_release_and_move(lace, running):
    (port,) = claims(lace)
    assert f"lace rm {running}" in lace.fails(1, "ports", "release", str(port))
    assert "nobody claims" in lace.fails(4, "ports", "release", "1")
    assert "no port" in lace.fails(2, "ports", "release", "many")
    said = lace.ok("ports", "move", str(port))
    (new,) = claims(lace)
    assert new != port and f"lace up --recreate {running}" in said
    # the container has the old one until it is made anew, and neither up nor connect loses it
    assert json.loads(lace.ok("up", "--trust", "--json", running))["port"] == port
    assert set(claims(lace)) == {new}
    assert json.loads(lace.ok("up", "--trust", "--json", "--recreate", running))["port"] == new
    lace.ok("rm", "--force", running)
    assert claims(lace) == {}

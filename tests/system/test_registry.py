"""Features from registries: a real one (docker-registry, plain, by TLS, with a password) and one that misbehaves."""
import gzip
import json
import os
import pathlib
import subprocess
import tarfile
import threading
import time

import pytest

import registry as reg
from dockerd import TOP
from registry import BadRegistry, DockerRegistry, basic, feature

BUILD = pathlib.Path(os.environ.get("LACE_BIN", str(TOP / "build" / "lace"))).resolve().parents[2]
TOOL = str(BUILD / "tests" / "unit" / "dev" / "registry_tool")
FETCH = os.environ.get("LACE_TEST_FETCH") or str(BUILD / "src" / "fetch" / "lace-fetch")


class Person:
    """registry_tool with folders and credentials of its own, and a project."""

    def __init__(self, folder):
        self.home = pathlib.Path(folder)
        self.ws = self.home / "ws"
        (self.ws / ".devcontainer").mkdir(parents=True)
        self.env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and k not in ("GITHUB_TOKEN",)}
        self.env.update(HOME=str(self.home), XDG_CACHE_HOME=f"{self.home}/cache", XDG_CONFIG_HOME=f"{self.home}/config",
                        XDG_RUNTIME_DIR=f"{self.home}/run", LACE_FETCH=FETCH, LACE_REGISTRY_TIMEOUT="3", LC_ALL="C.UTF-8")

    def tool(self, *args, **env):
        return subprocess.run([TOOL, *map(str, args)], env={**self.env, **env}, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60)

    def publish(self, host, *folders, **env):
        r = self.tool("publish", host, "ns", *folders, **env)
        assert r.returncode == 0, r.stderr
        return json.loads(r.stdout)

    def features(self, features, **properties):
        (self.ws / ".devcontainer" / "devcontainer.json").write_text(json.dumps({"image": "x", "features": features, **properties}))
        return self

    def resolve(self, lock="none", **env):
        """Features in install order; stderr of the run in self.said."""
        r = self.tool("resolve", lock, self.ws, **env)
        self.said = r.stderr
        assert r.returncode == 0, r.stderr
        return json.loads(r.stdout)["features"]

    def refused(self, lock="none", **env):
        r = self.tool("resolve", lock, self.ws, **env)
        assert r.returncode == 1, (r.returncode, r.stdout, r.stderr)
        lines = r.stderr.strip().splitlines()
        return lines[-1]

    def docker_config(self, config):
        d = self.home / ".docker"
        d.mkdir(exist_ok=True)
        (d / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))

    def settings(self, **registry):
        d = self.home / "config" / "lace"
        d.mkdir(parents=True, exist_ok=True)
        (d / "settings.json").write_text(json.dumps({"registry": registry}))

    @property
    def lockfile(self):
        return self.ws / ".devcontainer" / "devcontainer-lock.json"

    @property
    def cache(self):
        return self.home / "cache" / "lace" / "registry"


@pytest.fixture
def me(tmp_path):
    return Person(tmp_path / "me")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    r = DockerRegistry(tmp_path_factory.mktemp("registry"))
    yield r
    r.stop()


@pytest.fixture
def bad():
    r = BadRegistry()
    yield r
    r.stop()


# ---- the real registry ----

def test_publishing_follows_the_tag_rule(me, real, tmp_path):
    """devcontainer.md 2.3: 1, 1.0 and latest move unless a higher version stands there; what is there is skipped."""
    one = lambda v: me.publish(real.host, feature(tmp_path, "tagged", v))["tagged"]["publishedTags"]
    assert one("1.0.0") == ["1", "1.0", "1.0.0", "latest"]
    assert one("1.0.0") == []
    assert one("1.1.0") == ["1", "1.1", "1.1.0", "latest"]
    assert one("2.0.0") == ["2", "2.0", "2.0.0", "latest"]
    assert one("1.0.2") == ["1.0", "1.0.2"]
    got = json.loads(me.tool("tags", f"{real.host}/ns/tagged").stdout)["tags"]
    assert sorted(got) == ["1", "1.0", "1.0.0", "1.0.2", "1.1", "1.1.0", "2", "2.0", "2.0.0", "latest"]
    me.features({f"{real.host}/ns/tagged:1.0": {}})
    assert me.resolve()[0]["version"] == "1.0.2"
    index = json.loads(me.tool("tags", f"{real.host}/ns").stdout)["tags"]
    assert index == ["latest"]


def test_tag_digest_and_dependencies(me, real, tmp_path):
    r = f"{real.host}/ns"
    published = me.publish(real.host, feature(tmp_path, "below", options={"o": {"type": "string", "default": "d"}}),
                           feature(tmp_path, "above", dependsOn={f"{r}/below:1": {"o": "x"}}),
                           feature(tmp_path, "soft", installsAfter=[f"{r}/above", f"{r}/never-published"]))
    me.features({f"{r}/soft:1": {}, f"{r}/above@{published['above']['digest']}": {}})
    got = me.resolve()
    assert [(f["ref"], f["options"]) for f in got] == [(f"{r}/below:1", {"o": "x"}),
                                                       (f"{r}/above@{published['above']['digest']}", {}), (f"{r}/soft:1", {})]
    for f in got:
        assert (pathlib.Path(f["dir"]) / "install.sh").stat().st_mode & 0o111
    assert got[1]["resolved"] == f"{r}/above@{published['above']['digest']}"


def test_legacy_ids(me, real, tmp_path):
    r = f"{real.host}/ns"
    got = me.publish(real.host, feature(tmp_path, "new-name", legacyIds=["old-name"]),
                     feature(tmp_path, "after-old", installsAfter=[f"{r}/old-name"]))
    assert got["new-name"]["publishedLegacyIds"] == ["old-name"]
    me.features({f"{r}/after-old": {}, f"{r}/new-name": {}})
    assert [f["ref"] for f in me.resolve()] == [f"{r}/new-name", f"{r}/after-old"]
    # T097: the same manifest under both names is one feature
    me.features({f"{r}/a-first": {}, f"{r}/old-name": {}, f"{r}/new-name": {}}, overrideFeatureInstallOrder=[f"{r}/new-name"])
    me.publish(real.host, feature(tmp_path, "a-first"))
    assert [f["ref"] for f in me.resolve()] == [f"{r}/old-name", f"{r}/a-first"]


def test_by_tls_with_an_authority_of_its_own(me, tmp_path):
    r = DockerRegistry(tmp_path / "tls", tls=True)
    try:
        f = feature(tmp_path, "secure")
        refusal = me.tool("publish", r.host, "ns", f)
        assert refusal.returncode == 1 and "certificate" in refusal.stderr and "LACE_CA_FILE" in refusal.stderr
        me.publish(r.host, f, LACE_CA_FILE=str(r.ca))
        me.features({f"{r.host}/ns/secure": {}})
        assert "cannot be trusted" in me.refused()
        assert me.resolve(NODE_EXTRA_CA_CERTS=str(r.ca))[0]["version"] == "1.0.0"
        me.settings(caFiles=[str(r.ca)])
        me.features({f"localhost:{r.host.split(':')[1]}/ns/secure": {}})
        assert me.resolve()[0]["version"] == "1.0.0"
    finally:
        r.stop()


def test_with_a_password(me, tmp_path):
    r = DockerRegistry(tmp_path / "auth", user=("me", "pass:word"))
    try:
        f = feature(tmp_path, "private")
        me.features({f"{r.host}/ns/private": {}})
        said = me.tool("publish", r.host, "ns", f)
        assert said.returncode == 1 and f"docker login {r.host}" in said.stderr
        me.publish(r.host, f, DEVCONTAINERS_OCI_AUTH=f"other.test|x|y,{r.host}|me|pass:word")
        assert "refuses" in me.refused()
        assert "to these credentials" in me.refused(DEVCONTAINERS_OCI_AUTH=f"{r.host}|me|wrong")
        me.docker_config({"auths": {f"https://{r.host}/v2/": {"auth": basic("me", "pass:word").split()[1]}}})
        assert me.resolve()[0]["version"] == "1.0.0"
        # a helper goes before the file, and Podman's file counts too
        (me.home / "bin").mkdir()
        helper = me.home / "bin" / "docker-credential-test"
        helper.write_text('#!/bin/sh\nread host; echo "$1 $host" >> ~/asked\n'
                          'echo \'{"ServerURL":"x","Username":"me","Secret":"pass:word"}\'\n')
        helper.chmod(0o755)
        me.docker_config({"credHelpers": {r.host: "test"}, "auths": {r.host: {"auth": "broken"}}})
        f2 = feature(tmp_path, "private2")
        path = f"{me.home}/bin:{os.environ['PATH']}"
        me.publish(r.host, f2, PATH=path)
        assert set((me.home / "asked").read_text().splitlines()) == {f"get {r.host}"}
        me.docker_config("{ not JSON")
        (me.home / "run" / "containers").mkdir(parents=True)
        (me.home / "run" / "containers" / "auth.json").write_text(
            json.dumps({"auths": {r.host: {"auth": basic("me", "pass:word").split()[1]}}}))
        me.features({f"{r.host}/ns/private2": {}})
        assert me.resolve()[0]["version"] == "1.0.0"
        assert "config.json" in me.said and "no credentials are taken" in me.said
    finally:
        r.stop()


def test_without_the_registry_the_cached_version_is_used(me, tmp_path):
    r = DockerRegistry(tmp_path / "gone")
    me.publish(r.host, feature(tmp_path, "kept", "1.2.3"), feature(tmp_path, "needs", dependsOn={f"{r.host}/ns/kept:1": {}}))
    me.features({f"{r.host}/ns/needs:1": {}})
    first = me.resolve()
    r.stop()
    started = time.monotonic()
    assert me.resolve() == first
    assert time.monotonic() - started < 20
    assert f"{r.host} cannot be reached" in me.said and f"using the cached {r.host}/ns/kept:1, version 1.2.3" in me.said
    me.features({f"{r.host}/ns/needs:1": {}, f"{r.host}/ns/unseen:1": {}})
    assert f'feature "{r.host}/ns/unseen:1": {r.host} cannot be reached' in me.refused()
    # and so it is when it is asked for
    r.start()
    me.features({f"{r.host}/ns/needs:1": {}})
    me.resolve(LACE_OFFLINE="1")
    assert "LACE_OFFLINE is set; using the cached" in me.said
    r.stop()


def test_mirrors_are_asked_first(me, real, bad, tmp_path):
    bad.add("mirrored", version="3.0.0")
    bad.manifests = {(f"prefix/{name}", tag): m for (name, tag), m in bad.manifests.items()}
    me.publish(real.host, feature(tmp_path, "mirrored", "1.0.0"), feature(tmp_path, "only-real", "1.0.0"))
    me.settings(mirrors={real.host: [f"{bad.host}/prefix"]})
    me.features({f"{real.host}/ns/mirrored": {}, f"{real.host}/ns/only-real": {}})
    assert {f["ref"].rpartition("/")[2]: f["version"] for f in me.resolve()} == {"mirrored": "3.0.0", "only-real": "1.0.0"}
    # a mirror that is away is said and passed by
    me.settings(mirrors={real.host: [f"127.0.0.1:{reg.free_port()}"]})
    me.features({f"{real.host}/ns/only-real:1.0": {}})
    assert me.resolve()[0]["version"] == "1.0.0"
    assert f"asking {real.host} itself" in me.said


def test_many_at_once_share_the_cache(me, real, tmp_path):
    big = "x" * 3_000_000
    folders = [feature(tmp_path, f"shared{i}", install=f": {big}\n") for i in range(4)]
    me.publish(real.host, *folders)
    me.features({f"{real.host}/ns/shared{i}": {} for i in range(4)})
    runs = [subprocess.Popen([TOOL, "resolve", "none", str(me.ws)], env=me.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True) for _ in range(6)]
    outs = [r.communicate(timeout=60) for r in runs]
    assert [r.returncode for r in runs] == [0] * 6, outs
    assert len({out for out, _ in outs}) == 1
    assert len(list((me.cache / "content").iterdir())) == 4
    assert [p.name for p in (me.cache / "tmp").iterdir() if not p.name.startswith("lock-")] == []


# ---- the lockfile ----

def test_the_lockfile(me, real, tmp_path):
    r = f"{real.host}/ns"
    first = me.publish(real.host, feature(tmp_path, "locked", "1.0.0"), feature(tmp_path, "on-locked", dependsOn={f"{r}/locked:1": {}}))
    me.features({f"{r}/on-locked:1": {}})
    assert me.refused("frozen") == "Lockfile does not exist."
    me.resolve("update")
    assert not me.lockfile.exists()
    me.resolve("write")
    d = {name: first[name]["digest"] for name in first}
    assert me.lockfile.read_text() == json.dumps({"features": {
        f"{r}/locked:1": {"version": "1.0.0", "resolved": f"{r}/locked@{d['locked']}", "integrity": d["locked"]},
        f"{r}/on-locked:1": {"version": "1.0.0", "resolved": f"{r}/on-locked@{d['on-locked']}", "integrity": d["on-locked"],
                             "dependsOn": [f"{r}/locked:1"]}}}, indent=2) + "\n"
    # a newer 1 does not come in by itself
    me.publish(real.host, feature(tmp_path, "locked", "1.5.0"))
    assert [f["version"] for f in me.resolve("update")] == ["1.0.0", "1.0.0"]
    assert [f["version"] for f in me.resolve("none")] == ["1.5.0", "1.0.0"]
    me.lockfile.write_text(json.dumps(json.loads(me.lockfile.read_text())))      # whitespace does not count
    assert [f["version"] for f in me.resolve("frozen")] == ["1.0.0", "1.0.0"]
    me.features({f"{r}/on-locked:1": {}, f"{r}/locked:1.5": {}})
    assert me.refused("frozen") == "Lockfile does not match."
    me.resolve("update")
    assert set(json.loads(me.lockfile.read_text())["features"]) == {f"{r}/locked:1", f"{r}/locked:1.5", f"{r}/on-locked:1"}
    me.features({f"{r}/on-locked:1": {}})
    me.resolve("renew")
    assert json.loads(me.lockfile.read_text())["features"][f"{r}/locked:1"]["version"] == "1.5.0"
    # an empty file asks for one, a broken one is an error, a wrong digest is none that exists
    me.lockfile.write_text("")
    me.resolve("update")
    assert "locked:1" in me.lockfile.read_text()
    me.lockfile.write_text("{]")
    assert "devcontainer-lock.json:1:2" in me.refused("update")
    me.features({f"{r}/locked:1": {}})
    wrong = "sha256:" + "0" * 64
    me.lockfile.write_text(json.dumps({"features": {f"{r}/locked:1": {"resolved": f"{r}/locked@{wrong}", "integrity": wrong}}}))
    assert f"has no {r}/locked@{wrong}" in me.refused("update")
    me.lockfile.write_text(json.dumps({"features": {f"{r}/locked:1": {"resolved": f"{r}/locked@{wrong}", "integrity": d["locked"]}}}))
    assert "must agree" in me.refused("update")


def test_what_is_locked_and_cached_needs_no_network(me, tmp_path):
    r = DockerRegistry(tmp_path / "r")
    me.publish(r.host, feature(tmp_path, "still"))
    me.features({f"{r.host}/ns/still:1": {}})
    first = me.resolve("write")
    r.stop()
    assert me.resolve("frozen", LACE_FETCH="/nonexistent") == first
    assert me.said == ""


# ---- a registry that misbehaves ----

def test_a_broken_download_goes_on_where_it_stopped(me, bad):
    bad.add("big", layer=reg.archive({"devcontainer-feature.json": '{"id":"big","version":"1.0.0"}', "install.sh": os.urandom(400_000)}))
    left = [2]

    def drop(request):
        if "/blobs/" not in request.path or not left[0]:
            return False
        left[0] -= 1
        data = next(iter(bad.blobs.values()))
        start = int(request.headers.get("Range", "bytes=0-")[6:].rstrip("-"))
        end = start + 150_000
        request.answer(206 if start else 200, data[start:end], length=len(data) - start)
        return request.hang_up()

    bad.behave = drop
    me.features({f"{bad.host}/ns/big": {}})
    assert me.resolve()[0]["version"] == "1.0.0"
    ranges = [h.get("Range") for _, path, h in bad.seen if "/blobs/" in path]
    assert ranges == [None, "bytes=150000-", "bytes=300000-"]


def test_a_download_goes_on_in_the_next_run(me, bad):
    layer = reg.archive({"devcontainer-feature.json": '{"id":"big","version":"1.0.0"}', "install.sh": os.urandom(400_000)})
    bad.add("big", layer=layer)

    def half(request):
        if "/blobs/" not in request.path:
            return False
        start = int(request.headers.get("Range", "bytes=0-")[6:].rstrip("-"))
        if start >= 200_000:
            return request.hang_up()
        request.answer(206 if start else 200, layer[start:200_000], length=len(layer) - start)
        return request.hang_up()

    bad.behave = half
    me.features({f"{bad.host}/ns/big": {}})
    assert "the connection broke 4 times" in me.refused()
    bad.behave, before = lambda request: False, len(bad.seen)
    me.resolve()
    starts = [h.get("Range") for _, path, h in bad.seen[before:] if "/blobs/" in path]
    assert starts == ["bytes=200000-"]


def test_a_stalling_registry_is_given_up(me, bad):
    bad.add("slow")
    over = threading.Event()

    def stall(request):
        if "/blobs/" not in request.path:
            return False
        request.answer(200, b"x" * 100, length=10_000)
        request.wfile.flush()
        over.wait(30)
        return request.hang_up()

    bad.behave = stall
    me.features({f"{bad.host}/ns/slow": {}})
    started = time.monotonic()
    said = me.refused(LACE_REGISTRY_TIMEOUT="1")
    over.set()
    assert "cannot be reached" in said and "broke 4 times" in said
    assert time.monotonic() - started < 30


def test_a_busy_registry_is_asked_again(me, bad):
    bad.add("busy")
    answers = iter([503, 429])

    def busy(request):
        status = next(answers, None) if "/manifests/" in request.path else None
        return status and request.answer(status, "{}", Retry_After="0" if status == 503 else "1")

    bad.behave = busy
    me.features({f"{bad.host}/ns/busy": {}})
    assert me.resolve()[0]["version"] == "1.0.0"
    assert len([p for p in bad.paths() if "/manifests/" in p]) == 3


@pytest.mark.parametrize("body, said", [
    ("<html>sign in</html>", "is not a manifest"),
    ('{"schemaVersion":2,"config":{"mediaType":"application/vnd.docker.container.image.v1+json"},"layers":[]}',
     "is not a dev container feature"),
    ('{"config":{"mediaType":"application/vnd.devcontainers"},"layers":[{"mediaType":"x","digest":"../../etc","size":1}]}',
     "names no layer by a sha256 digest"),
    ('{"config":{"mediaType":"application/vnd.devcontainers"},"layers":[{"mediaType":"x","digest":"sha256:%s","size":99999999999}]}' % ("0" * 64),
     "would have 99999999999 bytes"),
], ids=["html", "image", "path", "size"])
def test_garbage_for_a_manifest(me, bad, body, said):
    bad.behave = lambda request: request.answer(200, body)
    me.features({f"{bad.host}/ns/x": {}})
    assert said in me.refused()


def test_a_wrong_digest_is_never_used(me, bad):
    good = bad.add("forged")
    real_blob = next(iter(bad.blobs))
    bad.behave = lambda request: "/blobs/" in request.path and request.answer(200, b"y" * len(bad.blobs[real_blob]))
    me.features({f"{bad.host}/ns/forged": {}})
    said = me.refused()
    assert "digest mismatch" in said and real_blob in said
    assert not any((me.cache / "content").iterdir())
    # the manifest itself, asked for by digest
    bad.behave = lambda request: request.answer(200, bad.manifests["ns/forged", "1"] + b" ")
    me.features({f"{bad.host}/ns/forged@{good}": {}})
    me.cache.joinpath("manifests", good[7:]).unlink(missing_ok=True)
    assert "digest mismatch" in me.refused()


def test_longer_than_the_manifest_says(me, bad):
    bad.add("long")
    data = next(iter(bad.blobs.values()))
    bad.behave = lambda request: "/blobs/" in request.path and request.answer(200, data + b"z" * 5000)
    me.features({f"{bad.host}/ns/long": {}})
    assert "larger than its manifest says" in me.refused()


def test_unknown_and_denied(me, bad):
    me.features({f"{bad.host}/ns/none:1": {}})
    said = me.refused()
    assert f"the registry {bad.host} has no {bad.host}/ns/none:1" in said and "check its name and version" in said
    bad.behave = lambda request: request.answer(403, "{}")
    assert f"docker login {bad.host}" in me.refused()


def test_tokens(me, bad):
    """A Bearer challenge: credentials go to the token server, the token to the registry; once per repository."""
    bad.add("secret")
    bad.add("other")

    def behave(request):
        if request.path.startswith("/token"):
            if request.headers.get("Authorization") != basic("me", "pw"):
                return request.answer(401, "{}")
            scope = dict(p.split("=", 1) for p in request.path.split("?")[1].split("&"))["scope"]
            return request.answer(200, json.dumps({"access_token": f"t-{scope}"}))
        name = request.path.split("/")[3]
        if request.headers.get("Authorization") == f"Bearer t-repository%3Ans%2F{name}%3Apull":
            return False
        return request.answer(401, "{}", WWW_Authenticate=f'Bearer realm="http://{bad.host}/token",service="reg, test",'
                                                          f'scope="repository:ns/{name}:pull"')

    bad.behave = behave
    me.features({f"{bad.host}/ns/secret": {}, f"{bad.host}/ns/other": {}})
    assert "refuses" in me.refused()
    assert len(me.resolve(DEVCONTAINERS_OCI_AUTH=f"{bad.host}|me|pw")) == 2
    tokens = [p for p in bad.paths() if p.startswith("/token")]
    assert any("service=reg%2C%20test" in p for p in tokens)
    me2 = [h.get("Authorization", "") for _, p, h in bad.seen if "/blobs/" in p]
    assert me2 and all(a.startswith("Bearer ") for a in me2)      # the token that the manifest needed did for the blob


def test_a_refresh_token(me, bad):
    bad.add("secret")

    def behave(request):
        if request.path == "/token":
            form = request.body.decode().split("&")
            if request.command == "POST" and "grant_type=refresh_token" in form and "refresh_token=r%2F1" in form:
                return request.answer(200, json.dumps({"token": "fresh"}))
            return request.answer(401, "{}")
        if request.headers.get("Authorization") == "Bearer fresh":
            return False
        return request.answer(401, "{}", WWW_Authenticate=f'Bearer realm="http://{bad.host}/token",service="s"')

    bad.behave = behave
    me.docker_config({"auths": {bad.host: {"identitytoken": "r/1"}}})
    me.features({f"{bad.host}/ns/secret": {}})
    assert me.resolve()[0]["version"] == "1.0.0"


def test_anonymous_where_credentials_are_refused(me, bad):
    bad.add("public")

    def behave(request):
        if request.path.startswith("/token"):
            return request.answer(403, "{}") if "Authorization" in request.headers else request.answer(200, '{"token":"anon"}')
        if request.headers.get("Authorization") == "Bearer anon":
            return False
        return request.answer(401, "{}", WWW_Authenticate=f'Bearer realm="http://{bad.host}/token"')

    bad.behave = behave
    me.features({f"{bad.host}/ns/public": {}})
    me.resolve(DEVCONTAINERS_OCI_AUTH=f"{bad.host}|me|old")
    assert "are refused by its token server" in me.said


def test_redirects_do_not_carry_credentials(me, bad):
    other = BadRegistry()
    try:
        bad.add("moved")
        other.blobs = dict(bad.blobs)

        def behave(request):
            if request.headers.get("Authorization") != basic("me", "pw"):
                return request.answer(401, "{}", WWW_Authenticate='Basic realm="x"')
            if "/blobs/" in request.path:
                return request.answer(307, Location=f"http://{other.host}{request.path}?sig=1")
            return False

        bad.behave = behave
        me.features({f"{bad.host}/ns/moved": {}})
        assert me.resolve(DEVCONTAINERS_OCI_AUTH=f"{bad.host}|me|pw,{other.host}|leaked|leaked")[0]["version"] == "1.0.0"
        assert len(other.seen) == 1 and "Authorization" not in other.seen[0][2]
    finally:
        other.stop()


@pytest.mark.parametrize("location", ["http://registry.test/x", "ftp://127.0.0.1/x", "http://me:pw@127.0.0.1:1/x", "file:///etc/passwd"],
                         ids=["plain", "ftp", "user", "file"])
def test_redirects_that_are_not_followed(me, bad, location):
    bad.add("moved")
    bad.behave = lambda request: "/blobs/" in request.path and request.answer(302, Location=location)
    me.features({f"{bad.host}/ns/moved": {}})
    assert "which is not followed" in me.refused()


def test_redirects_without_end(me, bad):
    bad.behave = lambda request: request.answer(302, Location=request.path + "x")
    me.features({f"{bad.host}/ns/moved": {}})
    assert "redirects for ever" in me.refused()


def test_a_token_server_that_would_get_credentials_in_the_clear(me, bad):
    bad.behave = lambda request: request.answer(401, "{}", WWW_Authenticate='Bearer realm="http://registry.test/token"')
    me.features({f"{bad.host}/ns/x": {}})
    assert "cannot be trusted with credentials" in me.refused(DEVCONTAINERS_OCI_AUTH=f"{bad.host}|me|pw")


def link(target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def device():
    info = tarfile.TarInfo()
    info.type = tarfile.CHRTYPE
    return info


JSON = '{"id":"x","version":"1.0.0"}'


@pytest.mark.parametrize("entries", [
    {"../escape": "x"},
    {"/tmp/lace-absolute": "x"},
    {"a/../../escape": "x"},
    {"out": link("/etc"), "out/passwd": "x"},
    {"out": link("../.."), "out/passwd": "x"},
    {"in": "x", "l": link("in/../../../x")},
    {"sub/l": link("../..")},
    {"d/up": link(".."), "l": link("d/up/../x")},
    {"d": link("e"), "d/f": "x"},
    {"hard": link("../../../etc/passwd", tarfile.LNKTYPE)},
    {"s": link("install.sh"), "hard": link("s", tarfile.LNKTYPE)},
    {"null": device()},
], ids=lambda e: ",".join(e))
def test_archives_that_lead_out(me, bad, entries):
    bad.add("x", layer=reg.archive({"devcontainer-feature.json": JSON, "install.sh": "", **entries}))
    me.features({f"{bad.host}/ns/x": {}})
    assert "its archive is refused" in me.refused()
    assert not any((me.cache / "content").iterdir())
    assert not any(p.name.startswith("unpack-") for p in (me.cache / "tmp").iterdir())


def test_an_archive_with_links_inside_and_packed(me, bad):
    layer = gzip.compress(reg.archive({"./devcontainer-feature.json": JSON, "./install.sh": "#!/bin/sh\n", "./lib/a": "a",
                                       "./lib/b": link("../install.sh"), "./c": link("lib/a", tarfile.LNKTYPE)}))
    bad.add("x", layer=layer, metadata=False)                # and a manifest of the time before annotations
    me.features({f"{bad.host}/ns/x": {}})
    d = pathlib.Path(me.resolve()[0]["dir"])
    assert os.readlink(d / "lib" / "b") == "../install.sh" and (d / "c").read_text() == "a"
    r = me.tool("metadata", me.ws)
    assert json.loads(r.stdout)["features"][0]["version"] == "1.0.0"


def test_metadata_needs_no_layers(me, bad):
    bad.add("x")
    bad.add("y", dependsOn={f"{bad.host}/ns/x:1": {}}, installsAfter=[f"{bad.host}/ns/soft"])
    me.features({f"{bad.host}/ns/y": {}})
    got = json.loads(me.tool("metadata", me.ws).stdout)["features"]
    assert [(f["ref"].rpartition("/")[2], f["dir"]) for f in got] == [("x:1", None), ("y", None)]
    assert not [p for p in bad.paths() if "/blobs/" in p or "soft" in p]


def test_a_tarball(me, bad, tmp_path):
    data = gzip.compress(reg.archive({"devcontainer-feature.json": JSON, "install.sh": ""}))
    bad.behave = lambda request: request.answer(200, data) if request.path == "/a/devcontainer-feature-x.tgz" else request.answer(404)
    url = f"http://{bad.host}/a/devcontainer-feature-x.tgz"
    me.features({url: {}})
    got = me.resolve("write")
    assert got[0]["resolved"] == url and got[0]["version"] == "1.0.0"
    assert json.loads(me.lockfile.read_text())["features"][url] == {"version": "1.0.0", "resolved": url, "integrity": reg.digest(data)}
    before = len(bad.seen)
    me.resolve("frozen")
    assert len(bad.seen) == before
    me.lockfile.write_text(json.dumps({"features": {url: {"resolved": url, "integrity": "sha256:" + "1" * 64}}}))
    assert "digest mismatch" in me.refused("update")
    me.features({url.replace("-x", "-y"): {}})
    assert "has no" in me.refused()


def test_a_proxy_is_used_but_not_for_this_machine(me, bad):
    """The proxy is a server that notes what it is asked; registries of this machine are reached without it."""
    proxy = BadRegistry()
    try:
        bad.add("x")
        proxy.behave = lambda request: request.answer(502)
        env = {"https_proxy": f"http://{proxy.host}", "http_proxy": f"http://{proxy.host}"}
        me.features({f"{bad.host}/ns/x": {}})
        me.resolve(**env)
        assert proxy.seen == []
        me.features({"registry.test/ns/x": {}})
        me.refused(**env)
        assert {(method, path) for method, path, _ in proxy.seen} == {("CONNECT", "registry.test:443")}
    finally:
        proxy.stop()


# ---- templates ----

def test_a_template(me, real, tmp_path):
    """T202: options replaced, what is about the template and what is omitted left out, features added, comments kept."""
    d = tmp_path / "starter"
    (d / ".devcontainer").mkdir(parents=True)
    (d / "docs").mkdir()
    (d / "devcontainer-template.json").write_text(json.dumps({"id": "starter", "version": "1.0.0", "name": "S", "options": {
        "variant": {"type": "string", "default": "bookworm"}, "n": {"type": "string", "default": "1"}}}))
    for name in ("README.md", "NOTES.md", "docs/a.md", "docs/b.md", "extra.txt"):
        (d / name).write_text(name)
    (d / ".devcontainer" / "devcontainer.json").write_text('{\n\t// which one\n\t"image": "debian:${templateOption:variant}-${templateOption: n }"\n}\n')
    (d / "run.sh").write_text("echo ${templateOption:gone}|\n")
    (d / "run.sh").chmod(0o755)
    r = me.tool("publish-templates", real.host, "tpl", d)
    assert r.returncode == 0, r.stderr
    to = tmp_path / "to"
    to.mkdir()
    (to / "extra.txt").write_text("mine")
    r = me.tool("template", f"{real.host}/tpl/starter:1", to, '{"variant":"trixie"}', '[{"id":"r.test/f:1","options":{"a":"b"}}]',
                '["docs/*"]')
    assert r.returncode == 0, r.stderr
    got = json.loads(r.stdout)
    assert got["files"] == ["./.devcontainer/devcontainer.json", "./extra.txt", "./run.sh"]
    # what the reference CLI adds to the same folder's description
    assert {k: got["metadata"][k] for k in ("id", "type", "files", "fileCount", "featureIds")} == {
        "id": "starter", "type": "image", "fileCount": 8, "featureIds": [],
        "files": ["NOTES.md", "README.md", "devcontainer-template.json", "extra.txt", "run.sh", ".devcontainer/devcontainer.json",
                  "docs/a.md", "docs/b.md"]}
    assert sorted(str(p.relative_to(to)) for p in to.rglob("*") if p.is_file()) == [".devcontainer/devcontainer.json", "extra.txt", "run.sh"]
    assert (to / ".devcontainer" / "devcontainer.json").read_text() == (
        '{\n\t"features": {\n\t\t"r.test/f:1": {"a":"b"}\n\t},\n\t// which one\n\t"image": "debian:trixie-1"\n}\n')
    assert (to / "run.sh").read_text() == "echo |\n" and (to / "run.sh").stat().st_mode & 0o111
    assert (to / "extra.txt").read_text() == "extra.txt"


def test_a_template_does_not_write_into_git(me, real, tmp_path):
    d = tmp_path / "hooked"
    (d / ".git" / "hooks").mkdir(parents=True)
    (d / "devcontainer-template.json").write_text(json.dumps({"id": "hooked", "version": "1.0.0", "name": "H"}))
    (d / ".git" / "hooks" / "post-checkout").write_text("#!/bin/sh\n")
    (d / ".devcontainer.json").write_text("{}")
    assert me.tool("publish-templates", real.host, "tpl", d).returncode == 0
    r = me.tool("template", f"{real.host}/tpl/hooked", tmp_path, "{}", "[]", "[]")
    assert r.returncode == 1 and "not for a template to write" in r.stderr


# ---- lace up ----

def test_up_with_features_from_a_registry(lace, project, engine, me, real, tmp_path):
    """By tag, by digest and by major version, with a dependency that only the registry knows; then without the registry."""
    own = DockerRegistry(tmp_path / "own")
    r = f"{own.host}/ns"
    me.publish(own.host, feature(tmp_path, "major", "1.0.0"))
    published = me.publish(own.host, feature(tmp_path, "major", "1.4.0", options={"word": {"type": "string", "default": "w"}},
                                             install="echo word=$WORD >> /installed\n", containerEnv={"MAJOR": "1"}),
                           feature(tmp_path, "pinned"), feature(tmp_path, "dependency"),
                           feature(tmp_path, "tagged", "2.1.0", dependsOn={f"{r}/dependency:1": {}}, installsAfter=[f"{r}/pinned"]))
    project.write(features={f"{r}/tagged:2.1.0": {}, f"{r}/pinned@{published['pinned']['digest']}": {}, f"{r}/major:1": {"word": "x y"}})
    (project.folder / ".devcontainer" / "devcontainer-lock.json").write_text("")
    env = {"LACE_FETCH": FETCH}
    lace.ok("up", "--trust", "--plain", project, env=env)
    assert project.sh("cat /installed; echo $MAJOR").split("\n") == [
        "dependency 1.0.0", "major 1.4.0", "word=x y", "pinned 1.0.0", "tagged 2.1.0", "1", ""]
    entries = json.loads(engine.docker("image", "inspect", "-f", '{{index .Config.Labels "devcontainer.metadata"}}',
                                       project.inspect()["Config"]["Image"]))
    assert [e["id"] for e in entries] == [f"{r}/dependency:1", f"{r}/major:1", f"{r}/pinned@{published['pinned']['digest']}",
                                          f"{r}/tagged:2.1.0"]
    locked = json.loads((project.folder / ".devcontainer" / "devcontainer-lock.json").read_text())["features"]
    assert locked[f"{r}/major:1"]["version"] == "1.4.0" and len(locked) == 4

    # a newer major:1 does not come in, nothing is installed again, and the registry need not be there
    me.publish(own.host, feature(tmp_path, "major", "1.5.0"))
    own.stop()
    image = project.inspect()["Image"]
    said = lace("up", "--trust", "--plain", "--recreate", project, env=env)
    assert said.returncode == 0, said.stderr
    assert project.inspect()["Image"] == image and "warning" not in said.stderr
    # without the lockfile: what the tag meant last, with a warning
    (project.folder / ".devcontainer" / "devcontainer-lock.json").unlink()
    said = lace("up", "--trust", "--plain", "--recreate", project, env=env)
    assert said.returncode == 0 and f"using the cached {r}/major:1, version 1.4.0" in said.stderr
    assert project.inspect()["Image"] == image
    # and what was never seen leaves the old container alone (T196)
    project.write(features={f"{r}/unseen:1": {}})
    before = project.container()
    assert f"{own.host} cannot be reached" in lace.fails(1, "up", "--trust", "--plain", "--recreate", project, env=env)
    assert project.container() == before

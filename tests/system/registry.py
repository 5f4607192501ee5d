"""registry.py: registries on 127.0.0.1 for the tests: Debian's docker-registry, and one that misbehaves on purpose."""
import base64
import hashlib
import http.server
import io
import json
import os
import pathlib
import socket
import subprocess
import tarfile
import threading
import time
import urllib.parse
import warnings

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def bcrypt(secret):
    """As docker-registry wants it, by the C library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import crypt
    return crypt.crypt(secret, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def certificates(folder):
    """(CA file, certificate, key) for 127.0.0.1 and localhost, made on the spot."""
    folder = pathlib.Path(folder)
    ca, key, cert, req = folder / "ca.pem", folder / "key.pem", folder / "cert.pem", folder / "req.pem"
    run = lambda *a: subprocess.run(["openssl", *map(str, a)], check=True, capture_output=True)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 2, "-subj", "/CN=test CA",
        "-keyout", folder / "ca.key", "-out", ca)
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", key,
        "-out", req)
    ext = folder / "ext"
    ext.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    run("x509", "-req", "-in", req, "-CA", ca, "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", 2, "-extfile", ext, "-out", cert)
    return ca, cert, key


class DockerRegistry:
    """docker-registry with a storage of its own; `host` is 127.0.0.1:port."""

    def __init__(self, folder, tls=False, user=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.host = f"127.0.0.1:{free_port()}"
        config = {"version": "0.1", "log": {"level": "warn"},
                  "storage": {"filesystem": {"rootdirectory": str(self.folder / "data")}}, "http": {"addr": self.host}}
        self.ca = None
        if tls:
            self.ca, cert, key = certificates(self.folder)
            config["http"]["tls"] = {"certificate": str(cert), "key": str(key)}
        if user:
            name, secret = user
            (self.folder / "htpasswd").write_text(f"{name}:{bcrypt(secret)}\n")
            config["auth"] = {"htpasswd": {"realm": "test", "path": str(self.folder / "htpasswd")}}
        (self.folder / "config.yml").write_text(json.dumps(config))      # JSON is YAML
        self.log = open(self.folder / "log", "wb")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(["docker-registry", "serve", str(self.folder / "config.yml")], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        host, port = self.host.split(":")
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                return self
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.02)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
        self.process = None


def feature(folder, id, version="1.0.0", install="", **members):
    """A feature's folder folder/id; its install.sh appends the id to /installed."""
    d = pathlib.Path(folder) / id
    d.mkdir(parents=True, exist_ok=True)
    (d / "devcontainer-feature.json").write_text(json.dumps({"id": id, "version": version, "name": id, **members}))
    (d / "install.sh").write_text(f"#!/bin/sh\nset -e\necho {id} {version} >> /installed\n{install}")
    (d / "install.sh").chmod(0o755)
    return d


def archive(entries):
    """A tar archive: name -> text, or a TarInfo for what is no plain file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, text in entries.items():
            if isinstance(text, tarfile.TarInfo):
                text.name = name
                tar.addfile(text)
            else:
                data = text.encode() if isinstance(text, str) else text
                info = tarfile.TarInfo(name)
                info.size, info.mode = len(data), 0o755
                tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class BadRegistry:
    """A registry of Python with features in memory, which does what `behave` says.

    behave(request) is asked first for each request (a Handler); when it returns true, it has answered. `seen` lists
    (method, path, headers) of all requests.
    """

    def __init__(self, context=None):
        self.blobs, self.manifests, self.seen, self.behave = {}, {}, [], lambda request: False
        bad = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def answer(self, status, body=b"", length=None, **headers):
                body = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)
                return True

            def hang_up(self):
                self.close_connection = True
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                return True

            def do_GET(self):
                self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                bad.seen.append((self.command, self.path, dict(self.headers)))
                if not bad.behave(self):
                    bad.serve(self)

            do_HEAD = do_POST = do_PUT = do_CONNECT = do_GET

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def add(self, id, tags=("1", "latest"), layer=None, metadata=True, version="1.0.0", **members):
        """Puts a feature under ns/<id>; returns its manifest's digest."""
        json_text = json.dumps({"id": id, "version": version, **members})
        if layer is None:
            layer = archive({"./devcontainer-feature.json": json_text, "./install.sh": f"#!/bin/sh\necho {id} >> /installed\n"})
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST,
                    "config": {"mediaType": "application/vnd.devcontainers", "digest": digest(b"{}"), "size": 2},
                    "layers": [{"mediaType": "application/vnd.devcontainers.layer.v1+tar", "digest": digest(layer),
                                "size": len(layer)}]}
        if metadata:
            manifest["annotations"] = {"dev.containers.metadata": json_text}
        data = json.dumps(manifest).encode()
        self.blobs[digest(layer)] = layer
        for tag in (*tags, digest(data)):
            self.manifests[f"ns/{id}", tag] = data
        return digest(data)

    def serve(self, request):
        path = urllib.parse.urlsplit(request.path).path
        parts = path.removeprefix("/v2/").rsplit("/", 2)
        name, kind, what = parts if len(parts) == 3 else ("", "", "")
        if kind == "manifests" and (name, what) in self.manifests:
            data = self.manifests[name, what]
            return request.answer(200, data, Content_Type=MANIFEST, Docker_Content_Digest=digest(data))
        if kind == "blobs" and what in self.blobs:
            data, of = self.blobs[what], request.headers.get("Range")
            if not of:
                return request.answer(200, data)
            start = int(of.removeprefix("bytes=").rstrip("-"))
            return request.answer(206, data[start:], Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")
        return request.answer(404, json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}))

    def paths(self):
        return [path for _, path, _ in self.seen]


def basic(user, secret):
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()

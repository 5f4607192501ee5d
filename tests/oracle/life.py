"""What is done with a dev container, step by step, by lace and by the reference CLI.

A life is a configuration and steps: a command with its flags ("stop" stops the container). After each step its result
is kept, and which hooks wrote themselves into the workspace's file `ran`; at the end, the container itself.
"""
import json
import os
import pathlib
import re
import subprocess

from cases import BASE, ONE

HOOKS = ("initialize", "onCreate", "updateContent", "postCreate", "postStart", "postAttach")
UP = ["up", "--no-lockfile"]
AGAIN = ["run-user-commands"]
ENV = ["exec", "sh", "-c", "env | grep ^T_ | sort; pwd; id -un"]

# What a container is, of all that the engine tells about it.
CONFIG = ("User", "WorkingDir", "ExposedPorts", "Tty", "OpenStdin", "StopSignal", "Volumes")
HOST = ("Binds", "PortBindings", "CapAdd", "CapDrop", "SecurityOpt", "Privileged", "Init", "NetworkMode", "ExtraHosts", "Memory",
        "Ulimits", "Mounts", "Tmpfs", "IpcMode", "PidMode", "UsernsMode", "GroupAdd", "DeviceRequests", "ReadonlyRootfs", "ShmSize")


def hooks(*names, **more):
    return {**{f"{name}Command": f"echo {name} >> ran" for name in names or HOOKS}, **more}


def ran(name):
    return f"echo {name} >> ran"


FEATURE = {"devcontainer-feature.json": json.dumps({"id": "one", "version": "1.0.0", **{
    f"{hook}Command": {"a": ran(f"{hook}-of-one")} for hook in HOOKS[1:]}}), "install.sh": "echo $VERSION > /installed\n"}
VARIABLES = {"containerEnv": {"T_C": "c"}, "remoteEnv": {"T_R": "${containerEnv:T_C}r", "T_FLAG": "config"}}


def life(config, *steps, **more):
    return {"config": {"image": BASE, "updateRemoteUserUID": False, **config}, "steps": steps, **more}


LIVES = {
    "T170 up, up, stop, up": life(hooks(), UP, UP, ["stop"], UP),
    "T173 made anew": life(hooks(), UP, [*UP, "--remove-existing-container"]),
    "T174 prebuild": life(hooks(), [*UP, "--prebuild"], [*UP, "--prebuild"], UP),
    "T176 not the blocking ones": life(hooks(), [*UP, "--skip-non-blocking-commands"], UP),
    "T177 waits for postStart": life(hooks(waitFor="postStartCommand"), [*UP, "--skip-non-blocking-commands"]),
    "T178 waits for initialize": life(hooks(waitFor="initializeCommand"), [*UP, "--skip-non-blocking-commands"], AGAIN),
    "T179 no hook": life(hooks(), [*UP, "--skip-post-create"], AGAIN, [*AGAIN, "--skip-post-attach"]),
    "not the last one": life(hooks(), [*UP, "--skip-post-attach"], [*AGAIN, "--skip-non-blocking-commands"], [*AGAIN, "--prebuild"]),
    "T181 a hook fails": life(hooks(postCreateCommand="echo failing >> ran; exit 3"), UP, UP),
    "T182 one of several fails": life(hooks(postCreateCommand={"good": "sleep 0.3; echo good >> ran", "bad": "exit 4"}), UP),
    "a hook on the host fails": life(hooks(initializeCommand=["false"]), UP),
    "T184 a hook is interrupted": life(hooks(postCreateCommand="exit 130"), UP),
    "T185 empty ones": life(hooks(onCreateCommand="", updateContentCommand=[], postCreateCommand={}), UP),
    "T186 of a feature too": life(hooks(features={"./one": {}}), UP, ["stop"], UP, files={".devcontainer/one": FEATURE}),
    "T189 remote environment": life(VARIABLES, [*UP, "--remote-env", "T_FLAG=flag", "--remote-env", "T_E="],
                                    [*ENV[:1], "--remote-env", "T_FLAG=flag", "--remote-env", "T_E=", *ENV[1:]], ENV),
    "environment of hooks": life({**VARIABLES, "postCreateCommand": "env | grep ^T_ | sort >> ran",
                                  "postStartCommand": ["sh", "-c", "pwd >> ran"]}, [*UP, "--remote-env", "T_E=1"]),
    "labels": life(hooks(), [*UP, "--id-label", "oracle=a", "--id-label", "b=c"], [*UP, "--id-label", "oracle=a", "--id-label", "b=c"],
                   ["exec", "--id-label", "oracle=a", "sh", "-c", "echo found"], labels=["oracle=a"]),
    "mounts": life({}, [*UP, "--mount", "type=volume,source=lace-test-flag,target=/flag", "--mount",
                        "type=bind,source=/usr/share,target=/bound"]),
    "mount of another kind": life({}, [*UP, "--mount", "type=tmpfs,target=/x"]),
    "more features": life({}, [*UP, "--additional-features", '{"./one":{}}'], ["exec", "cat", "/installed"],
                          files={".devcontainer/one": FEATURE}),
    "expected, and not there": life(hooks(), [*UP, "--expect-existing-container"], UP, [*UP, "--expect-existing-container"]),
    "configurations": life({**VARIABLES, "mounts": ["source=lace-test-${devcontainerId},target=/v,type=volume"]},
                           [*UP, "--include-configuration", "--include-merged-configuration"]),
    "folder of the markers": life(hooks(), [*UP, "--container-data-folder", "/srv/data", "--container-system-data-folder", "/srv/sys"],
                                  ["exec", "--container-system-data-folder", "/srv/sys", "sh", "-c", "ls -A /srv/data /srv/sys; ls -A /var"]),
    "no probe": life({"remoteUser": "dev"}, [*UP, "--default-user-env-probe", "none"],
                     ["exec", "--default-user-env-probe", "none", "sh", "-c", "echo ${LOGNAME-none}"]),
    "nobody there": life({}, AGAIN, ["exec", "true"]),
    "no image": life({"image": None}, UP, free=["steps.0.stdout.description"]),
    "exit codes": life({}, [*UP], ["exec", "sh", "-c", "exit 42"], ["exec", "sh", "-c", "kill -9 $$"], ["exec", "--", "echo", "--x"],
                       ["exec", "no-such-program"]),
}


class Life:
    """One life in a folder of its own, told by one program."""

    def __init__(self, spec, root, engine, program, env):
        self.spec, self.root, self.engine, self.program, self.env = spec, pathlib.Path(root), engine, program, env
        self.ws = self.root / "proj"
        (self.ws / ".devcontainer").mkdir(parents=True)
        (self.ws / "ran").touch()
        (self.ws / "ran").chmod(0o666)
        config = {k: v for k, v in spec["config"].items() if v is not None}
        (self.ws / ".devcontainer" / "devcontainer.json").write_text(json.dumps(config))
        for folder, files in spec.get("files", {}).items():
            (self.ws / folder).mkdir(parents=True)
            for name, text in files.items():
                (self.ws / folder / name).write_text(text)

    def containers(self):
        label = self.spec.get("labels", [f"devcontainer.local_folder={self.ws}"])[0]
        return self.engine.docker("ps", "-aq", "--no-trunc", "--filter", f"label={label}").split()

    def remove(self):
        for c in self.containers():
            self.engine.docker("rm", "-f", "-v", c, check=False)

    def step(self, step):
        if step == ["stop"]:
            self.engine.docker("stop", "-t", "1", *self.containers())
            return {}
        command, *args = step
        where = [] if "--id-label" in args and command != "up" else ["--workspace-folder", str(self.ws)]
        r = subprocess.run([*self.program, command, *where, *args], env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, errors="replace", timeout=300)
        seen = {"exit": r.returncode, "ran": (self.ws / "ran").read_text().split()}
        (self.ws / "ran").write_text("")
        text = self.plain(r.stdout).strip()
        if command == "exec":
            seen["stdout"] = text
        elif text:
            seen["stdout"] = json.loads(text)
            seen["stdout"].pop("message", None)      # in each program's own words (docs/differences.md)
        return seen

    def plain(self, text):
        from harness import plain_text
        for c in self.containers():
            text = text.replace(c, "<container>")
        return plain_text(text, self.root, self.ws, ".devcontainer/devcontainer.json")

    def tell(self):
        seen = {"steps": [self.step(s) for s in self.spec["steps"]]}
        found = self.containers()
        if found:
            inspect = json.loads(self.engine.docker("inspect", found[0]))[0]
            seen["container"] = json.loads(self.plain(json.dumps(container(inspect), ensure_ascii=False)))
        return seen


def script(args):
    """The lines between the reference's own first two and last: entrypoints, and what becomes of the command."""
    assert args[0] == "-c" and args[2] == "-", args
    return {"entrypoints": args[1].rstrip("\n").split("\n")[2:-1], "command": args[3:]}


def without_breaks(label):
    """A label that came through the reference's Dockerfile has a blank where each of its lines ended."""
    return re.sub(r"}, {", "},{", re.sub(r"^\[ (.*) \]$", r"[\1]", label))


def container(inspect):
    config, host = inspect["Config"], inspect["HostConfig"]
    mounts = [{k: m.get(k) for k in ("Type", "Source", "Destination", "RW", "Propagation") if m["Type"] != "volume" or k != "Source"}
              | ({"Name": m["Name"]} if len(m.get("Name", "")) not in (0, 64) else {})
              for m in sorted(inspect["Mounts"], key=lambda m: m["Destination"])]
    labels = {k: without_breaks(v) for k, v in sorted((config["Labels"] or {}).items()) if not k.startswith("lace.")}
    ports = {k: [{**b, "HostPort": "<port>" if b["HostPort"] else ""} for b in v] for k, v in (host["PortBindings"] or {}).items()}
    return {"path": inspect["Path"], **script(inspect["Args"]), "mounts": mounts, "labels": labels,
            "environment": sorted(config["Env"] or []), **{k: config.get(k) for k in CONFIG},
            **{k: host.get(k) for k in HOST}, "User": config["User"] or "root", "PortBindings": ports}

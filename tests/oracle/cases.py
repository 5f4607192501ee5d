"""The configurations that lace and the reference dev container CLI are held against each other on.

Each case is what stands in a folder and on the command line. What the reference CLI answered is stored in *.json
beside this file (`make oracle` writes it); tests/system/test_differences.py holds lace's answers against that. A
case's `differs` names the lines of docs/differences.md that it shows: path in the answer -> what lace says there.
"""
import json

BASE = "lace-test:base"
ENV = {"SETV": "val", "EMPTY": "", "NEST": "${localEnv:SETV}"}
ONE = {"id": "one", "version": "1.2.3", "name": "One", "options": {
    "version": {"type": "string", "default": "1", "proposals": ["1", "2"]}, "flag": {"type": "boolean", "default": True}},
    "mounts": [{"type": "volume", "source": "s-${devcontainerId}", "target": "/t"}], "entrypoint": "/e", "init": True,
    "customizations": {"vscode": {"extensions": ["x"]}}, "postCreateCommand": "of the feature", "capAdd": ["SYS_PTRACE"]}


def case(config=None, **more):
    """config: an object, which gets an image when it names none, or the file's text."""
    if isinstance(config, dict) and not {"image", "build", "dockerFile", "dockerComposeFile"} & {*config}:
        config = {"image": BASE, **config}
    return {"config": config, **more}


def value(x, **more):
    return case({"x": x}, **more)


def merged(config, *label, **more):
    """The base image carries the label: entries, or its text."""
    text = label[0] if label and isinstance(label[0], str) else json.dumps(list(label)) if label else None
    return case(config, label=text, args=["--include-merged-configuration", *more.pop("args", [])], **more)


def feature(**properties):
    folder = ".devcontainer/" + properties.get("id", "one")
    return {f"{folder}/devcontainer-feature.json": json.dumps({**ONE, **properties}), f"{folder}/install.sh": "true\n"}


SUBSTITUTION = {
    "T001 unset": value("${localEnv:UNSET}"),
    "T002 default": value("${localEnv:UNSET:dflt}"),
    "T003 set but empty": value("${localEnv:EMPTY:d}"),
    "T004 env": value("${env:SETV}"),
    "T005 several defaults": value("${localEnv:UNSET:d:e:f}"),
    "T006 unknown": value("${unknown:x}"),
    "T008 container's environment": value("${containerEnv:PATH}"),
    "T009 id": value("${devcontainerId}"),
    "T010 twice": value("x${localEnv:SETV}y${localEnv:SETV}z"),
    "T012 dollar": value("$${localEnv:SETV}"),
    "T013 blanks": value("${ localEnv:SETV }"),
    "T014 one pass": value("${localEnv:NEST}"),
    "T016 nested": value("${localEnv:UNSET:${localEnv:SETV}}"),
    "T017 key": case({"${localEnv:SETV}": 1}),
    "T018 no name": case({"name": "${localEnv}"}),
    "T019 not ended": value("${localEnv:SETV"),
    "T020 folder names itself": case({"workspaceFolder": "/ws/${containerWorkspaceFolderBasename}"}),
    "T021 folder": case({"workspaceFolder": "/baz/${localWorkspaceFolderBasename}", "x": "bar${containerWorkspaceFolder}bar"}),
    "folders": value("${localWorkspaceFolder} ${localWorkspaceFolderBasename} ${containerWorkspaceFolder} "
                     "${containerWorkspaceFolderBasename}"),
    "in arrays and objects": value([["${localEnv:SETV}", 1, None, True], {"a": {"b": "${localEnv:SETV}"}}]),
    "nothing inside": value(["${}", "${localEnv:}", "${localEnv::z}", "${:}"]),
    "line ends": value(["${\n}", "${local\nEnv:SETV}${localEnv:SETV}", "${\u2028}", "${\u2029${localEnv:SETV}"]),
    "arguments that are too many": value(["${localWorkspaceFolder:x}", "${devcontainerId:x}"]),
    "mount": case({"workspaceMount": "source=${localWorkspaceFolder},target=/w,type=bind", "workspaceFolder": "/w"}),
    "no mount": case({"workspaceMount": ""}),
    "id in the folder": case({"workspaceFolder": "/w/${devcontainerId}"}),
    "environment": case({"containerEnv": {"A": "${localEnv:SETV}"}, "remoteEnv": {"B": "${containerEnv:A}"}}),
}

JSONC = {
    "T030 comments and commas": case('{ // line\n "image": "u", /* block */ "a":1,, "b":[1,2,], }', warns=True),
    "comments alone": case('// first\n{ /* one */ "image": "u" // last\n}\n// behind\n'),
    "T032 empty": case(""),
    "T033 missing comma": case('{"image":"u" "name":"n"}', warns=True),
    "T034 BOM and escapes": case('\ufeff{"image":"u","name":"\\u0041\\n"}'),
    "T035 key twice": case('{"image":"u","image":"v"}'),
    "T036 NaN": case('{"x":NaN,"image":"u"}', warns=True),
    "T037 only a name": case('{"name":"n"}'),
    "T037 merged": case('{"name":"n"}', args=["--include-merged-configuration"]),
    "T038 old keys": case({"extensions": ["a"], "settings": {"k": 1, "c": 2}, "devPort": 3,
                           "customizations": {"vscode": {"settings": {"k": 5}, "extensions": ["z"]}}}),
    "old keys alone": case({"extensions": ["a"]}),
    "array": case("[]"),
    "string": case('"x"'),
    "numbers": case('{"image":"u","x":[1.0,1e3,1E+2,0.1,-0,1e21,1e-7,12345678901234567890,1.5e300]}'),
    "order of keys": case('{"image":"u","x":{"b":1,"10":2,"9":3,"a":4,"01":5,"-1":6,"4294967295":7,"4294967294":8}}'),
    "strings": case('{"image":"u","x":"\\/\\b\\f\\u001f\\u2028\\u00e9\\ud83d\\ude00"}'),
    "nulls": case('{"image":"u","name":null,"postCreateCommand":null,"mounts":null}'),
    "unknown": case({"foo": {"bar": 1}}),
    "tabs and carriage returns": case('{\r\n\t"image":\t"u"\r\n}'),
}

WORKSPACE = {
    "T040 plain": case({}),
    "T041 git root above": case({}, folder="gr/sub/pkg", git=["gr"]),
    "T042 not the git root": case({}, folder="gr/sub/pkg", git=["gr"], args=["--mount-workspace-git-root", "false"]),
    "T042 the same with =": case({}, folder="gr/sub/pkg", git=["gr"], args=["--mount-workspace-git-root=false"]),
    "T044 config": case({}, files={"alt/devcontainer.json": '{"image":"alt"}'},
                        args=["--config", "{ws}/alt/devcontainer.json"]),
    "T045 no search upwards": case({}, args=["--workspace-folder", "{ws}/.devcontainer"], workspace=False),
    "T046 current folder": case({}, workspace=False, cwd="proj"),
    "T046 trailing slash": case({}, workspace=False, args=["--workspace-folder", "{ws}/"]),
    "T046 relative": case({}, workspace=False, args=["--workspace-folder", "proj"]),
    "T046 with =": case({}, workspace=False, args=["--workspace-folder=proj"]),
    "camel case": case({}, workspace=False, args=["--workspaceFolder", "proj"]),
    "T048 worktree": case({}, folder="wt/feat", worktree="../repo/.git/worktrees/feat",
                          args=["--mount-git-worktree-common-dir"]),
    "T048 flag off": case({}, folder="wt/feat", worktree="../repo/.git/worktrees/feat"),
    "T048 below a worktree": case({}, folder="wt/feat/sub", worktree="../repo/.git/worktrees/feat",
                                  args=["--mount-git-worktree-common-dir", "true"]),
    "T050 two levels": case({}, folder="user/worktrees/feat", worktree="../../repo/.git/worktrees/feat",
                            args=["--mount-git-worktree-common-dir"]),
    "own mount of a worktree": case({"workspaceMount": "type=volume,source=v,target=/v", "workspaceFolder": "/v"},
                                    folder="wt/feat", worktree="../repo/.git/worktrees/feat",
                                    args=["--mount-git-worktree-common-dir"]),
    "T049 comma and blank": case({}, folder="a,b c"),
    "other characters": case({}, folder="é中 $(x)"),
    "quote": case({}, folder='a"b', differs={"quotes in the folder's name": {
        "stdout.workspace.workspaceMount": 'type=bind,"source=<root>/a""b","target=/workspaces/a""b"'}}),
    "dot file": case({}, file=".devcontainer.json"),
    "both files": case({}, files={".devcontainer.json": '{"image":"second"}'}),
    "override": case({}, files={"o.json": '{"image":"other","x":"${localWorkspaceFolder}"}'},
                     args=["--override-config", "{ws}/o.json"]),
    "override alone": case(None, files={"o.json": '{"image":"other"}'}, args=["--override-config", "{ws}/o.json"]),
    "override and config": case({}, files={"o.json": '{"image":"other"}', "alt/devcontainer.json": "{}"},
                                args=["--override-config", "{ws}/o.json", "--config", "{ws}/alt/devcontainer.json"]),
    "override that is missing": case({}, args=["--override-config", "{ws}/nowhere.json"]),
    "config that is missing": case({}, args=["--config", "{ws}/nowhere/devcontainer.json"]),
    "config without folder": case({}, workspace=False, cwd="proj", args=["--config", ".devcontainer/devcontainer.json"]),
    "folder that is missing": case({}, workspace=False, args=["--workspace-folder", "{ws}/nowhere"]),
    "no configuration": case(None, files={"x": ""}),
    "labels alone": case({}, workspace=False, args=["--id-label", "oracle=none"]),
    "labels and folder": value("${devcontainerId}", args=["--id-label", "oracle=none", "--id-label", "b=c"]),
    "container that is missing": case({}, workspace=False, args=["--container-id", "0123456789ab"]),
    "compose": case({"dockerComposeFile": "c.yml", "service": "s"}),
    "compose's folder": case({"dockerComposeFile": ["c.yml"], "service": "s", "workspaceFolder": "/x"}),
    "Dockerfile": case({"build": {"dockerfile": "Dockerfile", "args": {"A": "${localEnv:SETV}"}}}),
    "named configuration": case(None, files={".devcontainer/one/devcontainer.json": '{"image":"one"}'},
                                differs={"named configurations": {"exit": 0}}, free=["stdout"]),
}

MERGE = {
    "no label": merged({"hostRequirements": {"cpus": 2}}),
    "nothing at all": merged({}, differs={"hostRequirements of nobody": {"stdout.mergedConfiguration.hostRequirements": "absent"}}),
    "T060 booleans": merged({"init": False}, {"init": True}, {"privileged": True}),
    "T061 unions": merged({"capAdd": ["B", "A"]}, {"capAdd": ["A", "C"]}, {"capAdd": ["B"], "securityOpt": ["x"]}),
    "T062 mounts": merged(
        {"mounts": ["type=bind,source=/c,target=/t1", "source=x,dst=/t4,type=volume", "source=y,destination=/t2,type=volume"]},
        {"mounts": ["source=/a,target=/t1,type=bind", {"type": "volume", "source": "c", "target": "/t2"}]},
        {"mounts": [{"type": "volume", "source": "d", "target": "/t3"}]}),
    "T064 hooks": merged({"postCreateCommand": {"a": "x"}, "onCreateCommand": ["l", "s"], "postStartCommand": "ps"},
                         {"postCreateCommand": "one"}, {"postCreateCommand": ["two"]}),
    "empty hooks": merged({"postCreateCommand": "", "onCreateCommand": [], "postStartCommand": {}}, {"postCreateCommand": ""}),
    "T065 users": merged({"remoteUser": "b"}, {"remoteUser": "a", "containerUser": "c"}),
    "T066 last ones": merged({"remoteUser": "z"}, {"userEnvProbe": "none", "waitFor": "postCreateCommand", "shutdownAction": "none",
                                                    "overrideCommand": True, "updateRemoteUserUID": False}),
    "booleans that are last": merged({}, {"overrideCommand": True, "updateRemoteUserUID": True},
                                     {"overrideCommand": False, "updateRemoteUserUID": False}),
    "T068 environments": merged({"remoteEnv": {"A": "dc", "N": None}, "containerEnv": {"X": "dc"}},
                                {"remoteEnv": {"A": "1", "B": "2"}, "containerEnv": {"X": "1", "Y": "2"}}, {"remoteEnv": {"B": "3"}}),
    "T069 ports": merged({"forwardPorts": [3000, "localhost:3001", "db:1", 3001]}, {"forwardPorts": [3000, "localhost:8080"]}),
    "T070 attributes of ports": merged(
        {"portsAttributes": {"3000": {"label": "b"}}, "otherPortsAttributes": {"protocol": "http"}},
        {"portsAttributes": {"3000": {"label": "a"}, "4": {"label": "c"}}, "otherPortsAttributes": {"onAutoForward": "silent"}}),
    "T072 memory": merged({"hostRequirements": {"memory": "1tb", "storage": "2kb"}}, {"hostRequirements": {"memory": "1024"}},
                          {"hostRequirements": {"memory": "bad", "cpus": 1}}),
    "T073 gpu": merged({"hostRequirements": {"gpu": "optional"}}, {"hostRequirements": {"gpu": True}},
                       {"hostRequirements": {"gpu": {"cores": 4}}}, {"hostRequirements": {"gpu": {"memory": "8gb"}}}),
    "gpu optional": merged({"hostRequirements": {"gpu": "optional"}}),
    "T074 customizations": merged({"customizations": {"vscode": {"c": 1}, "x": [1]}}, {"customizations": {"vscode": {"a": 1}}},
                                  {"customizations": {"jb": {"p": 1}}}),
    "T076 one object": merged({}, '{"remoteUser":"a"}'),
    "T077 not JSON": merged({"remoteUser": "z"}, "nonsense"),
    "T077 half": merged({"remoteUser": "z"}, '[{"remoteUser":"a"'),
    "T078 strangers": merged({"name": "own", "runArgs": ["--rm"]},
                             {"name": "n", "runArgs": ["-x"], "appPort": 1, "workspaceFolder": "/x", "initializeCommand": "no", "foo": 1}),
    "entrypoints": merged({}, {"entrypoint": "/e1"}, {"entrypoint": "/e2"}),
    "variables of the label": merged({}, {"remoteEnv": {"A": "${localEnv:SETV}", "B": "${localWorkspaceFolder}",
                                                        "C": "${containerWorkspaceFolder}", "D": "${containerEnv:PATH}"}}),
    "id in the label": merged({}, {"mounts": ["source=v-${devcontainerId},target=/v,type=volume"]}),
    "feature": merged({"features": {"./one": {}}}, {"init": True, "entrypoint": "/base"}, files=feature()),
    "feature of a Dockerfile": merged({"build": {"dockerfile": "Dockerfile"}, "features": {"./one": "2"}}, files={
        **feature(), ".devcontainer/Dockerfile": f"FROM {BASE} AS a\nFROM a\nUSER dev\n"}),
    "Dockerfile on a labelled image": merged(
        {"build": {"dockerfile": "Dockerfile", "args": {"B": "{image}"}}, "remoteUser": "z"}, {"remoteUser": "a", "init": True},
        files={".devcontainer/Dockerfile": "ARG B=nothing\nFROM ${B}\n"}),
    "Dockerfile's stage": merged(
        {"build": {"dockerfile": "Dockerfile", "target": "two"}}, {"remoteUser": "a"},
        files={".devcontainer/Dockerfile": f"FROM {BASE} AS one\nFROM {{image}} AS two\nFROM one\n"}),
    "additional features": merged({"features": {"./one": {"flag": False}}}, files={**feature(), **feature(id="two", version="2.0.0")},
                                  args=["--additional-features", '{"./two":"2","./one":"3"}']),
}

FEATURES_FLAG = ["--include-features-configuration"]
FEATURES = {
    "none": case({}, args=FEATURES_FLAG),
    "text": case({"features": {"./one": "2"}}, files=feature(), args=FEATURES_FLAG),
    "object": case({"features": {"./one": {"flag": False}}}, files=feature(), args=FEATURES_FLAG),
    "boolean": case({"features": {"./one": True}}, files=feature(), args=FEATURES_FLAG),
    "two in order": case({"features": {"./one": {}, "./two": {}}}, args=FEATURES_FLAG,
                         files={**feature(installsAfter=["./two"]), **feature(id="two", version="2.0.0")}),
    "overridden order": case({"features": {"./one": {}, "./two": {}}, "overrideFeatureInstallOrder": ["./two"]}, args=FEATURES_FLAG,
                             files={**feature(), **feature(id="two", version="2.0.0")}),
    "missing": case({"features": {"./nope": {}}}, args=FEATURES_FLAG),
    "T115 outside": case({"features": {"../../one": {}}}, args=FEATURES_FLAG),
    "T115 absolute": case({"features": {"/one": {}}}, args=FEATURES_FLAG),
}

USAGE = {
    "unknown flag": case({}, args=["--bogus"]),
    "operand": case({}, args=["extra"]),
    "no-": case({}, args=["--no-mount-workspace-git-root"]),
    "boolean that is none": case({}, args=["--mount-workspace-git-root", "maybe"]),
    "choice": case({}, args=["--log-level", "loud"]),
    "choice twice": case({}, args=["--log-level", "info", "--log-level", "debug"]),
    "columns alone": case({}, args=["--terminal-columns", "80"]),
    "columns and rows": case({}, args=["--terminal-columns", "80", "--terminal-rows", "24"]),
    "label without =": case({}, args=["--id-label", "x"]),
    "log format": case({}, args=["--log-format", "json"]),
    "folder twice": case({}, args=["--workspace-folder", "{ws}"]),
    "user data": case({}, args=["--user-data-folder", "{ws}/data"]),
}

READ = {f"{group}: {name}": c for group, cases in (
    ("substitution", SUBSTITUTION), ("jsonc", JSONC), ("workspace", WORKSPACE), ("merge", MERGE), ("features", FEATURES),
    ("usage", USAGE)) for name, c in cases.items()}

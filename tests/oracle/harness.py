"""Lays a case out, asks a program about it, and makes its answer comparable."""
import hashlib
import json
import os
import pathlib
import re
import subprocess

from cases import BASE, ENV

HERE = pathlib.Path(__file__).resolve().parent


def devcontainer_id(labels):
    """1.4 of the reference: base 32 of the SHA-256 of the sorted labels."""
    text = json.dumps(dict(sorted(labels.items())), separators=(",", ":"), ensure_ascii=False)
    n, digits = int(hashlib.sha256(text.encode()).hexdigest(), 16), ""
    for _ in range(52):
        n, d = divmod(n, 32)
        digits = "0123456789abcdefghijklmnopqrstuv"[d] + digits
    return digits


def git_init(folder):
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)


def plain_text(text, root, ws, config):
    """Without what no two runs share: this run's paths, and what follows from them."""
    labels = {"devcontainer.local_folder": str(ws), "devcontainer.config_file": str(ws / config)}
    text = text.replace(devcontainer_id(labels), "<id>").replace(hashlib.sha256(str(ws).encode()).hexdigest(), "<hash>")
    text = text.replace(str(root), "<root>")
    # where features are put together is each program's own affair; which one was asked for auth is the reference's
    text = re.sub(r'"(cachePath|dstFolder)":"[^"]*"', r'"\1":"<cache>"', text)
    return re.sub(r',"ociAuthDiagnostics":\{[^}]*\}', "", text)


class Layout:
    """A case in a folder of its own."""

    def __init__(self, case, root, docker):
        self.case, self.root = case, pathlib.Path(root)
        self.ws = self.root / case.get("folder", "proj")
        self.image = BASE
        label = case.get("label")
        if label is not None:
            self.image = "lace-oracle:" + hashlib.sha256(label.encode()).hexdigest()[:12]
            if not docker("images", "-q", self.image).strip():
                quoted = re.sub(r'(["\\$])', r"\\\1", label)
                docker("build", "-q", "-t", self.image, "-", input=f'FROM {BASE}\nLABEL devcontainer.metadata="{quoted}"\n')
        for folder in case.get("git", []):
            git_init(self.root / folder)
        if "worktree" in case:
            top = self.ws if self.ws.name == "feat" else self.ws.parent
            repo = pathlib.Path(os.path.normpath(top / case["worktree"].split("/.git/")[0]))
            git_init(repo)
            git = ["git", "-C", str(repo), "-c", "user.name=t", "-c", "user.email=t@example.com"]
            subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], check=True)
            subprocess.run([*git, "worktree", "add", "-q", str(top)], check=True, capture_output=True)
            (top / ".git").write_text(f"gitdir: {case['worktree']}\n")
        self.ws.mkdir(parents=True, exist_ok=True)
        config = case["config"]
        if isinstance(config, dict):
            config = json.dumps({**config, **({"image": self.image} if "image" in config else {})}, ensure_ascii=False)
        files = dict(case.get("files", {}))
        if config is not None:
            files[case.get("file", ".devcontainer/devcontainer.json")] = config
        for name, text in files.items():
            path = self.ws / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.replace("{image}", self.image).encode())

    def argv(self, command):
        args = [a.replace("{ws}", str(self.ws)) for a in self.case.get("args", [])]
        folder = ["--workspace-folder", str(self.ws)] if self.case.get("workspace", True) else []
        return [command, *folder, *args]

    def run(self, program, env, command="read-configuration"):
        env = {**{k: v for k, v in env.items() if k != "UNSET"}, **ENV}
        return subprocess.run([*program, *self.argv(command)], env=env, cwd=self.root / self.case.get("cwd", "."),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)

    def plain(self, text):
        return plain_text(text, self.root, self.ws, self.case.get("file", ".devcontainer/devcontainer.json"))


def read_answer(layout, result):
    """Exit code and what was printed, parsed (the order of keys counts: lists of pairs would be unreadable)."""
    text = layout.plain(result.stdout).strip()
    return {"exit": result.returncode, **({"stdout": json.loads(text)} if text else {})}


def at(value, path):
    for key in path.split(".") if path else []:
        value = value.get(key, "absent") if isinstance(value, dict) else "absent"
    return value


def differences(ours, theirs, path=""):
    """(path, ours, theirs) of all that is not the same; keys in another order are a difference too."""
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        ours, theirs = ({str(i): x for i, x in enumerate(v)} for v in (ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if {*ours} == {*theirs} and list(ours) != list(theirs):
            yield path + " (order)", list(ours), list(theirs)
        for key in {**theirs, **ours}:
            yield from differences(ours.get(key, "absent"), theirs.get(key, "absent"), f"{path}.{key}" if path else key)
    elif ours != theirs or type(ours) is not type(theirs):
        yield path, ours, theirs


def stored(name):
    return json.loads((HERE / f"{name}.json").read_text())


def store(name, answers):
    (HERE / f"{name}.json").write_text(json.dumps(answers, indent=1, ensure_ascii=True) + "\n")

"""Help, man page and completions say what the tables say, and the README's promises stand in the tree."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import LACE
from dockerd import TOP

BUILD = pathlib.Path(LACE).resolve().parents[2]


def out(*argv, **kwargs):
    return subprocess.run(argv, capture_output=True, text=True, check=True, **kwargs).stdout


def verbs():
    text = out(LACE, "--help")
    found = re.findall(r"^  ([a-z][a-z-]*)(?:, [a-z]+)? {2,}\S", text, re.M)
    assert len(found) >= 10, text
    return found


def options(verb):
    text = out(LACE, verb, "--help")
    return re.findall(r"^  (?:-\w, )?--([a-z-]+)", text.split("options:")[1], re.M)


def test_every_verb_has_help_with_usage():
    for verb in verbs():
        text = out(LACE, verb, "--help")
        assert text.startswith(f"usage: lace {verb}"), text
        assert "help" in options(verb)


def test_the_man_page_lists_every_verb_and_option():
    page = (BUILD / "man" / "lace.1").read_text().replace("\\-", "-").replace("\\fB", "").replace("\\fR", "")
    for verb in verbs():
        assert f"lace {verb}" in page, verb
        for option in set(options(verb)) - {"help"}:
            assert f"--{option}" in page, f"{verb} --{option}"


def test_completions_know_every_verb_and_option():
    for shell in ("bash", "zsh", "fish"):
        text = out(LACE, "completion", shell)
        for verb in verbs():
            assert verb in text
            for option in set(options(verb)) - {"help"}:
                assert option in text, f"{shell}: {verb} --{option}"
    # bash is there: the script is read and used
    done = out("bash", "-c", f"PATH={os.path.dirname(LACE)}:$PATH; source <({LACE} completion bash); COMP_WORDS=(lace up --tr); "
               "COMP_CWORD=2; _lace; echo \"${COMPREPLY[@]}\"")
    assert done.strip() == "--trust"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completions_parse(shell):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    script = out(LACE, "completion", shell)
    subprocess.run([shell, "-n", "/dev/stdin"], input=script, text=True, check=True)


def test_the_readme_names_what_exists():
    text = (TOP / "README.md").read_text()
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(), re.M))
    for name in re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+) ", text, re.M):
        assert (name[0] or name[1]) in targets, name
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (TOP / link).exists(), link
    for verb in set(re.findall(r"`lace ([a-z][a-z-]*)", text)):
        assert verb in [*verbs(), "devcontainer"], verb      # that one has a face of its own


def test_install_honours_prefix_and_destdir(tmp_path):
    env = {**os.environ, "DESTDIR": str(tmp_path)}
    subprocess.run(["meson", "install", "-C", str(BUILD), "--no-rebuild", "--quiet"], env=env, check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)
    options = json.loads(out("meson", "introspect", str(BUILD), "--buildoptions"))
    prefix = next(o["value"] for o in options if o["name"] == "prefix")
    root = tmp_path / prefix.lstrip("/")
    for name in ("bin/lace", "share/lace/features/sshd/install.sh", "share/lace/features/mux-server/install.sh",
                 "share/man/man1/lace.1", "share/man/man1/lace-mux-server.1", "share/man/man7/lace-terminal.7",
                 "share/bash-completion/completions/lace",
                 "share/zsh/site-functions/_lace", "share/fish/vendor_completions.d/lace.fish"):
        assert (root / name).is_file(), name
    assert os.access(root / "share/lace/features/sshd/install.sh", os.X_OK)
    assert list((root / "share/lace/features/mux-server/bin").glob("lace-mux-server-*"))
    assert re.match(r"lace \d", out(str(root / "bin/lace"), "--version"))

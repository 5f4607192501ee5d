"""What a person adds to a project's container: secrets for its commands, and dotfiles."""
import json
import subprocess



def test_secrets_reach_the_hooks_and_nothing_that_is_printed(lace, project, tmp_path):
    (tmp_path / "secrets").write_text(json.dumps({"TOKEN": "s3cr3t-token", "KEY": "-----BEGIN\nline-of-a-key\n-----END"}))
    project.write(postCreateCommand="printf %s \"$TOKEN\" > /tmp/token; printf %s \"$KEY\" > /tmp/key; echo said $TOKEN; exit 3",
                  initializeCommand="echo init ${TOKEN:-none}", remoteEnv={"TOKEN": "of remoteEnv"})
    r = lace("up", "--trust", "--plain", "--secrets-file", tmp_path / "secrets", project)
    assert r.returncode == 1 and "said ********" in r.stderr
    assert project.sh("cat /tmp/token; echo; cat /tmp/key") == "s3cr3t-token\n-----BEGIN\nline-of-a-key\n-----END"
    everything = r.stdout + r.stderr + "".join(p.read_text(errors="replace") for p in project.folder.glob(".lace/**/*")
                                               if p.is_file())
    assert "s3cr3t" not in everything and "init none" in everything
    assert lace.ok("exec", project, "--", "printenv", "TOKEN") == "of remoteEnv\n"
    (tmp_path / "secrets").write_text('{"A": 1}')
    assert '"A"' in lace.fails(1, "up", "--secrets-file", tmp_path / "secrets", project)


GIT = """#!/bin/sh
# the host's git: the test's image has none
LD_LIBRARY_PATH=/host/lib/x86_64-linux-gnu:/host/lib/aarch64-linux-gnu GIT_EXEC_PATH=/host/lib/git-core \\
	exec /host/bin/git "$@"
"""


def test_dotfiles_are_installed_once_between_two_hooks(lace, project, engine):
    dots = project.folder / "dots"
    dots.mkdir()
    (dots / ".vimrc").write_text("set nu")
    (dots / "install.sh").write_text("#!/bin/sh\necho dotfiles $PWD >> /tmp/order\n")
    git = ["git", "-C", str(dots), "-c", "user.name=x", "-c", "user.email=x@test"]
    for args in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *args], check=True)
    (project.folder / "git").write_text(GIT)
    project.write(onCreateCommand="mkdir -p ~/bin; cp git ~/bin; chmod +x ~/bin/git; "
                  "printf '[safe]\\n directory = *\\n' > ~/.gitconfig", postCreateCommand="echo create >> /tmp/order",
                  postStartCommand="echo start >> /tmp/order", remoteEnv={"PATH": "/home/dev/bin:/usr/bin:/bin"}, mounts=["type=bind,source=/usr,target=/host,readonly"])
    inside = f"/workspaces/{project.folder.name}/dots"
    for _ in range(2):
        r = lace("up", "--trust", "--plain", "--dotfiles-repository", inside, project)
        assert r.returncode == 0 and not [l for l in r.stderr.splitlines() if "warning" in l], r.stderr
    assert project.sh("cat /tmp/order").splitlines() == ["create", "dotfiles /home/dev/dotfiles", "start"]

    subprocess.run([*git, "rm", "-q", "install.sh"], check=True)
    subprocess.run([*git, "commit", "-qm", "y"], check=True)
    lace.ok("up", "--recreate", "--plain", "--dotfiles-repository", inside, "--dotfiles-target-path", "~/other", project)
    assert project.sh("readlink ~dev/.vimrc") == "/home/dev/other/.vimrc\n"
    r = lace("up", "--recreate", "--plain", "--dotfiles-repository", "/nowhere", project)
    assert r.returncode == 0 and "the dotfiles of /nowhere are not installed" in r.stderr


def test_the_reference_faces_flags_do_the_same(lace, project, tmp_path):
    (tmp_path / "secrets").write_text('{"TOKEN": "s3cr3t-token"}')
    project.write(postCreateCommand="printf %s \"$TOKEN\" > /tmp/token; echo said $TOKEN", remoteUser="root")
    r = lace("devcontainer", "up", "--workspace-folder", project, "--secrets-file", tmp_path / "secrets",
             "--dotfiles-repository", "/nowhere", "--log-level", "trace")
    assert r.returncode == 0 and json.loads(r.stdout)["outcome"] == "success", r.stderr
    assert project.sh("cat /tmp/token") == "s3cr3t-token" and "s3cr3t" not in r.stdout + r.stderr
    assert "dotfiles" in r.stderr

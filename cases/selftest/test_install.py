"""The first command on a bare Debian 12: as root it installs what is missing and comes to a
verdict; as another user it names the one command that does, and changes nothing.

OV2_BARE=1 makes a tree with debootstrap, which takes minutes; without it these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MIRROR = os.environ.get("OV2_MIRROR", "http://deb.debian.org/debian")
NOBODY = 65534


def release(tree):
    """Unmounts what is left in the tree, before anybody removes it."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(f"{tree}/")), reverse=True):
        subprocess.run(["umount", mount], check=True)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The root of a Debian 12 with nothing in it but its base, and the suite in /ov2."""
    if not os.environ.get("OV2_BARE"):
        pytest.skip("it takes minutes: OV2_BARE=1 asks for it")
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("debootstrap is not installed, or we are not root")
    tree = tmp_path_factory.mktemp("bare") / "root"
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", "bookworm", tree, MIRROR],
        capture_output=True, text=True, timeout=1200, check=False,
    )
    release(tree)
    if made.returncode != 0:
        pytest.skip(f"no bare Debian can be made: {made.stdout.strip().splitlines()[-1]}")
    for file in ("/etc/resolv.conf", "/etc/hosts"):
        if Path(file).exists():
            shutil.copy(file, f"{tree}{file}")
    ignored = shutil.ignore_patterns("build", ".git", "__pycache__")
    shutil.copytree(ROOT, tree / "ov2", ignore=ignored)
    for device, number in (("null", 3), ("zero", 5), ("urandom", 9)):
        node = tree / "dev" / device
        if not node.exists():
            os.mknod(node, 0o020666, os.makedev(1, number))
    for kind, folder in (("proc", "proc"), ("tmpfs", "dev/shm")):
        (tree / folder).mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", kind, kind, tree / folder], check=True)
    yield tree
    release(tree)
    shutil.rmtree(tree)


def inside(tree, *command, user=0):
    """Runs a command in the tree, as that user."""
    return subprocess.run(
        ["chroot", f"--userspec={user}:{user}", tree, "/bin/sh", "-c", " ".join(command)],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/tmp"},
        capture_output=True, text=True, timeout=3600, check=False,
    )


def test_a_user_without_rights_is_told_the_one_command(bare):
    done = inside(bare, "/ov2/ov2 certify", user=NOBODY)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "run 'apt-get update && apt-get install -y --no-install-recommends " in done.stderr
    assert " gcc" in done.stderr and " python3-pytest" in done.stderr
    assert not (bare / "ov2/build").exists()


def test_nothing_is_installed_where_that_is_forbidden(bare):
    done = inside(bare, "/ov2/ov2 certify OV2_INSTALL=0")

    assert done.returncode == 2
    assert "as root" in done.stderr
    assert not (bare / "usr/bin/gcc").exists()


def test_the_first_command_comes_to_a_verdict(bare):
    done = inside(bare, "/ov2/ov2 certify")

    assert done.returncode in (0, 2), done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.splitlines()[0].startswith("installing ")
    assert done.stdout.splitlines()[-1].startswith(("CONFORMS", "INCOMPLETE"))
    assert (bare / "ov2/build/report/report.html").exists()


def test_its_own_tests_pass(bare):
    done = inside(bare, "/ov2/ov2 test")

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.splitlines()[-1].endswith(" passed, 0 failed")

"""The rooms engine and dev against a real engine: the C tests that are skipped without one."""
import os
import pathlib
import subprocess

import pytest

from conftest import LACE

UNIT = pathlib.Path(LACE).parent / "tests" / "unit"


@pytest.mark.parametrize("program", ["engine/test_engine_live", "dev/test_dev_hooks_live"])
def test_against_the_engine(engine, program):
    r = subprocess.run([UNIT / program], env={**os.environ, "LACE_TEST_DOCKER_HOST": engine.host},
                       capture_output=True, text=True, errors="replace", timeout=300)
    assert r.returncode == 0, r.stdout[-2000:] + r.stderr[-6000:]
    assert "PASSED" in r.stdout + r.stderr

"""What importing this package promises to everything that runs after."""

import subprocess
import sys


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_keras_is_the_one_that_tensorflow_recommenders_can_use() -> None:
    assert run("from pharos.towers.backend import tf; print(tf.keras.__name__)").stdout.strip().startswith("tf_keras")


def test_keras_2_is_chosen_even_against_the_environment() -> None:
    switch = "import os; os.environ['TF_USE_LEGACY_KERAS'] = '0'"
    code = f"{switch}; from pharos.towers.backend import tf; print(tf.keras.__name__)"
    assert run(code).stdout.strip().startswith("tf_keras")


def test_waking_tensorflow_says_nothing() -> None:
    assert run("from pharos.towers.backend import tf; tf.constant(1) + 1").stderr == ""


def test_the_settings_are_there_without_waking_tensorflow() -> None:
    code = "import sys, pharos.towers.settings, pharos.towers.bundle.bundle; print('tensorflow' in sys.modules)"
    assert run(code).stdout.strip() == "False"

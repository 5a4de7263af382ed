"""Installs Python packages for a test, once.

    python3 tools/python.py NAME

Into target/tools/NAME go the packages of tools/NAME/requirements.txt, which names every one of them: none brings others
along. Prints the folder; does nothing when it already holds these versions; exits with 1 and pip's words when they cannot
be had. Needs Python 3.9 or later with pip.
"""

import os
import pathlib
import shutil
import subprocess
import sys

TOOLS = pathlib.Path(__file__).resolve().parent


def main():
    name = sys.argv[1]
    folder = TOOLS.parent / "target" / "tools" / name
    requirements = TOOLS / name / "requirements.txt"
    stamp = folder / "installed.txt"
    if stamp.is_file() and stamp.read_text() == requirements.read_text():
        print(folder)
        return 0
    # Into a folder beside it first, so that an interrupted installation is never taken for a finished one.
    partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "--target", str(partial), "-r", str(requirements)], stdout=sys.stderr, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        print(f"the Python packages for {name} could not be installed (see above)", file=sys.stderr)
        return 1
    shutil.copy(requirements, partial / stamp.name)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

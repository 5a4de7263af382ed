"""Installs the embedded ClickHouse engine for the HTTP front, once.

    python3 tools/clickhouse/install.py [FOLDER]

Into FOLDER (default: target/tools/chdb of the project) go the packages of requirements.txt, without their own
dependencies: the front uses none of the data-frame formats they serve. Prints the folder; does nothing when it already
holds these versions; exits with 1 and pip's words when they cannot be had. Needs Python 3.9 or later with pip.
"""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT = HERE.parent.parent / "target" / "tools" / "chdb"


def main():
    folder = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else DEFAULT
    requirements = HERE / "requirements.txt"
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
        print("the ClickHouse engine for tests could not be installed (see above)", file=sys.stderr)
        return 1
    shutil.copy(requirements, partial / stamp.name)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

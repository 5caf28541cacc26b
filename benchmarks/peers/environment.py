"""The peers' own environment: a folder with a virtual environment, made if it is missing or
outdated.

Input: a folder, and `requirements.txt` beside this file, which pins every package. Output: the path
of a Python. Nothing of a peer is ever installed into zeitgraph's environment.
"""

import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def peer_python(folder: Path) -> Path:
    """Returns the Python of the environment in `folder`, made again if `requirements.txt` changed.

    Raises `subprocess.CalledProcessError` if pip fails.
    """
    python, receipt = folder / "bin" / "python", folder / REQUIREMENTS.name
    if receipt.is_file() and receipt.read_bytes() == REQUIREMENTS.read_bytes():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    print(f"making the peers' environment in {folder} …", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)  # noqa: S603
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(REQUIREMENTS)]
    subprocess.run(pip, check=True)  # noqa: S603
    receipt.write_bytes(REQUIREMENTS.read_bytes())
    return python


if __name__ == "__main__":
    print(peer_python(Path(sys.argv[1])))

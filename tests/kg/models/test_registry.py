"""The table of models, and fetching one over real HTTP from a small hub on loopback."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from zeitgraph.kg.base.ids import digest_bytes
from zeitgraph.kg.models.registry import KNOWN_MODELS, list_models
from zeitgraph.kg.workspace.settings import profile_names
from zeitgraph.kg.workspace.workspace import Workspace

pytestmark = pytest.mark.models

COMMIT = "a" * 40
FILES = {
    "model_index.json": b'{"_class_name": "StableDiffusionPipeline"}',
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": b"safe",
    "unet/diffusion_pytorch_model.fp16.safetensors": b"again",
    "unet/diffusion_pytorch_model.bin": b"pickle",
    "whole-checkpoint.safetensors": b"all of it again",
    "run_me.py": b"raise SystemExit",
}
CLASSIFIER = {
    "config.json": b"{}",
    "tokenizer.json": b"{}",
    "model.safetensors": b"safe",
    "pytorch_model.bin": b"pickle",
    "own.py": b"raise SystemExit",
}
REPOSITORIES = {
    "studio/classifier": CLASSIFIER,
    "studio/coded": CLASSIFIER | {"config.json": b'{"auto_map": {"AutoModel": "own.Model"}}'},
    "studio/tiny": FILES,
    "studio/pickled": {k: v for k, v in FILES.items() if not k.endswith(".safetensors")},
}


class Hub(BaseHTTPRequestHandler):
    """The part of the API of the hub that a download uses."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        for name, files in REPOSITORIES.items():
            if path == f"/api/models/{name}/revision/main":
                listing = [{"rfilename": file} for file in files]
                return self.send(json.dumps({"id": name, "sha": COMMIT, "siblings": listing}))
            if path.startswith(f"/api/models/{name}/tree/"):
                entries = [
                    {"type": "file", "path": k, "size": len(v), "oid": digest_bytes(v)[:40]}
                    for k, v in files.items()
                ]
                return self.send(json.dumps(entries))
            prefix = f"/{name}/resolve/{COMMIT}/"
            if path.startswith(prefix) and path.removeprefix(prefix) in files:
                return self.send(files[path.removeprefix(prefix)])
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def do_HEAD(self) -> None:
        self.do_GET()

    def send(self, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{digest_bytes(data)[:40]}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


GET = "get_model(sys.argv[1], lambda line: print(line, file=sys.stderr))"
CHECK = "checked_folder(sys.argv[1], 'transformers')"


def fetch(
    name: str, home: Path, call: str = GET, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`call` in a new process, since the client of the hub reads its settings once."""
    code = (
        "import sys\n"
        "from zeitgraph.kg.base.errors import ZeitgraphError\n"
        "from zeitgraph.kg.models.registry import checked_folder, get_model\n"
        f"try: print({call})\n"
        "except ZeitgraphError as error: print(type(error).__name__, error.line); sys.exit(1)\n"
    )
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    env |= {"HF_HOME": str(home), "HF_HUB_DISABLE_PROGRESS_BARS": "1"} | environment
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, name],
        env=env,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_pipeline_is_fetched_once_and_without_unsafe_files(hub: str, tmp_path: Path) -> None:
    first = fetch("studio/tiny", tmp_path, HF_ENDPOINT=hub)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "fetching studio/tiny" in first.stderr
    folder = Path(first.stdout.strip())
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == {
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
    }
    again = fetch("studio/tiny", tmp_path, HF_HUB_OFFLINE="1")
    assert again.stdout == first.stdout
    assert "fetching" not in again.stderr


def test_a_model_that_has_only_pickles_is_refused(hub: str, tmp_path: Path) -> None:
    done = fetch("studio/pickled", tmp_path, HF_ENDPOINT=hub)
    assert done.stdout.startswith("ModelError the model has no safetensors")


def test_a_checkpoint_is_fetched_without_pickles_and_serves_offline(
    hub: str, tmp_path: Path
) -> None:
    first = fetch("studio/classifier", tmp_path, CHECK, HF_ENDPOINT=hub)
    assert first.returncode == 0, first.stdout + first.stderr
    found = {path.name for path in Path(first.stdout.strip()).iterdir()}
    assert found == {"config.json", "tokenizer.json", "model.safetensors"}
    for environment in ({"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}):
        assert fetch("studio/classifier", tmp_path, CHECK, **environment).stdout == first.stdout


def test_a_checkpoint_that_names_code_is_refused_after_it_is_fetched(
    hub: str, tmp_path: Path
) -> None:
    done = fetch("studio/coded", tmp_path, CHECK, HF_ENDPOINT=hub)
    assert done.stdout.startswith("ModelError the model brings program code")
    assert "config.json: auto_map" in done.stdout
    assert done.stdout.count("\n") == 1


def test_a_model_that_the_hub_does_not_have_gives_one_clear_line(hub: str, tmp_path: Path) -> None:
    done = fetch("studio/nothing", tmp_path, HF_ENDPOINT=hub)
    assert done.stdout.startswith("ModelError the hub has no such model, or hides it (studio/noth")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    "environment", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}]
)
def test_no_network_gives_one_clear_line(environment: dict[str, str], tmp_path: Path) -> None:
    done = fetch("studio/tiny", tmp_path, **environment)
    assert done.stdout.startswith("ModelError the model could not be fetched"), done.stderr
    assert "check the network" in done.stdout
    assert done.stdout.count("\n") == 1


def test_an_unknown_name_is_answered_with_the_known_names(tmp_path: Path) -> None:
    done = fetch("no-such-model", tmp_path)
    assert done.stdout.startswith("UnknownName no model is called «no-such-model»: known: ")
    assert "timm/ViT-B-16-SigLIP2" in done.stdout


def test_a_bundled_model_needs_no_fetching(tmp_path: Path) -> None:
    assert fetch("starter", tmp_path, HF_HUB_OFFLINE="1").stdout == "None\n"


def test_every_profile_with_a_model_has_a_row() -> None:
    profiles = {model.profile for model in KNOWN_MODELS} - {""}
    assert profiles == set(profile_names()) - {"vectors"}


def test_the_list_has_the_state_of_models_and_the_choice_of_the_workspace(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", "starter")
    (workspace.root / "zeitgraph.toml").write_text(
        'profile = "starter"\n[gallery]\nimage_maker = "diffusers"\nmodel = "studio/tiny"\n',
        "utf-8",
    )
    rows = {row.name: row for row in list_models(Workspace(workspace.root))}
    assert rows["starter"].state == "bundled"
    assert rows["starter"].chosen
    assert rows["studio/tiny"].chosen
    assert rows["studio/tiny"].state == "not fetched"
    assert not any(row.chosen for row in list_models())

"""Pipelines of the Hub: what is fetched, who refuses, and that the token is told to nobody else."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import yaml

from tests.integration.pyannote_models import (
    PARAMS,
    embedding,
    save_model,
    segmentation,
    write_config,
)

pytestmark = pytest.mark.integration

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_aVerySecretTokenOfMine"
MISSING = (404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
GATED = {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access to it is restricted."}
UNKNOWN = {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}
NO_REVISION = {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev id"}
BAD_TOKEN = {"X-Error-Message": "Invalid credentials in Authorization header"}
FINE_GRAINED = {"X-Error-Message": "Please enable access to public gated repositories"}
HANGS_UP = (0, {})
TOKENS_PAGE, WRITE_TOKEN = "https://huggingface.co/settings/tokens", "HF_TOKEN="


@dataclass(frozen=True)
class Case:
    """Who refuses how, with which token; what is said then, and what there is to do.

    Repositories are named after the case: `org/NAME`, `org/NAME-segments`, `org/NAME-voices`.
    """

    said: str
    hint: str = ""
    refuses: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    token: str | None = TOKEN
    options: dict[str, Any] = field(default_factory=dict)


CASES = {
    "good": Case("loaded"),
    "untold": Case(
        "model org/untold-segments is gated, and you have no token",
        "https://huggingface.co/org/untold-segments",
        {"-segments": (401, GATED)},
        token=None,
    ),
    "pipeline": Case(
        "model org/pipeline is gated, and its conditions are not accepted",
        "https://huggingface.co/org/pipeline",
        {"": (403, GATED)},
    ),
    "second": Case(
        "pipeline org/second: model org/second-segments is gated, and its conditions are not",
        "https://huggingface.co/org/second-segments",
        {"-segments": (403, GATED)},
    ),
    "outdated": Case(
        "model org/outdated is gated, and the Hub does not take your token",
        TOKENS_PAGE,
        {"": (401, GATED)},
    ),
    "wrong": Case(
        "model org/wrong: the Hub does not take your token", WRITE_TOKEN, {"": (401, BAD_TOKEN)}
    ),
    "weak": Case(
        "model org/weak: your token may not read gated repositories",
        TOKENS_PAGE,
        {"": (403, FINE_GRAINED)},
    ),
    "unknown": Case(
        "the Hub knows no model org/unknown",
        "https://huggingface.co/org/unknown",
        {"": (404, UNKNOWN)},
    ),
    "private": Case(
        "the Hub knows no model org/private, or it is private and you have no token",
        WRITE_TOKEN,
        {"": (401, UNKNOWN)},
        token=None,
    ),
    "revision": Case(
        "model org/revision-voices has no revision v1",
        "https://huggingface.co/org/revision-voices/commits/main",
        {"-voices": (404, NO_REVISION)},
    ),
    "down": Case(
        "model org/down is not on this machine, and the Hub answers 503, try later",
        "diarizer.options.model=DIR",
        {"": (503, {})},
    ),
    "away": Case(
        "model org/away is not on this machine, and the Hub cannot be reached",
        "diarizer.options.model=DIR",
        {"": HANGS_UP},
    ),
    "empty": Case(
        "org/empty-voices holds no embedding model: pytorch_model.bin is missing",
        "diarizer.options.model=",
        {"-voices": MISSING},
    ),
    "no-pipeline": Case(
        "org/no-pipeline holds no pipeline: config.yaml is missing",
        "diarizer.options.model=",
        {"": MISSING},
    ),
    "forbidden": Case(
        "model org/forbidden is not on this machine, and may not be downloaded",
        "local_files_only=false",
        options={"local_files_only": True},
    ),
    "odd..name": Case("org/odd..name is no name that a model can have", "org/model"),
    "header": Case("model org/header", token="hf_tokenWith☃Snow"),
}


class Hub(ThreadingHTTPServer):
    """Plays the Hub; what it was asked, and by whom, is kept."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked, self.tokens = files, [], set()
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.wfile.write(self.answer())

    def log_message(self, *_):
        """Nothing on the terminal."""

    def answer(self) -> bytes:
        self.server.asked.append(self.path)
        self.server.tokens.add(self.headers.get("Authorization"))
        repository, _, rest = self.path.removeprefix("/org/").partition("/resolve/")
        name, file = repository, rest.partition("/")[2]
        role = next((r for r in ("-segments", "-voices") if name.endswith(r)), "")
        status, headers = CASES[name.removesuffix(role)].refuses.get(role, (200, {}))
        content = self.content(name, role, file)
        if (status, content) == (200, None):
            status, headers = MISSING
        if status == 200:
            headers = {"ETag": f'"{name}-{file}"', "X-Repo-Commit": COMMIT}
        content = content if content is not None and status == 200 else b""
        if status:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
        return content

    def content(self, name: str, role: str, file: str) -> bytes | None:
        if role or file != "config.yaml":
            return self.server.files.get(f"{role}/{file}")
        models = {"segmentation": f"org/{name}-segments", "embedding": f"org/{name}-voices@v1"}
        about = {"name": "pyannote.audio.pipelines.SpeakerDiarization", "params": models}
        return yaml.safe_dump({"pipeline": about, "params": PARAMS}).encode()


CODE = """
import json, logging, os, sys, time, traceback
from asrcore.errors import AsrError
from asrcore.plugin import Placement
from asrcore_adapters.pyannote import PLUGIN
time.sleep = lambda _: None  # the Hub's client tries five times
for token, options in json.loads(sys.argv[1]):
    os.environ.pop("HF_TOKEN", None)
    os.environ.update({"HF_TOKEN": token} if token else {})
    try:
        PLUGIN.build(PLUGIN.options.model_validate(options), Placement())
        print("loaded")
    except AsrError as error:
        print(str(error).replace("\\n", " "))
        traceback.print_exc()
print(logging.getLevelName(logging.getLogger("huggingface_hub").level))
"""


@dataclass(frozen=True)
class Told:
    """What came of each case, and everything that was written: to the terminal, to files."""

    lines: dict[str, str]
    everything: bytes
    log_level: str
    hub: Hub


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Told:
    """All cases in one process, as importing the engine takes seconds."""
    root, cache = tmp_path_factory.mktemp("hub"), tmp_path_factory.mktemp("cache")
    save_model(segmentation(), root / "-segments")
    save_model(embedding("sinc"), root / "-voices")
    write_config(
        root / "mine",
        pipeline={"segmentation": "org/good-segments", "embedding": "org/good-voices"},
    )
    hub = Hub({p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*.bin")})
    kept = {"download_root": str(cache), "threads": 1}
    tried = [
        (case.token, {"model": f"org/{name}", **kept, **case.options})
        for name, case in CASES.items()
    ]
    good = {"model": "org/good", **kept}
    tried += [(None, {**good, "local_files_only": True}), (TOKEN, good)]
    tried += [(TOKEN, {**good, "model": str(root / "mine")})]
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(tried)],
        capture_output=True,
        text=True,
        check=True,
        env={
            **ours,
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(cache / "home"),
            "NO_PROXY": "127.0.0.1",
        },
    )
    hub.shutdown()
    hub.server_close()
    *said, log_level = done.stdout.splitlines()
    lines = dict(zip([*CASES, "offline", "again", "folder"], said, strict=True))
    stored = [path.read_bytes() for path in cache.rglob("*") if path.is_file()]
    everything = b"".join([done.stdout.encode(), done.stderr.encode(), *stored])
    return Told(lines, everything, log_level, hub)


@pytest.mark.parametrize("name", CASES)
def test_each_case_is_told_with_the_way_out(told, name):
    assert CASES[name].said in told.lines[name]
    assert CASES[name].hint in told.lines[name]


def test_a_pipeline_and_its_models_are_fetched_once(told):
    """Models by the revisions that the pipeline names; the second time from the Hub's cache."""
    ours = [path for path in told.hub.asked if "/org/good" in path]
    fetched = {path for path in ours if not path.endswith("model.safetensors")}
    assert fetched == {
        "/org/good/resolve/main/config.yaml",
        "/org/good-segments/resolve/main/pytorch_model.bin",
        "/org/good-voices/resolve/v1/pytorch_model.bin",
        "/org/good-voices/resolve/main/pytorch_model.bin",
    }
    assert told.lines["offline"] == told.lines["again"] == told.lines["folder"] == "loaded"
    assert ours.count("/org/good/resolve/main/config.yaml") == 2, "asked about, and fetched"


def test_the_hubs_own_log_is_silent_while_fetching_and_as_before_after(told):
    """It tells of each try, on the terminal of whoever uses the library."""
    assert told.log_level == "WARNING"
    assert b"Retrying" not in told.everything


def test_the_token_goes_to_the_hub_and_nowhere_else(told):
    """Not to the terminal, not into a traceback, not into the cache."""
    assert told.hub.tokens == {f"Bearer {TOKEN}", None}
    assert b"Traceback" in told.everything
    assert TOKEN.encode() not in told.everything
    assert b"tokenWith" not in told.everything

"""Names on the Hub, over a real server on loopback, each command in a process of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hub_server import TOKEN

from evalsuite.models.names import embedded_folder

if TYPE_CHECKING:
    from pathlib import Path

    from hub_server import HubForks

BASE = embedded_folder() / "base"


def load(hub: HubForks, folder: Path, *names: str, **variables: str) -> list[str]:
    """Resolve and load each name; the lines say what came of it."""
    done = hub.run(folder, *names, call="hub_server:load_names", variables=variables)
    return done.output.splitlines()


def test_a_name_that_was_used_once_leads_to_the_same_files_without_a_network(
    fresh_hub: HubForks, tmp_path: Path
) -> None:
    commit = fresh_hub.server.repository("acme/tiny").push_folder(BASE)

    online = load(fresh_hub, tmp_path, "acme/tiny")
    fresh_hub.server.leave()
    offline = load(fresh_hub, tmp_path, "acme/tiny", f"acme/tiny@{commit}", "acme/other")

    assert online[0] == f"ok hub {commit} None None"
    assert offline[:2] == offline[2:4] == online
    assert offline[4].startswith("RunFailedError can't reach acme/other")


def test_an_adapter_on_the_hub_is_pinned_together_with_its_base(
    fresh_hub: HubForks, tmp_path: Path, adapter_folder: Path
) -> None:
    base = fresh_hub.server.repository("acme/tiny")
    first = base.push_folder(BASE)
    settings = json.loads((adapter_folder / "adapter_config.json").read_text(encoding="utf-8"))
    settings["base_model_name_or_path"] = "acme/tiny"
    written = json.dumps(settings).encode()
    commit = fresh_hub.server.repository("acme/adapter").push_folder(
        adapter_folder, **{"adapter_config.json": written}
    )

    before = load(fresh_hub, tmp_path, "acme/adapter", "acme/tiny")
    second = base.push_folder(BASE, **{"generation_config.json": b'{"eos_token_id": [1, 3]}'})
    after, _ = load(fresh_hub, tmp_path, "acme/adapter")

    assert before[0].startswith(f"ok adapter {commit} ")
    assert before[0].endswith(f"acme/tiny@{first}")
    assert before[1] != before[3]  # the adapter is in
    assert after.endswith(f"acme/tiny@{second}")
    assert after.split()[3] != before[0].split()[3]


def test_what_the_hub_refuses_is_one_line_with_the_way_out(
    fresh_hub: HubForks, tmp_path: Path
) -> None:
    fresh_hub.server.repository("acme/gated", is_gated=True).push_folder(BASE)
    fresh_hub.server.repository("acme/empty").push({"README.md": b"nothing"})
    fresh_hub.server.repository("acme/cut", cut_after=200_000).push_folder(BASE)
    names = ("acme/gated", "acme/none", "acme/empty@v9", "acme/empty", "acme/cut", "hf:../..")

    lines = load(fresh_hub, tmp_path, *names)
    with_token, _ = load(fresh_hub, tmp_path, "acme/gated", HF_TOKEN=f"{TOKEN}\r\n")
    (bad_token,) = load(fresh_hub, tmp_path, "acme/gated", HF_TOKEN=f"secret\n{TOKEN}")

    assert "acme/gated is gated; accept its terms at" in lines[0]
    assert "no repository acme/none, or it is private" in lines[1]
    assert "has no revision 'v9'" in lines[2]
    assert "neither config.json nor adapter_config.json" in lines[3]
    assert lines[4].startswith("ok hub")
    assert lines[5].startswith("RunFailedError can't reach acme/cut")
    assert "no name of the Hub" in lines[6]
    assert with_token.startswith("ok hub")
    assert "HF_TOKEN holds a blank" in bad_token
    assert "secret" not in bad_token

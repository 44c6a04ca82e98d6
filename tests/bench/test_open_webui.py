"""The benchmark's Open WebUI compares manifests as the real one does."""

from bench.peers.open_webui import Knowledge


def row(name: str, version: int) -> dict[str, object]:
    return {"filename": name, "path": "", "checksum": f"v{version}", "size": 0}


def test_a_manifest_is_compared_with_what_was_uploaded() -> None:
    knowledge = Knowledge()
    ids = {name: knowledge.add(name, "v1") for name in ("same", "edited", "gone")}
    found = knowledge.compare([row("same", 1), row("edited", 2), row("new", 1)])
    assert [file["filename"] for file in found["added"]] == ["new"]
    assert [file["stale_file_id"] for file in found["modified"]] == [ids["edited"]]
    assert [file["file_id"] for file in found["deleted"]] == [ids["gone"]]
    assert found["unmodified_count"] == 1
    knowledge.remove([ids["gone"]])
    assert not knowledge.compare([row("same", 1), row("edited", 1)])["deleted"]

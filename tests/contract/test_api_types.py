"""What the server's schema names, frontend/src/protocol/api.ts names too and nothing else: fields and addresses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from annotator.urls import api

SOURCE = Path(__file__).parents[2] / "frontend" / "src"
# The schema's name → the TypeScript interface's.
INTERFACES = {
    "Me": "User",
    "PreferencesIn": "Preferences",
    "PreferencesOut": "Preferences",
    "ProjectOut": "ProjectOut",
    "ProjectIn": "ProjectIn",
    "MemberOut": "Member",
    "ImageOut": "ImageOut",
    "RefusedOut": "RefusedFile",
    "UploadOut": "UploadResult",
    "ImageListOut": "ImagePage",
    "Prompts": "Prompts",
    "MaskIn": "MaskIn",
    "MaskOut": "MaskOut",
    "SessionImage": "SessionImage",
    "SessionModel": "ModelRef",
    "SessionEmbedding": "SessionEmbedding",
    "TimeLimitOut": "TimeLimit",
    "SessionOut": "SessionOut",
    "LeaseIn": "LeaseIn",
    "SkipIn": "SkipIn",
    "CropIn": "CropIn",
    "CropOut": "CropOut",
    "DeleteIn": "DeleteMaskIn",
    "EventsOut": "EventsResult",
    "ExportOut": "ExportOut",
    "VersionOut": "ModelVersionOut",
    "OfficialOut": "OfficialModelOut",
    "ImportOut": "ModelImportOut",
    "ModelsOut": "ModelsOut",
    "OfficialIn": "OfficialIn",
    "UploadedIn": "UploadedIn",
    "UploadedOut": "UploadedPart",
    "FiguresOut": "ThroughputFigures",
    "PersonOut": "ThroughputRow",
    "DayOut": "ThroughputDay",
    "ThroughputOut": "Throughput",
}
FILES_AND_LINKS = {
    "/api/exports/{}/file",
    "/api/images/{}/display/{}",
    "/api/images/{}/thumbnail/{}",
    "/api/embeddings/{}/{}",
    "/api/crops/{}/{}",
    "/api/models/{}/{}",
    "/api/projects/{}/throughput.csv",
    "/api/projects/{}/mask-times.csv",
    "/api/projects/{}/visit-times.csv",
}  # their addresses come from the server


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return api.get_openapi_schema()


def interfaces() -> dict[str, set[str]]:
    """The fields of every interface of api.ts, those it extends among them."""
    text = (SOURCE / "protocol" / "api.ts").read_text()
    found: dict[str, set[str]] = {}
    for name, parent, body in re.findall(r"export interface (\w+)(?: extends (\w+))? \{\n(.*?)^\}", text, re.M | re.S):
        found[name] = set(re.findall(r"^  readonly (\w+)\??:", body, re.M)) | found.get(parent, set())
    return found


@pytest.mark.parametrize(("name", "interface"), INTERFACES.items())
def test_the_fields_are_the_same(schema: dict[str, Any], name: str, interface: str) -> None:
    assert interfaces()[interface] == set(schema["components"]["schemas"][name]["properties"])


def test_every_address_is_called_and_no_other(schema: dict[str, Any]) -> None:
    text = (SOURCE / "session" / "http.ts").read_text()
    called = {re.sub(r"\$\{queryOf\(.*?\)\}", "", address) for address in re.findall(r"[`\"](/api/[^`\"]*)[`\"]", text)}
    called = {re.sub(r"\$\{\w+\}", "{}", address) for address in called}
    known = {re.sub(r"\{[^}]*\}", "{}", path) for path in schema["paths"]}
    assert called | FILES_AND_LINKS == known

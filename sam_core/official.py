"""The models that others have published and that load here unchanged. A table only: what reads them is importing.py."""

from __future__ import annotations

from dataclasses import dataclass

from sam_core.config import MOBILE_SAM, VIT_B, VIT_H, VIT_L, SamConfig


@dataclass(frozen=True)
class OfficialModel:
    """One published checkpoint. `bytes` is None where only its SHA-256 was published; `about_bytes` is always there."""

    config: SamConfig
    file: str
    bytes: int | None
    sha256: str
    address: str
    title: str = ""
    publisher: str = ""
    licence: str = "Apache License 2.0"
    unpublished_bytes: int = 0

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def about_bytes(self) -> int:
        return self.bytes or self.unpublished_bytes


_META = "https://dl.fbaipublicfiles.com/segment_anything/"
_MOBILE_SAM = "https://raw.githubusercontent.com/ChaoningZhang/MobileSAM/master/weights/"


def _meta(
    config: SamConfig, title: str, file: str, sha256: str, size: int | None, unpublished: int = 0
) -> OfficialModel:
    return OfficialModel(config, file, size, sha256, _META + file, title, "Meta AI", unpublished_bytes=unpublished)


OFFICIAL: dict[str, OfficialModel] = {
    model.name: model
    for model in (
        _meta(
            VIT_H,
            "SAM ViT-H",
            "sam_vit_h_4b8939.pth",
            "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
            2_564_550_879,
        ),
        _meta(
            VIT_L,
            "SAM ViT-L",
            "sam_vit_l_0b3195.pth",
            "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622",
            None,
            1_250_000_000,  # 4 bytes for each of its 312 million numbers
        ),
        _meta(
            VIT_B,
            "SAM ViT-B",
            "sam_vit_b_01ec64.pth",
            "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
            375_042_383,
        ),
        OfficialModel(
            MOBILE_SAM,
            "mobile_sam.pt",
            40_728_226,
            "6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f",
            _MOBILE_SAM + "mobile_sam.pt",
            "MobileSAM",
            "Chaoning Zhang and others",
        ),
    )
}

"""Every size and switch of a WT-DiT, and the released configurations (spec section 1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from wt_backend.flow.normalisation import OFFICIAL_MEDIAN_LOG, OFFICIAL_ZSCORE, Normalisation

LayerConditioning = Literal["film", "film_adaln"]

BLOCK_KINDS = 3  # frame, ray, global, in turn
ENCODER_TAPS = 4  # the last blocks whose outputs the decoder sees
NORM_GROUPS = 8  # of channels, in the stem's norms


def check_sizes(config: Any, *names: str) -> None:
    """Hold sizes of a dataclass against what a size may be.

    Raises
    ------
    ValueError
        One is no whole number from 1; it is named.
    """
    for name in names:
        value = getattr(config, name)
        if type(value) is not int or value < 1:
            raise ValueError(f"`{name}` is a whole number from 1, not {value!r}.")


@dataclass(frozen=True)
class EncoderConfig:
    """A DINOv2 vision transformer.

    Attributes
    ----------
    pos_embed_grid
        Side of the stored position grid, in patches.
    stem
        Widths of convolutions that embed patches (``stem.py``); none: one linear layer, as released.
    """

    embed_dim: int
    depth: int
    num_heads: int
    mlp_ratio: int = 4
    pos_embed_grid: int = 37
    patch_size: int = 14
    layer_scale_init: float = 1.0
    stem: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_sizes(self, "embed_dim", "depth", "num_heads", "mlp_ratio", "pos_embed_grid", "patch_size")
        widths = (*self.stem, self.embed_dim) if self.stem else ()
        if not all(type(width) is int and width > 0 and width % NORM_GROUPS == 0 for width in widths):
            raise ValueError(
                f"Widths of the stem and the encoder are multiples of {NORM_GROUPS}, not {list(widths)}."
            )
        if self.embed_dim % self.num_heads:
            raise ValueError(f"Encoder width {self.embed_dim} is not divisible by {self.num_heads} heads.")
        if self.depth < ENCODER_TAPS:
            raise ValueError(f"The encoder needs at least {ENCODER_TAPS} blocks, not {self.depth}.")


@dataclass(frozen=True)
class WTDiTConfig:
    """The network. Released values in :data:`OBJECT_R75B` and its siblings.

    Attributes
    ----------
    num_layers
        Surfaces per pixel, L.
    image_size
        Side of the square input image, in pixels, a multiple of ``patch_size``.
    layer_conditioning
        ``"film"``, or ``"film_adaln"``: frame blocks also get an adaLN term per layer.
    temporal_blocks
        One block along time after every global block (clips).
    rounded_rope
        Round rotary angles to bfloat16 where the decoder runs in bfloat16, as the released models were
        trained (section 17).
    layer_scale_init, temporal_layer_scale_init
        Start of the layer scales in training (section 18).
    """

    num_layers: int
    image_size: int
    decoder_dim: int
    decoder_heads: int
    decoder_blocks: int
    head_blocks: int
    encoder: EncoderConfig
    layer_conditioning: LayerConditioning = "film"
    temporal_blocks: bool = False
    patch_size: int = 14
    rounded_rope: bool = False
    layer_scale_init: float = 1e-4
    temporal_layer_scale_init: float = 1e-5

    def __post_init__(self) -> None:
        check_sizes(self, "num_layers", "image_size", "decoder_dim", "decoder_heads", "decoder_blocks")
        check_sizes(self, "head_blocks", "patch_size")
        if self.layer_conditioning not in ("film", "film_adaln"):
            raise ValueError(f"Unknown layer conditioning {self.layer_conditioning!r}.")
        if self.decoder_dim % self.decoder_heads or self.head_width % 4:
            raise ValueError(
                f"Decoder width {self.decoder_dim} over {self.decoder_heads} heads must give a head width "
                "divisible by 4 (two rotary axes of paired channels)."
            )
        if self.image_size % self.patch_size:
            raise ValueError(f"Image side {self.image_size} is not a multiple of {self.patch_size}.")
        if self.encoder.patch_size != self.patch_size:
            raise ValueError("Encoder and decoder must share one patch size.")

    @property
    def head_width(self) -> int:
        """Channels per decoder attention head."""
        return self.decoder_dim // self.decoder_heads

    @property
    def patch_values(self) -> int:
        """Numbers in one patch of a three-channel image."""
        return 3 * self.patch_size**2

    @property
    def num_temporal_blocks(self) -> int:
        """One after each global block, none in still models."""
        return self.decoder_blocks // BLOCK_KINDS if self.temporal_blocks else 0


@dataclass(frozen=True)
class ModelConfig:
    """A network together with what its numbers mean and what noise it starts from.

    Attributes
    ----------
    prior_correlation
        Correlation rho of the start noise between two frames of a clip (section 11).
    """

    network: WTDiTConfig
    normalisation: Normalisation = field(default_factory=Normalisation)
    prior_correlation: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.prior_correlation <= 1.0:
            raise ValueError(f"Prior correlation must lie in [0, 1], not {self.prior_correlation}.")

    @property
    def image_size(self) -> int:
        """Side of the square input image, in pixels."""
        return self.network.image_size

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """Read what :meth:`to_dict` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            A part is missing, nobody knows it, or its value cannot be.
        """
        network = dict(values["network"])
        encoder = dict(network["encoder"])
        stem = encoder.get("stem", ())
        if not isinstance(stem, (list, tuple)):
            raise ValueError(f"`stem` is a list of widths, not {stem!r}.")
        network["encoder"] = EncoderConfig(**encoder | {"stem": tuple(stem)})
        normalisation = Normalisation.from_dict(values["normalisation"])
        return cls(**values | {"network": WTDiTConfig(**network), "normalisation": normalisation})


VIT_L = EncoderConfig(embed_dim=1024, depth=24, num_heads=16)

_OBJECT = WTDiTConfig(
    num_layers=6,
    image_size=504,
    decoder_dim=1536,
    decoder_heads=24,
    decoder_blocks=42,
    head_blocks=6,
    encoder=VIT_L,
    rounded_rope=True,
)
_SCENE = replace(_OBJECT, image_size=840, decoder_blocks=36, layer_conditioning="film_adaln")
_DYNAMIC = replace(_OBJECT, image_size=336, temporal_blocks=True)

OBJECT_R75B = ModelConfig(_OBJECT, OFFICIAL_ZSCORE)
SCENE_R69L = ModelConfig(_SCENE, OFFICIAL_MEDIAN_LOG)
SCENE_R69E = ModelConfig(replace(_SCENE, image_size=504), OFFICIAL_MEDIAN_LOG)
SCENE_R69G = SCENE_R69E  # the official file differs in how the median was chosen in training, not in use
DYNAMIC_R76 = ModelConfig(_DYNAMIC, OFFICIAL_ZSCORE, prior_correlation=0.5)  # 0 before 2026-09-23

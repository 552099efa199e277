"""Which parameters of a network are updated by which optimiser."""

from __future__ import annotations

from torch.optim import Optimizer

from tests.backend.model.test_stem import NETWORK
from wt_backend.flow.normalisation import Normalisation
from wt_backend.model.wt_dit import WTDiT
from wt_backend.training.config import ObjectiveConfig, OptimiserConfig
from wt_backend.training.muon import Muon
from wt_backend.training.objective import FlowObjective
from wt_backend.training.optimisers import build_optimisers


def owners(muon: bool) -> dict[str, tuple[type[Optimizer], float]]:
    """Name of a parameter → kind of its optimiser and its weight decay."""
    objective = FlowObjective(WTDiT(NETWORK), Normalisation("median_log"), ObjectiveConfig(lesson_weight=1.0))
    optimisers = build_optimisers(objective, OptimiserConfig(muon=muon, weight_decay=0.1))
    groups = [(type(o), group) for o in optimisers for group in o.param_groups]
    found = {id(p): (kind, group["weight_decay"]) for kind, group in groups for p in group["params"]}
    assert len(found) == sum(len(group["params"]) for _, group in groups)  # none twice
    return {name: found[id(p)] for name, p in objective.named_parameters() if p.requires_grad}


def test_muon_takes_blocks_stem_and_projections() -> None:
    owner = owners(muon=True)
    encoder, head = "model.net.encoder.", "model.net.latents_projection."
    for name in (
        encoder + "patch_embed.stages.0.weight",  # filters of a convolution
        encoder + "blocks.0.mlp.fc1.weight",
        encoder + "final_project.weight",
        "model.net.feature_projection.0.weight",
        "model.net.geo_noise_projection.0.weight",
        "model.net.decoder_blocks.0.attn.qkv.weight",
        head + "geo_blocks.0.mlp.fc2.weight",
    ):
        assert owner[name] == (Muon, 0.1), name
    for name in (head + "geo_proj.weight", "lesson.head.weight", "model.net.time_projection.1.weight"):
        assert owner[name][0] is not Muon and owner[name][1] == 0.1, name


def test_biases_norms_and_embeddings_do_not_decay() -> None:
    for muon in (True, False):
        owner = owners(muon)
        for name in owner:
            if name.endswith("bias") or "norm" in name or "embed.weight" in name or "pos_embed" in name:
                assert owner[name][1] == 0 and owner[name][0] is not Muon, name


def test_without_muon_all_is_adamw() -> None:
    assert Muon not in {kind for kind, _ in owners(muon=False).values()}

"""Operators, one file for each thing to do."""

from .backend_control import WORLD_TRACING_OT_check_backend, WORLD_TRACING_OT_unload_model
from .backend_setup import (
    WORLD_TRACING_OT_cancel_install,
    WORLD_TRACING_OT_install_backend,
    WORLD_TRACING_OT_remove_backend,
)
from .cancel import WORLD_TRACING_OT_cancel
from .choose_checkpoint import WORLD_TRACING_OT_choose_checkpoint
from .cut_out import (
    WORLD_TRACING_OT_mask_from_box,
    WORLD_TRACING_OT_paint_mask,
    WORLD_TRACING_OT_wear_cut_out,
)
from .decimate import WORLD_TRACING_OT_decimate, WORLD_TRACING_OT_wear_reduced_mesh
from .export import WORLD_TRACING_OT_export, WORLD_TRACING_OT_exported
from .fill_colour import WORLD_TRACING_OT_fill_colour, WORLD_TRACING_OT_wear_filled_colour
from .fit_to_layers import WORLD_TRACING_OT_fit_to_layers, WORLD_TRACING_OT_wear_fit
from .ground import WORLD_TRACING_OT_ground
from .help import WORLD_TRACING_OT_open_guide, WORLD_TRACING_OT_open_log
from .import_frame import WORLD_TRACING_OT_import_frame
from .import_shot import WORLD_TRACING_OT_import_shot
from .import_stack import WORLD_TRACING_OT_import_stack
from .make_solid import WORLD_TRACING_OT_add_solid, WORLD_TRACING_OT_make_solid
from .merge_static import WORLD_TRACING_OT_merge_static, WORLD_TRACING_OT_wear_merged
from .models import (
    WORLD_TRACING_OT_delete_model,
    WORLD_TRACING_OT_download_model,
    WORLD_TRACING_OT_move_models,
    WORLD_TRACING_OT_verify_model,
)
from .paste_image import WORLD_TRACING_OT_paste_image
from .project_texture import WORLD_TRACING_OT_project_texture
from .reproject import WORLD_TRACING_OT_reproject
from .seed_sweep import WORLD_TRACING_OT_keep_variant, WORLD_TRACING_OT_seed_sweep
from .select_layer import WORLD_TRACING_OT_apply_to_layers, WORLD_TRACING_OT_select_layer
from .select_pixels import (
    WORLD_TRACING_OT_select_same_pixel,
    WORLD_TRACING_OT_select_sky,
    WORLD_TRACING_OT_select_under_mask,
)
from .set_scale import WORLD_TRACING_OT_set_scale
from .sky import WORLD_TRACING_OT_find_sky, WORLD_TRACING_OT_mark_sky
from .swap_solid import WORLD_TRACING_OT_swap_solid
from .trace_again import WORLD_TRACING_OT_trace_again
from .trace_folder import WORLD_TRACING_OT_trace_folder
from .trace_footage import WORLD_TRACING_OT_trace_footage
from .trace_ground_truth import WORLD_TRACING_OT_trace_ground_truth
from .trace_history import (
    WORLD_TRACING_OT_delete_trace,
    WORLD_TRACING_OT_rebuild_trace,
    WORLD_TRACING_OT_select_trace,
)
from .trace_world import WORLD_TRACING_OT_trace_world
from .use_image import WORLD_TRACING_OT_use_image
from .use_known_camera import WORLD_TRACING_OT_use_known_camera
from .use_trace_camera import WORLD_TRACING_OT_use_trace_camera
from .wear_projection import WORLD_TRACING_OT_wear_photos, WORLD_TRACING_OT_wear_projection

CLASSES = (
    WORLD_TRACING_OT_trace_world,
    WORLD_TRACING_OT_trace_folder,
    WORLD_TRACING_OT_seed_sweep,
    WORLD_TRACING_OT_keep_variant,
    WORLD_TRACING_OT_import_stack,
    WORLD_TRACING_OT_trace_footage,
    WORLD_TRACING_OT_import_shot,
    WORLD_TRACING_OT_import_frame,
    WORLD_TRACING_OT_merge_static,
    WORLD_TRACING_OT_wear_merged,
    WORLD_TRACING_OT_cancel,
    WORLD_TRACING_OT_use_trace_camera,
    WORLD_TRACING_OT_use_image,
    WORLD_TRACING_OT_paste_image,
    WORLD_TRACING_OT_mask_from_box,
    WORLD_TRACING_OT_paint_mask,
    WORLD_TRACING_OT_wear_cut_out,
    WORLD_TRACING_OT_select_trace,
    WORLD_TRACING_OT_rebuild_trace,
    WORLD_TRACING_OT_trace_again,
    WORLD_TRACING_OT_delete_trace,
    WORLD_TRACING_OT_install_backend,
    WORLD_TRACING_OT_cancel_install,
    WORLD_TRACING_OT_remove_backend,
    WORLD_TRACING_OT_check_backend,
    WORLD_TRACING_OT_unload_model,
    WORLD_TRACING_OT_open_log,
    WORLD_TRACING_OT_open_guide,
    WORLD_TRACING_OT_download_model,
    WORLD_TRACING_OT_verify_model,
    WORLD_TRACING_OT_delete_model,
    WORLD_TRACING_OT_move_models,
    WORLD_TRACING_OT_choose_checkpoint,
    WORLD_TRACING_OT_trace_ground_truth,
    WORLD_TRACING_OT_fill_colour,
    WORLD_TRACING_OT_wear_filled_colour,
    WORLD_TRACING_OT_make_solid,
    WORLD_TRACING_OT_add_solid,
    WORLD_TRACING_OT_swap_solid,
    WORLD_TRACING_OT_select_layer,
    WORLD_TRACING_OT_apply_to_layers,
    WORLD_TRACING_OT_decimate,
    WORLD_TRACING_OT_wear_reduced_mesh,
    WORLD_TRACING_OT_project_texture,
    WORLD_TRACING_OT_wear_projection,
    WORLD_TRACING_OT_wear_photos,
    WORLD_TRACING_OT_fit_to_layers,
    WORLD_TRACING_OT_wear_fit,
    WORLD_TRACING_OT_reproject,
    WORLD_TRACING_OT_set_scale,
    WORLD_TRACING_OT_ground,
    WORLD_TRACING_OT_use_known_camera,
    WORLD_TRACING_OT_select_under_mask,
    WORLD_TRACING_OT_select_same_pixel,
    WORLD_TRACING_OT_select_sky,
    WORLD_TRACING_OT_find_sky,
    WORLD_TRACING_OT_mark_sky,
    WORLD_TRACING_OT_export,
    WORLD_TRACING_OT_exported,
)

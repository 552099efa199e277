#!/usr/bin/env python3
"""A process in the worker's place that misbehaves on request. The seed of a trace says how:

0 works, 1 answers with an error, 2 dies in the middle, 3 hangs and hears nothing, 4 is slow and can be
cancelled, 5 prints rubbish to stdout before it works, 6 steps on and hears no cancel. A move of models takes
a second and hears none either. $WT_STAND_IN: "mute" never answers anything, "crash" dies at once, "future"
speaks another protocol, "slow" takes two seconds to start and "stuck" never does, with signs of life.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time

sys.path.append(sys.argv[-2])  # as the real one finds its package when it is borrowed


from wt_backend.protocol import BackendError, decode, encode, error_response, notification, response

inbox: queue.Queue[dict] = queue.Queue()


def send(message: dict) -> None:
    sys.stdout.buffer.write(encode(message))
    sys.stdout.buffer.flush()


def read() -> None:
    for line in sys.stdin.buffer:
        inbox.put(decode(line))
    os._exit(0)


def progress(job: int, step: int, total: int) -> None:
    send(
        notification(
            "$/progress", {"id": job, "stage": "denoise", "step": step, "total": total, "eta_s": 1.0}
        )
    )


def cancelled() -> bool:
    return not inbox.empty() and inbox.get()["method"] == "$/cancel"


def write_stack(params: dict) -> dict:
    import numpy as np  # only now: it starts in a tenth of the time

    from wt_backend.stack import LayerStack, StackInfo

    rows, columns = np.mgrid[:32, :32] + 0.5
    mask = np.stack([np.hypot(rows - 16, columns - 16) < radius for radius in (14, 12)])
    depth = np.stack([2.0 + 0 * rows, 3.0 + 0 * rows])
    intrinsics = np.array([[40.0, 0, 16], [0, 40.0, 16], [0, 0, 1]])
    rays = np.stack([columns, rows, np.ones_like(rows)], -1) @ np.linalg.inv(intrinsics).T
    LayerStack(
        (rays * depth[..., None]).astype(np.float32),
        mask,
        np.full((32, 32, 4), 200, np.uint8),
        intrinsics,
        np.array([[2.0, 0, 0], [0, 2.0, 0]]),
        StackInfo("relative", "stand-in", "", {}, params["seed"], 3, "", params["image"], (64, 64), "object"),
    ).save(params["output"])
    return {
        "stack": params["output"], "layers": 2, "points": int(mask.sum()), "seconds": 0.1, "mode": "object",
        "warnings": [],
    }  # fmt: skip


def trace_shot(job: int, params: dict) -> None:
    """Two frames of the same."""
    from pathlib import Path

    from wt_backend.stack import Shot

    if params["seed"] == 1:
        send(error_response(job, BackendError("bad_image", "The footage is empty.", "Choose another.")))
        return
    folder = Path(params["output"])
    folder.mkdir(parents=True, exist_ok=True)
    shot = Shot(folder, {n: f"frame.{n:05}.wts" for n in (params["start"], params["start"] + 1)}, 24.0)
    for number in shot.frames:
        write_stack({"seed": 0, "image": params["clip"], "output": str(shot.path(number))})
        progress(job, number, len(shot.frames))
    shot.with_state("done").save()
    result = {"shot": str(folder), "frames": 2, "wanted": 2, "mode": "object", "rate": 24.0, "seconds": 0.1}
    send(response(job, result | {"skipped": {}, "warnings": []}))


def trace(job: int, params: dict) -> None:
    behaviour = params["seed"]
    if behaviour == 1:
        send(error_response(job, BackendError("bad_image", "The image is empty.", "Choose another.")))
        return
    if behaviour == 5:
        print("Downloading something…", flush=True)
    total = 600 if behaviour in (4, 6) else 3
    for step in range(total):
        progress(job, step + 1, total)
        if behaviour == 2:
            print("Segmentation fault", file=sys.stderr, flush=True)
            os._exit(139)
        if behaviour == 3:
            time.sleep(600)
        if behaviour in (4, 6):
            time.sleep(0.05)
        if behaviour != 6 and cancelled():
            send(error_response(job, BackendError("cancelled", "Cancelled.")))
            return
    send(response(job, write_stack(params)))


def main() -> None:
    mode = os.environ.get("WT_STAND_IN", "")
    if mode == "crash":
        sys.exit("ImportError: no torch here")
    threading.Thread(target=read, daemon=True).start()
    while True:
        message = inbox.get()
        if mode == "mute":
            continue
        if message["method"] == "initialize":
            for _ in range({"slow": 20, "stuck": 6000}.get(mode, 0)):
                send(notification("$/progress", {"id": message["id"], "stage": "", "step": 0, "total": 1}))
                time.sleep(0.1)
            protocol = 99 if mode == "future" else 1
            version = os.environ.get("WT_STAND_IN_VERSION", "0")
            hello = {"version": version, "protocol": protocol, "python": "3.11", "torch": "2", "devices": []}
            models = [{
                "name": "wt-mini", "label": "Mini", "licence": "GPL-3.0-or-later", "available": True,
                "size_mb": 7.0, "memory_gb": 0.3, "modes": ["object", "scene"],
            }]  # fmt: skip
            send(response(message["id"], hello | {"models": models}))
        elif message["method"] == "trace_shot":
            trace_shot(message["id"], message["params"])
        elif message["method"] == "trace":
            trace(message["id"], message["params"])
        elif message["method"] == "geometry/fill_colour":
            send(response(message["id"], {"textures": [None, None], "uv_transform": [[1, 0, 0], [0, 1, 0]]}))
        elif message["method"] == "models/move":
            progress(message["id"], 1, 1)
            time.sleep(1.0)
            send(response(message["id"], {"moved": 1, "folder": message["params"]["folder"]}))
        elif message["method"] == "models/verify":
            model = message["params"]["model"]
            if model == "say the token":
                token = os.environ.get("HF_TOKEN", "")
                send(error_response(message["id"], BackendError("access", f"token: {token}", "")))
            else:
                send(response(message["id"], {"intact": model != "damaged"}))
        elif message["method"] == "with a newer setting":
            error = BackendError("bad_request", "Unknown parameter 'fresh'.", "Known: image, output.")
            send(error_response(message["id"], error))
        elif message["method"] == "of a newer version":
            error = BackendError("bad_request", "There is no such method.", "Update.")
            send(error_response(message["id"], error))
        elif message["method"] == "shutdown":
            send(response(message["id"], {}))
            return


if __name__ == "__main__":
    main()

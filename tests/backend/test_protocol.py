"""Messages: what one side builds the other understands, and nonsense is refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wt_backend.protocol import (
    ERROR_CODES,
    BackendError,
    Device,
    InitializeResult,
    ModelEntry,
    TraceRequest,
    TraceResult,
    decode,
    encode,
    error_response,
    from_params,
    from_result,
    notification,
    request,
    response,
    to_params,
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)


@given(params=st.dictionaries(st.text(), json_values, max_size=4))
def test_a_message_is_one_line_and_comes_back(params: dict[str, Any]) -> None:
    message = request(1, "trace", params)
    line = encode(message)
    assert line.count(b"\n") == 1 and line.endswith(b"\n") and line.isascii()
    assert decode(line) == message


@given(line=st.binary(max_size=60))
def test_garbage_is_refused_not_raised_through(line: bytes) -> None:
    try:
        assert decode(line)["jsonrpc"] == "2.0"
    except BackendError as error:
        assert error.kind == "bad_request"


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(BackendError):
        decode(b"[" * 100_000)


def test_kinds_of_message() -> None:
    assert decode(encode(notification("$/cancel", {"id": 3}))) == {
        "jsonrpc": "2.0",
        "method": "$/cancel",
        "params": {"id": 3},
    }
    assert "result" in response(1, {}) and "id" not in notification("x", {})


@pytest.mark.parametrize("kind", ERROR_CODES)
def test_errors_travel_whole(kind: str) -> None:
    error = BackendError(kind, "The image ü is gone.", "Choose another.", "/tmp/log")
    message = decode(encode(error_response(7, error)))["error"]
    assert message["code"] == ERROR_CODES[kind]
    back = BackendError.from_json(message)
    assert (back.kind, back.message, back.hint, back.log) == (kind, str(error), "Choose another.", "/tmp/log")


def test_error_codes_are_stable_and_distinct() -> None:
    assert len(set(ERROR_CODES.values())) == len(ERROR_CODES)
    assert {"bad_image", "out_of_memory", "model_missing", "cancelled", "internal"} <= set(ERROR_CODES)
    assert ERROR_CODES["bad_image"] == 1001 and ERROR_CODES["cancelled"] == -32800


def test_unknown_kinds() -> None:
    with pytest.raises(ValueError, match="unknown error kind"):
        BackendError("oops", "x")
    assert BackendError.from_json({"message": "x", "data": {"kind": "from_the_future"}}).kind == "internal"
    assert BackendError.from_json({"message": "x"}).kind == "internal"


def test_requests_survive_the_pipe() -> None:
    sent = TraceRequest("/a b/ü.png", "/o.wts", mask="/m.png", mode="object", fit="pad", seed=7, steps=3)
    assert from_params(TraceRequest, decode(encode(request(1, "trace", to_params(sent))))["params"]) == sent


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"image": "a"},
        {"image": "a", "output": "b", "stepz": 3},
        {"image": 3, "output": "b"},
        {"image": "a", "output": "b", "steps": "20"},
        {"image": "a", "output": "b", "steps": True},
        {"image": "a", "output": "b", "steps": 0},
        {"image": "a", "output": "b", "seed": -1},
        {"image": "a", "output": "b", "mode": "best"},
        {"image": "a", "output": "b", "fit": "squash"},
        {"image": "", "output": "b"},
        ["a", "b"],
    ],
)
def test_bad_parameters_are_refused(params: Any) -> None:
    with pytest.raises(BackendError) as caught:
        from_params(TraceRequest, params)
    assert caught.value.kind == "bad_request"


def test_optional_parameters_may_be_null() -> None:
    made = from_params(TraceRequest, {"image": "a", "output": "b", "mask": None, "steps": None})
    assert made == TraceRequest("a", "b")


def test_results_are_rebuilt_with_their_parts() -> None:
    result = InitializeResult(
        "0.1.0",
        1,
        "3.11",
        "2.13",
        [Device("cpu", "x", 16)],
        [ModelEntry("m", "M", "GPL", True, 1, 1, ["object"])],
    )
    assert from_result(InitializeResult, decode(encode(response(1, to_params(result))))["result"]) == result
    newer = {"stack": "a", "layers": 2, "points": 5, "seconds": 0.1, "mode": "object", "from_the_future": 1}
    assert from_result(TraceResult, newer) == TraceResult("a", 2, 5, 0.1, "object")

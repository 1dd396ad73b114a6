#!/usr/bin/env python3
"""Writes golden.json: what ONNX Runtime answers for each quantised model in ../shared/bench-models.

Needs numpy, onnx and onnxruntime. The pictures are drawn by the same formulas in tests/int8.rs.
"""
import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE.parents[3] / "shared" / "bench-models"
NAMES = [
    "mb25_128_qopr_s8asym_pc",
    "mb25_128_qop_u8_pc",
    "mb100_224_qopr_s8asym_pc",
    "mbcbam25_224_qopr_s8asym_pc",
    "mbcbam25_224_qop_u8_pc",
]


def noise(size, seed):
    """Bytes of Knuth's generator, the highest eight bits of each state."""
    state, values = seed, bytearray(size * size * 3)
    for at in range(len(values)):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values[at] = state >> 56
    return np.frombuffer(bytes(values), np.uint8).reshape(size, size, 3)


def ramps(size, step):
    """Smooth ramps along the rows, the columns and the diagonals."""
    y, x = np.mgrid[0:size, 0:size]
    return np.stack([y * step, x * step, (y + x) * step // 2], -1).astype(np.uint8)


def golden(name):
    model = onnx.load(MODELS / f"{name}.onnx")
    constants = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    source = model.graph.input[0]
    quantise = next(n for n in model.graph.node if n.input[0] == source.name)
    scale, zero = (constants[i] for i in quantise.input[1:3])
    dequantise = [n for n in model.graph.node if n.op_type == "DequantizeLinear"][-1]
    step = float(constants[dequantise.input[1]])
    size = source.type.tensor_type.shape.dim[2].dim_value
    lowest = -128 if zero.dtype == np.int8 else 0
    session = onnxruntime.InferenceSession(
        MODELS / f"{name}.onnx", providers=["CPUExecutionProvider"]
    )
    cases = []
    pictures = [("noise", 1, noise(size, 1)), ("noise", 2, noise(size, 2))]
    pictures += [("ramps", step, ramps(size, step)) for step in (2, 3)]
    for kind, seed, picture in pictures:
        real = (picture.astype(np.float32) + lowest - zero.astype(np.float32)) * scale
        output = session.run(None, {source.name: real.transpose(2, 0, 1)[None]})[0]
        cases.append(
            {"picture": kind, "seed": seed, "output": [float(v) for v in output.ravel()]}
        )
    return {
        "model": f"{name}.onnx",
        "size": size,
        "scale": float(scale),
        "offset": float((lowest - float(zero)) * scale),
        "step": step,
        "cases": cases,
    }


if __name__ == "__main__":
    text = json.dumps([golden(name) for name in NAMES], indent=1)
    (HERE / "golden.json").write_text(text + "\n")

"""Compares ONNX Runtime's answers with the daemon's, which `trainer parity --dump` wrote.

Usage: compare.py BUNDLE DUMP. Ends with 65 where a logit of an integer network is more than one step
apart, one of a float network more than a thousandth of the largest, or another class comes first.
"""

import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime

# The largest difference: in steps of an integer network, as a share of a float network's largest logit.
STEPS = 1
SHARE = 1e-3


def session(bundle: Path, model: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    path = str(bundle / model)
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def answers(network, manifest, pixels: np.ndarray) -> np.ndarray:
    """The logits of pictures `[count, side, side, 3]`, in the network's own numbers."""
    wanted = manifest["input"]
    scale, offset = (np.float32(wanted[key]) for key in ("scale", "offset"))
    output = manifest["output"].get("name") or network.get_outputs()[0].name
    name = network.get_inputs()[0].name
    rows = []
    for picture in pixels:
        values = picture.astype(np.float32) * scale + offset
        if wanted["layout"] == "nchw":
            values = values.transpose(2, 0, 1)
        rows.append(network.run([output], {name: np.ascontiguousarray(values)[None]})[0].ravel())
    return np.array(rows)


def compare(found: np.ndarray, expected: np.ndarray, step: float | None) -> tuple[float, str, bool, int]:
    """The largest difference, its unit, whether it is allowed, and how many first classes are the same."""
    same = int((found.argmax(axis=1) == expected.argmax(axis=1)).sum())
    if step is None:
        apart = float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))
        return apart, "of the largest logit", apart <= SHARE, same
    apart = float(np.rint(np.abs(found - expected).max() / step))
    return apart, "steps", apart <= STEPS, same


def main() -> int:
    bundle, dump = Path(sys.argv[1]), Path(sys.argv[2])
    manifest = tomllib.loads((bundle / "model.toml").read_text())
    network = session(bundle, manifest["model"]["file"])
    failed = False
    for about in sorted(dump.glob("*.json")):
        facts = json.loads(about.read_text())
        count, side = facts["images"], facts["side"]
        pixels = np.fromfile(about.with_suffix(".pixels"), np.uint8)
        pixels = pixels.reshape(count, side, side, 3)
        expected = np.fromfile(about.with_suffix(".logits"), "<f4").reshape(count, facts["labels"])
        found = answers(network, manifest, pixels)
        apart, unit, allowed, same = compare(found, expected, facts["step"])
        print(
            f"{facts['test']}: {same} of {count} first classes are the same as ONNX Runtime's;"
            f" logits differ by at most {apart:g} {unit}"
        )
        if not allowed or same != count:
            failed = True
            odd = np.abs(found - expected).max(axis=1)
            odd[found.argmax(axis=1) != expected.argmax(axis=1)] = np.inf
            print(f"  the farthest apart: {facts['paths'][int(odd.argmax())]}", file=sys.stderr)
    return 65 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

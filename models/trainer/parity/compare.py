"""Compares ONNX Runtime's answers with the daemon's, which `trainer parity --dump` wrote.

Usage: compare.py BUNDLE DUMP. Ends with 65 where a logit of an integer network is more than one step
apart, one of a float network more than a thousandth of the largest, or another class comes first.

Between its integers an attention computes with real numbers, whose last bits are the runtime's own. How far
ONNX Runtime is from itself without its graph optimisations is therefore printed beside each difference.
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


def session(path: str, optimised: bool) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
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


def apart(found: np.ndarray, expected: np.ndarray, step: float | None) -> np.ndarray:
    """The largest difference of each picture: in steps, or as a share of the largest logit of all."""
    differences = np.abs(found - expected).max(axis=1)
    return differences / max(1.0, np.abs(expected).max()) if step is None else np.rint(differences / step)


def main() -> int:
    bundle, dump = Path(sys.argv[1]), Path(sys.argv[2])
    manifest = tomllib.loads((bundle / "model.toml").read_text())
    network, plain = (session(str(bundle / manifest["model"]["file"]), optimised) for optimised in (True, False))
    failed = False
    for about in sorted(dump.glob("*.json")):
        facts = json.loads(about.read_text())
        count, side, step = facts["images"], facts["side"], facts["step"]
        pixels = np.fromfile(about.with_suffix(".pixels"), np.uint8)
        pixels = pixels.reshape(count, side, side, 3)
        ours = np.fromfile(about.with_suffix(".logits"), "<f4").reshape(count, facts["labels"])
        theirs, own = answers(network, manifest, pixels), answers(plain, manifest, pixels)
        same = theirs.argmax(axis=1) == ours.argmax(axis=1)
        differences, spread = apart(theirs, ours, step), apart(theirs, own, step).max()
        unit, bar = ("of the largest logit", SHARE) if step is None else ("steps", STEPS)
        print(
            f"{facts['test']}: {same.sum()} of {count} first classes are the same as ONNX Runtime's;"
            f" logits differ by at most {differences.max():g} {unit}, its own by {spread:g}"
        )
        if differences.max() > bar or not same.all():
            failed = True
            differences[~same] = np.inf
            print(f"  the farthest apart: {facts['paths'][int(differences.argmax())]}", file=sys.stderr)
    return 65 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

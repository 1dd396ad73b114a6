"""Makes networks with the exporters that people use, and holds `sortd classify` against ONNX Runtime.

Usage: zoo.py SORTD FOLDER PAGE [NAME...]. Ends with 65 where one differs: another class comes first, or a
probability is more than a thousandth apart, or (quantised) more than one step of the output's scale. Writes what
it measured between the markers of PAGE, where no names are given.
"""

import hashlib
import json
import math
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import networks
import numpy as np
import onnx
import onnxruntime
import quantisers
from onnx import numpy_helper
from PIL import Image

ASKED = 8
FLOAT = 1e-3
MARKERS = ("<!-- begin: written by `make model-zoo`, do not edit -->", "<!-- end -->")


@dataclass
class Exporter:
    """How a network becomes a file: the call, as the table of the page has it."""

    name: str
    call: str
    run: Callable


TORCHSCRIPT = Exporter("PyTorch, TorchScript", "torch.onnx.export(…, dynamo=False)", networks.torchscript)
DYNAMO = Exporter("PyTorch, dynamo", "torch.onnx.export(…, external_data=False)", networks.dynamo)
TF2ONNX = Exporter("tf2onnx", "convert.from_function(…)", networks.tf2onnx)
KERAS = Exporter("Keras", 'model.export(…, format="onnx")', networks.keras_export)
QOPERATOR = Exporter(
    "ONNX Runtime, static", "quantize_static(…, quant_format=QuantFormat.QOperator)", quantisers.qoperator
)
PER_CHANNEL = Exporter(
    "ONNX Runtime, static", "the same with per_channel=True", quantisers.qoperator_per_channel
)
UNSIGNED = Exporter(
    "ONNX Runtime, static", "the same with activation_type=QuantType.QUInt8", quantisers.qoperator_unsigned
)
QDQ = Exporter("ONNX Runtime, static", "quantize_static(…)", quantisers.qdq)
DYNAMIC = Exporter("ONNX Runtime, dynamic", "quantize_dynamic(…)", quantisers.dynamic)


def torch(make, softmax=False):
    return lambda: networks.torch_network(make, softmax)


def keras(make):
    return lambda: networks.keras_network(make)


NETWORKS = {
    "own CNN (PyTorch)": torch(networks.hobby),
    "own CNN with softmax (PyTorch)": torch(networks.hobby, softmax=True),
    "torchvision mobilenet_v2": torch(networks.torchvision("mobilenet_v2")),
    "torchvision mobilenet_v3_small": torch(networks.torchvision("mobilenet_v3_small")),
    "torchvision resnet18": torch(networks.torchvision("resnet18")),
    "torchvision shufflenet_v2_x0_5": torch(networks.torchvision("shufflenet_v2_x0_5")),
    "torchvision squeezenet1_1": torch(networks.torchvision("squeezenet1_1")),
    "timm efficientnet_lite0": torch(networks.timm("efficientnet_lite0")),
    "timm resnet10t": torch(networks.timm("resnet10t")),
    "timm tinynet_e": torch(networks.timm("tinynet_e")),
    "timm convnext_atto": torch(networks.timm("convnext_atto")),
    "timm vit_tiny": torch(networks.timm("vit_tiny_patch16_224", img_size=networks.SIDE)),
    "own CNN (Keras)": keras(networks.keras_hobby),
    "Keras MobileNetV2": keras(networks.keras_application("MobileNetV2", alpha=0.35)),
    "Keras MobileNetV3Small": keras(
        networks.keras_application("MobileNetV3Small", include_preprocessing=False)
    ),
}

# A network, its exporter, and its quantiser where it has one.
ZOO = [
    ("own CNN (PyTorch)", TORCHSCRIPT, None),
    ("own CNN (PyTorch)", DYNAMO, None),
    ("own CNN with softmax (PyTorch)", DYNAMO, None),
    ("torchvision mobilenet_v2", TORCHSCRIPT, None),
    ("torchvision mobilenet_v3_small", DYNAMO, None),
    ("torchvision resnet18", DYNAMO, None),
    ("timm efficientnet_lite0", DYNAMO, None),
    ("timm convnext_atto", DYNAMO, None),
    ("timm vit_tiny", TORCHSCRIPT, None),
    ("own CNN (Keras)", TF2ONNX, None),
    ("Keras MobileNetV2", TF2ONNX, None),
    ("own CNN (Keras)", KERAS, None),
    ("Keras MobileNetV3Small", KERAS, None),
    ("own CNN (PyTorch)", TORCHSCRIPT, QOPERATOR),
    ("own CNN with softmax (PyTorch)", DYNAMO, QOPERATOR),
    ("own CNN (PyTorch)", TORCHSCRIPT, UNSIGNED),
    ("torchvision mobilenet_v2", TORCHSCRIPT, QOPERATOR),
    ("torchvision mobilenet_v2", DYNAMO, PER_CHANNEL),
    ("torchvision mobilenet_v3_small", DYNAMO, QOPERATOR),
    ("torchvision resnet18", TORCHSCRIPT, QOPERATOR),
    ("torchvision shufflenet_v2_x0_5", TORCHSCRIPT, QOPERATOR),
    ("torchvision squeezenet1_1", DYNAMO, QOPERATOR),
    ("timm efficientnet_lite0", DYNAMO, QOPERATOR),
    ("timm resnet10t", DYNAMO, QOPERATOR),
    ("timm tinynet_e", DYNAMO, QOPERATOR),
    ("own CNN (Keras)", TF2ONNX, QOPERATOR),
    ("Keras MobileNetV2", TF2ONNX, QOPERATOR),
    ("own CNN (PyTorch)", TORCHSCRIPT, QDQ),
    ("own CNN with softmax (PyTorch)", DYNAMO, QDQ),
    ("torchvision mobilenet_v2", TORCHSCRIPT, QDQ),
    ("own CNN (Keras)", TF2ONNX, QDQ),
    ("own CNN (PyTorch)", TORCHSCRIPT, DYNAMIC),
    ("torchvision mobilenet_v2", DYNAMO, DYNAMIC),
]


def name_of(network, exporter, quantiser) -> str:
    parts = [network, exporter.name, exporter.call, quantiser.call if quantiser else ""]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:10]


def exported(entry, folder: Path, made: dict) -> Path:
    """The file of an entry; a network is made once, and exported once by each exporter."""
    network, exporter, quantiser = entry
    source = folder / f"{name_of(network, exporter, None)}.onnx"
    if not source.exists():
        if network not in made:
            made[network] = NETWORKS[network]()
        exporter.run(made[network], str(source))
    if quantiser is None:
        return source
    path = folder / f"{name_of(*entry)}.onnx"
    if not path.exists():
        quantiser.run(str(source), str(path))
    return path


def answers(path: Path, pixels: np.ndarray, literally: bool = False) -> tuple[np.ndarray, bool]:
    """What ONNX Runtime answers, or with its optimisations off; and whether the model's channels are last."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if literally:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    wanted = session.get_inputs()[0]
    last = wanted.shape[3] == 3
    values = networks.reals(pixels)
    rows = values if last else values.transpose(0, 3, 1, 2)
    found = [session.run(None, {wanted.name: np.ascontiguousarray(row)[None]})[0].ravel() for row in rows]
    return np.array(found), last


def step_of(path: Path) -> float | None:
    """The scale of a quantised output: that of the last operator which has one, where only views follow it."""
    graph = onnx.load(str(path)).graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    node = makers.get(graph.output[0].name)
    while node is not None and node.op_type in ("Flatten", "Reshape", "Squeeze", "Identity"):
        node = makers.get(node.input[0])
    if node is None or node.op_type != "DequantizeLinear":
        return None
    return float(numpy_helper.to_array(constants[node.input[1]]))


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def bundle(path: Path, folder: Path, pixels: np.ndarray, raw: np.ndarray, last: bool, kind: str) -> Path:
    """A bundle around the file. Its golden case is ONNX Runtime's answer; how near it must be is told here."""
    target = folder / path.stem
    (target / "golden").mkdir(parents=True, exist_ok=True)
    model = path.read_bytes()
    (target / "model.onnx").write_bytes(model)
    Image.fromarray(pixels[0]).save(target / "golden" / "0.png")
    labels = ", ".join(f'"c{at}"' for at in range(networks.LABELS))
    output = ", ".join(repr(float(value)) for value in raw[0])
    triple = lambda value: ", ".join([repr(float(np.float32(value)))] * 3)
    (target / "model.toml").write_text(f"""format = 1
name = "zoo"
version = "2026.11.29-1"
architecture = "zoo"
labels = [{labels}]
licence = "CC0-1.0"
[model]
file = "model.onnx"
sha256 = "{hashlib.sha256(model).hexdigest()}"
[input]
width = {networks.SIDE}
height = {networks.SIDE}
layout = "{'nhwc' if last else 'nchw'}"
scale = [{triple(networks.SCALE)}]
offset = [{triple(networks.OFFSET)}]
[output]
kind = "{kind}"
[cost]
parameters = 1
macs = 1
[golden]
tolerance = 1000.0
[[golden.cases]]
file = "golden/0.png"
output = [{output}]
""")
    return target


def sortd(program: str, *arguments: str) -> str:
    run = subprocess.run([program, *arguments], capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(" ".join((run.stderr or run.stdout).split()))
    return run.stdout


def how_it_runs(program: str, target: Path) -> str:
    """What `sortd model info` says, in a few words."""
    lines = sortd(program, "model", "info", str(target)).splitlines()
    computed = next(line for line in lines if line.startswith("computed by"))
    share = sum(
        float(line.split("MACs, ")[1].split(" %")[0])
        for line in lines if line.startswith("on tract") and " % of all" in line
    )
    if "int8 kernels" in computed:
        return "int8 kernels" if share < 0.05 else f"int8 kernels, {share:.0f} % of the work in real numbers"
    if "not quantised" in computed:
        return "real numbers"
    return "real numbers, told as slow"


def judged(raw: np.ndarray, probabilities: bool, step: float | None, found: list) -> tuple[float, bool]:
    """How far `sortd classify` is from ONNX Runtime's answers, and whether that is near enough."""
    expected = raw if probabilities else softmax(raw)
    ours = np.array([[row["scores"][f"c{at}"] for at in range(networks.LABELS)] for row in found])
    if step is None:
        allowed = np.full_like(expected, FLOAT)
    elif probabilities:
        allowed = np.full_like(expected, step * 1.001)
    else:
        # Each logit may be one step off, the one in question upwards and all others downwards.
        allowed = expected * (math.exp(2 * step) - 1) + 1e-6
    apart = np.abs(ours - expected)
    # Where two classes share the first place, either may be named.
    named = np.array([[int(row["label"][1:])] for row in found])
    same = bool((np.take_along_axis(expected, named, axis=1).ravel() == expected.max(axis=1)).all())
    return float(apart.max()), same and bool((apart <= allowed).all())


def measured(program: str, entry, folder: Path, made: dict) -> tuple[str, float, str, bool]:
    path = exported(entry, folder, made)
    pixels = networks.pictures(ASKED, seed=networks.SEED + 2)
    raw, last = answers(path, pixels)
    probabilities = bool((raw >= 0).all() and np.allclose(raw.sum(axis=1), 1, atol=0.05))
    target = bundle(path, folder, pixels, raw, last, "probabilities" if probabilities else "logits")
    shown = []
    for at, picture in enumerate(pixels):
        shown.append(str(target / f"{at}.png"))
        Image.fromarray(picture).save(shown[-1])
    lines = sortd(program, "classify", "--json", "--model", str(target), *shown).splitlines()
    found = [json.loads(line) for line in lines]
    step = step_of(path) if entry[2] else None
    unit = "" if step is None else f", a step is {step:.3g}"
    apart, right = judged(raw, probabilities, step, found)
    if not right and entry[2]:
        # ONNX Runtime's optimisations change what a quantised file says; without them it computes that literally.
        apart, right = judged(answers(path, pixels, literally=True)[0], probabilities, step, found)
        unit += ", its optimisations off"
    return how_it_runs(program, target), apart, unit, right


def main() -> int:
    program, folder, readme = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    wanted = sys.argv[4:]
    folder.mkdir(parents=True, exist_ok=True)
    made: dict = {}
    rows, failed = [], 0
    for entry in ZOO:
        network, exporter, quantiser = entry
        title = f"{network}, {exporter.name}" + (f", {quantiser.name}: {quantiser.call}" if quantiser else "")
        if wanted and not any(name in title for name in wanted):
            continue
        try:
            how, apart, unit, right = measured(program, entry, folder, made)
            verdict = "the same" if right else "DIFFERS"
        except Exception as error:  # noqa: BLE001 - one network must not hide the others
            # The reason without the folder before it and the advice behind it.
            why = str(error).split(": ")[-1].split(";")[0]
            how, apart, unit, right = f"refused: {why}", math.nan, "", False
            verdict = f"FAILED: {error}"
            if not isinstance(error, RuntimeError):
                traceback.print_exc()
        failed += not right
        print(f"{title}: {verdict}, {how}, {apart:.2g} apart{unit}", flush=True)
        call = quantiser.call if quantiser else exporter.call
        maker = exporter.name + (f", then {quantiser.name}" if quantiser else "")
        mark = "" if right else " **more than allowed**"
        rows.append(f"| {network} | {maker} | `{call}` | {how} | {apart:.1g}{unit}{mark} |")
    print(f"model-zoo: {len(rows) - failed} of {len(rows)} models answer as ONNX Runtime does")
    if not wanted:
        write(readme, rows, failed)
    return 65 if failed else 0


def write(readme: Path, rows: list[str], failed: int) -> None:
    text = readme.read_text()
    begin, rest = text.split(MARKERS[0])
    _, end = rest.split(MARKERS[1], 1)
    head = [
        "",
        f"{len(rows)} models, {ASKED} pictures each; ONNX Runtime {onnxruntime.__version__}. {len(rows) - failed} answer as it "
        "does; where more than allowed is different, it is said.",
        "",
        "| network | made by | call | runs on | largest difference of a probability |",
        "|---|---|---|---|---|",
    ]
    readme.write_text(begin + MARKERS[0] + "\n".join([*head, *rows, "", ""]) + MARKERS[1] + end)


if __name__ == "__main__":
    sys.exit(main())

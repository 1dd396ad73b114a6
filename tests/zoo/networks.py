"""The networks of the zoo: random weights by a fixed seed, made so that their answers differ from picture to
picture, and what exporters make of them."""

import logging
import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import numpy as np

SEED = 20
SIDE = 64
LABELS = 7
# How far apart the logits of different pictures are, so that a first class is one.
SPREAD = 3.0


def pictures(count: int, seed: int = SEED) -> np.ndarray:
    """Patches of colour with noise on them, `[count, side, side, 3]`."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (count, 8, 8, 3))
    noise = random.integers(-24, 25, (count, SIDE, SIDE, 3))
    patches = coarse.repeat(SIDE // 8, axis=1).repeat(SIDE // 8, axis=2)
    return np.clip(patches + noise, 0, 255).astype(np.uint8)


# What a manifest is told to make of pixels: a mean of 0.44 and a deviation of 0.226. With the usual 0.5 and 0.5, a
# quantised network's input has half of its values just between two steps, and which way each is rounded, and so
# what comes out, hangs on the last bit of a computation.
SCALE = float(np.float32(1 / (255 * 0.226)))
OFFSET = float(np.float32(-0.44 / 0.226))


def reals(pixels: np.ndarray) -> np.ndarray:
    """What a manifest with that scale and offset makes of pixels, with one rounding as sortd does it."""
    return (pixels.astype(np.float64) * SCALE + OFFSET).astype(np.float32)


def spread(answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factor and term of each logit, by which they are spread around zero."""
    factor = SPREAD / np.maximum(answers.std(axis=0), 1e-6)
    return factor, -answers.mean(axis=0) * factor


# PyTorch.


def torch_network(make, softmax=False):
    """A network of PyTorch whose normalisation has seen pictures, and whose last layer spreads its logits."""
    import torch

    torch.manual_seed(SEED)
    network = make()
    seen = torch.from_numpy(reals(pictures(32)).transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.momentum = None
        network.train()
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.eval()
        network(seen)
        network.eval()
        heads = [m for m in network.modules() if isinstance(m, (torch.nn.Linear, torch.nn.Conv2d))]
        head = [m for m in heads if LABELS == (getattr(m, "out_features", 0) or m.out_channels)][-1]
        factor, term = (torch.from_numpy(part) for part in spread(network(seen).numpy()))
        head.weight.mul_(factor.reshape(-1, *[1] * (head.weight.dim() - 1)))
        if head.bias is None:
            head.bias = torch.nn.Parameter(torch.zeros(LABELS))
        head.bias.mul_(factor).add_(term)
    return torch.nn.Sequential(network, torch.nn.Softmax(1)).eval() if softmax else network


def hobby():
    """What tutorials build: leaky rectifiers, pools with windows, a dense layer over a flattened map."""
    from torch import nn

    def block(inputs, outputs, pool):
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.1), pool]

    return nn.Sequential(
        *block(3, 16, nn.MaxPool2d(2)),
        *block(16, 32, nn.AvgPool2d(2)),
        *block(32, 32, nn.AvgPool2d(3, stride=2, padding=1)),
        nn.Flatten(),
        nn.Linear(32 * 64, 32),
        nn.ReLU(),
        nn.Linear(32, LABELS),
    )


def torchvision(name):
    import torchvision as vision

    return lambda: vision.models.get_model(name, weights=None, num_classes=LABELS)


def timm(name, **options):
    import timm as models

    return lambda: models.create_model(name, pretrained=False, num_classes=LABELS, **options)


def torchscript(network, path):
    """PyTorch's older exporter, with a batch of any size."""
    import torch

    axes = {"input": {0: "batch"}, "output": {0: "batch"}}
    torch.onnx.export(
        network, (torch.zeros(1, 3, SIDE, SIDE),), path, dynamo=False,
        input_names=["input"], output_names=["output"], dynamic_axes=axes,
    )


def dynamo(network, path):
    """PyTorch's exporter since 2.9, with a batch of any size, in one file."""
    import torch

    batch = {0: torch.export.Dim("batch", min=1, max=64)}
    torch.onnx.export(
        network, (torch.zeros(2, 3, SIDE, SIDE),), path, dynamo=True, external_data=False,
        input_names=["input"], output_names=["output"], dynamic_shapes=(batch,), verbose=False,
    )


# Keras.


def keras_network(make):
    """A network of Keras whose last layer spreads its logits."""
    import keras

    keras.utils.set_random_seed(SEED)
    network = make(keras)
    seen = reals(pictures(32))
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    network(seen, training=True)
    head = [layer for layer in network.layers if layer.weights][-1]
    features = keras.Model(network.inputs, head.input)(seen, training=False).numpy()
    weights, bias = head.get_weights()
    # Some end with a convolution of one pixel in place of a dense layer.
    logits = features.reshape(len(seen), -1) @ weights.reshape(-1, LABELS) + bias
    factor, term = spread(logits)
    head.set_weights([(weights * factor).astype("f4"), (bias * factor + term).astype("f4")])
    return network


def keras_hobby(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((SIDE, SIDE, 3)),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(32, 3, activation="relu"),
        layers.AveragePooling2D(2),
        layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.LeakyReLU(),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(32, activation="relu"),
        layers.Dense(LABELS, activation="softmax"),
    ])


def keras_application(name, **options):
    def make(keras):
        network = getattr(keras.applications, name)
        return network(input_shape=(SIDE, SIDE, 3), weights=None, classes=LABELS, **options)

    return make


def tf2onnx(network, path):
    """tf2onnx from Keras: channels last, as TensorFlow has them."""
    import tensorflow as tf
    import tf2onnx as converter

    spec = (tf.TensorSpec((None, SIDE, SIDE, 3), tf.float32, name="input"),)
    call = tf.function(lambda x: network(x, training=False), input_signature=spec)
    converter.convert.from_function(call, input_signature=spec, opset=17, output_path=path)


def keras_export(network, path):
    """Keras' own export."""
    network.export(path, format="onnx", verbose=False)

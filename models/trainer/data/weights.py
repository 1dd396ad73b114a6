#!/usr/bin/env python3
"""Keras's ImageNet weights of MobileNet v1 as the trainer reads them. Needs h5py and numpy (pip install h5py).

    weights.py mobilenet_7_5_224_tf.h5 mobilenet_v1_0.75_224_imagenet.safetensors

The file is at https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/ (Apache-2.0); 2_5 is the network of width
0.25, 7_5 that of 0.75, 1_0 the whole one. Put the result into ../shared/weights beside the repository, or name it with --weights.
"""

import json
import struct
import sys

import h5py
import numpy

# From Keras's order of a kernel's axes to [out, in / groups, rows, columns].
ORDER = {"kernel": (3, 2, 0, 1), "depthwise_kernel": (2, 3, 0, 1)}


def tensors(file):
    """Every convolution's kernel and every normalisation's numbers, by `layer.name`."""
    found = {}

    def take(path, node):
        if not isinstance(node, h5py.Dataset):
            return
        layer, name = path.split("/")[-2], path.split("/")[-1].removesuffix(":0")
        numbers = numpy.asarray(node, dtype="<f4")
        if numbers.ndim == 4:
            numbers = numbers.transpose(ORDER[name])
        found[f"{layer}.{name}"] = numpy.ascontiguousarray(numbers)

    with h5py.File(file, "r") as opened:
        opened.visititems(take)
    if "conv1.kernel" not in found:
        sys.exit(f"{file} holds no MobileNet v1 of Keras: it has no layer conv1")
    return found


def write(file, found):
    """As safetensors: the length of a JSON header, the header, the numbers."""
    header, blocks, place = {"__metadata__": {"source": "Keras, Apache-2.0"}}, [], 0
    for name, numbers in sorted(found.items()):
        block = numbers.tobytes()
        header[name] = {"dtype": "F32", "shape": numbers.shape, "data_offsets": [place, place + len(block)]}
        blocks.append(block)
        place += len(block)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(file, "wb") as opened:
        opened.write(struct.pack("<Q", len(text)) + text + b"".join(blocks))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(sys.argv[2], tensors(sys.argv[1]))

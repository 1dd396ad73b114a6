"""PyTorch's side of `trainer bench`: the same network, the same step, on the processor.

Says its version when it is ready. Then each line of its input is a number of training steps; it answers
with the seconds that they took.
"""

import sys
import time

import torch
from torch import nn

BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
CLASSES = 6


def layer(inputs, outputs, kernel, stride, groups):
    """A convolution, its normalisation and ReLU6."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(outputs, eps=1e-3), nn.ReLU6(inplace=True)]


def network(width):
    """MobileNet v1."""
    inputs = int(32 * width)
    layers = layer(3, inputs, 3, 2, 1)
    for base, stride in BLOCKS:
        outputs = int(base * width)
        layers += layer(inputs, inputs, 3, stride, inputs) + layer(inputs, outputs, 1, 1, 1)
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, CLASSES))


def main():
    width, side, batch, threads = float(sys.argv[1]), *map(int, sys.argv[2:5])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = network(width).to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    images = torch.rand(batch, 3, side, side) * 2 - 1
    images = images.to(memory_format=torch.channels_last)
    labels = torch.arange(batch) % CLASSES
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        started = time.perf_counter()
        for _ in range(int(line)):
            optimiser.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimiser.step()
            loss.item()
        print(time.perf_counter() - started, flush=True)


main()

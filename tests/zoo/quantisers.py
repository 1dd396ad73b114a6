"""ONNX Runtime's quantisers, each as its own documentation calls it."""

import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

import networks


class Pictures(CalibrationDataReader):
    """Pictures for calibration, none of which is asked about later."""

    def __init__(self, path):
        name = onnx.load(path).graph.input[0].name
        shape = onnx.load(path).graph.input[0].type.tensor_type.shape.dim
        pixels = networks.reals(networks.pictures(4, seed=networks.SEED + 1))
        if shape[3].dim_value != 3:
            pixels = pixels.transpose(0, 3, 1, 2).copy()
        self.rows = iter([{name: picture[None]} for picture in pixels])

    def get_next(self):
        return next(self.rows, None)


# On processors without VNNI, ONNX Runtime's own kernels cut sums off at 16 bits, and its answers are not those of
# the file; its documentation's cure is weights of seven bits. sortd's kernels need none.
EXACT = {"reduce_range": True}


def qoperator(source, path, **options):
    quantize_static(source, path, Pictures(source), quant_format=QuantFormat.QOperator, **EXACT, **options)


def qoperator_per_channel(source, path):
    qoperator(source, path, per_channel=True)


def qoperator_unsigned(source, path):
    qoperator(source, path, activation_type=QuantType.QUInt8)


def qdq(source, path):
    quantize_static(source, path, Pictures(source), **EXACT)


def dynamic(source, path):
    quantize_dynamic(source, path, **EXACT)

"""The other engines, under the protocol of `bench_engines serve` and under that of `bench_engines count`.

    peers.py serve MODEL    says `ready ENGINE`, then answers each line `run K` with K times in nanoseconds
    peers.py count MODEL N  runs N times, with a call of getppid(2) before and after each

MODEL is an .onnx file for ONNX Runtime or a .tflite file for LiteRT. One thread. The input is random
numbers, quantised as the model wants it; it is set anew for each run, as a camera's picture is.
"""

import os
import sys
import time

import numpy as np

SEED = 1


def onnx_runtime(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    wanted = session.get_inputs()[0]
    feed = {wanted.name: random_input(wanted.shape)}
    return f"onnxruntime {onnxruntime.__version__}", lambda: session.run(None, feed)


def litert(path):
    import ai_edge_litert
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(path, num_threads=1)
    interpreter.allocate_tensors()
    wanted = interpreter.get_input_details()[0]
    values = random_input(wanted["shape"])
    if wanted["dtype"] != np.float32:
        scale, zero = wanted["quantization"]
        range_ = np.iinfo(wanted["dtype"])
        values = np.clip(values / scale + zero, range_.min, range_.max).astype(wanted["dtype"])

    def run():
        interpreter.set_tensor(wanted["index"], values)
        interpreter.invoke()

    return f"ai-edge-litert {ai_edge_litert.__version__}", run


def random_input(shape):
    return np.random.default_rng(SEED).standard_normal(shape).astype(np.float32)


def serve(name, run):
    run()
    print("ready", name, flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line.split()[1])):
            start = time.perf_counter_ns()
            run()
            times.append(time.perf_counter_ns() - start)
        print(*times, flush=True)


def count(times, run):
    for _ in range(times):
        os.getppid()
        run()
        os.getppid()


def main():
    mode, path = sys.argv[1:3]
    name, run = (litert if path.endswith(".tflite") else onnx_runtime)(path)
    if mode == "serve":
        serve(name, run)
    else:
        count(int(sys.argv[3]), run)


main()

"""Runs models in one reference engine; a child process, because bad models abort the engine.

Protocol: one JSON object per line on stdin ({"path", "steps", "inputs"}), one per line on the
descriptor given as the second argument. What the engine itself prints goes to the log file.
"""

import base64
import json
import os
import sys

from maker.inputs import make_input


def run_tflm(content, request):
    """Outputs of TensorFlow Lite Micro's interpreter (reference kernels), steps in order."""
    from tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(content, arena_size=1 << 20)
    steps = []
    for step in range(request["steps"]):
        for index, entry in enumerate(request["inputs"]):
            array = make_input(entry["shape"], entry["dtype"], step, index)
            interpreter.set_input(array, index)
        interpreter.invoke()
        steps.append([interpreter.get_output(k) for k in range(request["outputs"])])
    return steps


def run_litert(content, request, resolver="BUILTIN_REF"):
    """Outputs of LiteRT's reference kernels (BUILTIN_REF, no delegate), steps in order."""
    from ai_edge_litert import interpreter as litert

    interpreter = litert.Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=litert.OpResolverType[resolver],
    )
    interpreter.allocate_tensors()
    inputs = interpreter.get_input_details()
    outputs = interpreter.get_output_details()
    steps = []
    for step in range(request["steps"]):
        for index, entry in enumerate(request["inputs"]):
            array = make_input(entry["shape"], entry["dtype"], step, index)
            interpreter.set_tensor(inputs[index]["index"], array)
        interpreter.invoke()
        steps.append([interpreter.get_tensor(output["index"]).copy() for output in outputs])
    return steps


def run_litert_optimised(content, request):
    """Outputs of LiteRT's optimised kernels without a delegate."""
    return run_litert(content, request, "BUILTIN_WITHOUT_DEFAULT_DELEGATES")


ENGINES = {"tflm": run_tflm, "litert": run_litert, "litert_optimised": run_litert_optimised}


def main():
    engine, descriptor = sys.argv[1], int(sys.argv[2])
    with os.fdopen(descriptor, "w") as answers:
        for line in sys.stdin:
            request = json.loads(line)
            with open(request["path"], "rb") as file:
                content = file.read()
            try:
                steps = ENGINES[engine](content, request)
                answer = {"outputs": [
                    [base64.b64encode(array.tobytes()).decode() for array in step]
                    for step in steps
                ], "shapes": [list(array.shape) for array in steps[0]]}
            except Exception as error:  # any refusal of the engine is a result here
                answer = {"refused": str(error)}
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()

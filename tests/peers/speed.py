"""Time of one inference beside LiteRT's on this machine, one thread, in one interleaved run.

Run: python speed.py [rounds]   (after `cargo build --release -p mote-cli` and pip install -r requirements.txt)

Each round times Mote, LiteRT without delegate and LiteRT's reference kernels in turn; the table shows the median over
rounds of each round's median, and the ratio per round (median), so that a drifting machine does not decide.
"""

import pathlib
import statistics
import sys
import tempfile
import time

from common import PLAIN, REFERENCE, ZOO, golden_input, litert, mote

MODELS = ["ad01_autoencoder_int8", "kws01_dscnn_int8", "ic01_resnet_int8", "vww01_mobilenetv1_int8", "sww01_int8"]


def median_us(interpreter, runs):
    """Median microseconds of an inference, inputs set each time."""
    times = []
    for run in range(runs + runs // 10 + 1):
        for k, detail in enumerate(interpreter.get_input_details()):
            interpreter.set_tensor(detail["index"], golden_input(0, k, detail))
        start = time.perf_counter()
        interpreter.invoke()
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times[runs // 10 + 1 :])


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print(f"{'model':26}{'Mote us':>10}{'LiteRT us':>11}{'ratio':>8}{'reference us':>14}{'ratio':>8}")
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name in MODELS:
            path = ZOO / "models" / "mlperf" / f"{name}.tflite"
            compiled = pathlib.Path(folder) / "m.mote"
            mote("compile", path, "-o", compiled)
            plain, reference = litert(path, PLAIN), litert(path, REFERENCE)
            rows = []
            for _ in range(rounds):
                ours = mote("profile", compiled, "--runs", 60)["median_us"]
                rows.append((ours, median_us(plain, 60), median_us(reference, 6)))
            columns = [statistics.median(column) for column in zip(*rows)]
            to_plain = statistics.median(o / p for o, p, _ in rows)
            to_reference = statistics.median(o / r for o, _, r in rows)
            worst = max(worst, to_plain)
            print(f"{name:26}{columns[0]:10.1f}{columns[1]:11.1f}{to_plain:8.2f}{columns[2]:14.1f}{to_reference:8.3f}")
    print(f"worst ratio to LiteRT without delegate: {worst:.2f} (bound 3)")
    sys.exit(worst > 3.0)


if __name__ == "__main__":
    main()

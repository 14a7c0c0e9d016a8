"""Makes operators/: one small model per case, and cases.json with what the references answer.

    pip install -r requirements.txt
    python make_operators.py            # remakes everything
    python make_operators.py softmax    # tries the cases whose name has the word; writes nothing

Exit code 1 if neither reference runs a case that is not listed in REFUSED_BY_BOTH.
"""

import base64
import json
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from maker import (cases_activation, cases_arithmetic, cases_convert, cases_convolution,
                   cases_fully_connected, cases_int16, cases_reduction, cases_shape,
                   cases_state)
from maker.engines import Engine

STEPS = 3
MODULES = (cases_convolution, cases_fully_connected, cases_arithmetic, cases_reduction,
           cases_activation, cases_shape, cases_convert, cases_state, cases_int16)
# Kept as refusals: what no reference runs has no defined answer.
REFUSED_BY_BOTH = {"depthwise_conv_2d_i8_no_bias_input_omitted", "concatenation_i8_differing_scales"}
FOLDER = Path(__file__).resolve().parent / "operators"


def differing(first, second):
    """(bytes that differ, bytes compared) of two answers with outputs."""
    different = total = 0
    for left_step, right_step in zip(first["outputs"], second["outputs"]):
        for left, right in zip(left_step, right_step):
            left, right = base64.b64decode(left), base64.b64decode(right)
            different += sum(a != b for a, b in zip(left, right)) + abs(len(left) - len(right))
            total += len(left)
    return different, total


def run_case(model, folder, engines):
    """Writes the model to `folder` and returns its index entry with every engine's answer."""
    path = folder / f"{model.name}.tflite"
    path.write_bytes(model.to_bytes())
    main = model.root.subgraphs[0]
    entry = {
        "name": model.name, "file": path.name, "operator": model.operator_name,
        "inputs": model.describe(main.inputs), "outputs": model.describe(main.outputs),
    }
    for engine in engines:
        answer = engine.run(path, entry["inputs"], len(entry["outputs"]), STEPS)
        shapes = answer.pop("shapes", None)
        declared = [output["shape"] for output in entry["outputs"]]
        if shapes is not None and shapes != declared:
            entry.setdefault("shape_notes", {})[engine.name] = shapes
        entry[engine.name] = answer
    if "outputs" in entry["tflm"] and "outputs" in entry["litert"]:
        entry["differing_bytes"] = differing(entry["tflm"], entry["litert"])[0]
    # Only integer answers that disagree with the reference kernels are worth their bytes.
    optimised = entry.pop("litert_optimised")
    integer = all(output["dtype"] != "float32" for output in entry["outputs"])
    if integer and optimised != entry["litert"] and "outputs" in optimised:
        entry["litert_optimised"] = optimised
    return entry


def summarise(entries):
    """Prints per operator and dtype: cases, runs per engine, differing bytes."""
    rows = defaultdict(lambda: [0, 0, 0, 0, 0, 0])
    for entry in entries:
        row = rows[entry["operator"], entry["inputs"][0]["dtype"]]
        row[0] += 1
        row[1] += "outputs" in entry["tflm"]
        row[2] += "outputs" in entry["litert"]
        if "differing_bytes" in entry:
            different, total = differing(entry["tflm"], entry["litert"])
            row[3] += different > 0
            row[4] += different
            row[5] += total
    print("| operator | input | cases | TFLM | LiteRT | cases that differ | bytes that differ |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for (operator, dtype), row in sorted(rows.items()):
        print(f"| {operator} | {dtype} | {row[0]} | {row[1]} | {row[2]} | {row[3]} "
              f"| {row[4]} of {row[5]} |")


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else None
    models = [model for module in MODULES for model in module.cases()]
    names = [model.name for model in models]
    if len(set(names)) != len(names):
        raise SystemExit("two cases share a name")
    if word:
        models = [model for model in models if word in model.name]
        folder = Path(tempfile.mkdtemp())
    else:
        folder = FOLDER
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    engines = [Engine("tflm"), Engine("litert"), Engine("litert_optimised")]
    entries = [run_case(model, folder, engines) for model in models]
    for engine in engines:
        engine.close()
    bad = []
    for entry in entries:
        for name in ("tflm", "litert"):
            if "refused" in entry[name]:
                print(f"{entry['name']}: {name} refuses: {entry[name]['refused']}")
        if "shape_notes" in entry:
            print(f"{entry['name']}: shapes {entry['shape_notes']}")
        if entry.get("differing_bytes"):
            total = differing(entry["tflm"], entry["litert"])[1]
            print(f"{entry['name']}: {entry['differing_bytes']} of {total} bytes differ")
        if "litert_optimised" in entry and "outputs" in entry["litert"]:
            rest = [differing(entry["litert_optimised"], entry[name])[0]
                    for name in ("litert", "tflm") if "outputs" in entry[name]]
            print(f"{entry['name']}: litert optimised kernels differ from litert, tflm in {rest}")
        if all("refused" in entry[name] for name in ("tflm", "litert")):
            if entry["name"] not in REFUSED_BY_BOTH:
                bad.append(entry["name"])
    summarise(entries)
    if word:
        shutil.rmtree(folder)
    else:
        lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
        (folder / "cases.json").write_text(f'{{"steps":{STEPS},"cases":[\n{lines}\n]}}\n')
    if bad:
        print("no reference runs:", *bad)
        raise SystemExit(1)


if __name__ == "__main__":
    main()

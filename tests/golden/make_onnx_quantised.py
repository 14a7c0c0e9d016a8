"""Quantised single-operator ONNX models with onnxruntime's answers, packed into one file.

Each operator is written as onnxruntime's static quantiser writes it: as QDQ (DequantizeLinear, operator, QuantizeLinear)
and as QOperator (QLinearConv and its kin). Shapes, values and scales are drawn from a generator seeded by the case's
name, so a new case changes no other. The output range is that of the operator's float result.

    python make_onnx_quantised.py            writes onnx/quantised.bin and prints what differs between optimisation levels
    python make_onnx_quantised.py WORD       only tries the cases whose name holds the word

The packed file is described in README.md.
"""

import pathlib
import sys

from onnx_maker import cases, engine, pack

HERE = pathlib.Path(__file__).parent


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [case for case in cases.all_cases() if word in case.name]
    records, differing = [], {}
    for case in chosen:
        model = case.build(engine)
        plain = engine.run(model, case.name, optimised=False)
        optimised = engine.run(model, case.name, optimised=True)
        records.append(pack.record(case, model, plain, optimised))
        for a, b in zip(plain, optimised):
            distance = engine.distance(a, b)
            family = differing.setdefault(case.family, [0, 0, 0])
            family[0] += a.size
            family[1] += int((distance > 0).sum())
            family[2] = max(family[2], float(distance.max(initial=0)))
    print(f"{'family':34} outputs differ largest (optimisations off against default)")
    for family, (outputs, count, largest) in sorted(differing.items()):
        print(f"{family:34} {outputs:7} {count:6} {largest:7g}")
    data = pack.whole(records)
    print(f"{len(records)} cases, {len(data)} bytes")
    if not word:
        (HERE / "onnx" / "quantised.bin").write_bytes(data)


if __name__ == "__main__":
    main()

"""Makes malformed/: small damaged or unsupported models, each of which an importer must refuse.

    python make_malformed.py

malformed/index.json lists for each: the file, what is wrong, words of which the refusal must hold
at least one (compared without case), and what the two references do with it.
"""

import json
import shutil
import sys
from pathlib import Path

from maker import malformed_bytes, malformed_graphs
from maker.engines import Engine

FOLDER = Path(__file__).resolve().parent / "malformed"


def verdict(engine, path):
    """"runs", "refuses" or "dies": what a reference does with the file when inputs are given."""
    inputs = malformed_graphs.INPUTS
    if path.stem in malformed_graphs.FLOAT_CASES:
        inputs = [{**inputs[0], "dtype": "float32"}]
    answer = engine.run(path, inputs, 1, 1)
    if "outputs" in answer:
        return "runs"
    return "dies" if answer["refused"].startswith("process died") else "refuses"


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    cases = [*malformed_bytes.cases(), *malformed_graphs.cases()]
    names = [name for name, *_ in cases]
    if len(set(names)) != len(names):
        raise SystemExit("two cases share a name")
    sound = malformed_graphs.sound().to_bytes()
    engines = [Engine("tflm"), Engine("litert")]
    # The model every defect is put into must itself run, or the set would prove nothing.
    path = FOLDER / "sound.tflite"
    path.write_bytes(sound)
    for engine in engines:
        if verdict(engine, path) != "runs":
            raise SystemExit(f"{engine.name} does not run the undamaged model")
    path.unlink()
    entries = []
    for name, content, wrong, words in cases:
        if content == sound:
            raise SystemExit(f"{name} is not damaged")
        path = FOLDER / f"{name}.tflite"
        path.write_bytes(content)
        entry = {"name": name, "file": path.name, "wrong": wrong, "message_has_one_of": words}
        for engine in engines:
            entry[engine.name] = verdict(engine, path)
        entries.append(entry)
    for engine in engines:
        engine.close()
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    (FOLDER / "index.json").write_text(f'{{"cases":[\n{lines}\n]}}\n')
    for name in ("tflm", "litert"):
        counts = {word: sum(entry[name] == word for entry in entries)
                  for word in ("refuses", "runs", "dies")}
        print(f"{name}: {counts} of {len(entries)}", file=sys.stdout)


if __name__ == "__main__":
    main()

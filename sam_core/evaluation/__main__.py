"""`python -m sam_core.evaluation --data FOLDER_OR_ZIP --model NAME_OR_PATH --json`"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from sam_core.evaluation.command import model_and_photos, parser_of
from sam_core.evaluation.protocol import evaluate
from sam_core.evaluation.sheet import contact_sheet


def main() -> None:
    parser = parser_of("sam_core.evaluation", __doc__)
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of one region per photo, instead of figures")
    parser.add_argument("--regions", type=Path, help="write each region's figures, for `sam_core.evaluation.compare`")
    arguments = parser.parse_args()
    model, photos = model_and_photos(arguments)
    if arguments.sheet:
        try:
            contact_sheet(model, photos, columns=3, seed=arguments.seed).save(arguments.sheet)
        except (OSError, ValueError) as error:
            sys.exit(str(error))
        return
    collected = evaluate(model, photos, arguments.seed)
    if arguments.regions:
        arguments.regions.write_text("".join(json.dumps(asdict(story)) + "\n" for story in collected.clicked))
    figures = {"model_version": model.version, **collected.to_json()}
    print(json.dumps(figures, indent=None if arguments.json else 1))


if __name__ == "__main__":
    main()

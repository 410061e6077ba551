"""What was predicted, as people keep it.

========================  ===================================================================
``{"id", "code"}``        JSONL, our own
``{"file_id",             CADBench's; the parts' file names are the ids
"generated"}``
``{"question_id",         CAD-Coder's answers; ``cadvlm.evaluation.matching`` finds the part that
"text"}``                 a question was about
``{"question_id",         CAD-Coder's questions, to score the ground truth itself: there the
"ground_truth"}``         ``text`` is the question
a folder                  of ``ID.py``, or of ``ID/Python_Code.py`` as CADPrompt has it
========================  ===================================================================

JSONL may be gzipped. A row may carry its ``language``, ``cadquery`` unless it says otherwise, and
the ``image`` that was asked about.
"""

from __future__ import annotations

from cadvlm.codegen.answer import program_text
from cadvlm.records import Prediction
from cadvlm.references.files import is_folder, named_files
from cadvlm.references.rows import Format, read_rows
from cadvlm.storage import Folder

_FORMATS = (
    Format("id", "code"),
    Format("file_id", "generated"),
    Format("question_id", "ground_truth"),
    Format("question_id", "text"),
)


def read_predictions(path: str) -> dict[str, Prediction]:
    """Predictions by id; fences and chatter around the code are cut off, the raw text is kept.

    Raises:
        InputError: there is nothing there, or a row of it is wrong; the message names the row.
    """
    if is_folder(path):
        return _read_folder(path)
    predictions = {}
    for row in read_rows(path, _FORMATS):
        image = row.fields.get("image")
        predictions[row.id] = Prediction(
            row.id, program_text(row.text), row.language, row.text,
            image if isinstance(image, str) else None,
        )  # fmt: skip
    return predictions


def _read_folder(path: str) -> dict[str, Prediction]:
    folder, predictions = Folder(path), {}
    for id_, name in named_files(path, (".py",)).items():
        text = folder.read(name).decode(errors="replace")
        predictions[id_] = Prediction(id_, program_text(text), text=text)
    return predictions

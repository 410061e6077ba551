import json
import subprocess
import sys

from cadvlm.data.attempts import DEATHS, survive
from cadvlm.storage import Folder

PROGRAM = """
import json, os, sys
from cadvlm.data.attempts import survive
from cadvlm.storage import Folder

def work(rows):
    if "pill" in rows:
        os._exit(9)
    return [row.upper() for row in rows]

notes = Folder(sys.argv[1])
print(json.dumps(survive(notes, "task", "run", ["a", "pill", "b"], work, lambda row: "-")))
"""


def test_what_kills_its_process_is_refused_after_a_few_deaths(tmp_path):
    deaths = 0
    while (done := start(tmp_path)).returncode == 9:
        deaths += 1
    assert deaths == 1 + DEATHS  # in one piece, then row by row
    assert json.loads(done.stdout) == ["A", "-", "B"]
    assert not list(tmp_path.iterdir())


def start(notes) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", PROGRAM, str(notes)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_work_that_ends_well_is_done_in_one_piece(tmp_path):
    calls = []

    def work(rows):
        calls.append(list(rows))
        return list(rows)

    notes = Folder(str(tmp_path))
    notes.write_json("task.json", {"run": "another", "at": "0", "deaths": {"0": 5}})
    assert survive(notes, "task", "run", ["a", "b"], work, str.upper) == ["a", "b"]
    assert calls == [["a", "b"]]
    assert not notes.exists("task.json")

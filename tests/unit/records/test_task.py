from __future__ import annotations

from evalsuite.records.codec import from_json, to_json
from evalsuite.records.run import Task


def test_a_task_survives_its_file_with_the_order_of_its_graders() -> None:
    task = Task(name="t", split="test", kind="score", graders={"b": "1", "a": "2"}, decides="b")

    assert from_json(Task, to_json(task)) == task

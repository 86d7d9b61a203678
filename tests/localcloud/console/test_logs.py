import re

from localcloud.console.logs import TAIL_LINES, tail


def test_a_page_holds_the_end_of_a_log_and_links_to_the_whole(console):
    console.trained("churn-1")
    log = console.jobs.folder("churn-1") / "logs" / "exit-handler-1.train-churn-model.log"
    log.write_text("".join(f"line {number}.\n" for number in range(100_000)))
    page = console.get("/runs/churn-1/tasks/train-churn-model")
    assert len(re.findall(r"^line \d+\.|>line \d+\.", page, re.MULTILINE)) == TAIL_LINES
    assert "line 99999." in page
    assert 'href="/runs/churn-1/tasks/exit-handler-1.train-churn-model/log"' in page
    answer = console.client.get("/runs/churn-1/tasks/exit-handler-1.train-churn-model/log")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content == log.read_bytes()


def test_the_log_of_the_whole_run(console):
    console.trained("churn-1")
    assert console.get("/runs/churn-1/log") == console.jobs.run_log("churn-1").read_text()


def test_the_end_of_a_log_of_one_endless_line_is_bounded(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"\xff" * 5_000_000 + b"end")
    end = tail(log)
    assert len(end) < 1_000_000
    assert end.endswith("end")

"""Where printed text goes: to the cell that shows the app, whatever thread prints it."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from flet_jupyter.notebook.output import OutputLog
from tests.notebook.front_end import wait

PRINTER = """
import sys, threading, asyncio
def main(page):
    print("from main")
    print("to stderr from main", file=sys.stderr)

    def by_thread(done):
        thread = threading.Thread(target=lambda: (print("thread"), done()))
        thread.start()

    def nested(done):
        by_thread(lambda: by_thread(done))

    async def by_task():
        await asyncio.sleep(0)
        print("task")

    async def by_coroutine():
        print("coroutine")
        asyncio.get_running_loop().call_later(0, print, "timer")

    async def to_thread():
        await asyncio.to_thread(print, "to_thread")

    page.pubsub.subscribe(lambda message: print("heard", message))
    page.add(
        ft.Button("handler", on_click=lambda: print("handler")),
        ft.Button("stderr", on_click=lambda: print("stderr", file=sys.stderr)),
        ft.Button("coroutine", on_click=by_coroutine),
        ft.Button("thread", on_click=lambda: by_thread(lambda: None)),
        ft.Button("nested", on_click=lambda: nested(lambda: None)),
        ft.Button("run_thread", on_click=lambda: page.run_thread(print, "run_thread")),
        ft.Button("run_task", on_click=lambda: page.run_task(by_task) and None),
        ft.Button("to_thread", on_click=to_thread),
        ft.Button("pubsub", on_click=lambda: page.pubsub.send_all("you")),
    )
ft.run(main)
"""


def test_what_main_prints_is_output_of_the_cell(notebook: Any) -> None:
    notebook.good(PRINTER)
    assert notebook.stdout == "from main\n"
    assert notebook.stderr == "to stderr from main\n"
    assert notebook.view.output == []


@pytest.mark.parametrize(
    ("button", "text"),
    [
        ("handler", "handler\n"),
        ("coroutine", "coroutine\ntimer\n"),
        ("thread", "thread\n"),
        ("nested", "thread\nthread\n"),
        ("run_thread", "run_thread\n"),
        ("run_task", "task\n"),
        ("to_thread", "to_thread\n"),
        ("pubsub", "heard you\n"),
    ],
)
def test_what_an_app_prints_later_stands_below_its_view(
    notebook: Any, button: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.good(PRINTER)
    notebook.view.click(content=button)
    wait(lambda: notebook.view.printed() == text, lambda: f"{text!r}, not {notebook.view.output}")
    assert capsys.readouterr().out == ""


def test_errors_printed_by_hand_keep_their_kind(notebook: Any) -> None:
    notebook.good(PRINTER)
    notebook.view.click(content="stderr")
    wait(lambda: notebook.view.printed("stderr") == "stderr\n")
    assert notebook.view.printed("stdout") == ""


def test_two_apps_do_not_print_into_each_other(notebook: Any) -> None:
    notebook.good(PRINTER)
    notebook.good(PRINTER)
    first, second = notebook.front_end.view(0), notebook.front_end.view(1)
    for view, button in ((first, "thread"), (second, "handler")):
        wait(lambda view=view: view.page)
        view.click(content=button)
    wait(lambda: first.printed() and second.printed())
    assert (first.printed(), second.printed()) == ("thread\n", "handler\n")


def test_other_cells_and_threads_print_as_ever(notebook: Any) -> None:
    notebook.good(PRINTER)
    notebook.good("t = threading.Thread(target=lambda: print('thread of a cell')); t.start(); t.join(); print('cell')")
    assert notebook.stdout == "thread of a cell\ncell\n"
    assert notebook.view.output == []


def test_text_in_pieces_arrives_in_order_and_in_batches(notebook: Any) -> None:
    notebook.good(
        "def main(page):\n    page.add(ft.Button('go', on_click=lambda: [print(n) for n in range(2000)]))\nft.run(main)"
    )
    view = notebook.view
    wait(lambda: view.page)
    heard: list[Any] = []
    hear = view.heard
    view.heard = lambda content, buffers: (heard.append(content["op"]), hear(content, buffers))
    view.click(_c="Button")
    expected = "".join(f"{number}\n" for number in range(2000))
    wait(lambda: view.printed() == expected, "all numbers")
    assert heard.count("output") < 50


def test_a_flood_of_text_is_bounded_and_its_end_arrives(notebook: Any) -> None:
    notebook.good(
        "def main(page):\n"
        "    def flood():\n        print(*['x' * 1000] * 5000, sep='\\n')\n        print('the end')\n"
        "    page.add(ft.Button('go', on_click=flood))\n"
        "ft.run(main)"
    )
    view = notebook.view
    wait(lambda: view.page)
    view.click(_c="Button")
    wait(lambda: view.printed().endswith("the end\n"))
    kept = notebook.apps["main"]._host.output.for_new_view()
    assert sum(len(entry["text"]) for entry in kept) < 300_000
    assert kept[-1]["text"].endswith("the end\n")


def test_writing_what_is_no_text_is_the_error_it_always_was(notebook: Any) -> None:
    notebook.good(
        "import sys\ndef main(page):\n    page.add(ft.Button('go', on_click=lambda: sys.stdout.write(5)))\nft.run(main)"
    )
    wait(lambda: notebook.view.page)
    notebook.view.click(_c="Button")
    wait(lambda: "TypeError" in notebook.view.printed("error"))


def test_a_stream_without_a_file_says_so_as_all_do(notebook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pyodide's kernel has such streams; argparse, for one, asks before it uses colours."""

    class Bare:
        def write(self, text: str) -> None: ...

    notebook.good("pass")
    monkeypatch.setattr(sys.stdout, "original", Bare())
    with pytest.raises(io.UnsupportedOperation):
        sys.stdout.fileno()


def test_unloading_puts_streams_and_threads_back(notebook: Any) -> None:
    out, start = sys.stdout, threading.Thread.start
    notebook.good("pass")
    assert sys.stdout is not out
    notebook.shell.extension_manager.unload_extension("flet_jupyter")
    notebook.loads = False
    assert sys.stdout is out
    assert threading.Thread.start is start


def test_reloading_an_app_empties_its_output(notebook: Any) -> None:
    notebook.good(PRINTER)
    notebook.view.click(content="handler")
    wait(lambda: notebook.view.printed() == "handler\n")
    notebook.apps["main"].reload()
    wait(lambda: notebook.view.printed() == "from main\n")


# -- the log alone -------------------------------------------------------------------------------------


class Log:
    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.due: list[Callable[[], None]] = []
        self.log = OutputLog(self.sent.append, lambda _delay, function: self.due.append(function))

    def flush(self) -> None:
        due, self.due = self.due, []
        for function in due:
            function()


def test_text_of_one_kind_is_one_entry_and_each_error_another() -> None:
    log = Log()
    for kind, text in (
        ("stdout", "a"),
        ("stdout", "b"),
        ("stderr", "c"),
        ("stdout", "d"),
        ("error", "e"),
        ("error", "f"),
    ):
        log.log.write(kind, text)  # type: ignore[arg-type]
    assert [(entry["kind"], entry["text"]) for entry in log.log.for_new_view()] == [
        ("stdout", "ab"),
        ("stderr", "c"),
        ("stdout", "d"),
        ("error", "e"),
        ("error", "f"),
    ]


def test_one_batch_is_sent_however_much_is_written_before() -> None:
    log = Log()
    for number in range(100):
        log.log.write("stdout", str(number))
    assert len(log.due) == 1
    log.flush()
    (message,) = log.sent
    assert message == {"op": "output", "entries": [{"kind": "stdout", "text": "".join(map(str, range(100)))}]}
    log.log.write("stdout", "more")
    assert len(log.due) == 1


def test_text_held_for_the_cell_is_not_sent() -> None:
    log = Log()
    log.log.hold()
    log.log.write("stdout", "held")
    assert log.due == []
    assert log.log.release() == [{"kind": "stdout", "text": "held"}]
    assert log.log.release() == []
    assert log.log.for_new_view() == []
    log.log.write("stdout", "after")
    assert log.log.for_new_view() == [{"kind": "stdout", "text": "after"}]


def test_a_new_view_gets_each_text_once_and_the_others_miss_nothing() -> None:
    log = Log()
    log.log.write("stdout", "before")
    log.flush()
    log.log.write("stdout", " meanwhile")
    assert log.log.for_new_view() == [{"kind": "stdout", "text": "before meanwhile"}]
    assert [message["entries"][0]["text"] for message in log.sent] == ["before", " meanwhile"]
    log.flush()
    assert len(log.sent) == 2


def test_empty_text_is_nothing() -> None:
    log = Log()
    log.log.write("stdout", "")
    assert (log.due, log.log.for_new_view()) == ([], [])


def test_what_is_left_out_is_said() -> None:
    log = Log()
    for _ in range(500):
        log.log.write("stdout", "x" * 1000)
    text = "".join(entry["text"] for entry in log.log.for_new_view())
    assert len(text) < 201_000
    assert "characters left out" in text

"""What publishing costs a computation in Python: this and its peers.

    help-publish.py aprec MODE SIZE ...     aprec.py into stdout, by
                                            APREC_POLICY
    help-publish.py zmq MODE SIZE ...       a PUB socket with CONFLATE
    help-publish.py queue MODE SIZE ...     multiprocessing.Queue
    help-publish.py datapub MODE SIZE ...   ipyparallel's publish_data, in an
                                            engine that runs

MODE says of the viewer, a process of its own, whether it is live or stopped
(by SIGSTOP).  An array of SIZE bytes and a number are published, in a row and
then every millisecond.  Told on stderr is, for each size and pause, "SIZE
PAUSE CALL CPU": what the call takes (median), and what the process takes of
the processor for a publish, with all its threads, both in microseconds.
"""
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import time
from typing import Any, Callable, Iterator, List, Tuple


def measure(publish: Callable[[Any, int], Any],
            size: int) -> List[Tuple[int, float, float, float]]:
    """Publish, and do all but that."""
    import time     # this also runs where nothing else was imported
    import numpy
    count = 300 if size < 1 << 20 else 100 if size < 1 << 24 else 20
    array = numpy.ones(size // 8)
    results = []
    for pause in (0.0, 0.001):
        calls = []
        cpu = [0.0, 0.0]
        for which in (0, 1):
            begun = time.process_time()
            for i in range(count):
                clock = time.perf_counter()
                if which == 1:
                    publish(array, i)
                    calls.append(time.perf_counter() - clock)
                if pause > 0:
                    time.sleep(pause)
            cpu[which] = time.process_time() - begun
        results.append((size, pause * 1e3, sorted(calls)[count // 2] * 1e6,
                        max(0.0, cpu[1] - cpu[0]) / count * 1e6))
    return results


def tell(results: List[Tuple[int, float, float, float]]) -> None:
    """A line each."""
    for result in results:
        print("%d %.0f %.1f %.1f" % result, file=sys.stderr, flush=True)


class Viewer:
    """A process that runs a function, or is stopped when it has begun."""

    def __init__(self, mode: str, view: Callable[..., None],
                 *args: Any) -> None:
        ready = multiprocessing.Event()
        self.process = multiprocessing.Process(
            target=view, args=(ready, *args), daemon=True)
        self.process.start()
        ready.wait()
        if mode == "stopped":
            os.kill(self.process.pid or 0, signal.SIGSTOP)

    def end(self) -> None:
        """Whatever it does."""
        self.process.kill()
        self.process.join()


def run_aprec(mode: str, sizes: List[int]) -> None:
    """This; who reads the pipe has been told the mode."""
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../format"))
    import aprec
    out = aprec.open()
    for size in sizes:
        tell(measure(lambda array, i: out.publish(a=array, i=i), size))
    out.close()


def subscribe(ready: Any, address: str) -> None:
    """Take all."""
    import zmq
    sub = zmq.Context().socket(zmq.SUB)
    sub.setsockopt(zmq.CONFLATE, 1)
    sub.setsockopt(zmq.SUBSCRIBE, b"")
    sub.connect(address)
    sub.recv()
    ready.set()
    while True:
        sub.recv()


def run_zmq(mode: str, sizes: List[int]) -> None:
    """One frame, since CONFLATE takes no more: number, then array."""
    import zmq
    with tempfile.TemporaryDirectory() as folder:
        address = "ipc://%s/pub" % folder
        pub = zmq.Context().socket(zmq.PUB)
        pub.setsockopt(zmq.CONFLATE, 1)
        pub.setsockopt(zmq.LINGER, 0)
        pub.bind(address)
        # It is ready when it has got something.
        done = multiprocessing.Event()
        process = multiprocessing.Process(
            target=subscribe, args=(done, address), daemon=True)
        process.start()
        while not done.is_set():
            pub.send(b"hello")
            time.sleep(0.01)
        if mode == "stopped":
            os.kill(process.pid or 0, signal.SIGSTOP)
        for size in sizes:
            tell(measure(lambda array, i: pub.send(
                pickle.dumps((i, array), protocol=5)), size))
        process.kill()
        process.join()
        pub.close()


def take(ready: Any, queue: Any) -> None:
    """Take all."""
    ready.set()
    while True:
        queue.get()


def run_queue(mode: str, sizes: List[int]) -> None:
    """Its thread pickles, and has no bound."""
    for size in sizes:
        queue: Any = multiprocessing.Queue()
        viewer = Viewer(mode, take, queue)
        tell(measure(lambda array, i: queue.put((i, array)), size))
        queue.cancel_join_thread()
        viewer.end()


def in_engine(measure: Any, sizes: List[int], path: str) -> None:
    """What the engine does; a file tells of it."""
    from ipyparallel.datapub import publish_data
    for size in sizes:
        result = measure(lambda array, i: publish_data(dict(a=array, i=i)),
                         size)
        with open(path, "a") as file:
            for line in result:
                file.write("%d %.0f %.1f %.1f\n" % line)
    with open(path, "a") as file:
        file.write("end\n")


def wait_lines(path: str) -> Iterator[str]:
    """Those of a file that another process writes."""
    until = time.monotonic() + 120
    done = 0
    while time.monotonic() < until:
        with open(path) as file:
            lines = file.read().split("\n")[:-1]
        for line in lines[done:]:
            if line == "end":
                return
            yield line
        done = len(lines)
        time.sleep(0.05)


def view_engine(ready: Any, sizes: List[int], path: str) -> None:
    """A client that has started the engine and looks at what comes."""
    import ipyparallel
    client = ipyparallel.Client(timeout=30)
    client.wait_for_engines(1, timeout=30)
    view = client[:]
    result = view.apply_async(in_engine, measure, sizes, path)
    time.sleep(0.2)
    ready.set()
    while True:
        result.data
        time.sleep(0.005)


def run_datapub(mode: str, sizes: List[int]) -> None:
    """ipcontroller and ipengine run already."""
    with tempfile.NamedTemporaryFile("w") as file:
        viewer = Viewer(mode, view_engine, sizes, file.name)
        for line in wait_lines(file.name):
            print(line, file=sys.stderr, flush=True)
        viewer.end()


if __name__ == "__main__":
    {"aprec": run_aprec, "zmq": run_zmq, "queue": run_queue,
     "datapub": run_datapub}[sys.argv[1]](
         sys.argv[2], list(map(int, sys.argv[3:])))

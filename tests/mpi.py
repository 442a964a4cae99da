"""What the tests of several processes look at in their recordings.

    mpi.py FORMAT steps FILE ...        rank by rank: the steps published
    mpi.py FORMAT tiles ONE FILE ...    whether the tiles of the last state in
                                        FILEs make up the array u of ONE
    mpi.py FORMAT last FILE             step, mean, hottest and lost at the end
                                        of rank 0
    mpi.py FORMAT tries N [SEED]        steer and kill N runs at random moments

FORMAT is the folder of aprec.py.  steps prints a line "same FIRST LAST COUNT"
where all ranks have published the same steps, and each a final record, else a
line per rank.
"""
import os
import random
import signal
import subprocess
import sys
import time
from typing import Callable, Dict, List, Optional

sys.path.insert(0, sys.argv[1])
import aprec    # noqa: E402

LIMIT = 60      # seconds that nothing takes, however busy the machine is


def steps_of(files: List[str]) -> Dict[str, List[int]]:
    """The steps that each source has published, in order."""
    steps: Dict[str, List[int]] = {}
    for name in files:
        for r in aprec.read(name):
            if "step" in r and not r.history:
                steps.setdefault(r.source, []).append(r["step"])
    return steps


def finals_of(files: List[str]) -> int:
    """How many sources have ended in good order."""
    return len({r.source for name in files for r in aprec.read(name)
                if r.final})


def summary(files: List[str]) -> str:
    """The line, or lines, that steps prints."""
    steps = steps_of(files)
    alike = len(set(map(tuple, steps.values()))) == 1
    if alike and finals_of(files) == len(steps):
        one = next(iter(steps.values()))
        return "same %d %d %d" % (one[0], one[-1], len(steps))
    return "\n".join("%s: %d to %d, %d of them" % (k, v[0], v[-1], len(v))
                     for k, v in sorted(steps.items())) + \
        "\n%d final" % finals_of(files)


def tiles(one: str, files: List[str]) -> str:
    """Whether files together have the u of one, each element once."""
    *_, whole = aprec.read(one)
    u = whole["u"]
    left = len(u) * len(u[0])
    apart = 0.0
    for name in files:
        *_, r = aprec.read(name)
        about = r.fields["u"].attrs
        if about["tile_extents"] != "%d %d" % (len(u), len(u[0])):
            return "tile_extents are " + about["tile_extents"]
        j0, i0 = map(int, about["tile_offset"].split())
        for j, row in enumerate(r["u"]):
            for i, value in enumerate(row):
                apart = max(apart, abs(value - u[j0 + j][i0 + i]))
                left -= 1
    return "%d missing, apart by %g" % (left, apart)


def last(name: str) -> str:
    """What rank 0 ends with."""
    *_, r = (r for r in aprec.read(name) if "mean" in r and not r.history)
    return "%d %r %r %r" % (r["step"], r["mean"], r["hottest"], r["lost"])


class Failed(Exception):
    """What a try found."""


def until(what: str, true: Callable[[], bool]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + LIMIT
    while not true():
        if time.monotonic() > end:
            raise Failed("not within %d s: %s" % (LIMIT, what))
        time.sleep(0.01)


class Try:
    """One run of four processes, through an aptee that records it."""

    def __init__(self, n: int, chance: random.Random) -> None:
        self.name = "try%d" % n
        self.record = self.name + ".apr"
        self.chance = chance
        self.story: List[str] = []
        self.paused = False
        self.aptee = self.start("aptee", "-q", "-l", self.name, self.record)
        path = os.path.join(os.environ["APTEE_DIR"], self.name)
        until("a socket", lambda: os.path.exists(path))
        self.sim = self.start(
            "mpirun", "--oversubscribe", "-n", "4", "heat-mpi", "-q", "-p",
            "-e", "1", "-x", "100", "-n", "100000000", out=self.name)
        self.viewers: List[subprocess.Popen[bytes]] = []

    def start(self, *words: str, out: str = "") -> "subprocess.Popen[bytes]":
        """Run a program in a process group of its own."""
        with open(self.name + "." + words[0], "ab") as said:
            return subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=said, env=dict(os.environ, APREC_OUT=out),
                start_new_session=True)

    def tell(self, *words: str) -> str:
        """What aptee -c answers; "" where there is none."""
        done = subprocess.run(("aptee", "-c", self.name) + words,
                              stdout=subprocess.PIPE, timeout=LIMIT,
                              stderr=subprocess.STDOUT, text=True)
        answer = done.stdout.strip()
        said = "%s: %s" % (" ".join(words), answer)
        if self.story[-1:] != [said]:
            self.story.append(said)
        return answer if done.returncode == 0 else ""

    def told(self, *words: str) -> int:
        """The step at which a command was obeyed, once it is."""
        answer: List[str] = []

        def obeyed() -> bool:
            answer[:] = [self.tell(*words)]
            return " at step " in answer[0]
        until("obeyed: " + " ".join(words), obeyed)
        return int(answer[0].split(" at step ")[1].split()[0])

    def some_time(self) -> None:
        """Let anything from nothing to a third of a second pass."""
        time.sleep(self.chance.random() ** 3 / 3)

    def ranks(self) -> List[int]:
        """The processes that compute."""
        out = subprocess.run(("ps", "-o", "pid=", "--ppid",
                              str(self.sim.pid)), stdout=subprocess.PIPE,
                             text=True).stdout
        return [int(pid) for pid in out.split()]

    def all_at(self, step: int) -> None:
        """Every rank has published this step, and none a later one."""
        def there() -> bool:
            last = [v[-1] for v in steps_of([self.record]).values()]
            if last and max(last) > step:
                raise Failed("steps %s, told %d" % (last, step))
            return last == 4 * [step]
        until("all ranks at step %d" % step, there)

    def pause(self) -> None:
        """Pause, make some steps, change something while it is paused."""
        at = self.told("pause")
        self.paused = True
        self.all_at(at)
        if self.chance.random() < 0.5:
            n = self.chance.randrange(1, 5)
            self.tell("step", str(n))
            self.all_at(at + n)
        if self.chance.random() < 0.5:
            self.told("set", "power", str(self.chance.randrange(1000)))
        if self.chance.random() < 0.5:
            self.resume()

    def resume(self) -> None:
        """Go on."""
        if self.paused:
            self.told("resume")
        self.paused = False

    def change(self) -> None:
        """Change something, now and later."""
        at = self.told("set", "turning", "%.3f" % self.chance.random())
        self.tell("at", str(at + 20), "set", "rim", "30")

    def view(self) -> None:
        """A viewer joins that nobody reads, and is killed some time later."""
        self.viewers.append(self.start("sh", "-c",
                                       "aptee -q -i %s | sleep 1000" %
                                       self.name))
        self.some_time()

    def unview(self) -> None:
        """Kill a viewer."""
        if self.viewers:
            os.killpg(self.viewers.pop().pid, signal.SIGKILL)

    def run(self) -> None:
        """Some of all this, and an end of one kind or another."""
        if self.chance.random() < 0.75:
            self.told("set", "power", "100")    # it has begun
        for _ in range(self.chance.randrange(4)):
            self.some_time()
            what = self.chance.choice((self.pause, self.change, self.view,
                                       self.unview))
            self.story.append(what.__name__)
            what()
        self.some_time()
        end = self.chance.choice(("stop", "at", "kill", "signal"))
        self.story.append("end: " + end)
        if end == "stop":
            self.told("stop")
        elif end == "at":
            at = self.told("set", "power", "0")
            self.tell("at", str(at + 30), "stop")
            self.resume()
        elif end == "kill":
            self.aptee.kill()
            self.aptee.wait()
            self.some_time()
        if end in ("kill", "signal"):
            until("four ranks", lambda: len(self.ranks()) == 4)
            until("caught", self.caught)
            for pid in self.ranks():
                os.kill(pid, signal.SIGTERM)
        until("the run's end", lambda: self.sim.poll() is not None)
        if end == "kill":
            return
        until("the end of aptee", lambda: self.aptee.poll() is not None)
        if not summary([self.record]).startswith("same 0 "):
            raise Failed(summary([self.record]))

    def caught(self) -> bool:
        """Whether all ranks have come to where they catch signals."""
        for pid in self.ranks():
            with open("/proc/%d/status" % pid) as f:
                mask = [s for s in f if s.startswith("SigCgt:")][0].split()[1]
            if not int(mask, 16) & 1 << (signal.SIGTERM - 1):
                return False
        return True

    def clean(self) -> None:
        """End what is left of it."""
        for pid in self.ranks():
            os.kill(pid, signal.SIGKILL)
        for p in [self.sim, self.aptee] + self.viewers:
            if p.poll() is None:
                os.killpg(p.pid, signal.SIGKILL)
                p.wait()


def tries(n: int, seed: Optional[str]) -> int:
    """The number of tries that went wrong."""
    first = int(seed) if seed else random.randrange(1000000)
    wrong = 0
    for k in range(first, first + n):
        t = Try(k, random.Random(k))
        try:
            t.run()
        except (Failed, subprocess.TimeoutExpired) as e:
            wrong += 1
            print("try %d: %s\n  %s" % (k, e, "\n  ".join(t.story)))
        finally:
            t.clean()
        if wrong == 0:
            os.unlink(t.record)
    print("%d tries from %d, %d wrong" % (n, first, wrong))
    return wrong


if __name__ == "__main__":
    if sys.argv[2] == "steps":
        print(summary(sys.argv[3:]))
    elif sys.argv[2] == "last":
        print(last(sys.argv[3]))
    elif sys.argv[2] == "tiles":
        print(tiles(sys.argv[3], sys.argv[4:]))
    else:
        sys.exit(tries(int(sys.argv[3]), (sys.argv + [""])[4]) != 0)

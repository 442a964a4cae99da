#!/usr/bin/env python3
"""
control.py - stand in for aptee -l as the server of a control connection

    control.py socket words ...

It makes the socket, takes one connection after the other, and does what the
words say, each with a deadline:

    hello            take a connection and print its first line
    table FILE       send the lines of a table (tests/control/README) one by
                     one, and compare the answer to each
    say LINE         send the line, print the answer
    send LINE        send the line, do not wait
    answers N        print N answers
    long N           send a line of N bytes
    garbage N        send N bytes of noise, with line feeds in it
    flood N          send "set c 1" N times without taking an answer
    sets N           send "set n 1" to "set n N", each when the last is answered
    file NAME        make the file: the test knows where this is
    wait NAME        until there is that file
    bye              close the connection
    eof              until the other side has closed it

Status 0, or 1 with what was not as it should be.
"""

from __future__ import annotations

import os
import random
import socket
import sys
import time

DEADLINE = 30.0


class Server:
    """A listening socket and its newest connection."""

    def __init__(self, path: str) -> None:
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.settimeout(DEADLINE)
        self.listener.bind(path)
        self.listener.listen(8)
        self.peer: socket.socket | None = None
        self.unread = b""
        self.failed = 0

    def send(self, data: bytes) -> None:
        """Bytes to the peer."""
        assert self.peer is not None
        self.peer.sendall(data)

    def line(self) -> str:
        """The next line of the peer."""
        assert self.peer is not None
        while b"\n" not in self.unread:
            data = self.peer.recv(65536)
            if not data:
                raise EOFError("the connection was closed")
            self.unread += data
        line, self.unread = self.unread.split(b"\n", 1)
        return line.decode(errors="replace")

    def table(self, name: str) -> None:
        """Send the lines of a table, and compare the answers."""
        sent = ""
        count = 0
        with open(name, encoding="utf-8") as file:
            for text in file:
                text = text.rstrip("\n")
                if text.startswith("> "):
                    sent = text[2:]
                    raw = sent.encode().decode("unicode_escape")
                    self.send(raw.encode("latin-1") + b"\n")
                elif text.startswith("< "):
                    count += 1
                    got = self.line()
                    if got != text[2:]:
                        self.failed += 1
                        print(f"sent   {sent}\nwanted {text[2:]}\ngot    {got}")
        print(f"{count} lines, {self.failed} answered otherwise")

    def do(self, word: str, words: list[str]) -> None:
        """One word, with what it takes off the rest."""
        if word == "hello":
            self.peer, _ = self.listener.accept()
            self.peer.settimeout(DEADLINE)
            self.unread = b""
            print(self.line(), flush=True)
        elif word == "table":
            self.table(words.pop(0))
        elif word in ("say", "send"):
            self.send(words.pop(0).encode() + b"\n")
            if word == "say":
                print(self.line(), flush=True)
        elif word == "answers":
            for _ in range(int(words.pop(0))):
                print(self.line())
        elif word == "long":
            self.send(b"set title " + b"x" * (int(words.pop(0)) - 10) + b"\n")
        elif word == "garbage":
            noise = random.Random(4).randbytes(int(words.pop(0)))
            self.send(noise.replace(b"\n", b"\n\n") + b"\n")
        elif word == "flood":
            self.send(b"set c 1\n" * int(words.pop(0)))
        elif word == "sets":
            for i in range(int(words.pop(0))):
                self.send(b"set n %d\n" % (i + 1))
                if not self.line().startswith("ok at step "):
                    self.failed += 1
        elif word == "file":
            with open(words.pop(0), "w", encoding="utf-8"):
                pass
        elif word == "wait":
            name = words.pop(0)
            until = time.monotonic() + DEADLINE
            while not os.path.exists(name):
                if time.monotonic() > until:
                    raise TimeoutError(name)
                time.sleep(0.01)
        elif word == "bye":
            assert self.peer is not None
            self.peer.close()
        elif word == "eof":
            assert self.peer is not None
            while self.peer.recv(65536):
                pass
        else:
            raise ValueError(word)


def main() -> int:
    """Make the socket and obey the words."""
    server = Server(sys.argv[1])
    words = sys.argv[2:]
    while words:
        word = words.pop(0)
        try:
            server.do(word, words)
        except (OSError, EOFError) as error:
            print(f"{word}: {error!r}")
            return 1
    return 1 if server.failed else 0


sys.exit(main())

"""Runs a program in a terminal of 100 x 30, makes that 60 x 12 once a pattern was written, and then sends it
the keys Ctrl-C; prints as JSON what it wrote before and after, and its exit code.

    run_in_terminal.py PATTERN TIMES PROGRAM [ARGUMENT...]
"""

import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

pattern, times, *command = sys.argv[1:]


def resize(columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


gate_read, gate_write = os.pipe()
pid, fd = pty.fork()
if pid == 0:
    # Not before the terminal has its size.
    os.close(gate_write)
    os.read(gate_read, 1)
    os.execvp(command[0], command)
os.close(gate_read)
resize(100, 30)
os.close(gate_write)

written = bytearray()
resized_at = None
interrupt_at = None
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    now = time.monotonic()
    if resized_at is None and re.search(pattern.encode(), written):
        resize(60, 12)
        resized_at = len(written)
        interrupt_at = now + 1
    if interrupt_at is not None and now > interrupt_at:
        for _ in range(int(times)):
            os.write(fd, b"\x03")
            time.sleep(0.05)
        interrupt_at = float("inf")
    if not select.select([fd], [], [], 0.1)[0]:
        continue
    try:
        chunk = os.read(fd, 65536)
    except OSError:
        break
    if not chunk:
        break
    written += chunk
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
print(json.dumps({
    "before": written[:resized_at].decode(),
    "after": "" if resized_at is None else written[resized_at:].decode(),
    "code": os.waitstatus_to_exitcode(status),
}))

"""Runs a program in a terminal of COLUMNS x ROWS and types into it; prints as JSON what it wrote before each
key, all that it wrote, and its exit code. A step is [PATTERN, KEYS]: once the pattern was written since the step before,
the keys are typed.

    type_in_terminal.py COLUMNS ROWS STEPS_AS_JSON PROGRAM [ARGUMENT...]
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

columns, rows, steps, *command = sys.argv[1:]
steps = json.loads(steps)

gate_read, gate_write = os.pipe()
pid, fd = pty.fork()
if pid == 0:
    # Not before the terminal has its size.
    os.close(gate_write)
    os.read(gate_read, 1)
    os.execvp(command[0], command)
os.close(gate_read)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))
os.close(gate_write)

written = bytearray()
marks = []
since = 0
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    if len(marks) < len(steps) and re.search(steps[len(marks)][0].encode(), written[since:]):
        keys = steps[len(marks)][1]
        # What follows the pattern belongs to the same frame.
        time.sleep(0.15)
        while select.select([fd], [], [], 0)[0]:
            try:
                written += os.read(fd, 65536)
            except OSError:
                break
        marks.append(len(written))
        since = len(written)
        os.write(fd, keys.encode())
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
    "before": [written[:mark].decode(errors="replace") for mark in marks],
    "all": written.decode(errors="replace"),
    "code": os.waitstatus_to_exitcode(status),
}))

"""Runs a program in a terminal and closes that once a pattern was written; prints the program's exit code.

    hang_up.py PATTERN PROGRAM [ARGUMENT...]
"""

import os
import pty
import re
import sys

pattern, *command = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
written = b""
while not re.search(pattern.encode(), written):
    written += os.read(fd, 65536)
# The kernel sends SIGHUP to the terminal's foreground process.
os.close(fd)
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status))

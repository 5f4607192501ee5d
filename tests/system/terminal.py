"""terminal.py: a person at a terminal: pexpect types, pyte reads the screen."""
import re
import time

import pexpect
import pyte

PREFIX = "\x1c"      # Ctrl-\


class Terminal:
    def __init__(self, argv, env, rows=24, cols=80, cwd=None):
        self.screen = pyte.HistoryScreen(cols, rows, history=5000)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child = pexpect.spawn(argv[0], argv[1:], env=env, dimensions=(rows, cols), cwd=cwd, timeout=30)

    def feed(self, seconds=0.05):
        """Takes in what has come. False: the program is gone."""
        try:
            data = self.child.read_nonblocking(1 << 16, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        # pyte does not know DCS/APC, kitty keyboard sequences and colons in SGR: what a real terminal swallows is taken out here
        data = re.sub(rb"\x1bP.*?\x1b\\|\x1b_.*?\x1b\\", b"", data, flags=re.S)
        data = re.sub(rb"\x1b\[[<=>?][0-9;]*[umpq]|\x1b\[[0-9;]* q|\x1b\[[0-9]*;?[0-9]*t|\x1b\[>[0-9;]*[a-z]", b"", data)
        data = re.sub(rb"\x1b\[[0-9;]*:[0-9;:]*m", b"", data)
        self.stream.feed(data)
        return True

    @property
    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, pattern, seconds=20):
        """Waits until the screen shows the pattern; fails with the screen."""
        end = time.monotonic() + seconds
        alive = True
        while True:
            found = re.search(pattern, self.text)
            if found:
                return found
            assert alive and time.monotonic() < end, (
                f"expected on the screen: {pattern!r}\nseen{'' if alive else ' (the program ended)'}:\n{self.text}")
            alive = self.feed(0.1)

    def prompt(self, seconds=40):
        """Waits for a shell's prompt."""
        self.until(r"[$#] *·*(\n|$)", seconds)
        return self

    def type(self, text):
        self.child.send(text)
        return self

    def line(self, text):
        return self.type(text + "\r")

    def run(self, command, pattern, seconds=20):
        """Types a command and waits for what it prints. The pattern must not match the command itself."""
        assert not re.search(pattern, command), "the pattern would match the echo of the command"
        self.line(command)
        return self.until(pattern, seconds)

    def resize(self, rows, cols):
        self.child.setwinsize(rows, cols)
        self.screen.resize(rows, cols)

    def detach(self):
        self.type(PREFIX + "d")
        return self.wait()

    def wait(self, seconds=20):
        """The program's exit code."""
        end = time.monotonic() + seconds
        while self.feed(0.1):
            assert time.monotonic() < end, f"the program did not end; its screen:\n{self.text}"
        self.child.close()
        return self.child.exitstatus if self.child.signalstatus is None else -self.child.signalstatus

    def kill(self, sig=9):
        self.child.kill(sig)
        self.child.close(force=True)

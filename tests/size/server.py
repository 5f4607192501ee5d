#!/usr/bin/python3
"""server.py LACE_MUX_SERVER STRIP: what goes into a container is less than 3,000,000 bytes, stripped as it is there."""
import pathlib
import subprocess
import sys
import tempfile

MAX = 3_000_000


def main():
    with tempfile.NamedTemporaryFile() as f:
        subprocess.run([sys.argv[2], "-o", f.name, sys.argv[1]], check=True)
        size = pathlib.Path(f.name).stat().st_size
    print(f"lace-mux-server: {size:,} bytes of {MAX:,}")
    if size >= MAX:
        sys.exit("lace-mux-server has become too large; what is in it: link with -Wl,-Map, nm --size-sort")
    if size < 500_000:
        sys.exit("lace-mux-server is too small to be whole")


main()

#!/usr/bin/python3
"""sixel_oracle.py PICTURE [ROUNDS [SEED]]: sixel as libsixel sees it, pixel by pixel.

Random pictures are encoded by libsixel (img2sixel, Debian's libsixel-bin) and, where it is installed, by ImageMagick
(convert), and random sixel data are made here. PICTURE (picture.c) and libsixel's decoder (sixel2png) read them, and
must see the same. Without libsixel-bin nothing is done (77: skipped).

Not compared, because we differ on purpose, as src/vt/sixel.h says:
- colours of registers that are set anew after they were drawn with: libsixel changes what was drawn;
- pixels that are not square: it ignores that;
- registers from 16 on that were never set: it has a cube of its own there, we have xterm's; and from 256 on: it has none;
- pixels that are not drawn: it makes them black, we transparent or register 0, in the rectangle that begins where the
  first sixel is. So pictures have at least six rows: before lower ones img2sixel sends a line feed;
- HLS: its computation is wrong for a lightness over 50. Here it is held against Python's colorsys.
"""
import colorsys
import random
import shutil
import struct
import subprocess
import sys
import zlib


def run(argv, data):
    return subprocess.run(argv, input=data, check=True, capture_output=True).stdout


# ---- pictures --------------------------------------------------------------------------

def ppm(width, height, pixels):
    return b"P6\n%d %d\n255\n" % (width, height) + bytes(v for p in pixels for v in p)


def random_picture(rnd):
    """(width, height, pixels): noise, a slope, or rectangles."""
    width, height = rnd.randint(1, rnd.choice((8, 90, 300))), rnd.randint(6, rnd.choice((7, 60)))
    kind = rnd.randrange(3)
    colour = lambda: tuple(rnd.randrange(256) for _ in range(3))
    if kind == 0:
        few = [colour() for _ in range(rnd.randint(1, 40))]
        return width, height, [rnd.choice(few) for _ in range(width * height)]
    if kind == 1:
        a, b = colour(), colour()
        return width, height, [tuple((a[k] * x + b[k] * (width - x)) // width ^ y % 2 for k in range(3))
                               for y in range(height) for x in range(width)]
    pixels = [[colour()] * width for _ in range(height)]
    for _ in range(rnd.randint(1, 12)):
        c, x, y = colour(), rnd.randrange(width), rnd.randrange(height)
        for row in pixels[y:y + rnd.randint(1, height)]:
            n = len(row[x:x + rnd.randint(1, width)])
            row[x:x + n] = [c] * n
    return width, height, [p for row in pixels for p in row]


def random_data(rnd):
    """Sixel data with all pixels of a declared size, drawn over each other in any order."""
    width, height, registers = rnd.randint(1, 60), rnd.randint(1, 5) * 6, 16
    out = [f'\x1bP{rnd.choice(("", "0", "7", "9;0", "9;1", "9;2;5"))}q"1;1;{width};{height}']
    if rnd.randrange(3):
        registers = rnd.randint(1, 256)
        for i in range(registers):
            out.append(f"#{i};2;{rnd.randint(0, 100)};{rnd.randint(0, 100)};{rnd.randint(0, 100)}")
    for line in range(height // 6):
        for sweep in range(rnd.randint(1, 6)):
            x = 0
            while x < width:
                sixel = chr(63 + (63 if sweep == 0 else rnd.choice((0, 63, rnd.randrange(64)))))
                n = min(rnd.choice((1, 1, 1, 2, 3, 5, 20, 200)), width - x)
                if rnd.randrange(4) == 0:
                    out.append(f"#{rnd.randrange(registers)}")
                form = rnd.randrange(3)
                out.append(sixel * n if form == 0 or n == 1 and form == 1 else f"!{n}{sixel}")
                x += n
            out.append(rnd.choice(("$", "$\n", "$$")))
        if line + 1 < height // 6 or rnd.randrange(2):
            out.append("-")
    return ("".join(out) + "\x1b\\").encode()


# ---- decoders -----------------------------------------------------------------------------

def unfilter(raw, stride, bpp):
    rows, before, at = [], bytes(stride), 0
    while at < len(raw):
        kind, line = raw[at], bytearray(raw[at + 1:at + 1 + stride])
        for i in range(stride):
            a = line[i - bpp] if i >= bpp else 0
            b, c = before[i], before[i - bpp] if i >= bpp else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line[i] = line[i] + (0, a, b, (a + b) // 2, paeth)[kind] & 255
        rows.append(bytes(line))
        before, at = line, at + 1 + stride
    return rows


def png(data):
    """(width, height, [(r, g, b)]) of a PNG without interlace, of 8 bits a sample or less in a palette."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, palette = 8, b"", []
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + n]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunk)
            assert interlace == 0 and colour in (2, 3) and (depth == 8 or colour == 3)
        elif kind == b"PLTE":
            palette = [tuple(chunk[i:i + 3]) for i in range(0, n, 3)]
        elif kind == b"IDAT":
            body += chunk
        at += 12 + n
    bits = depth * (3 if colour == 2 else 1)
    rows = unfilter(zlib.decompress(body), (width * bits + 7) // 8, max(1, bits // 8))
    if colour == 2:
        return width, height, [tuple(r[3 * x:3 * x + 3]) for r in rows for x in range(width)]
    mask = (1 << depth) - 1
    return width, height, [palette[r[x * depth // 8] >> 8 - depth - x * depth % 8 & mask] for r in rows for x in range(width)]


def pam(data):
    head, body = data.split(b"ENDHDR\n", 1)
    fields = dict(line.split(b" ", 1) for line in head.splitlines()[1:])
    return (int(fields[b"WIDTH"]), int(fields[b"HEIGHT"]),
            [tuple(body[i:i + 4]) for i in range(0, len(body), 4)])


def differs(ours, theirs):
    """What is different, or None."""
    (w, h, a), (v, g, b) = ours, theirs
    if (w, h) != (v, g):
        return f"{w}x{h}, libsixel {v}x{g}"
    for i, (p, q) in enumerate(zip(a, b)):
        if p[3] != 255 or p[:3] != q:
            return f"pixel {i % w},{i // w} is {p}, libsixel's {q}"
    return None


# ---- the runs --------------------------------------------------------------------------------

def encoders():
    for options in ([], ["-p", "7"], ["-d", "none"], ["-E", "size"], ["-p", "16", "-d", "atkinson"], ["-b", "xterm16"]):
        yield "img2sixel " + " ".join(options), lambda data, o=options: run(["img2sixel", *o], data)
    if shutil.which("convert"):
        yield "convert", lambda data: run(["convert", "ppm:-", "sixel:-"], data)


def hls_differs(picture, rnd):
    h, l, s = rnd.randint(0, 360), rnd.randint(0, 100), rnd.randint(0, 100)
    ours = pam(run([picture], f"\x1bP9q#1;1;{h};{l};{s}~\x1b\\".encode()))[2][0]
    exact = [255 * v for v in colorsys.hls_to_rgb((h + 240) % 360 / 360, l / 100, s / 100)]
    if max(abs(a - b) for a, b in zip(ours, exact)) > 0.5001:
        return f"HLS {h} {l} {s} is {ours}, colorsys' {exact}"
    return None


def main():
    picture, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 60
    if not shutil.which("img2sixel") or not shutil.which("sixel2png"):
        print("libsixel-bin is not installed")
        return 77
    rnd = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    bad, names = 0, [name for name, _ in encoders()]
    for i in range(rounds):
        if i % 2:
            name, encode = list(encoders())[i // 2 % len(names)]
            data = encode(ppm(*random_picture(rnd)))
        else:
            name, data = "random data", random_data(rnd)
        wrong = differs(pam(run([picture], data)), png(run(["sixel2png"], data)))
        if wrong:
            bad += 1
            print(f"round {i}, {name}: {wrong}\n  {data!r}"[:1500])
        wrong = hls_differs(picture, rnd)
        if wrong:
            bad += 1
            print(wrong)
    print(f"{rounds} pictures by {', '.join(names)} and random data: {bad} differ")
    return bad > 0


sys.exit(main())

#!/usr/bin/env python3
"""Generate src/vt/color_names.c, the colour names of X11, from its rgb.txt.

    apt-get download x11-common && dpkg-deb -x x11-common_*.deb x
    tools/color-names.py x/etc/X11/rgb.txt > src/vt/color_names.c

Names are lower case and without blanks, as XParseColor compares them. Three tables
keep them short: names with one colour, names with four more (red, red1 to red4), and
the greys 0 to 100, which are a percentage.
"""
import re
import sys


def read(path):
    colors = {}
    with open(path, encoding="ascii") as f:
        for line in f:
            if line.strip() and line[0] not in "!#":
                r, g, b, name = line.split(None, 3)
                colors[name.strip().lower().replace(" ", "")] = (int(r), int(g), int(b))
    return colors


def main():
    colors = read(sys.argv[1])
    plain, shades = {}, {}
    for name, rgb in colors.items():
        m = re.fullmatch(r"(gr[ae]y)(\d+)", name)
        if m:
            grey = int(int(m[2]) * 2.55 + 0.5)
            assert rgb == (grey, grey, grey), name
            continue
        m = re.fullmatch(r"(.*\D)([1-4])", name)
        if m:
            shades.setdefault(m[1], {})[m[2]] = rgb
        else:
            plain[name] = rgb
    assert all(len(s) == 4 for s in shades.values())
    print("/* Made by tools/color-names.py from X11's rgb.txt; do not edit. */")
    print('#include "vt/color_names.h"\n')
    print("/* By name. */")
    print("const struct vt_color_name vt_color_names[] = {")
    for name, rgb in sorted(plain.items()):
        print(f'\t{{ "{name}", {{ {", ".join(map(str, rgb))} }} }},')
    print("};")
    print("const size_t vt_color_names_n = sizeof(vt_color_names) / sizeof(vt_color_names[0]);\n")
    print("const struct vt_color_shades vt_color_shades[] = {")
    for name, four in sorted(shades.items()):
        values = ", ".join("{ " + ", ".join(map(str, four[n])) + " }" for n in "1234")
        print(f'\t{{ "{name}", {{ {values} }} }},')
    print("};")
    print("const size_t vt_color_shades_n = sizeof(vt_color_shades) / sizeof(vt_color_shades[0]);")


main()

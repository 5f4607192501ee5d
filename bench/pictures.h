/* pictures.h - sixel pictures for the benches, made from a seed: the same bytes everywhere.
 *
 * Both are 800x600 in up to 256 colours, encoded the way img2sixel (libsixel) does it:
 * square pixels, all registers set first, per line the runs of each colour in as few
 * passes as they fit into, repeat counts from four on. */
#ifndef LACE_BENCH_PICTURES_H
#define LACE_BENCH_PICTURES_H

#include "base/str.h"

/* A photograph: smooth shapes, grain, dithered to 252 colours. Some 0.5 MB, 1 pixel a byte;
 * it scrolls, as img2sixel's does in a shell. */
void picture_photo(struct str *s);
/* A window full of text in six colours, with some edges smoothed. 10 pixels a byte; drawn
 * over itself from the top left, as a program that updates it does. */
void picture_window(struct str *s);

#endif

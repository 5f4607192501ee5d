/* pty_rate.h - what a pseudo-terminal passes on, with nobody at its end who does anything. */
#ifndef LACE_BENCH_PTY_RATE_H
#define LACE_BENCH_PTY_RATE_H

/* MB/s that can be read from it while a program writes "y\n" as fast as it may, as `yes`
 * does; the best of a few windows of so many seconds. Three bytes a line: the terminal
 * adds a CR. 0 when there is no pty. */
double pty_short_lines(double seconds);

#endif

/* simd.h - whether the engine's loops over bytes and cells take several at a time. Private
 * to src/vt.
 *
 * The build option `simd` (on unless asked otherwise) decides. VT_SIMD stands for words of
 * eight bytes and for what gcc and clang call vectors, VT_SSE2 for x86-64's own. Without
 * them there is plain C that gives the same states: tests/vt/states.py holds the two
 * against each other. */
#ifndef LACE_VT_SIMD_H
#define LACE_VT_SIMD_H

#ifndef VT_SIMD
#define VT_SIMD 1
#endif

#if VT_SIMD && defined(__SSE2__)
#define VT_SSE2 1
#include <emmintrin.h>
#else
#define VT_SSE2 0
#endif

#endif

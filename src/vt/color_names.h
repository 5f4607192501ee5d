/* color_names.h - the colour names of X11, as tools/color-names.py made them. Private to src/vt.
 * The greys 0 to 100 are not among them: they are that many hundredths of white. */
#ifndef LACE_VT_COLOR_NAMES_H
#define LACE_VT_COLOR_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct vt_color_name {
	char name[21];                   /* lower case, without blanks */
	uint8_t rgb[3];
};
struct vt_color_shades {
	char name[16];
	uint8_t rgb[4][3];               /* of the name with 1, 2, 3, 4 after it */
};

extern const struct vt_color_name vt_color_names[];
extern const size_t vt_color_names_n;
extern const struct vt_color_shades vt_color_shades[];
extern const size_t vt_color_shades_n;

#endif

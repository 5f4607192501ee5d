/* Text of a size of its own (kitty's OSC 66), as far as a grid of cells goes: its
 * width is kept, its scale is not, which the protocol allows ("s defaults to 1").
 * A cluster fills 1 or 2 cells as the program says, whatever we think of its width;
 * a longer text is printed as it is, cut or followed by blanks to fill its cells. */
#include "vt/osc.h"

/* w= of the metadata, 0 when the text has its natural width. */
static unsigned cells_wanted(char *meta)
{
	unsigned w = 0;
	char *item;

	while ((item = vt_field(&meta, ':'))) {
		char *value = item + 2;

		if (__builtin_strncmp(item, "w=", 2) == 0 && (!vt_field_number(&value, &w) || *value || w > 7))
			w = 0;
	}
	return w;
}

void vt_osc_text(struct vt *vt, char *s, size_t len)
{
	char *meta = vt_field(&s, ';');

	if (!s)
		return;
	unsigned w = cells_wanted(meta), used = 0;
	size_t n;
	cleanup_free char *text = vt_clean(s, __builtin_strlen(s), VT_OSC_TEXT_MAX, 0, &n);
	if (w == 0) {
		for (size_t at = 0; at < n;) {
			uint32_t cp;

			at += text_utf8_decode(text + at, n - at, &cp);
			vt_print(vt, cp);
		}
		return;
	}
	vt_print_room(vt, w);
	size_t first = text_cluster_len(text, n);
	if (n > 0 && first == n && w <= 2) {
		vt_print_cell(vt, text, n, w);
		return;
	}
	for (size_t at = 0, k; at < n; at += k) {
		k = text_cluster_len(text + at, n - at);
		unsigned width = text_cluster_width(text + at, k);

		if (used + width > w)
			break;
		vt_print_cell(vt, text + at, k, width);
		used += width;
	}
	for (; used < w; used++)
		vt_print_cell(vt, " ", 1, 1);
}

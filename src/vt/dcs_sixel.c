/* Sixel as a terminal has it: DCS q, where the picture goes and the cursor after it,
 * colour registers that pictures may share, and XTSMGRAPHICS.
 *
 * Where the VT340 and xterm differ on the cursor, it goes as on the VT340: to the row
 * that the top of the last line of sixels falls into, in the column where it was. */
#include "vt/internal.h"
#include "vt/snap_io.h"

static const struct vt_sixel_palette *registers(const struct vt *vt, struct vt_sixel_palette *fresh)
{
	if (!(vt->modes & VT_M_SIXEL_PRIVATE) && vt->sixel_palette)
		return vt->sixel_palette;
	vt_sixel_palette_default(fresh);
	return fresh;
}

static bool sixel_begin(struct vt *vt)
{
	struct vt_sixel_palette fresh;
	struct vt_sixel_setup setup = {
		.p1 = vt_param(vt, 0, 0), .p2 = vt_param(vt, 1, 0), .registers = vt->sixel_registers,
		.max_width = vt->sixel_width ? vt->sixel_width : VT_IMAGE_SIDE_MAX,
		.max_height = vt->sixel_height ? vt->sixel_height : VT_IMAGE_SIDE_MAX,
		.max_pixels = MIN(vt->images.bytes_max, (size_t)VT_IMAGE_BYTES_MAX) / 4,
		.palette = registers(vt, &fresh),
	};

	vt->sixel = vt_sixel_new(&setup);
	return vt->sixel;
}

static void sixel_data(struct vt *vt, const uint8_t *s, size_t len)
{
	vt_sixel_feed(vt->sixel, s, len);
}

/* What the picture set stays for the next one. */
static void keep_registers(struct vt *vt, const struct vt_sixel_palette *palette)
{
	if (vt->modes & VT_M_SIXEL_PRIVATE)
		return;
	if (!vt->sixel_palette)
		vt->sixel_palette = xmalloc(sizeof(*vt->sixel_palette));
	*vt->sixel_palette = *palette;
}

/* Broken off: nothing is shown, as in xterm. */
static void sixel_end(struct vt *vt, bool complete)
{
	struct vt_sixel_palette palette;
	struct vt_sixel_picture pic;
	bool ok = vt_sixel_finish(vt->sixel, &pic, &palette);

	vt_sixel_free(vt->sixel);
	vt->sixel = NULL;
	if (!ok || !complete) {
		free(pic.data);
		return;
	}
	keep_registers(vt, &palette);
	bool display = vt->modes & VT_M_SIXEL_DISPLAY, right = vt->modes & VT_M_SIXEL_RIGHT;
	uint16_t width, height;
	vt_cell_pixels(vt, &width, &height);
	struct vt_image_how how = { .home = display, .scroll = !display, .at_row = pic.last_row / height,
		.after = display ? VT_IMAGE_CURSOR_STAY : right ? VT_IMAGE_CURSOR_AT_RIGHT : VT_IMAGE_CURSOR_AT };
	struct vt_picture picture = { .format = pic.indexed ? VT_IMAGE_INDEXED : VT_IMAGE_RGBA, .width = pic.width,
		.height = pic.height, .data = pic.data, .len = pic.len, .clear = pic.clear };
	if (pic.data) {
		vt_image_show(vt, &picture, &how);
	} else if (!display) {
		for (uint32_t i = 0; i < how.at_row; i++)
			vt_index(vt);
	}
}

const struct vt_stream vt_sixel_stream = { .begin = sixel_begin, .data = sixel_data, .end = sixel_end,
	.snapshot = vt_snap_sixel_under_way };

void vt_sixel_reset(struct vt *vt)
{
	free(vt->sixel_palette);
	vt->sixel_palette = NULL;
	vt->sixel_registers = VT_SIXEL_REGISTERS_MAX;
	vt->sixel_width = vt->sixel_height = 0;
}

/* ---- XTSMGRAPHICS ---------------------------------------------------------------------- */

enum { READ = 1, RESET, SET, READ_MAX };
enum { DONE, BAD_ITEM, BAD_ACTION, FAILED };

static void color_registers(struct vt *vt, unsigned action)
{
	unsigned n = vt_param(vt, 2, 0);

	if (action == SET && (n < 2 || n > VT_SIXEL_REGISTERS_MAX)) {
		vt_reply(vt, "\033[?1;%uS", (unsigned)FAILED);
		return;
	}
	if (action == RESET)
		vt->sixel_registers = VT_SIXEL_REGISTERS_MAX;
	else if (action == SET)
		vt->sixel_registers = (uint16_t)n;
	vt_reply(vt, "\033[?1;%u;%uS", (unsigned)DONE,
	    action == READ_MAX ? VT_SIXEL_REGISTERS_MAX : vt->sixel_registers);
}

/* Unless a program has set it, the size told is that of the screen, as by foot. */
static void geometry(struct vt *vt, unsigned action)
{
	unsigned w = vt_param(vt, 2, 0), h = vt_param(vt, 3, 0);
	uint16_t cell_width, cell_height;

	if (action == SET && (w == 0 || w > VT_IMAGE_SIDE_MAX || h == 0 || h > VT_IMAGE_SIDE_MAX)) {
		vt_reply(vt, "\033[?2;%uS", (unsigned)FAILED);
		return;
	}
	if (action == RESET || action == SET) {
		vt->sixel_width = (uint16_t)(action == SET ? w : 0);
		vt->sixel_height = (uint16_t)(action == SET ? h : 0);
	}
	vt_cell_pixels(vt, &cell_width, &cell_height);
	w = vt->sixel_width ? vt->sixel_width : MIN((unsigned)vt->cols * cell_width, VT_IMAGE_SIDE_MAX);
	h = vt->sixel_height ? vt->sixel_height : MIN((unsigned)vt->rows * cell_height, VT_IMAGE_SIDE_MAX);
	if (action == READ_MAX)
		w = h = VT_IMAGE_SIDE_MAX;
	vt_reply(vt, "\033[?2;%u;%u;%uS", (unsigned)DONE, w, h);
}

void vt_graphics_attributes(struct vt *vt)
{
	unsigned item = vt_param(vt, 0, 0), action = vt_param(vt, 1, 0);

	if (item != 1 && item != 2)          /* 3 is ReGIS, which there is not */
		vt_reply(vt, "\033[?%u;%uS", item, (unsigned)BAD_ITEM);
	else if (action < READ || action > READ_MAX)
		vt_reply(vt, "\033[?%u;%uS", item, (unsigned)BAD_ACTION);
	else if (item == 1)
		color_registers(vt, action);
	else
		geometry(vt, action);
}

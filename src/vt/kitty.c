/* The kitty graphics protocol: commands, transfers, answers. See kitty.h.
 *
 * A command is keys and a payload. Keys are read when the payload begins, because
 * they say what it is; a payload is decoded as it comes, and inflated at the end.
 *
 * Decisions where the document leaves room:
 * - A transfer of several commands answers once, at its end, whatever failed.
 * - While one is under way, a command that transmits goes on with it unless it names
 *   another image. Deleting abandons it; other commands leave it alone.
 * - An image that fails to load leaves the one of the same id as it was.
 * - Unknown keys are ignored; control data that cannot be read drops the command. */
#include <stdarg.h>

#include "vt/internal.h"
#include "vt/kitty.h"
#include "vt/image_png.h"

/* kitty takes a little more than an image's bytes. */
#define SLACK 10u
#define PIECE 16384u

static char action(const struct vt_kitty_command *cmd)
{
	uint32_t a = vt_kitty_key(cmd, 'a');

	return a ? (char)a : 't';
}

void vt_kitty_fail(struct vt *vt, const char *fmt, ...)
{
	struct vt_kitty *g = vt->graphics;
	va_list ap;

	if (*g->error)
		return;
	va_start(ap, fmt);
	vsnprintf(g->error, sizeof(g->error), fmt, ap);
	va_end(ap);
}

/* `i=1,I=2,p=3,r=4;text`, of what the command has; nothing when it names no image. */
static void answer(struct vt *vt, const struct vt_kitty_command *cmd)
{
	static const char keys[] = "iIpr";
	const struct vt_kitty *g = vt->graphics;
	char ids[64] = "";
	size_t n = 0;
	uint32_t quiet = vt_kitty_key(cmd, 'q');

	if (!vt_kitty_key(cmd, 'i') && !vt_kitty_key(cmd, 'I'))
		return;
	if (quiet > 1 || (quiet == 1 && !*g->error))
		return;
	for (const char *k = keys; *k; k++) {
		uint32_t v = vt_kitty_key(cmd, *k);

		/* r names a frame only where frames are made. */
		if (v && (*k != 'r' || action(cmd) == 'f' || action(cmd) == 'a'))
			n += (size_t)snprintf(ids + n, sizeof(ids) - n, "%s%c=%u", n ? "," : "", *k, v);
	}
	vt_reply(vt, "\033_G%s;%s\033\\", ids, *g->error ? g->error : "OK");
}

/* ---- control data ------------------------------------------------------------------- */

static bool read_value(const char **p, bool letter, uint32_t *ret)
{
	const char *s = *p;
	bool minus = *s == '-';
	uint64_t v = 0;

	if (letter) {
		*ret = (uint8_t)*s;
		*p += *s != 0;
		return *ret != 0;
	}
	s += minus;
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (unsigned)(*s - '0');
		if (v > UINT32_MAX)
			return false;
	}
	*ret = minus ? (uint32_t)-(int64_t)v : (uint32_t)v;
	*p = s;
	return !minus || v <= 1u << 31;
}

static bool read_control(const char *s, struct vt_kitty_command *cmd)
{
	*cmd = (struct vt_kitty_command){ 0 };
	while (*s) {
		char key = *s++;
		uint32_t v;

		if (key < 'A' || key > 'z' || *s++ != '=')
			return false;
		if (!read_value(&s, key == 'a' || key == 't' || key == 'o' || key == 'd', &v))
			return false;
		cmd->v[key - 'A'] = v;
		if (*s == ',')
			s++;
		else if (*s)
			return false;
	}
	return true;
}

/* ---- transfers -------------------------------------------------------------------------- */

void vt_kitty_abandon(struct vt *vt)
{
	struct vt_kitty *g = vt->graphics;

	if (!g)
		return;
	vt_bytes_fini(&g->bytes);
	g->loading = g->too_much = false;
}

void vt_kitty_fini(struct vt *vt)
{
	vt_kitty_abandon(vt);
	free(vt->graphics);
	vt->graphics = NULL;
}

static size_t bytes_max(const struct vt *vt)
{
	return MIN(vt->images.bytes_max, (size_t)VT_IMAGE_BYTES_MAX);
}

static bool transmits(const struct vt_kitty_command *cmd)
{
	char a = action(cmd);

	return a == 't' || a == 'T' || a == 'q' || a == 'f';
}

static bool direct(const struct vt_kitty_command *cmd)
{
	return !vt_kitty_key(cmd, 't') || vt_kitty_key(cmd, 't') == 'd';
}

/* Checks what the keys promise, and how many bytes that makes. */
static void load_check(struct vt *vt, const struct vt_kitty_command *cmd)
{
	struct vt_kitty *g = vt->graphics;
	uint32_t format = vt_kitty_key(cmd, 'f') ? vt_kitty_key(cmd, 'f') : 32;
	uint32_t width = vt_kitty_key(cmd, 's'), height = vt_kitty_key(cmd, 'v');

	g->expected = 0;
	if (vt_kitty_key(cmd, 'i') && vt_kitty_key(cmd, 'I'))
		vt_kitty_fail(vt, "EINVAL:both i and I are given");
	else if (vt_kitty_key(cmd, 'o') && vt_kitty_key(cmd, 'o') != 'z')
		vt_kitty_fail(vt, "EINVAL:unknown compression");
	else if (format == 100)
		return;
	else if (format != 24 && format != 32)
		vt_kitty_fail(vt, "EINVAL:unknown format");
	else if (width == 0 || height == 0)
		vt_kitty_fail(vt, "EINVAL:width and height are needed");
	else if (width > VT_IMAGE_SIDE_MAX || height > VT_IMAGE_SIDE_MAX)
		vt_kitty_fail(vt, "EINVAL:more than %u pixels a side", VT_IMAGE_SIDE_MAX);
	else if ((size_t)width * height * 4 > bytes_max(vt))
		vt_kitty_fail(vt, "EFBIG:more than %zu bytes of pixels", bytes_max(vt));
	else
		g->expected = (size_t)width * height * (format / 8);
}

void vt_kitty_load_limits(struct vt *vt)
{
	struct vt_kitty *g = vt->graphics;

	load_check(vt, &g->load);
	g->bytes.max = bytes_max(vt);
	if (!direct(&g->load))
		g->bytes.max = VT_KITTY_NAME_MAX;
	else if (g->expected && !vt_kitty_key(&g->load, 'o'))
		g->bytes.max = g->expected + SLACK;
}

static void load_begin(struct vt *vt, const struct vt_kitty_command *cmd)
{
	struct vt_kitty *g = vt->graphics;

	vt_kitty_abandon(vt);
	*g->error = 0;
	g->load = *cmd;
	vt_kitty_load_limits(vt);
}

/* Some of a payload. That it is too long is told only when nothing else is wrong with it, so that it
 * does not matter how it is cut. */
static void load_data(struct vt *vt, const uint8_t *s, size_t len)
{
	struct vt_kitty *g = vt->graphics;
	uint8_t piece[VT_BASE64_ROOM(PIECE)];

	for (size_t n; len > 0 && !*g->error; s += n, len -= n) {
		n = MIN(len, (size_t)PIECE);
		size_t got = vt_base64_feed(&g->base64, (const char *)s, n, piece), left = g->bytes.max - g->bytes.len;
		if (g->base64.bad)
			vt_kitty_fail(vt, "EINVAL:the payload is no base64");
		g->too_much |= got > left;
		got = MIN(got, left);
		if (vt_bytes_reserve(&g->bytes, got, 0) != VT_BYTES_OK)
			vt_kitty_fail(vt, "ENOMEM:no memory");
		else if (got > 0)
			memcpy(g->bytes.v + g->bytes.len, piece, got);
		g->bytes.len += *g->error ? 0 : got;
	}
}

/* The payload named a file: its bytes take the place of the name. */
static void load_file(struct vt *vt)
{
	struct vt_kitty *g = vt->graphics;
	struct vt_bytes name = g->bytes;
	struct vt_image_file file = { .offset = vt_kitty_key(&g->load, 'O'), .size = vt_kitty_key(&g->load, 'S'),
		.max = bytes_max(vt) };
	uint8_t *data = NULL;
	size_t len = 0;

	g->bytes = (struct vt_bytes){ 0 };
	switch (vt_kitty_key(&g->load, 't')) {
	case 'f': file.medium = VT_IMAGE_FILE; break;
	case 't': file.medium = VT_IMAGE_TEMPORARY_FILE; break;
	case 's': file.medium = VT_IMAGE_SHARED_MEMORY; break;
	default: vt_kitty_fail(vt, "EINVAL:unknown medium");
	}
	if (name.len == 0 || memchr(name.v, 0, name.len))
		vt_kitty_fail(vt, "EINVAL:no name of a file");
	enum vt_image_file_result result = VT_IMAGE_FILE_REFUSED;
	if (!*g->error && vt->cb.image_file) {
		cleanup_free char *s = xmemdup0(name.v, name.len);

		file.name = s;
		result = vt->cb.image_file(vt->user, &file, &data, &len);
	}
	vt_bytes_fini(&name);
	switch (result) {
	case VT_IMAGE_FILE_OK: g->bytes = (struct vt_bytes){ .v = data, .len = len, .cap = len, .max = len }; break;
	case VT_IMAGE_FILE_REFUSED: vt_kitty_fail(vt, "EPERM:reading that is not allowed"); break;
	case VT_IMAGE_FILE_MISSING: vt_kitty_fail(vt, "ENOENT:there is no such file"); break;
	case VT_IMAGE_FILE_BAD: vt_kitty_fail(vt, "EBADF:the file cannot be read"); break;
	case VT_IMAGE_FILE_TOO_BIG: vt_kitty_fail(vt, "EFBIG:the file is too large"); break;
	}
}

static void load_inflate(struct vt *vt)
{
	struct vt_kitty *g = vt->graphics;
	struct vt_bytes out = { .max = g->expected ? g->expected : bytes_max(vt) };
	struct vt_inflate *z = vt_inflate_create();

	switch (z ? vt_inflate_feed(z, g->bytes.v, g->bytes.len, &out) : VT_INFLATE_NO_MEMORY) {
	case VT_INFLATE_MORE:
	case VT_INFLATE_END: break;
	case VT_INFLATE_BAD: vt_kitty_fail(vt, "EINVAL:the payload is no zlib stream"); break;
	case VT_INFLATE_FULL: vt_kitty_fail(vt, "EFBIG:the payload inflates to too much"); break;
	case VT_INFLATE_NO_MEMORY: vt_kitty_fail(vt, "ENOMEM:no memory"); break;
	}
	vt_inflate_destroy(z);
	free(g->bytes.v);
	g->bytes = out;
}

/* RGB as it came, RGBA as it is kept. */
static uint8_t *add_alpha(const uint8_t *rgb, size_t pixels)
{
	uint8_t *rgba = malloc(pixels * 4);

	for (size_t i = 0; rgba && i < pixels; i++) {
		uint32_t p = (uint32_t)rgb[3 * i] | (uint32_t)rgb[3 * i + 1] << 8 | (uint32_t)rgb[3 * i + 2] << 16 |
		    0xff000000u;

		memcpy(rgba + 4 * i, &p, 4);
	}
	return rgba;
}

/* What was loaded, in the form in which it is kept. */
static bool load_picture(struct vt *vt, struct vt_picture *ret)
{
	struct vt_kitty *g = vt->graphics;

	*ret = (struct vt_picture){ .format = VT_IMAGE_RGBA, .width = vt_kitty_key(&g->load, 's'),
		.height = vt_kitty_key(&g->load, 'v') };
	if (g->too_much)
		vt_kitty_fail(vt, "EFBIG:too much data");
	if (!direct(&g->load) && !*g->error)
		load_file(vt);
	if (vt_kitty_key(&g->load, 'o') && !*g->error)
		load_inflate(vt);
	if (*g->error)
		return false;
	if (g->bytes.len == 0 || g->bytes.len < g->expected) {
		vt_kitty_fail(vt, "ENODATA:%zu bytes instead of %zu", g->bytes.len, g->expected);
		return false;
	}
	if (!g->expected) {
		ret->format = VT_IMAGE_PNG;
		if (!vt_png_check(g->bytes.v, g->bytes.len, &ret->width, &ret->height)) {
			vt_kitty_fail(vt, "EBADPNG:that is no PNG");
			return false;
		}
		ret->len = g->bytes.len;
	} else {
		ret->len = (size_t)ret->width * ret->height * 4;
	}
	if (g->expected && g->expected != ret->len) {
		ret->data = add_alpha(g->bytes.v, ret->len / 4);
	} else {
		ret->data = realloc(g->bytes.v, ret->len);
		if (ret->data)
			g->bytes = (struct vt_bytes){ 0 };
	}
	if (!ret->data)
		vt_kitty_fail(vt, "ENOMEM:no memory");
	return ret->data;
}

/* ---- images -------------------------------------------------------------------------------- */

struct vt_stored *vt_kitty_image(const struct vt *vt, const struct vt_kitty_command *cmd)
{
	const struct vt_images *im = &vt->images;
	uint32_t id = vt_kitty_key(cmd, 'i'), number = vt_kitty_key(cmd, 'I');

	/* The newest stands last, and a number may belong to several. */
	for (size_t i = im->n; i > 0 && (id || number); i--) {
		struct vt_stored *s = im->v[i - 1];

		if (s->screen == vt_is_alt(vt) && (id ? s->id == id : s->number == number))
			return s;
	}
	return NULL;
}

static uint32_t free_id(const struct vt *vt)
{
	struct vt_kitty_command cmd = { 0 };

	do
		cmd.v['i' - 'A']++;
	while (vt_kitty_image(vt, &cmd));
	return vt_kitty_key(&cmd, 'i');
}

/* The image that a transfer made, under its id. */
static struct vt_stored *keep(struct vt *vt, struct vt_kitty_command *cmd, const struct vt_picture *picture)
{
	if (vt_kitty_key(cmd, 'i')) {
		struct vt_stored *old = vt_kitty_image(vt, cmd);

		if (old)
			vt_image_delete(vt, old);
	}
	struct vt_stored *image = vt_image_store(vt, picture);
	if (!image) {
		vt_kitty_fail(vt, "EFBIG:the image is too large");
		return NULL;
	}
	if (!vt_kitty_key(cmd, 'i') && vt_kitty_key(cmd, 'I'))
		cmd->v['i' - 'A'] = free_id(vt);
	image->id = vt_kitty_key(cmd, 'i');
	image->number = vt_kitty_key(cmd, 'I');
	return image;
}

/* Answers name an image by its id, however the command did. */
static void name_by_id(const struct vt *vt, struct vt_kitty_command *cmd)
{
	const struct vt_stored *image = vt_kitty_image(vt, cmd);

	if (image)
		cmd->v['i' - 'A'] = image->id;
}

/* A command that transmits is complete. */
static void transmit(struct vt *vt)
{
	struct vt_kitty *g = vt->graphics;
	struct vt_picture picture;

	if (vt_kitty_key(&g->cmd, 'q'))
		g->load.v['q' - 'A'] = vt_kitty_key(&g->cmd, 'q');
	if (vt_kitty_key(&g->cmd, 'm') && direct(&g->load)) {
		g->loading = true;
		return;
	}
	struct vt_kitty_command cmd = g->load;
	if (load_picture(vt, &picture)) {
		if (action(&cmd) == 'q') {
			free(picture.data);
		} else if (action(&cmd) == 'f') {
			name_by_id(vt, &cmd);
			vt_kitty_frame(vt, &cmd, &picture);
		} else {
			struct vt_stored *image = keep(vt, &cmd, &picture);

			if (image && action(&cmd) == 'T')
				vt_kitty_put(vt, &cmd, image);
			else if (image && !image->id)
				vt_image_free(vt, image);
		}
	}
	vt_kitty_abandon(vt);
	answer(vt, &cmd);
}

/* ---- the stream ------------------------------------------------------------------------------ */

static void control_end(struct vt *vt)
{
	struct vt_kitty *g = vt->graphics;

	g->control[g->control_len] = 0;
	g->part = VT_KITTY_SKIP;
	g->malformed |= !read_control(g->control, &g->cmd);
	if (g->malformed || !transmits(&g->cmd))
		return;
	g->part = VT_KITTY_DATA;
	g->base64 = (struct vt_base64_state){ 0 };
	uint32_t id = vt_kitty_key(&g->cmd, 'i');
	if (!g->loading || !direct(&g->cmd) || (id && id != vt_kitty_key(&g->load, 'i')))
		load_begin(vt, &g->cmd);
}

static bool begin(struct vt *vt)
{
	struct vt_kitty *g = vt->graphics;

	if (!g)
		g = vt->graphics = xcalloc(1, sizeof(*g));
	g->part = VT_KITTY_CONTROL;
	g->control_len = 0;
	g->malformed = false;
	return true;
}

static void data(struct vt *vt, const uint8_t *s, size_t len)
{
	struct vt_kitty *g = vt->graphics;

	if (g->part == VT_KITTY_CONTROL) {
		const uint8_t *semicolon = memchr(s, ';', len);
		size_t n = semicolon ? (size_t)(semicolon - s) : len;

		if (n >= VT_KITTY_CONTROL_MAX - g->control_len) {
			g->malformed = true;
			n = 0;
		}
		memcpy(g->control + g->control_len, s, n);
		g->control_len += n;
		if (!semicolon)
			return;
		control_end(vt);
		len -= (size_t)(semicolon + 1 - s);
		s = semicolon + 1;
	}
	if (g->part == VT_KITTY_DATA && len > 0)
		load_data(vt, s, len);
}

static void command_other(struct vt *vt, struct vt_kitty_command *cmd)
{
	const struct vt_kitty *g = vt->graphics;
	char a = action(cmd);

	if (a == 'd') {
		vt_kitty_abandon(vt);
		vt_kitty_delete(vt, cmd);
		return;
	}
	name_by_id(vt, cmd);
	if (a == 'p')
		vt_kitty_put(vt, cmd, vt_kitty_image(vt, cmd));
	else if (a == 'a')
		vt_kitty_animate(vt, cmd);
	else if (a == 'c')
		vt_kitty_compose(vt, cmd);
	else
		vt_kitty_fail(vt, "EINVAL:unknown action");
	/* What controls an animation is answered only when it fails. */
	if (a != 'a' || *g->error)
		answer(vt, cmd);
}

static void command(struct vt *vt)
{
	struct vt_kitty *g = vt->graphics;
	struct vt_kitty_command *cmd = &g->cmd;
	char error[VT_KITTY_ERROR_MAX];

	if (transmits(cmd)) {
		transmit(vt);
		return;
	}
	/* That of a transfer under way is not this one's. */
	memcpy(error, g->error, sizeof(error));
	*g->error = 0;
	if (vt_kitty_key(cmd, 'i') && vt_kitty_key(cmd, 'I')) {
		vt_kitty_fail(vt, "EINVAL:both i and I are given");
		answer(vt, cmd);
	} else {
		command_other(vt, cmd);
	}
	memcpy(g->error, error, sizeof(error));
}
static void end(struct vt *vt, bool complete)
{
	struct vt_kitty *g = vt->graphics;

	if (!g)                              /* begun by a snapshot that then turned out to be bad */
		return;
	if (complete && g->part == VT_KITTY_CONTROL)
		control_end(vt);
	/* What text has taken away since is gone before a command looks, however the bytes were cut. */
	if (vt->images.relatives > 0)
		vt_relatives_settle(vt);
	if (!complete)
		vt_kitty_abandon(vt);
	else if (!g->malformed)
		command(vt);
	if (vt->images.relatives > 0)
		vt_relatives_settle(vt);
}

const struct vt_stream vt_kitty_stream = { begin, data, end };

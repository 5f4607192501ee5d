#include "mux/images.h"

#include "base/mem.h"

#include <sha2.h>
#include <string.h>

/* A client keeps 128 images; some of these are not shown any more. */
#define REMEMBERED 256u
/* What an answer needs beside the data. */
#define ROOM 65536u

struct images {
	struct { uint64_t serial; uint8_t hash[32]; } v[REMEMBERED];
	unsigned next;                 /* the oldest */
};

void images_free(struct images *images) { free(images); }

/* Bytes of all frames. An animation that does not fit a frame goes as its first one. */
static size_t data_len(const struct vt_image *image)
{
	return image->len * image->frames;
}

static bool fits(const struct vt_image *image)
{
	return image->len <= WIRE_FRAME_MAX - ROOM;
}

static bool animated(const struct vt_image *image)
{
	return image->frames > 1 && data_len(image) <= WIRE_FRAME_MAX - ROOM;
}

static void hash_bytes(const uint8_t *bytes, size_t len, uint8_t ret[32])
{
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, bytes, len);
	SHA256Final(ret, &sha);
}

/* All frames, then the time of each as a float of seconds. */
static void hash_animation(struct vt *vt, const struct vt_image *image, uint8_t ret[32])
{
	SHA2_CTX sha;
	uint32_t ms;

	SHA256Init(&sha);
	for (unsigned i = 0; i < image->frames; i++)
		SHA256Update(&sha, vt_image_frame(vt, image->serial, i, &ms), image->len);
	for (unsigned i = 0; i < image->frames; i++) {
		vt_image_frame(vt, image->serial, i, &ms);
		float seconds = (float)ms / 1000;
		SHA256Update(&sha, (const uint8_t *)&seconds, sizeof(seconds));
	}
	SHA256Final(ret, &sha);
}

bool images_hash(struct images **images, struct vt *vt, uint64_t serial, uint8_t ret[32])
{
	struct vt_image image;

	if (*images == NULL)
		*images = xcalloc(1, sizeof(**images));
	struct images *m = *images;
	for (unsigned i = 0; i < REMEMBERED; i++)
		if (m->v[i].serial == serial) {
			memcpy(ret, m->v[i].hash, 32);
			return true;
		}
	if (!vt_image_get(vt, serial, &image) || !fits(&image))
		return false;
	if (animated(&image))
		hash_animation(vt, &image, ret);
	else
		hash_bytes(image.data, image.len, ret);
	m->v[m->next].serial = serial;
	memcpy(m->v[m->next].hash, ret, 32);
	m->next = (m->next + 1) % REMEMBERED;
	return true;
}

static bool fill_animation(struct vt *vt, const struct vt_image *image, struct wire_arena *arena,
    struct wire_image_data *ret)
{
	size_t n = image->frames;

	ret->kind = WIRE_IMAGE_ANIM_RGBA8;
	ret->durations = wire_arena_alloc(arena, n * sizeof(*ret->durations));
	ret->frames = wire_arena_alloc(arena, n * sizeof(*ret->frames));
	ret->hashes = wire_arena_alloc(arena, n * sizeof(*ret->hashes));
	if (ret->durations == NULL || ret->frames == NULL || ret->hashes == NULL)
		return false;
	for (unsigned i = 0; i < n; i++) {
		uint32_t ms;
		const uint8_t *pixels = vt_image_frame(vt, image->serial, i, &ms);

		ret->durations[i] = (struct wire_duration){ ms / 1000, ms % 1000 * 1000000 };
		ret->frames[i] = (struct wire_str){ (const char *)pixels, image->len };
		hash_bytes(pixels, image->len, ret->hashes[i].b);
	}
	ret->n_durations = ret->n_frames = ret->n_hashes = n;
	return true;
}

static bool fill(struct vt *vt, const struct vt_image *image, const uint8_t hash[32],
    struct wire_arena *arena, struct wire_image_data *ret)
{
	*ret = (struct wire_image_data){ .kind = WIRE_IMAGE_ENCODED_LEASE, .width = image->width,
		.height = image->height, .data = { (const char *)image->data, image->len } };
	memcpy(ret->hash.b, hash, 32);
	memcpy(ret->data_hash.b, hash, 32);
	if (image->format != VT_IMAGE_RGBA)
		return true;
	if (animated(image))
		return fill_animation(vt, image, arena, ret);
	ret->kind = WIRE_IMAGE_RGBA8;
	return true;
}

/* True when that image has the digest; it is *ret then. */
static bool matches(struct images **images, struct vt *vt, uint64_t serial, const uint8_t hash[32],
    struct vt_image *ret)
{
	uint8_t its[32];

	return images_hash(images, vt, serial, its) && memcmp(its, hash, 32) == 0 && vt_image_get(vt, serial, ret);
}

bool images_find(struct images **images, struct vt *vt, int64_t row, uint64_t cell, const uint8_t hash[32],
    struct wire_arena *arena, struct wire_image_data *ret)
{
	struct vt_row_image runs[VT_ROW_IMAGES_MAX];
	struct vt_image image;
	size_t n = vt_row_images(vt, row, runs, ARRAY_LEN(runs));

	for (size_t i = 0; i < MIN(n, ARRAY_LEN(runs)); i++)
		if (cell >= runs[i].x && cell < runs[i].x + (uint64_t)runs[i].cells &&
		    matches(images, vt, runs[i].serial, hash, &image))
			return fill(vt, &image, hash, arena, ret);
	/* The cell may have scrolled since; the image is the same one all the same. */
	for (unsigned i = 0; *images != NULL && i < REMEMBERED; i++)
		if ((*images)->v[i].serial != 0 && memcmp((*images)->v[i].hash, hash, 32) == 0 &&
		    vt_image_get(vt, (*images)->v[i].serial, &image))
			return fill(vt, &image, hash, arena, ret);
	return false;
}

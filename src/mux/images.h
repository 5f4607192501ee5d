/* images.h - images of a terminal as the wire has them: by the SHA-256 of their bytes.
 *
 * Lines say only which image a cell shows part of; a client asks for the data with
 * GetImageCell and keeps it by its hash. Digests are remembered by the engine's serial
 * numbers, because every line that shows an image needs one. Source:
 * reference/wezterm-mux.md 3.6. */
#ifndef LACE_MUX_IMAGES_H
#define LACE_MUX_IMAGES_H

#include "vt/image.h"
#include "wire/wire.h"

struct images;

/* *images is NULL until there is something to remember. */
void images_free(struct images *images);
/* The image's digest. False when there is no such image, or it is too large for a frame. */
bool images_hash(struct images **images, struct vt *vt, uint64_t serial, uint8_t ret[32]);
/* The image of that digest, wherever it is shown: what a client has been told of it knows, and what is
 * in that cell. False when there is none any more. The data are the engine's (vt_image_get()), the
 * rest lives in the arena. */
bool images_find(struct images **images, struct vt *vt, int64_t row, uint64_t cell, const uint8_t hash[32],
    struct wire_arena *arena, struct wire_image_data *ret);

#endif

#include "engine/frames.h"

#include "base/mem.h"

int frames_feed(struct frames *f, const char *data, size_t len, frames_cb cb, void *user, struct err *err)
{
	while (len > 0) {
		if (f->have < sizeof(f->head)) {
			size_t n = MIN(len, sizeof(f->head) - f->have);
			memcpy(f->head + f->have, data, n);
			f->have += (unsigned)n;
			data += n;
			len -= n;
			if (f->have < sizeof(f->head))
				return 0;
			if (f->head[0] > 3 || f->head[1] || f->head[2] || f->head[3])
				return err_set(err, ERR_FAILED, "the engine's exec stream is damaged");
			f->left = (uint32_t)f->head[4] << 24 | (uint32_t)f->head[5] << 16
			        | (uint32_t)f->head[6] << 8 | f->head[7];
		} else {
			size_t n = MIN(len, f->left);
			if (cb)
				cb(user, f->head[0] >= 2 ? 2 : 1, data, n);
			data += n;
			len -= n;
			f->left -= (uint32_t)n;
		}
		if (f->left == 0)
			f->have = 0;
	}
	return 0;
}

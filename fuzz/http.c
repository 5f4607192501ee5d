/* An engine's answer in pieces, and the frames of an exec after an upgrade. The first byte says how the rest
 * is cut; the result must not depend on the cut. */
#include "engine/frames.h"
#include "engine/http.h"

#include "base/mem.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	int rc, status;
	size_t used, body;
	uint64_t sum;
	int frames_rc;
	size_t out[3];
};

static int on_body(void *user, const char *data, size_t len, struct err *err)
{
	struct result *r = user;
	assert(len > 0);
	r->body += len;
	for (size_t i = 0; i < len; i++)
		r->sum = r->sum * 31 + (unsigned char)data[i];
	return 0;
}

static void on_frame(void *user, int stream, const char *data, size_t len)
{
	struct result *r = user;
	assert((stream == 1 || stream == 2) && len > 0);
	r->out[stream] += len;
}

static void parse(const char *data, size_t len, size_t step, struct result *r)
{
	struct http_response http;
	struct frames frames = FRAMES_INIT;
	struct err err = ERR_INIT;
	http_init(&http);
	size_t at = 0;
	while (at < len && r->rc == 0 && http.state != HTTP_DONE) {
		size_t used = 0, n = MIN(step, len - at);
		r->rc = http_feed(&http, data + at, n, &used, false, on_body, r, &err);
		assert(used <= n && (r->rc != 0 || used == n || http.state == HTTP_DONE));
		at += used;
	}
	if (r->rc == 0 && http.state != HTTP_DONE) {
		r->rc = http_eof(&http, &err);
	} else if (r->rc == 0 && http.upgraded) {
		r->used = at;
		while (at < len && r->frames_rc == 0) {
			size_t n = MIN(step, len - at);
			r->frames_rc = frames_feed(&frames, data + at, n, on_frame, r, &err);
			at += n;
		}
		assert(r->out[1] + r->out[2] <= len);
	}
	r->status = http.status;
	assert(http.head_bytes <= HTTP_HEAD_MAX + HTTP_LINE_MAX);
	assert((r->rc == 0 && r->frames_rc == 0) || err_is(&err));
	http_fini(&http);
	err_fini(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct result whole = { 0 }, cut = { 0 };
	parse((const char *)data + 1, size - 1, size, &whole);
	parse((const char *)data + 1, size - 1, 1 + data[0] % 64, &cut);
	assert(whole.rc == cut.rc && whole.frames_rc == cut.frames_rc);
	if (whole.rc == 0) {
		assert(whole.status == cut.status && whole.body == cut.body && whole.sum == cut.sum);
		assert(whole.used == cut.used);
	}
	return 0;
}

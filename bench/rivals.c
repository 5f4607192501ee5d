/* rivals.c - other terminal engines written in C, on the payloads of bench_vt.
 *
 *     bench_rivals [SECONDS [PAYLOAD...]]
 *
 * libvterm and libtsm as Debian has them, whichever were there when this was built. The
 * same bytes in the same pieces, 80x24, 10,000 lines above the screen: libtsm keeps these
 * itself; libvterm hands a line out when it leaves the screen, and here it is kept in the
 * plainest way, as its users do. Prints JSON: MB/s of the best pass, in processor time; an
 * engine that needs longer than a pass may take is measured on what it got through. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_LIBVTERM
#include <vterm.h>
#endif
#ifdef HAVE_LIBTSM
#include <libtsm.h>
#endif

#include "base/mem.h"
#include "payload.h"

#define ROWS 24
#define COLS 80
#define LINES 10000

struct rival {
	const char *name;
	void *(*create)(void);
	void (*write)(void *engine, const char *bytes, size_t len);
	void (*destroy)(void *engine);
};

#ifdef HAVE_LIBVTERM
struct vterm_engine {
	VTerm *vt;
	VTermScreenCell (*lines)[COLS];
	unsigned next;
};

static int vterm_push(int cols, const VTermScreenCell *cells, void *user)
{
	struct vterm_engine *e = user;

	memcpy(e->lines[e->next++ % LINES], cells, MIN((size_t)cols, (size_t)COLS) * sizeof(*cells));
	return 1;
}

static void *vterm_engine_create(void)
{
	static const VTermScreenCallbacks callbacks = { .sb_pushline = vterm_push };
	struct vterm_engine *e = xcalloc(1, sizeof(*e));

	e->lines = xcalloc(LINES, sizeof(*e->lines));
	e->vt = vterm_new(ROWS, COLS);
	vterm_set_utf8(e->vt, 1);
	VTermScreen *screen = vterm_obtain_screen(e->vt);
	vterm_screen_enable_altscreen(screen, 1);
	vterm_screen_set_damage_merge(screen, VTERM_DAMAGE_SCROLL);
	vterm_screen_set_callbacks(screen, &callbacks, e);
	vterm_screen_reset(screen, 1);
	return e;
}

static void vterm_engine_write(void *engine, const char *bytes, size_t len)
{
	vterm_input_write(((struct vterm_engine *)engine)->vt, bytes, len);
}

static void vterm_engine_destroy(void *engine)
{
	struct vterm_engine *e = engine;

	vterm_free(e->vt);
	free(e->lines);
	free(e);
}
#endif

#ifdef HAVE_LIBTSM
struct tsm_engine {
	struct tsm_screen *screen;
	struct tsm_vte *vte;
};

static void tsm_reply(struct tsm_vte *vte, const char *u8, size_t len, void *data)
{
}

static void *tsm_engine_create(void)
{
	struct tsm_engine *e = xcalloc(1, sizeof(*e));

	if (tsm_screen_new(&e->screen, NULL, NULL) < 0 || tsm_screen_resize(e->screen, COLS, ROWS) < 0)
		abort();
	tsm_screen_set_max_sb(e->screen, LINES);
	if (tsm_vte_new(&e->vte, e->screen, tsm_reply, NULL, NULL, NULL) < 0)
		abort();
	return e;
}

static void tsm_engine_write(void *engine, const char *bytes, size_t len)
{
	tsm_vte_input(((struct tsm_engine *)engine)->vte, bytes, len);
}

static void tsm_engine_destroy(void *engine)
{
	struct tsm_engine *e = engine;

	tsm_vte_unref(e->vte);
	tsm_screen_unref(e->screen);
	free(e);
}
#endif

static const struct rival rivals[] = {
#ifdef HAVE_LIBVTERM
	{ "libvterm " HAVE_LIBVTERM, vterm_engine_create, vterm_engine_write, vterm_engine_destroy },
#endif
#ifdef HAVE_LIBTSM
	{ "libtsm " HAVE_LIBTSM, tsm_engine_create, tsm_engine_write, tsm_engine_destroy },
#endif
	{ NULL, NULL, NULL, NULL },
};

static double measure(const struct rival *r, const struct str *s, double seconds)
{
	void *engine = r->create();
	double best = 0, begin = cpu_seconds();

	do {
		double t = cpu_seconds();
		size_t at = 0;

		while (at < s->len && cpu_seconds() - t < 4 * seconds) {
			size_t n = MIN(s->len - at, (size_t)PAYLOAD_PIECE);

			r->write(engine, s->s + at, n);
			at += n;
		}
		best = MAX(best, (double)at / (cpu_seconds() - t) / 1e6);
	} while (cpu_seconds() - begin < seconds);
	r->destroy(engine);
	return best;
}

static bool wanted(const struct payload *p, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (str_eq(argv[i], p->name))
			return true;
	return argc <= 2;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.5;

	printf("{");
	for (const struct rival *r = rivals; r->name; r++) {
		bool any = false;

		printf("%s\"%s\": {", r == rivals ? "" : ",\n ", r->name);
		for (const struct payload *p = payloads; p->name; p++) {
			cleanup_str struct str s = STR_INIT;

			if (!wanted(p, argc, argv))
				continue;
			payload_fill(p, &s, PAYLOAD_BYTES);
			printf("%s\"%s\": %.4g", any ? ", " : "", p->name, measure(r, &s, seconds));
			fflush(stdout);
			any = true;
		}
		printf("}");
	}
	printf("}\n");
	return 0;
}

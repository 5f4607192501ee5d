/* Which rows have changed since N: those and no others, without a look at the rest. */
#include "../unit.h"

#include <sys/mman.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/xxh64.h"
#include "vt/internal.h"

static const struct vt_callbacks none;
static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

static struct vt *make(unsigned rows, unsigned cols, uint32_t lines)
{
	struct vt_config config = { .rows = (uint16_t)rows, .cols = (uint16_t)cols, .scrollback_lines = lines };

	return vt_create(&config, &none, NULL);
}

static void put(struct vt *vt, const char *s)
{
	vt_write(vt, s, strlen(s));
}

/* ---- nothing else is looked at --------------------------------------------------- */

/* A copy of n rows of which those before `from` cannot be read. */
static struct vt_sb_row *guarded(const struct vt_sb_row *rows, uint32_t n, uint32_t from)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), before = (from * sizeof(*rows) + page - 1) / page * page,
	    after = ((n - from) * sizeof(*rows) + page - 1) / page * page;
	uint8_t *memory = mmap(NULL, before + after, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	memcpy(memory + before, rows + from, (n - from) * sizeof(*rows));
	assert_int_equal(mprotect(memory, MAX(before, page), PROT_NONE), 0);
	return (struct vt_sb_row *)(void *)(memory + before - from * sizeof(*rows));
}

static void test_old_rows_are_not_looked_at(void **state)
{
	struct vt *vt = make(24, 80, 100000);
	cleanup_str struct str s = STR_INIT;
	int64_t rows[64];

	for (unsigned i = 0; i < 50000; i++)
		str_printf(&s, "this is line number %u\r\n", i);
	vt_write(vt, s.s, s.len);
	uint64_t since = vt_seqno(vt);
	int64_t top = vt_dims(vt).physical_top;
	for (unsigned i = 0; i < 10; i++)
		put(vt, "\033[Hx\033[24Hmore\r\n");
	struct vt_scrollback *sb = &vt->sb;
	assert_true(sb->n > 10);
	struct vt_sb_block *b = sb->blocks[sb->head + sb->n - 1];
	assert_true(b->first < top && b->n > 500);
	/* From here on, whoever reads an old row dies. */
	void *nowhere = mmap(NULL, 1u << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vt_sb_row *was[256];
	for (size_t i = 0; i < sb->n; i++) {
		struct vt_sb_block *old = sb->blocks[sb->head + i];

		was[i] = old->rows;
		old->rows = old == b ? guarded(b->rows, b->n, (uint32_t)(top - b->first)) : nowhere;
	}
	/* Ten rows left; each had been written to since; the screen has scrolled ten times. */
	size_t n = vt_rows_changed(vt, since, INT64_MIN, INT64_MAX, rows, ARRAY_LEN(rows));
	assert_true(n >= 10 && n <= 10 + 24);
	for (int64_t i = 0; i < 10; i++)
		assert_int_equal(rows[i], top + i);
	assert_int_equal(vt_rows_changed(vt, vt_seqno(vt), INT64_MIN, INT64_MAX, rows, ARRAY_LEN(rows)), 0);
	for (size_t i = 0; i < sb->n; i++)
		sb->blocks[sb->head + i]->rows = was[i];
	vt_destroy(vt);
}

/* More writes than are remembered: blocks are left out, as far as they can be. */
static void test_old_blocks_are_not_looked_at(void **state)
{
	struct vt *vt = make(24, 80, 100000);
	int64_t rows[64];

	for (unsigned i = 0; i < 50000; i++)
		put(vt, "line\r\n");
	struct vt_scrollback *sb = &vt->sb;
	struct vt_sb_block *old = sb->blocks[sb->head];
	uint64_t since = vt_seqno(vt) - 1000;
	assert_true(vt_sb_changed_from(sb, since) <= vt_dims(vt).physical_top - 1000);
	assert_true(vt_sb_changed_from(sb, since) >= vt_dims(vt).physical_top - 1000 - VT_SB_BLOCK_ROWS);
	assert_int_equal(vt_sb_changed_from(sb, vt_seqno(vt) - 10), vt_dims(vt).physical_top - 10);
	assert_int_equal(vt_sb_changed_from(sb, 0), 0);
	struct vt_sb_row *was = old->rows;
	old->rows = mmap(NULL, 1u << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(vt_rows_changed(vt, since, INT64_MIN, INT64_MAX, rows, ARRAY_LEN(rows)), 1000 + 1);
	old->rows = was;
	vt_destroy(vt);
}

/* ---- those and no others ------------------------------------------------------------- */

/* What a reader sees of a row. */
static uint64_t look(struct vt *vt, int64_t index)
{
	struct xxh64 x;
	struct vt_row row;

	assert_true(vt_row_get(vt, index, &row));
	xxh64_init(&x);
	for (unsigned i = 0; i < row.n; i++) {
		char s[VT_CLUSTER_BYTES_MAX];
		const struct vt_style *style = vt_style_get(vt, row.cells[i].style);

		/* Trailing blanks may be there or not. */
		if (row.cells[i].text == 0 && row.cells[i].width == 1 && row.cells[i].style == 0)
			continue;
		xxh64_add(&x, &i, sizeof(i));
		xxh64_add(&x, s, vt_cell_text(vt, &row.cells[i], s));
		xxh64_add(&x, &style->fg, sizeof(style->fg));
		xxh64_add(&x, &style->bg, sizeof(style->bg));
	}
	xxh64_add(&x, &row.line_attr, 1);
	return xxh64_value(&x);
}

struct seen {
	uint64_t seqno;
	bool alt;
	uint32_t numbering;
	struct vt_dims d;
	uint64_t rows[6000];
};

static void remember(struct vt *vt, struct seen *s)
{
	s->seqno = vt_seqno(vt);
	s->alt = vt_modes(vt) & VT_MODE_ALT_SCREEN;
	s->numbering = vt->numbering;
	s->d = vt_dims(vt);
	for (int64_t y = s->d.scrollback_top; y < s->d.physical_top + s->d.rows; y++)
		s->rows[y - s->d.scrollback_top] = look(vt, y);
}

static void check(struct vt *vt, const struct seen *s)
{
	static int64_t rows[6000];
	struct vt_dims d = vt_dims(vt);
	int64_t end = d.physical_top + d.rows;
	size_t n = vt_rows_changed(vt, s->seqno, INT64_MIN, INT64_MAX, rows, ARRAY_LEN(rows)), at = 0;

	assert_true(n <= ARRAY_LEN(rows));
	for (int64_t y = d.scrollback_top; y < end; y++) {
		struct vt_row row;
		bool told = at < n && rows[at] == y;

		assert_true(vt_row_get(vt, y, &row));
		assert_int_equal(told, row.seqno > s->seqno);
		at += told;
		if (told || s->alt != !!(vt_modes(vt) & VT_MODE_ALT_SCREEN) || s->numbering != vt->numbering)
			continue;
		/* It was there, and is as it was. */
		assert_true(y >= s->d.scrollback_top && y < s->d.physical_top + s->d.rows);
		if (look(vt, y) != s->rows[y - s->d.scrollback_top])
			fail_msg("row %ld has changed, and is not told", (long)y);
	}
	assert_int_equal(at, n);
	/* The same in part. */
	int64_t from = d.scrollback_top + rnd((uint32_t)(end - d.scrollback_top)), to = from + rnd(60);
	size_t inside = 0;
	for (size_t i = 0; i < n; i++)
		inside += rows[i] >= from && rows[i] < to;
	assert_int_equal(vt_rows_changed(vt, s->seqno, from, to, rows, 1), inside);
}

static void act(struct vt *vt)
{
	cleanup_str struct str s = STR_INIT;

	switch (rnd(40)) {
	case 0: vt_resize(vt, (uint16_t)(1 + rnd(12)), vt_dims(vt).cols, 0, 0); return;
	case 1:
		if (rnd(4) == 0)
			vt_resize(vt, (uint16_t)(1 + rnd(12)), (uint16_t)(5 + rnd(40)), 0, 0);
		return;
	case 2: str_printf(&s, "\033[?1049%c", rnd(2) ? 'h' : 'l'); break;
	case 3: vt_compact(vt); return;
	case 4: str_printf(&s, "\033[%u;%ur", 1 + rnd(5), 3 + rnd(9)); break;
	case 5: str_puts(&s, "\033[r"); break;
	case 6: str_printf(&s, "\033[%uL\033[%uM", 1 + rnd(3), 1 + rnd(3)); break;
	case 7: str_printf(&s, "\033[%uS\033[%uT", 1 + rnd(3), 1 + rnd(3)); break;
	case 8: str_puts(&s, rnd(2) ? "\033[J" : "\033[1J"); break;
	case 9: str_puts(&s, rnd(20) ? "\033#6" : "\033[3J"); break;
	case 10: str_printf(&s, "\033[4%um", rnd(8)); break;
	default:
		str_printf(&s, "\033[%u;%uHword %u", 1 + rnd(12), 1 + rnd(40), rnd(100));
		for (unsigned i = rnd(4); i > 0; i--)
			str_puts(&s, "\r\n");
		break;
	}
	vt_write(vt, s.s, s.len);
}

static void test_exactly_those(void **state)
{
	enum { AGO = 5 };
	struct seen *seen = xcalloc(AGO, sizeof(*seen));

	for (unsigned round = 0; round < 12; round++) {
		seed = 0x9e3779b97f4a7c15ull + round;
		struct vt *vt = make(8, 30, round % 3 ? 3000 : 40);

		for (unsigned i = 0; i < AGO; i++)
			remember(vt, &seen[i]);
		for (unsigned k = 0; k < 1500; k++) {
			act(vt);
			/* Readers of which some come often, some seldom: up to 1,000 writes later. */
			for (unsigned i = 0; i < AGO; i++)
				if (rnd(i == 0 ? 2 : 15u << (2 * i - 2)) == 0) {
					check(vt, &seen[i]);
					remember(vt, &seen[i]);
				}
		}
		vt_destroy(vt);
	}
	free(seen);
}

/* ---- the same again ----------------------------------------------------------------- */

static void expect(struct vt *vt, uint64_t since, const char *want)
{
	cleanup_str struct str seen = STR_INIT;
	int64_t rows[64];
	size_t n = vt_rows_changed(vt, since, INT64_MIN, INT64_MAX, rows, ARRAY_LEN(rows));

	for (size_t i = 0; i < n; i++)
		str_printf(&seen, "%s%d", i ? " " : "", (int)rows[i]);
	assert_string_equal(seen.s ? seen.s : "", want);
}

/* A row that shows again what it showed when somebody asked last has not changed for anybody. */
static void test_the_same_again(void **state)
{
	struct vt *vt = make(4, 10, 100);
	struct vt_row row;

	put(vt, "one\r\n\033[31mtwo\033[m\r\nthree");
	uint64_t first = vt_seqno(vt);
	expect(vt, first - 1, "0 1 2");
	put(vt, "\033[2;1H\033[2K\033[31mtwo\033[m");
	expect(vt, first, "");
	put(vt, "\033[2;1Htwo");                     /* in another colour */
	uint64_t second = vt_seqno(vt);
	expect(vt, first, "1");
	/* Who only reads a row has seen it as well. */
	put(vt, "\033[2;1Hxxx");
	assert_true(vt_row_get(vt, 1, &row));
	uint64_t third = vt_seqno(vt);
	put(vt, "\033[2;1Htwo");
	expect(vt, third, "1");
	expect(vt, second, "1");
	/* Rows that go to the scrollback take it along; those that come have not been seen. */
	uint64_t fourth = vt_seqno(vt);
	put(vt, "\033[Hone\033[4;1H\n\n");
	expect(vt, fourth, "4 5");
	/* The same text in another place is another row. */
	uint64_t fifth = vt_seqno(vt);
	put(vt, "\033[Htwo\033[L");
	expect(vt, fifth, "2 3");
	vt_destroy(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_rows_are_not_looked_at),
		cmocka_unit_test(test_old_blocks_are_not_looked_at),
		cmocka_unit_test(test_exactly_those),
		cmocka_unit_test(test_the_same_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

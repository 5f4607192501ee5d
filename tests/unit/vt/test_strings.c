/* Strings at their limits: none that the engine knows grows past its own, and where
 * there is no memory for a long one it is dropped, and the terminal goes on. */
#include "../unit.h"

#include <malloc.h>

#include "base/mem.h"
#include "base/str.h"
#include "text/text.h"
#include "vt/internal.h"

/* ---- memory that runs out ------------------------------------------------------------ */

static size_t refuse_from;           /* allocations of so many bytes and more fail; 0: none */
static unsigned refused;
static size_t largest;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool refuse(size_t size)
{
	bool no = refuse_from > 0 && size >= refuse_from;

	largest = MAX(largest, size);
	refused += no;
	return no;
}

void *__wrap_malloc(size_t size) { return refuse(size) ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t n, size_t size) { return refuse(n * size) ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t size) { return refuse(size) ? NULL : __real_realloc(p, size); }

/* ---- a terminal --------------------------------------------------------------------------- */

struct seen {
	size_t replies, reply_bytes, clipboard, vars, notes;
};

static void on_reply(void *user, const char *bytes, size_t len)
{
	((struct seen *)user)->replies++;
	((struct seen *)user)->reply_bytes += len;
}

static void on_clipboard(void *user, enum vt_clipboard which, const char *text, size_t len)
{
	((struct seen *)user)->clipboard += len;
}

static void on_var(void *user, const char *name, const char *value) { ((struct seen *)user)->vars++; }
static void on_note(void *user, const struct vt_notification *note) { ((struct seen *)user)->notes++; }

static char *on_get(void *user, enum vt_clipboard which, size_t *ret_len)
{
	char *text = malloc(700000);

	*ret_len = 700000;
	return text ? memset(text, 'x', *ret_len) : NULL;
}

static const struct vt_callbacks callbacks = { .reply = on_reply, .clipboard = on_clipboard, .user_var = on_var,
	.notification = on_note, .clipboard_get = on_get };

static struct vt *make(struct seen *seen)
{
	struct vt_config config = { .rows = 4, .cols = 20, .scrollback_lines = 10, .image_bytes = 1 << 20 };

	*seen = (struct seen){ 0 };
	return vt_create(&config, &callbacks, seen);
}

static void put(struct vt *vt, const char *s)
{
	vt_write(vt, s, strlen(s));
}

/* `bytes` of them, as a pty gives them. */
static void put_many(struct vt *vt, const char *unit, size_t bytes)
{
	cleanup_str struct str piece = STR_INIT;

	while (piece.len < 65536)
		str_puts(&piece, unit);
	for (size_t done = 0; done < bytes; done += piece.len)
		vt_write(vt, piece.s, piece.len);
}

/* Prints, and looks whether it is there. */
static void goes_on(struct vt *vt)
{
	struct vt_row row;
	char text[VT_CLUSTER_BYTES_MAX];

	put(vt, "\033[2J\033[H!");
	assert_true(vt_row_get(vt, vt_dims(vt).physical_top, &row));
	assert_true(row.n >= 1);
	assert_int_equal(vt_cell_text(vt, &row.cells[0], text), 1);
	assert_int_equal(text[0], '!');
}

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* ---- limits --------------------------------------------------------------------------------- */

static bool introducer(const struct vt_sequence *seq, struct str *ret)
{
	switch (seq->kind) {
	case VT_SEQ_OSC:
		str_printf(ret, "\033]%u;%s", seq->number, seq->key ? seq->key : "");
		return true;
	case VT_SEQ_DCS:
		str_puts(ret, "\033P");
		if (seq->prefix)
			str_putc(ret, (char)seq->prefix);
		if (seq->inter)
			str_putc(ret, (char)seq->inter);
		str_putc(ret, (char)seq->final);
		return true;
	case VT_SEQ_APC:
		str_printf(ret, "\033_%c", seq->final);
		return true;
	default:
		return false;
	}
}

/* Far more than any of them takes, but for those that take images, whose memory is bounded. */
static void test_every_string_has_a_limit(void **state)
{
	static const char *const units[] = { "A", ";", "a=b;", "eHh4", "\u65e5", "mux;", "1=?;", "?" };
	const struct vt_sequence *seq;
	unsigned n = 0;

	for (size_t i = 0; (seq = vt_sequence_at(i)) != NULL; i++) {
		cleanup_str struct str head = STR_INIT;
		struct seen seen;

		if (!introducer(seq, &head))
			continue;
		n++;
		for (size_t u = 0; u < ARRAY_LEN(units); u++) {
			struct vt *vt = make(&seen);
			size_t before = heap();

			vt_write(vt, head.s, head.len);
			largest = 0;
			put_many(vt, units[u], 6u << 20);
			/* No more than its limit while it comes; a buffer grows by doubling. */
			assert_in_range(heap() - before, 0, 3u << 20);
			put(vt, "\033\\");
			assert_in_range(heap() - before, 0, 3u << 20);
			assert_in_range(largest, 0, 4u << 20);
			goes_on(vt);
			vt_destroy(vt);
		}
	}
	/* The tables are not empty. */
	assert_in_range(n, 50, 1000);
}

/* At its limit a string is taken, one byte above it is not. */
static void test_exact_limits(void **state)
{
	static const struct { const char *head; uint32_t limit; const char *unit; } cases[] = {
		{ "\033]52;c;", VT_OSC_CLIPBOARD_MAX - 2, "YWJj" }, { "\033]1337;Copy=:", VT_OSC_CLIPBOARD_MAX - 1, "YWJj" },
		{ "\033]9;", VT_OSC_NOTE_MAX, "x" }, { "\033]1337;SetUserVar=a=", VT_OSC_USER_VAR_MAX - 2, "YWJj" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (unsigned over = 0; over < 2; over++) {
			cleanup_str struct str s = STR_INIT;
			struct seen seen;
			struct vt *vt = make(&seen);
			size_t head = strlen(cases[i].head);

			str_puts(&s, cases[i].head);
			while (s.len <= head + cases[i].limit)
				str_puts(&s, cases[i].unit);
			s.len = head + cases[i].limit + over;
			vt_write(vt, s.s, s.len);
			put(vt, "\a");
			bool took = seen.clipboard > 0 || seen.notes > 0 || seen.vars > 0;
			assert_int_equal(took, over == 0);
			goes_on(vt);
			vt_destroy(vt);
		}
	}
}

static void test_stacks_and_sums(void **state)
{
	struct seen seen;
	struct vt *vt = make(&seen);
	size_t before = heap();
	const char *name, *value;
	size_t n = 0, bytes = 0;

	for (unsigned i = 0; i < 2000; i++) {
		cleanup_str struct str s = STR_INIT;

		str_printf(&s, "\033]2;%u", i);
		for (unsigned k = 0; k < 1000; k++)
			str_putc(&s, 't');
		str_printf(&s, "\a\033[22t\033[#P\033]22;>wait,text\a\033]99;i=%u:d=0;", i);
		for (unsigned k = 0; k < 3000; k++)
			str_putc(&s, 'n');
		str_printf(&s, "\a\033]1337;SetUserVar=v%u=", i);
		for (unsigned k = 0; k < 5000; k++)
			str_puts(&s, "YWJj");
		str_printf(&s, "\a\033]633;E;%u;\a\033]8;id=%u;http://x/%u\a%u", i, i, i, i);
		vt_write(vt, s.s, s.len);
	}
	for (; vt_user_var(vt, n, &name, &value); n++)
		bytes += strlen(name) + strlen(value);
	assert_in_range(n, 1, VT_USER_VARS_MAX);
	assert_in_range(bytes, 1, VT_USER_VARS_BYTES_MAX);
	assert_in_range(heap() - before, 0, 2u << 20);
	assert_string_equal(vt_pointer_shape(vt), "text");
	put(vt, "\033c");
	goes_on(vt);
	vt_destroy(vt);
}

/* ---- no memory ------------------------------------------------------------------------------ */

/* Everything that may take more than 64 KiB does without. */
static void test_no_memory(void **state)
{
	struct seen seen;
	struct vt *vt = make(&seen);

	refuse_from = 65537;
	refused = 0;
	put(vt, "\033]52;c;");
	put_many(vt, "YWJj", 500000);
	put(vt, "\a");
	assert_int_equal(seen.clipboard, 0);
	put(vt, "\033]1337;Copy=:");
	put_many(vt, "YWJj", 500000);
	put(vt, "\a");
	assert_int_equal(seen.clipboard, 0);
	put(vt, "\033Ptmux;");
	put_many(vt, "text", 500000);
	put(vt, "\033\\");
	assert_true(refused >= 3);
	/* The program that writes in packets hears of it. */
	put(vt, "\033]5522;type=write\a");
	for (unsigned i = 0; i < 30; i++) {
		put(vt, "\033]5522;type=wdata:mime=dGV4dC9wbGFpbg==;");
		for (unsigned k = 0; k < 100; k++)
			put(vt, "YWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJj");
		put(vt, "\a");
	}
	assert_int_equal(seen.replies, 1);
	put(vt, "\033]5522;type=wdata\a");
	assert_int_equal(seen.replies, 1);
	assert_int_equal(seen.clipboard, 0);
	/* Short strings are understood all the same. */
	put(vt, "\033]52;c;YWJj\a");
	assert_int_equal(seen.clipboard, 3);
	put(vt, "\033]2;title\a");
	assert_string_equal(vt_title(vt), "title");
	goes_on(vt);
	refuse_from = 0;
	vt_destroy(vt);
}

/* What was collected fits, what it becomes does not. */
static void test_no_memory_after(void **state)
{
	for (size_t from = 900000; from > 100000; from -= 100000) {
		struct seen seen;
		struct vt *vt = make(&seen);

		put(vt, "\033]52;c;");
		put_many(vt, "YWJj", 786432);
		refuse_from = from;
		put(vt, "\a\033]52;c;?\a\033]2;title\a");
		refuse_from = 0;
		assert_string_equal(vt_title(vt), "title");
		goes_on(vt);
		vt_destroy(vt);
	}
}

/* ---- cleaning ------------------------------------------------------------------------------- */

/* The same a character at a time, by the decoder that has tests of its own. */
static char *cleaned(const char *s, size_t len, size_t max, unsigned flags)
{
	struct str out = STR_INIT;

	for (size_t at = 0; at < len;) {
		char utf8[4];
		uint32_t cp;

		at += text_utf8_decode(s + at, len - at, &cp);
		bool line = (flags & VT_CLEAN_LINES) && (cp == '\t' || cp == '\n' || cp == '\r');
		if ((cp < 0x20 && !line) || (cp >= 0x7f && cp <= 0x9f))
			continue;
		size_t k = text_utf8_encode(cp, utf8);
		if (out.len + k > max)
			break;
		str_add(&out, utf8, k);
	}
	return str_detach(&out);
}

static void test_clean(void **state)
{
	static const char bytes[] = "ab \t\n\033\177\200\217\220\237\240\277\300\301\302\303\337\340\341\354\355\356\357"
		"\360\361\363\364\365\377";
	uint64_t seed = 88172645463325252ull;

	for (unsigned i = 0; i < 300000; i++) {
		char s[40];
		size_t len = i % sizeof(s), max = i % 7 ? 100 : i % 41, n;
		unsigned flags = i % 3 ? VT_CLEAN_LINES : 0;

		for (size_t k = 0; k < len; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			s[k] = bytes[(seed >> 32) % (sizeof(bytes) - 1)];
		}
		cleanup_free char *want = cleaned(s, len, max, flags), *got = vt_clean(s, len, max, flags, &n);
		if (strcmp(got, want) != 0 || n != strlen(want))
			fail_msg("round %u: \"%s\", want \"%s\"", i, got, want);
	}
	/* Each character that there is. */
	for (uint32_t cp = 1; cp < 0x110000; cp++) {
		char s[6], utf8[4];
		size_t len = text_utf8_encode(cp, utf8), n;

		memcpy(s + 1, utf8, len);
		s[0] = s[len + 1] = 'x';
		cleanup_free char *want = cleaned(s, len + 2, 100, 0), *got = vt_clean(s, len + 2, 100, 0, &n);
		assert_string_equal(got, want);
	}
}

static void test_notification_events(void **state)
{
	char out[VT_ENCODED_MAX];
	char longest[VT_NOTE_ID_MAX + 20];

	out[vt_encode_notification("a-1", VT_NOTE_ACTIVATED, 0, out)] = 0;
	assert_string_equal(out, "\033]99;i=a-1;\033\\");
	out[vt_encode_notification("a-1", VT_NOTE_ACTIVATED, 2, out)] = 0;
	assert_string_equal(out, "\033]99;i=a-1;2\033\\");
	out[vt_encode_notification("a\033]", VT_NOTE_CLOSED, 2, out)] = 0;
	assert_string_equal(out, "\033]99;i=a:p=close;\033\\");
	out[vt_encode_notification("", VT_NOTE_CLOSED, 0, out)] = 0;
	assert_string_equal(out, "\033]99;i=0:p=close;\033\\");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = 0;
	assert_in_range(vt_encode_notification(longest, VT_NOTE_CLOSED, 0, out), VT_NOTE_ID_MAX, VT_ENCODED_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_string_has_a_limit),
		cmocka_unit_test(test_exact_limits),
		cmocka_unit_test(test_stacks_and_sums),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_no_memory_after),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_notification_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

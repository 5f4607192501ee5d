/* Bodies that must be refused, the differences between codecs, the limits. */
#include "../unit.h"

#include "golden.h"
#include "wire/prim.h"

#include <stdlib.h>
#include <string.h>

static struct wire_arena arena;
static union wire_body body;

static enum wire_status decode(uint32_t ident, unsigned codec, const char *hex)
{
	uint8_t bytes[512];
	size_t len = golden_hex(hex, bytes, sizeof(bytes));
	wire_arena_reset(&arena);
	return wire_decode_body(ident, bytes, len, codec, &body, NULL, &arena);
}

static enum wire_status encode(uint32_t ident, unsigned codec, const union wire_body *b, struct wire_buf *out)
{
	out->len = 0;
	return wire_encode_body(ident, b, codec, out);
}

static void test_refused(void **state)
{
	static const struct { uint32_t ident; const char *hex, *why; } bad[] = {
		{ WIRE_ERROR_RESPONSE, "02 c3 28", "not UTF-8" },
		{ WIRE_ERROR_RESPONSE, "05 61 62", "text is short" },
		{ WIRE_ERROR_RESPONSE, "ff ff ff ff ff ff ff ff ff 01", "length of everything" },
		{ WIRE_LIVENESS_RESPONSE, "00 02", "bool of 2" },
		{ WIRE_SET_CLIPBOARD, "00 02 00", "option of 2" },
		{ WIRE_SET_CLIPBOARD, "00 00 02", "selection of 2" },
		{ WIRE_GET_PANE_DIRECTION, "00 06", "direction of 6" },
		{ WIRE_NOTIFY_ALERT, "00 0a", "alert of 10" },
		{ WIRE_NOTIFY_ALERT, "00 09 04", "progress of 4" },
		{ WIRE_SEND_KEY_DOWN, "00 00 80 b0 03 00 00", "surrogate as a char" },
		{ WIRE_SEND_KEY_DOWN, "00 00 80 80 44 00 00", "char over 10ffff" },
		{ WIRE_SEND_KEY_DOWN, "00 5a 00 00", "key of 90" },
		{ WIRE_SEND_KEY_DOWN, "00 1e 80 80 04 00", "modifiers over 16 bits" },
		{ WIRE_SEND_MOUSE_EVENT, "00 00 03 02 00 00 08 00", "button of 8" },
		{ WIRE_RESIZE, "00 00 18 50 00 00 80 80 80 80 10", "dpi over 32 bits" },
		{ WIRE_GET_LINES, "00 03 00 00 00 00", "more ranges counted than sent" },
		{ WIRE_GET_LINES, "00 ff ff ff ff 0f 00 00", "ranges beyond the body" },
		{ WIRE_GET_LINES_RESPONSE, "00 01 00 02", "storage of 2" },
		{ WIRE_GET_LINES_RESPONSE, "00 01 00 01 00 00 00 00 01 00 00 07 00 00 00", "last cell width of 0" },
		{ WIRE_GET_LINES_RESPONSE, "00 01 00 00 01 01 78 00 02 00 00 00 01 00 00 00", "small colour of 2" },
		{ WIRE_GET_LINES_RESPONSE, "00 01 00 00 01 01 78 00 00 00 01 00 01 03 03 03 00 01 00 00 00",
		    "an image inside a cell" },
		{ WIRE_SET_PALETTE, "00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", "palette of 1" },
		{ WIRE_LIST_PANES_RESPONSE, "01 03", "node of 3" },
		{ WIRE_SPAWN_V2, "00 00 01 01 02 00", "OsString of 2" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (decode(bad[i].ident, 44, bad[i].hex) != WIRE_BAD_BODY)
			fail_msg("%s was not refused", bad[i].why);
	assert_int_equal(decode(200, 44, "00"), WIRE_UNKNOWN);
}

/* What follows the last field is of a later version and no concern of ours. */
static void test_trailing(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0xde, 0xad };
	size_t used = 0;
	assert_int_equal(wire_decode_body(WIRE_LIVENESS_RESPONSE, bytes, 4, 44, &body, &used, &arena), WIRE_OK);
	assert_int_equal(used, 2);
	assert_int_equal(wire_decode_body(WIRE_PING, bytes, 4, 44, &body, &used, &arena), WIRE_OK);
	assert_int_equal(used, 0);
	assert_int_equal(wire_decode_body(WIRE_PING, NULL, 0, 44, &body, &used, &arena), WIRE_OK);
}

static void test_codecs(void **state)
{
	static const char id[] = "04 68 6f 73 74 03 77 65 7a 92 21 80 e2 cf aa 06 00";
	assert_int_equal(decode(WIRE_SET_CLIENT_ID, 42, id), WIRE_OK);
	assert_int_equal(decode(WIRE_SET_CLIENT_ID, 43, id), WIRE_BAD_BODY);
	static const char with_sock[] = "04 68 6f 73 74 03 77 65 7a 92 21 80 e2 cf aa 06 00 01 01 73 01";
	assert_int_equal(decode(WIRE_SET_CLIENT_ID, 43, with_sock), WIRE_OK);
	assert_true(body.set_client_id.is_proxy);
	assert_string_equal(body.set_client_id.client_id.ssh_auth_sock.s, "s");

	struct wire_buf out = { 0 };
	union wire_body progress = { .notify_alert = { 0, { .kind = WIRE_ALERT_PROGRESS, .progress = 3 } } };
	for (unsigned codec = WIRE_CODEC_MIN; codec <= WIRE_CODEC_MAX; codec++) {
		bool has = codec >= 44;
		assert_int_equal(decode(WIRE_NOTIFY_ALERT, codec, "00 09 03"), has ? WIRE_OK : WIRE_BAD_BODY);
		assert_int_equal(encode(WIRE_NOTIFY_ALERT, codec, &progress, &out), has ? WIRE_OK : WIRE_BAD_BODY);
		assert_int_equal(out.len, has ? 3 : 0);
		assert_int_equal(decode(WIRE_NOTIFY_ALERT, codec, "00 08"), WIRE_OK);
	}

	/* ClusteredLine.len is a u16 before codec 45. */
	static const char line[] = "00 01 00 01 00 00 00 80 80 04 00 00 07 00 00 00";
	assert_int_equal(decode(WIRE_GET_LINES_RESPONSE, 44, line), WIRE_BAD_BODY);
	assert_int_equal(decode(WIRE_GET_LINES_RESPONSE, 45, line), WIRE_OK);
	assert_int_equal(body.get_lines_response.lines.lines[0].line.len, 65536);
	assert_int_equal(encode(WIRE_GET_LINES_RESPONSE, 44, &body, &out), WIRE_BAD_BODY);
	assert_int_equal(encode(WIRE_GET_LINES_RESPONSE, 45, &body, &out), WIRE_OK);
	wire_buf_fini(&out);
}

/* A tag that another variant would have must not leak into this one's bytes. */
static void test_variants(void **state)
{
	struct wire_buf out = { 0 };
	union wire_body b = { .notify_alert = { 1, { .kind = WIRE_ALERT_BELL, .progress = 1, .percent = 9,
	    .has_title = true, .title = WIRE_STR("t") } } };
	assert_int_equal(encode(WIRE_NOTIFY_ALERT, 44, &b, &out), WIRE_OK);
	assert_int_equal(out.len, 2);
	b.notify_alert.alert.kind = WIRE_ALERT_WINDOW_TITLE; /* a plain string */
	assert_int_equal(encode(WIRE_NOTIFY_ALERT, 44, &b, &out), WIRE_OK);
	assert_memory_equal(out.data, "\x01\x04\x01t", 4);
	b.notify_alert.alert.kind = WIRE_ALERT_ICON_TITLE;   /* an option */
	assert_int_equal(encode(WIRE_NOTIFY_ALERT, 44, &b, &out), WIRE_OK);
	assert_memory_equal(out.data, "\x01\x03\x01\x01t", 5);
	wire_buf_fini(&out);
}

static void test_unencodable(void **state)
{
	struct wire_buf out = { 0 };
	wire_out_u8(&out, 0x55);
	struct wire_pdu pdu = { .ident = 5 };
#define REFUSED() \
	assert_int_equal(wire_encode(&pdu, 44, WIRE_COMPRESS_AUTO, &out), WIRE_BAD_BODY); \
	assert_int_equal(out.len, 1); \
	assert_int_equal(out.data[0], 0x55)
	REFUSED();
	pdu = (struct wire_pdu){ .ident = WIRE_ERROR_RESPONSE, .body.error_response = { WIRE_STR("\xff") } };
	REFUSED();
	pdu = (struct wire_pdu){ .ident = WIRE_GET_PANE_DIRECTION, .body.pane_direction = { 0, 6 } };
	REFUSED();
	struct wire_pane_node split = { .kind = WIRE_NODE_SPLIT };
	pdu = (struct wire_pdu){ .ident = WIRE_LIST_PANES_RESPONSE };
	pdu.body.list_panes_response.tabs = &split;
	pdu.body.list_panes_response.n_tabs = 1;
	REFUSED();
	split.left = split.right = &split; /* a ring */
	REFUSED();
	struct wire_rgba colors[255] = { 0 };
	pdu = (struct wire_pdu){ .ident = WIRE_SET_PALETTE };
	pdu.body.set_palette.palette.colors = colors;
	pdu.body.set_palette.palette.n_colors = 255;
	REFUSED();
	pdu = (struct wire_pdu){ .ident = WIRE_SEND_KEY_DOWN, .body.send_key_down.event = { 0, 0xd800, 0 } };
	REFUSED();
	pdu = (struct wire_pdu){ .ident = WIRE_SEND_KEY_DOWN, .body.send_key_down.event = { 59, 256, 0 } };
	REFUSED();
	char *large = calloc(WIRE_FRAME_MAX, 1);
	assert_non_null(large);
	pdu = (struct wire_pdu){ .ident = WIRE_WRITE_TO_PANE };
	pdu.body.write_to_pane.data = (struct wire_str){ large, WIRE_FRAME_MAX };
	REFUSED();
	free(large);
	wire_buf_fini(&out);
}

/* A Windows client sends UTF-16 and no umask (3.8): "ü😀" with a lone surrogate. */
static void test_windows(void **state)
{
	static const char spawn[] = "00 00 01 | 01 01 05 fc 01 bd b0 03 80 bc 03 80 b0 03 78 "
	    "| 01 01 01 50 01 01 01 50 01 02 43 3a | 00 | 01 | 00 | 18 50 00 00 00 | 00";
	assert_int_equal(decode(WIRE_SPAWN_V2, 44, spawn), WIRE_OK);
	const struct wire_command *c = &body.spawn_v2.command;
	assert_true(c->from_windows && !c->has_umask && c->controlling_tty);
	assert_string_equal(c->args[0].s, "\xc3\xbc\xf0\x9f\x98\x80\xef\xbf\xbdx");
	assert_int_equal(c->args[0].len, strlen(c->args[0].s));
	assert_string_equal(c->envs[0].key.s, "P");
	assert_true(c->envs[0].is_from_base_env);
	assert_string_equal(c->envs[0].value.s, "C:");
	assert_int_equal(body.spawn_v2.size.rows, 24);

	/* What we send on is what a Unix build sends. */
	struct wire_buf out = { 0 };
	assert_int_equal(encode(WIRE_SPAWN_V2, 44, &body, &out), WIRE_OK);
	assert_int_equal(wire_decode_body(WIRE_SPAWN_V2, out.data, out.len, 44, &body, NULL, &arena), WIRE_OK);
	assert_false(body.spawn_v2.command.from_windows);
	assert_string_equal(body.spawn_v2.command.envs[0].value.s, "C:");
	wire_buf_fini(&out);

	/* One machine does not send both. */
	assert_int_equal(decode(WIRE_SPAWN_V2, 44, "00 00 01 02 01 01 50 00 01 50 00 00 01 00 18 50 00 00 00 00"),
	    WIRE_BAD_BODY);
	assert_int_equal(decode(WIRE_SPAWN_V2, 44, "00 00 01 01 01 01 80 80 04 00 00 01 00 18 50 00 00 00 00"),
	    WIRE_BAD_BODY); /* a unit over 16 bits */
}

/* A Unix sender's text need not be UTF-8. */
static void test_os_bytes(void **state)
{
	static const char spawn[] = "00 00 01 01 00 02 ff fe 00 00 00 00 00 18 50 00 00 00 00";
	assert_int_equal(decode(WIRE_SPAWN_V2, 44, spawn), WIRE_OK);
	assert_int_equal(body.spawn_v2.command.args[0].len, 2);
	struct wire_buf out = { 0 };
	wire_print_json(&(struct wire_pdu){ .ident = WIRE_SPAWN_V2, .body = body }, 44, &out);
	wire_out_u8(&out, 0);
	assert_non_null(strstr((char *)out.data, "\"args\":[\"fffe\"]"));
	wire_buf_fini(&out);
}

/* A map comes in any order and keeps it. */
static void test_map_order(void **state)
{
	static const char titles[] = "00 00 03 05 00 01 01 62 03 00";
	assert_int_equal(decode(WIRE_LIST_PANES_RESPONSE, 44, titles), WIRE_OK);
	struct wire_buf out = { 0 };
	assert_int_equal(encode(WIRE_LIST_PANES_RESPONSE, 44, &body, &out), WIRE_OK);
	uint8_t bytes[16];
	size_t len = golden_hex(titles, bytes, sizeof(bytes));
	assert_int_equal(out.len, len);
	assert_memory_equal(out.data, bytes, len);
	wire_buf_fini(&out);
}

/* A list whose one tab nests `depth` splits deep. */
static enum wire_status nested(size_t depth)
{
	static const uint8_t node[] = { 0, 1, 1, 1, 0, 0, 1, 1, 0, 0 }; /* direction and sizes */
	struct wire_buf b = { 0 };
	wire_out_u8(&b, 1);
	for (size_t i = 0; i < depth; i++)
		wire_out_u8(&b, WIRE_NODE_SPLIT);
	for (size_t i = 0; i < depth; i++) {
		wire_out_raw(&b, "\0\0", i ? 1 : 2); /* Empty leaves */
		wire_out_u8(&b, 0);
		wire_out_raw(&b, node, sizeof(node));
	}
	wire_out_raw(&b, "\0\0", 2);
	wire_arena_reset(&arena);
	enum wire_status status =
	    wire_decode_body(WIRE_LIST_PANES_RESPONSE, b.data, b.len, 44, &body, NULL, &arena);
	wire_buf_fini(&b);
	return status;
}

static void test_depth(void **state)
{
	assert_int_equal(nested(1), WIRE_OK);
	assert_int_equal(nested(WIRE_DEPTH_MAX), WIRE_OK);
	assert_int_equal(nested(WIRE_DEPTH_MAX + 1), WIRE_TOO_LARGE);
	assert_int_equal(nested(100000), WIRE_TOO_LARGE);
}

/* Elements that are one byte on the wire and hundreds in memory meet the arena's
 * limit; a count alone takes next to nothing. */
static void test_memory(void **state)
{
	struct wire_buf b = { 0 };
	size_t count = 8 << 20;
	wire_out_uleb(&b, count);
	wire_buf_reserve(&b, count);
	memset(b.data + b.len, WIRE_NODE_EMPTY, count);
	b.len += count;
	wire_arena_reset(&arena);
	assert_int_equal(wire_decode_body(WIRE_LIST_PANES_RESPONSE, b.data, b.len, 44, &body, NULL, &arena),
	    WIRE_TOO_LARGE);
	assert_true(arena.total <= WIRE_ARENA_MAX);

	b.data[b.len - count] = 9; /* the first element is bad: nothing more was made room for */
	wire_arena_reset(&arena);
	assert_int_equal(wire_decode_body(WIRE_LIST_PANES_RESPONSE, b.data, b.len, 44, &body, NULL, &arena),
	    WIRE_BAD_BODY);
	assert_true(arena.total <= 64 << 10);
	wire_buf_fini(&b);
}

static int teardown(void **state)
{
	wire_arena_reset(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused), cmocka_unit_test(test_trailing),
		cmocka_unit_test(test_codecs), cmocka_unit_test(test_variants),
		cmocka_unit_test(test_unencodable), cmocka_unit_test(test_windows),
		cmocka_unit_test(test_os_bytes), cmocka_unit_test(test_map_order),
		cmocka_unit_test(test_depth), cmocka_unit_test(test_memory),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}

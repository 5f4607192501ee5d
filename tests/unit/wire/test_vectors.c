/* tests/wire/vectors.txt: each frame decodes to the JSON beside it and encodes
 * back to itself. */
#include "../unit.h"

#include "golden.h"
#include "wire/prim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(const char *name, unsigned codec, const char *hex, const char *json)
{
	uint8_t frame[512];
	size_t len = golden_hex(hex, frame, sizeof(frame)), taken = 0;
	struct wire_pdu pdu;
	struct wire_arena arena = { 0 };
	enum wire_status status = wire_decode(frame, len, codec, &taken, &pdu, &arena);
	if (status != WIRE_OK)
		fail_msg("%s: %s", name, wire_status_text(status));
	assert_int_equal(taken, len);

	struct wire_buf text = { 0 }, again = { 0 };
	wire_print_json(&pdu, codec, &text);
	wire_out_u8(&text, 0);
	assert_string_equal(text.data, json);
	assert_int_equal(wire_encode(&pdu, codec, WIRE_COMPRESS_NEVER, &again), WIRE_OK);
	assert_int_equal(again.len, len);
	assert_memory_equal(again.data, frame, len);
	wire_buf_fini(&text);
	wire_buf_fini(&again);
	wire_arena_reset(&arena);
}

static void test_vectors(void **state)
{
	FILE *in = fopen(VECTORS, "r");
	assert_non_null(in);
	char *name = NULL, *hex = NULL, *json = NULL;
	size_t cap[3] = { 0 }, n = 0;
	while (getline(&name, &cap[0], in) > 0) {
		if (name[0] != '#')
			continue;
		assert_true(getline(&hex, &cap[1], in) > 0 && getline(&json, &cap[2], in) > 0);
		hex[strcspn(hex, "\n")] = json[strcspn(json, "\n")] = '\0';
		char *rest;
		unsigned codec = (unsigned)strtoul(hex, &rest, 10);
		check(name, codec, rest, json);
		n++;
	}
	assert_int_equal(n, 41);
	free(name);
	free(hex);
	free(json);
	fclose(in);
}

/* What the recordings and the worked examples lack: every other type, with lace's
 * own, from structs, so that no ident is without a test. */
static void round_trip(const struct wire_pdu *pdu, const char *json)
{
	struct wire_buf frame = { 0 }, text = { 0 };
	assert_int_equal(wire_encode(pdu, 45, WIRE_COMPRESS_AUTO, &frame), WIRE_OK);
	struct wire_pdu again;
	struct wire_arena arena = { 0 };
	size_t taken = 0;
	assert_int_equal(wire_decode(frame.data, frame.len, 45, &taken, &again, &arena), WIRE_OK);
	assert_int_equal(taken, frame.len);
	wire_print_json(&again, 45, &text);
	wire_out_u8(&text, 0);
	assert_string_equal(text.data, json);
	wire_buf_fini(&frame);
	wire_buf_fini(&text);
	wire_arena_reset(&arena);
}

static void test_lace(void **state)
{
	round_trip(&(struct wire_pdu){ .ident = WIRE_LACE_HELLO, .serial = 2,
	          .body.lace_hello = { 1, WIRE_LACE_READ_ONLY } },
	    "{\"ident\":19521,\"name\":\"LaceHello\",\"serial\":2,\"version\":1,\"flags\":1}");
	round_trip(&(struct wire_pdu){ .ident = WIRE_LACE_HELLO_RESPONSE, .serial = 2,
	          .body.lace_hello_response = { 1, WIRE_STR("0.1.0"), 4242 } },
	    "{\"ident\":19522,\"name\":\"LaceHelloResponse\",\"serial\":2,\"version\":1,"
	    "\"server_version\":\"0.1.0\",\"pid\":4242}");
	round_trip(&(struct wire_pdu){ .ident = WIRE_LACE_PANE_EXITED,
	          .body.lace_pane_exited = { 3, WIRE_EXIT_SIGNAL, 9 } },
	    "{\"ident\":19523,\"name\":\"LacePaneExited\",\"serial\":0,\"pane_id\":3,"
	    "\"kind\":\"Signal\",\"code\":9}");
	round_trip(&(struct wire_pdu){ .ident = WIRE_LACE_PANE_MODES,
	          .body.lace_pane_modes = { 3, 0x8001, 5, 2, WIRE_STR("vi") } },
	    "{\"ident\":19524,\"name\":\"LacePaneModes\",\"serial\":0,\"pane_id\":3,\"modes\":32769,"
	    "\"kitty_flags\":5,\"modify_other_keys\":2,\"window_title\":\"vi\"}");
	round_trip(&(struct wire_pdu){ .ident = WIRE_LACE_SET_SIZE, .serial = 3,
	          .body.lace_set_size = { 3, { 24, 80, 640, 384, 96 } } },
	    "{\"ident\":19525,\"name\":\"LaceSetSize\",\"serial\":3,\"pane_id\":3,"
	    "\"size\":{\"rows\":24,\"cols\":80,"
	    "\"pixel_width\":640,\"pixel_height\":384,\"dpi\":96}}");
	round_trip(&(struct wire_pdu){ .ident = WIRE_LACE_SHUTDOWN, .serial = 4 },
	    "{\"ident\":19526,\"name\":\"LaceShutdown\",\"serial\":4}");
	round_trip(&(struct wire_pdu){ .ident = WIRE_LACE_UPGRADE, .serial = 5, .body.lace_upgrade = { WIRE_STR("/b") } },
	    "{\"ident\":19527,\"name\":\"LaceUpgrade\",\"serial\":5,\"path\":\"/b\"}");
	round_trip(&(struct wire_pdu){ .ident = WIRE_LACE_KEY, .serial = 6,
	          .body.lace_key = { 3, 0, 'A', 2, 1, 'a', 'A', 0, WIRE_STR("A") } },
	    "{\"ident\":19528,\"name\":\"LaceKey\",\"serial\":6,\"pane_id\":3,\"code\":\"Char\",\"value\":65,\"modifiers\":2,"
	    "\"kind\":\"Repeat\",\"unshifted\":97,\"shifted\":65,\"base\":0,\"text\":\"A\"}");
}

static void test_unrecorded(void **state)
{
	round_trip(&(struct wire_pdu){ .ident = WIRE_GET_TLS_CREDS, .serial = 1 },
	    "{\"ident\":28,\"name\":\"GetTlsCreds\",\"serial\":1}");
	round_trip(&(struct wire_pdu){ .ident = WIRE_GET_TLS_CREDS_RESPONSE, .serial = 1,
	          .body.tls_creds = { WIRE_STR("ca\n"), WIRE_STR("\x7f\"\\") } },
	    "{\"ident\":29,\"name\":\"GetTlsCredsResponse\",\"serial\":1,\"ca_cert_pem\":\"ca\\u000a\","
	    "\"client_cert_pem\":\"\\u007f\\\"\\\\\"}");

	struct wire_duration durations[] = { { 1, 500000000 }, { 0, 40000000 } };
	struct wire_str frames[] = { WIRE_STR("\x01\x02"), WIRE_STR("") };
	struct wire_hash hashes[] = { { { 0xaa } }, { { 0xbb } } };
	struct wire_image_data image = {
		.kind = WIRE_IMAGE_ANIM_RGBA8, .width = 1, .height = 2, .durations = durations, .n_durations = 2,
		.frames = frames, .n_frames = 2, .hashes = hashes, .n_hashes = 2, .hash = { { 0xcc } },
	};
#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"
	round_trip(&(struct wire_pdu){ .ident = WIRE_GET_IMAGE_CELL_RESPONSE, .serial = 1,
	          .body.image_cell_response = { 7, true, image } },
	    "{\"ident\":47,\"name\":\"GetImageCellResponse\",\"serial\":1,\"pane_id\":7,"
	    "\"data\":{\"kind\":\"AnimRgba8\","
	    "\"width\":1,\"height\":2,\"durations\":[{\"secs\":1,\"nanos\":500000000},"
	    "{\"secs\":0,\"nanos\":40000000}],"
	    "\"frames\":[\"0102\",\"\"],\"hashes\":[\"aa" ZEROS "\",\"bb" ZEROS "\"],\"hash\":\"cc" ZEROS "\"}}");
	image = (struct wire_image_data){ .kind = WIRE_IMAGE_RGBA8, .data = WIRE_STR("\xff\x00"), .width = 1,
		.height = 1, .data_hash = { { 0xdd } }, .hash = { { 0xee } } };
	round_trip(&(struct wire_pdu){ .ident = WIRE_GET_IMAGE_CELL_RESPONSE, .serial = 1,
	          .body.image_cell_response = { 7, true, image } },
	    "{\"ident\":47,\"name\":\"GetImageCellResponse\",\"serial\":1,\"pane_id\":7,"
	    "\"data\":{\"kind\":\"Rgba8\","
	    "\"data\":\"ff00\",\"width\":1,\"height\":1,\"data_hash\":\"dd" ZEROS "\",\"hash\":\"ee" ZEROS "\"}}");
}

/* Requests are those that part 2 of the protocol marks so. */
static void test_requests(void **state)
{
	static const uint8_t requests[] = { 1, 3, 9, 11, 12, 13, 14, 22, 24, 26, 28, 31, 33, 34, 35, 36, 38, 40, 41, 43,
		45, 46, 48, 50, 51, 56, 57, 58, 59, 60, 62 };
	size_t next = 0;
	for (uint32_t ident = 0; ident < 300; ident++) {
		bool request = next < sizeof(requests) && requests[next] == ident;
		next += request;
		assert_int_equal(wire_is_request(ident), request);
	}
	assert_int_equal(next, sizeof(requests));
	assert_true(wire_is_request(WIRE_LACE_HELLO) && wire_is_request(WIRE_LACE_SET_SIZE));
	assert_true(wire_is_request(WIRE_LACE_SHUTDOWN));
	assert_false(wire_is_request(WIRE_LACE_PANE_EXITED) || wire_is_request(WIRE_LACE_KEY + 1));
	assert_null(wire_ident_name(5));
	assert_null(wire_ident_name(63));
	assert_null(wire_ident_name(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_lace),
		cmocka_unit_test(test_unrecorded),
		cmocka_unit_test(test_requests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

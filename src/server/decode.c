/* decode.c - prints recorded bytes of one direction of a connection as one JSON object a line. */
#include "server/server.h"

#include "base/mem.h"
#include "host/fs.h"
#include "wire/wire.h"

#define DECODE_FILE_MAX (1u << 30)

int server_cmd_decode(int argc, char **argv)
{
	cleanup_err struct err err = ERR_INIT;
	cleanup_str struct str data = STR_INIT;
	unsigned codec = WIRE_CODEC_LACE;
	int i = 1;

	if (i + 1 < argc && str_eq(argv[i], "--codec")) {
		codec = (unsigned)strtoul(argv[i + 1], NULL, 10);
		i += 2;
	}
	if (i + 1 != argc || codec < WIRE_CODEC_MIN || codec > WIRE_CODEC_MAX)
		return server_usage("decode: wants [--codec %d..%d] FILE", WIRE_CODEC_MIN, WIRE_CODEC_MAX);
	if (fs_read(argv[i], DECODE_FILE_MAX, &data, &err) != 0)
		return server_fail(&err);
	for (size_t at = 0, taken; at < data.len; at += taken) {
		struct wire_arena arena = { 0 };
		struct wire_buf out = { 0 };
		struct wire_pdu pdu;
		enum wire_status s = wire_decode((const uint8_t *)data.s + at, data.len - at, codec, &taken,
		    &pdu, &arena);
		if (s == WIRE_OK)
			wire_print_json(&pdu, codec, &out);
		else if (s == WIRE_UNKNOWN)
			printf("{\"ident\":%lu,\"name\":null,\"serial\":%llu}", (unsigned long)pdu.ident,
			    (unsigned long long)pdu.serial);
		fwrite(out.data, 1, out.len, stdout);
		if (s == WIRE_OK || s == WIRE_UNKNOWN)
			putchar('\n');
		wire_buf_fini(&out);
		wire_arena_reset(&arena);
		if (s != WIRE_OK && s != WIRE_UNKNOWN) {
			err_set(&err, ERR_FAILED, "%s, byte %zu: %s", argv[i], at,
			    s == WIRE_MORE ? "the last frame is not whole" : wire_status_text(s));
			return server_fail(&err);
		}
	}
	return 0;
}

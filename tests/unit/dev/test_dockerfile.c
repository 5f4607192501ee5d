#include "../unit.h"

#include "base/mem.h"
#include "dev/dockerfile.h"
#include "dev/expand.h"

#include <string.h>

#define LIST_MAX 8

struct base_case {
	const char *text;
	const char *args[LIST_MAX];
	const char *target;
	const char *base;            /* NULL: cannot be told */
};

static const struct base_case base_cases[] = {
	/* T130 */
	{ "FROM image1\nUSER user1\n", { NULL }, NULL, "image1" },
	{ "FROM image1 AS stage1\nFROM stage3 AS stage2\nFROM image3 AS stage3\nFROM image4 as stage4\n", { NULL },
	    "stage2", "image3" },
	{ "FROM image1 AS stage1\nFROM stage1 AS stage2\n", { NULL }, NULL, "image1" },
	/* T133, T134 */
	{ "ARG BASE_IMAGE=\"ubuntu:latest\"\nFROM \"${BASE_IMAGE}\"\n", { NULL }, NULL, "ubuntu:latest" },
	{ "ARG cloud\nFROM ${cloud:+mcr.microsoft.com/}azure-cli:latest\n", { "cloud=true", NULL }, NULL,
	    "mcr.microsoft.com/azure-cli:latest" },
	{ "ARG cloud\nFROM ${cloud:+mcr.microsoft.com/}azure-cli:latest\n", { NULL }, NULL, "azure-cli:latest" },
	{ "ARG cloud\nFROM ${cloud:-mcr.microsoft.com/}azure-cli:latest\n", { NULL }, NULL,
	    "mcr.microsoft.com/azure-cli:latest" },
	{ "ARG cloud\nFROM ${cloud:-mcr.microsoft.com/}azure-cli:latest\n", { "cloud=ghcr.io/", NULL }, NULL,
	    "ghcr.io/azure-cli:latest" },
	{ "ARG A=one B=two\nARG C=$A-${B}\nFROM img:${C:-${D:-x}}\n", { "B=2", NULL }, NULL, "img:one-2" },
	{ "FROM img:${C:-${D:-x}}\n", { NULL }, NULL, "img:x" },
	/* T140 */
	{ "FROM $nothing\n", { NULL }, NULL, NULL },
	{ "FROM ${nothing#x}\n", { NULL }, NULL, NULL },
	{ "ARG A\nFROM $A\n", { "A=b", NULL }, NULL, "b" },
	/* the Dockerfile reference's own examples of patterns, and some around them */
	{ "ARG S=foobarbaz\nFROM ${S#f*b}\n", { NULL }, NULL, "arbaz" },
	{ "ARG S=foobarbaz\nFROM ${S##f*b}\n", { NULL }, NULL, "az" },
	{ "ARG S=foobarbaz\nFROM ${S%b*}\n", { NULL }, NULL, "foobar" },
	{ "ARG S=foobarbaz\nFROM ${S%%b*}\n", { NULL }, NULL, "foo" },
	{ "ARG S=foobarbaz\nFROM ${S/ba/fo}\n", { NULL }, NULL, "fooforbaz" },
	{ "ARG S=foobarbaz\nFROM ${S//ba/fo}\n", { NULL }, NULL, "fooforfoz" },
	{ "ARG S=foobarbaz\nARG P=ba\nFROM ${S//${P}?/-}x\n", { NULL }, NULL, "foo--x" },
	{ "ARG S=foobarbaz\nFROM ${S#x}-${S%x}-${S/x/y}\n", { NULL }, NULL, "foobarbaz-foobarbaz-foobarbaz" },
	{ "ARG S=a/b/c\nFROM ${S##*/}${S//'/'/:}\n", { NULL }, NULL, "ca:b:c" },
	{ "ARG S=a\nFROM ${S:?unset}${S?}\n", { NULL }, NULL, "aa" },
	{ "ARG S=\nFROM x${S:?unset}\n", { NULL }, NULL, NULL },
	{ "ARG S=a\nFROM ${S/x\n", { NULL }, NULL, NULL },
	/* ONBUILD is for the images that are built on this one */
	{ "FROM a\nONBUILD USER other\nONBUILD ARG X\n", { NULL }, NULL, "a" },
	/* flags, comments, continuations, escape, ends of line */
	{ "# a comment\n\n  from --platform=$BUILDPLATFORM \\\n  # inside\n\n  image2 \\\n  aS  Stage\nRUN x\n",
	    { NULL }, "stage",
	    "image2" },
	{ "# escape=`\nFROM a `\n  AS b\nFROM c:\\d AS d\n", { NULL }, "b", "a" },
	{ "# syntax=docker/dockerfile:1\n# escape=`\n# not a directive\nFROM a`\nb\n", { NULL }, NULL, "ab" },
	{ "# not a directive\n# escape=`\nFROM a\\\nb\n", { NULL }, NULL, "ab" },
	{ "\xef\xbb\xbf" "FROM a\r\nRUN b\r\n", { NULL }, NULL, "a" },
	/* FROM debian AS debian is the image; stages in a circle are none */
	{ "FROM debian AS debian\nFROM debian AS x\n", { NULL }, "x", "debian" },
	{ "FROM b AS a\nFROM a AS b\n", { NULL }, "b", NULL },
	{ "FROM x AS one\nFROM y\n", { NULL }, "0", "x" },
	{ "FROM x AS one\nFROM y\n", { NULL }, "2", NULL },
	{ "FROM x AS one\nFROM y\n", { NULL }, "two", NULL },
	/* here-documents */
	{ "FROM a\nRUN <<EOF\nFROM b\nEOF\nRUN <<-\"X\" cat 3<<Y >f\nFROM c\n\tX\nFROM d\nY\nUSER u\n", { NULL },
	    NULL, "a" },
	{ "FROM a\nRUN echo \"<<EOF\"\nFROM b\nEOF\n", { NULL }, NULL, "b" },
	{ "FROM a\nRUN echo $((1<<2)) <<< x\nFROM b\n", { NULL }, NULL, "b" },
	{ "FROM a\nRUN cat <<EOF\nFROM b\n", { NULL }, NULL, "b" },
	{ "FROM a\nRUN x \\", { NULL }, NULL, "a" },
};

static struct dockerfile *parse(const char *text)
{
	cleanup_err struct err err = ERR_INIT;
	struct dockerfile *d = dockerfile_parse(text, strlen(text), "Dockerfile", &err);
	assert_non_null(d);
	return d;
}

static void list(struct strv *v, const char *const *items)
{
	strv_push_all(v, items);
}

static void same(const char *got, const char *want)
{
	if (want) {
		assert_non_null(got);
		assert_string_equal(got, want);
	} else {
		assert_null(got);
	}
}

static void base_image(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(base_cases); i++) {
		const struct base_case *c = &base_cases[i];
		print_message("base %zu\n", i);
		struct dockerfile *d = parse(c->text);
		cleanup_strv struct strv args = STRV_INIT;
		list(&args, c->args);
		cleanup_free char *base = dockerfile_base_image(d, &args, c->target);
		same(base, c->base);
		dockerfile_free(d);
	}
}

struct user_case {
	const char *text;
	const char *args[LIST_MAX];
	const char *env[LIST_MAX];
	const char *target;
	const char *user;
};

static const struct user_case user_cases[] = {
	/* T136 */
	{ "FROM i\nUSER user1\n", { NULL }, { NULL }, NULL, "user1" },
	{ "FROM i\nARG IMAGE_USER=user2\nUSER $IMAGE_USER\n", { NULL }, { NULL }, NULL, "user2" },
	{ "FROM i\nARG IMAGE_USER=user2\nUSER $IMAGE_USER\n", { "IMAGE_USER=user3", NULL }, { NULL }, NULL,
	    "user3" },
	{ "ARG IMAGE_USER=user4\nFROM i\nARG IMAGE_USER\nUSER $IMAGE_USER\n", { NULL }, { NULL }, NULL, "user4" },
	{ "FROM i\n", { NULL }, { NULL }, NULL, NULL },
	/* T137 */
	{ "FROM i AS s1\nUSER user1\nFROM s3 AS s2\nRUN x\nFROM i3 AS s3\nUSER user3_1\nUSER user3_2\nFROM i4 AS "
	    "s4\nUSER "
	  "user4\n", { NULL }, { NULL }, "s2", "user3_2" },
	/* T138: ENV then ARG in one stage; ARG of a stage before is gone; an ARG without value takes nothing away */
	{ "FROM i\nENV U=user1\nARG U=user2\nUSER $U\n", { NULL }, { NULL }, NULL, "user2" },
	{ "FROM i AS one\nENV U=user1\nARG U=user2\nFROM one\nUSER $U\n", { NULL }, { NULL }, NULL, "user1" },
	{ "FROM i\nENV U=user1\nARG U\nUSER $U\n", { NULL }, { NULL }, NULL, "user1" },
	/* T140 */
	{ "FROM i\nARG U\nUSER $U\n", { NULL }, { NULL }, NULL, NULL },
	{ "ARG U=global\nFROM i\nUSER $U\n", { NULL }, { NULL }, NULL, NULL },
	/* T141 */
	{ "FROM i\nARG U=user1\nENV U=user2\nUSER $U\n", { NULL }, { NULL }, NULL, "user2" },
	{ "FROM i\nARG A=user1\nENV U=${A}\nUSER ${U}\n", { NULL }, { NULL }, NULL, "user1" },
	{ "FROM i\nENV X=user1 Y=user2\nENV U=A${X}A${Y}A\nUSER $U\n", { NULL }, { NULL }, NULL, "Auser1Auser2A" },
	{ "FROM i\nUSER ${U}\n", { NULL }, { "U=base", NULL }, NULL, "base" },
	{ "FROM i AS a\nENV V=$U-x\nFROM a\nUSER $V\n", { NULL }, { "U=base", NULL }, NULL, "base-x" },
	/* a value sees the line before it, not its neighbour; quotes; the old form with a blank */
	{ "FROM i\nENV A=1\nENV A=2 B=$A\nUSER $B\n", { NULL }, { NULL }, NULL, "1" },
	{ "FROM i\nENV A=\"x y\" B='$A' C=p\\ q\nUSER \"${A}$B${C}\"\n", { NULL }, { NULL }, NULL, "x y$Ap q" },
	{ "FROM i\nENV A some one\nUSER $A\n", { NULL }, { NULL }, NULL, "some one" },
	{ "FROM i\nUSER a\nFROM j\n", { NULL }, { NULL }, NULL, NULL },
};

static void user(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(user_cases); i++) {
		const struct user_case *c = &user_cases[i];
		print_message("user %zu\n", i);
		struct dockerfile *d = parse(c->text);
		cleanup_strv struct strv args = STRV_INIT, env = STRV_INIT;
		list(&args, c->args);
		list(&env, c->env);
		cleanup_free char *got = dockerfile_user(d, &args, &env, c->target);
		same(got, c->user);
		dockerfile_free(d);
	}
}

static void refused(const char *text, const char *want)
{
	cleanup_err struct err err = ERR_INIT;
	assert_null(dockerfile_parse(text, strlen(text), "Dockerfile", &err));
	assert_non_null(strstr(err.msg, want));
}

/* T144 */
static void errors(void **state)
{
	refused("", "no FROM");
	refused("RUN echo\n# FROM x\n", "no FROM");
	refused("\n\nFROM\n", "Dockerfile:3: FROM names no image");
	refused("FROM --platform=x\n", "FROM names no image");
	cleanup_str struct str many = STR_INIT;
	for (int i = 0; i <= DOCKERFILE_STAGES_MAX; i++)
		str_puts(&many, "FROM a\n");
	refused(many.s, "more than");
	cleanup_free char *large = xmalloc(DOCKERFILE_BYTES_MAX + 2);
	memset(large, 'x', DOCKERFILE_BYTES_MAX + 1);
	large[DOCKERFILE_BYTES_MAX + 1] = '\0';
	refused(large, "larger than");
}

/* $A$A of $B$B of ... is cut, not followed. */
static void bomb(void **state)
{
	cleanup_str struct str text = STR_INIT;
	str_puts(&text, "FROM i\nENV a0=0123456789\n");
	for (int i = 1; i < 60; i++)
		str_printf(&text, "ENV a%d=$a%d$a%d\n", i, i - 1, i - 1);
	str_puts(&text, "USER $a59$a3\n");
	struct dockerfile *d = parse(text.s);
	cleanup_free char *got = dockerfile_user(d, NULL, NULL, NULL);
	assert_non_null(got);
	assert_int_equal(strlen(got), 80);   /* a59 came to nothing */
	dockerfile_free(d);

	str_reset(&text);
	for (int i = 0; i < DEV_EXPAND_DEPTH + 2; i++)
		str_puts(&text, "${x:-");
	struct dev_expand x = { .escape = '\\' };
	cleanup_str struct str out = STR_INIT;
	assert_int_equal(dev_expand(&x, text.s, text.len, &out), -1);
}

/* What Docker 20.10's two builders and buildx say about a step that failed. */
static void lines_of_messages(void **state)
{
	static const char text[] = "FROM a\n\nRUN exit 7\nCOPY --from=x ./no such /d/\nRUN --mount=type=cache,target=/c \\\n"
	    "  exit 77 && \\\n  true\nADD [\"one\", \"/\"]\n";
	static const struct { const char *said; unsigned line; } cases[] = {
		{ "The command '/bin/sh -c exit 7' returned a non-zero code: 7", 3 },
		{ "executor failed running [/bin/sh -c exit 77 &&   true]: exit code: 77", 5 },
		{ "process \"/bin/sh -c exit 7\" did not complete successfully: exit code: 7", 3 },
		{ "COPY failed: file not found in build context or excluded by .dockerignore: stat such: file does not exist", 4 },
		{ "failed to compute cache key: \"/no\" not found: not found", 4 },
		{ "pull access denied for a", 0 },
	};
	struct dockerfile *d = parse(text);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(dockerfile_line_of(d, cases[i].said), cases[i].line);
	dockerfile_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_messages),
		cmocka_unit_test(base_image),
		cmocka_unit_test(user),
		cmocka_unit_test(errors),
		cmocka_unit_test(bomb),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* dockerfile.h - what a Dockerfile says before it is built: its stages, base image and user.
 *
 * The engine's builder does the work; this reader is for errors that name a line,
 * for progress, and for decisions that must not wait for a build. It follows the
 * builder's syntax (directives, comments, continuations, here-documents) and, where
 * the reference CLI judges differently from the builder, the reference
 * (devcontainer.md 5.2, T130-T141). Private to dev. */
#ifndef LACE_DEV_DOCKERFILE_H
#define LACE_DEV_DOCKERFILE_H

#include "base/err.h"
#include "base/str.h"

#define DOCKERFILE_BYTES_MAX (1u << 20)
#define DOCKERFILE_STAGES_MAX 512
#define DOCKERFILE_VARS_MAX 1024     /* variables in force at once; more are ignored */

enum dockerfile_kind { DOCKERFILE_ARG, DOCKERFILE_ENV, DOCKERFILE_USER };
struct dockerfile_line {
	enum dockerfile_kind kind;
	char *text;                  /* what follows the instruction's name, continuations joined */
};
struct dockerfile_lines { struct dockerfile_line *v; size_t n, cap; };
struct dockerfile_stage {
	char *image;                 /* as written, not expanded */
	char *name;                  /* after AS, or NULL */
	unsigned line;               /* of its FROM, from 1 */
	struct dockerfile_lines lines;
};
struct dockerfile_step {             /* RUN, COPY or ADD */
	char *text;                  /* what follows its name and its flags */
	unsigned line;
	bool run;
};
struct dockerfile {
	char escape;
	struct dockerfile_step *steps;
	size_t n_steps, cap_steps;
	struct dockerfile_lines globals;  /* ARGs before the first FROM */
	struct dockerfile_stage *stages;
	size_t n, cap;
};

/* file is the name in messages. ERR_FAILED when there is no FROM, or one without an image. */
struct dockerfile *dockerfile_parse(const char *text, size_t len, const char *file, struct err *err);
void dockerfile_free(struct dockerfile *d);
/* The line of the step that a builder's message is about, by the command or file that it quotes; 0 when it cannot be
 * told. */
unsigned dockerfile_line_of(const struct dockerfile *d, const char *said);
/* By name (any case) or number; NULL is the last stage. NULL when there is none such. */
const struct dockerfile_stage *dockerfile_stage(const struct dockerfile *d, const char *target);
/* The image that the target stage rests on in the end; build_args are "NAME=value". malloc()ed; NULL
 * when it needs a variable without a value, or the target does not exist. */
char *dockerfile_base_image(const struct dockerfile *d, const struct strv *build_args, const char *target);
/* The USER in force at the end of the target stage; base_env is the base image's Env. malloc()ed; NULL
 * when no stage on the way sets one (then it is the base image's), or it needs an unknown variable. */
char *dockerfile_user(const struct dockerfile *d, const struct strv *build_args, const struct strv *base_env,
    const char *target);

#endif

/* kitty.h - the kitty graphics protocol (APC G). Private to src/vt.
 *
 *   kitty.c        commands, transfers, answers
 *   kitty_put.c    placements: put, relative ones, delete
 *   kitty_frame.c  animation
 *
 * Source of the facts: kitty, docs/graphics-protocol.rst. */
#ifndef LACE_VT_KITTY_H
#define LACE_VT_KITTY_H

#include "vt/base64.h"
#include "vt/bytes.h"
#include "vt/placement.h"

/* Bytes of control data, of an answer's text, and of a file's name. */
#define VT_KITTY_CONTROL_MAX 1024u
#define VT_KITTY_ERROR_MAX 96u
#define VT_KITTY_NAME_MAX 4096u
/* Relative to relative to ... */
#define VT_KITTY_DEPTH_MAX 8u
/* Milliseconds, when a frame does not say. */
#define VT_KITTY_GAP 40u

/* Keys are letters; what a program leaves out is 0. */
struct vt_kitty_command {
	uint32_t v['z' - 'A' + 1];
};

static inline uint32_t vt_kitty_key(const struct vt_kitty_command *c, char key)
{
	return c->v[key - 'A'];
}

static inline int32_t vt_kitty_signed(const struct vt_kitty_command *c, char key)
{
	return (int32_t)c->v[key - 'A'];
}

enum vt_kitty_part { VT_KITTY_CONTROL, VT_KITTY_DATA, VT_KITTY_SKIP };

struct vt_kitty {
	/* The command being read. */
	char control[VT_KITTY_CONTROL_MAX];
	size_t control_len;
	enum vt_kitty_part part;
	bool malformed;
	struct vt_kitty_command cmd;
	struct vt_base64_state base64;
	/* The transfer under way: of this command, or of several. */
	bool loading;
	struct vt_kitty_command load;        /* the one that began it */
	struct vt_bytes bytes;               /* what came; or a file's name */
	bool too_much;                       /* came than there may be */
	size_t expected;                     /* bytes of raw pixels; 0 = a file */
	/* Why the command fails, "ECODE:text"; empty when it does not. */
	char error[VT_KITTY_ERROR_MAX];
};

void vt_kitty_fail(struct vt *vt, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What follows from the command that began the transfer. */
void vt_kitty_load_limits(struct vt *vt);
/* A transfer that is not complete is forgotten. */
void vt_kitty_abandon(struct vt *vt);
void vt_kitty_fini(struct vt *vt);
/* What i or I names on this screen; NULL when nothing does. */
struct vt_stored *vt_kitty_image(const struct vt *vt, const struct vt_kitty_command *cmd);

/* Each fills graphics->error when it fails. image may be NULL: there is none. */
void vt_kitty_put(struct vt *vt, const struct vt_kitty_command *cmd, struct vt_stored *image);
void vt_kitty_delete(struct vt *vt, const struct vt_kitty_command *cmd);
/* Takes the picture; the command gets the number of the frame. */
void vt_kitty_frame(struct vt *vt, struct vt_kitty_command *cmd, const struct vt_picture *picture);
void vt_kitty_animate(struct vt *vt, const struct vt_kitty_command *cmd);
void vt_kitty_compose(struct vt *vt, const struct vt_kitty_command *cmd);
/* d=f and d=F. */
void vt_kitty_delete_frame(struct vt *vt, const struct vt_kitty_command *cmd);

extern const struct vt_stream vt_kitty_stream;

#endif

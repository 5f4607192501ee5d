/* Files that the container's user makes in the workspace should belong to the person
 * on the host. So a layer rewrites the user's entry in passwd and group and hands the home folder over.
 *
 * Whether anything has to change is known only inside the image. The answer is cached
 * like a layer: where there is nothing to change, the layer's name is put on the image itself. */
#include "dev/uid.h"

#include "base/mem.h"
#include "dev/builder.h"
#include "host/jsonc.h"
#include "host/log.h"
#include "host/sha256.h"

#define UID_FORMAT "lace-uid-layer-1"

enum { UNCHANGED = 10 };

/* $1 user, $2 uid, $3 gid. Only the shell and chown: images without sed or awk exist. Whole lines are
 * kept but for the numbers. A gid that is another group's is left alone, and so is a user who shares group 0.
 * Exits UNCHANGED when there is nothing to do. */
static const char remap_script[] =
    "user=$1 uid=$2 gid=$3 found= nl='\n'\n"
    "while IFS= read -r line || [ -n \"$line\" ]; do\n"
    "	rest=${line#*:*:} name=${line%%:*}\n"
    "	u=${rest%%:*} rest=${rest#*:}\n"
    "	g=${rest%%:*} rest=${rest#*:*:}\n"
    "	if [ \"$name\" = \"$user\" ]; then\n"
    "		[ -n \"$found\" ] || { found=1 old_uid=$u old_gid=$g home=${rest%%:*}; }\n"
    "	elif [ \"$u\" = \"$uid\" ]; then\n"
    "		echo \"uid $uid is $name's\"; exit 10\n"
    "	fi\n"
    "done </etc/passwd\n"
    "[ -n \"$found\" ] || { echo \"no user $user\"; exit 10; }\n"
    "new_group=\n"
    "if [ \"$old_gid\" = 0 ]; then gid=0; fi\n"
    "while [ \"$gid\" != \"$old_gid\" ] && { IFS= read -r line || [ -n \"$line\" ]; }; do\n"
    "	name=${line%%:*} rest=${line#*:} word=${rest%%:*} rest=${line#*:*:}\n"
    "	g=${rest%%:*} rest=${rest#*:}\n"
    "	[ \"$g\" != \"$gid\" ] || { echo \"gid $gid is $name's\"; gid=$old_gid; break; }\n"
    "	[ \"$g\" != \"$old_gid\" ] || line=$name:$word:$gid:$rest\n"
    "	new_group=$new_group$line$nl\n"
    "done </etc/group\n"
    "[ \"$uid:$gid\" != \"$old_uid:$old_gid\" ] || exit 10\n"
    "new_passwd= found=\n"
    "while IFS= read -r line || [ -n \"$line\" ]; do\n"
    "	name=${line%%:*} rest=${line#*:}\n"
    "	if [ \"$name\" = \"$user\" ] && [ -z \"$found\" ]; then\n"
    "		found=1 word=${rest%%:*} rest=${rest#*:*:*:}\n"
    "		line=$name:$word:$uid:$gid:$rest\n"
    "	fi\n"
    "	new_passwd=$new_passwd$line$nl\n"
    "done </etc/passwd\n"
    "printf %s \"$new_passwd\" >/etc/passwd || exit 1\n"
    "[ \"$gid\" = \"$old_gid\" ] || printf %s \"$new_group\" >/etc/group || exit 1\n"
    "case $home in\n"
    "/?*) [ ! -d \"$home\" ] || chown -hR \"$uid:$gid\" \"$home\" || exit 1 ;;\n"
    "esac\n";

static json_object *remap(struct dev_builder *b, json_object *image, const char *digest, const char *user,
    uid_t uid, gid_t gid, struct err *err)
{
	cleanup_str struct str said = STR_INIT;
	char uid_text[16], gid_text[16];
	snprintf(uid_text, sizeof(uid_text), "%u", (unsigned)uid);
	snprintf(gid_text, sizeof(gid_text), "%u", (unsigned)gid);
	const char *const args[] = { user, uid_text, gid_text, NULL };
	int code = dev_builder_run(b, remap_script, args, NULL, NULL, &said, err);
	if (code == 0)
		return dev_builder_commit(b, image, digest, NULL, NULL, err);
	if (code == UNCHANGED) {
		cleanup_free char *name = dev_layer_name(digest);
		const char *tag = name + sizeof(DEV_IMAGE_REPO);
		if (engine_image_tag(b->engine, json_str(image, "Id"), DEV_IMAGE_REPO, tag, err) < 0)
			return NULL;
		return json_object_get(image);
	}
	if (code > 0) {
		cleanup_str struct str shown = STR_INIT;
		log_safe(&shown, said.s, said.len, 300, false);
		err_set(err, ERR_FAILED, "exit code %d: %s; \"updateRemoteUserUID\": false leaves this out", code, shown.s);
	}
	return NULL;
}

json_object *dev_uid_layer(struct engine *e, json_object *image, const char *user, uid_t uid, gid_t gid,
    bool no_cache, char **ret_ref, struct err *err)
{
	*ret_ref = NULL;
	const char *id = json_str(image, "Id");
	cleanup_str struct str all = STR_INIT;
	str_printf(&all, UID_FORMAT "%c%s%c%s%c%u:%u", 0, id ? id : "", 0, user, 0, (unsigned)uid, (unsigned)gid);
	char digest[65];
	sha256_hex(all.s, all.len, digest);

	json_object *layer = no_cache ? NULL : dev_layer_find(e, digest, err);
	if (!layer && err_is(err))
		return NULL;
	if (!layer) {
		progress_step("Giving user %s the uid %u", user, (unsigned)uid);
		struct dev_builder b;
		if (dev_builder_open(&b, e, image, err) < 0)
			return NULL;
		layer = remap(&b, image, digest, user, uid, gid, err);
		dev_builder_close(&b);
		if (!layer) {
			err_wrap(err, "cannot give user %s in the image the uid %u", user, (unsigned)uid);
			return NULL;
		}
	}
	const char *layer_id = json_str(layer, "Id");
	if (id && layer_id && !str_eq(id, layer_id))
		*ret_ref = dev_layer_name(digest);
	return layer;
}

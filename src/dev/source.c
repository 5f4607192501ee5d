#include "dev/source.h"

#include "base/mem.h"
#include "host/fs.h"

#include <string.h>

static const char tarball_before[] = "devcontainer-feature-", tarball_after[] = ".tgz";

static bool is_local(const char *ref)
{
	return str_starts(ref, "./") || str_starts(ref, "../");
}

static bool is_tarball(const char *ref)
{
	return str_starts(ref, "https://") || str_starts(ref, "http://");
}

char *dev_source_id(const char *ref)
{
	size_t end = strlen(ref);
	while (end && ref[end - 1] == '/')
		end--;
	cleanup_free char *path = xmemdup0(ref, end);
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	if (str_starts(name, tarball_before) && str_ends(name, tarball_after))
		return xmemdup0(name + sizeof(tarball_before) - 1,
		    strlen(name) - (sizeof(tarball_before) - 1) - (sizeof(tarball_after) - 1));
	return xmemdup0(name, is_local(ref) ? strlen(name) : strcspn(name, ":@"));
}

/* ---- legacy names ---- */

/* The first collection's features by the names they had before registries. */
static const struct { const char *name, *feature, *option; } legacy[] = {
	{ "aws-cli", NULL, NULL }, { "azure-cli", NULL, NULL }, { "desktop-lite", NULL, NULL },
	{ "docker-in-docker", NULL, NULL }, { "docker-from-docker", NULL, NULL }, { "dotnet", NULL, NULL },
	{ "git", NULL, NULL }, { "git-lfs", NULL, NULL }, { "github-cli", NULL, NULL }, { "java", NULL, NULL },
	{ "kubectl-helm-minikube", NULL, NULL }, { "node", NULL, NULL }, { "powershell", NULL, NULL },
	{ "python", NULL, NULL }, { "ruby", NULL, NULL }, { "rust", NULL, NULL }, { "sshd", NULL, NULL },
	{ "terraform", NULL, NULL }, { "golang", "go", NULL }, { "common", "common-utils", NULL },
	{ "gradle", "java", "installGradle" }, { "maven", "java", "installMaven" },
	{ "jupyterlab", "python", "installJupyterlab" },
};

char *dev_source_legacy(const char *ref, const char **ret_option)
{
	*ret_option = NULL;
	if (strpbrk(ref, "/\\"))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(legacy); i++) {
		if (!str_eq(ref, legacy[i].name))
			continue;
		*ret_option = legacy[i].option;
		return xasprintf("ghcr.io/devcontainers/features/%s:1", legacy[i].feature ? legacy[i].feature : ref);
	}
	return NULL;
}

/* ---- the kinds ---- */

/* The folder that a local reference means, malloc()ed. It must lie in <workspace>/.devcontainer, links
 * followed: what a repository may bring into an image is what it carries there. */
static char *local_dir(const struct dev_config *c, const char *ref, struct err *err)
{
	cleanup_free char *path = fs_join(c->config_dir, ref), *root_path = fs_join(c->workspace, ".devcontainer");
	cleanup_err struct err ignored = ERR_INIT;
	cleanup_free char *root = fs_realpath(root_path, &ignored);
	char *dir = fs_realpath(path, err);
	if (!dir) {
		err_wrap(err, "feature \"%s\"", ref);
		return NULL;
	}
	size_t n = root ? strlen(root) : 0;
	if (root && strncmp(dir, root, n) == 0 && dir[n] == '/')
		return dir;
	err_set(err, ERR_FAILED, "feature \"%s\": %s is not inside %s, where local features must be; move it there",
	    ref, dir, root_path);
	free(dir);
	return NULL;
}

static int tarball(struct dev_source *s, struct err *err)
{
	cleanup_free char *id = dev_source_id(s->ref);
	const char *host = strstr(s->ref, "://") + 3;
	cleanup_free char *name = xmemdup0(host, strcspn(host, "/"));
	bool here = registry_host_is_loopback(name);
	if (!str_starts(s->ref, "https://") && !here)
		return err_set(err, ERR_FAILED, "feature \"%s\": tarballs are fetched by https alone", s->ref);
	if (!str_ends(s->ref, tarball_after) || !strstr(s->ref, tarball_before) || !*id)
		return err_set(err, ERR_FAILED, "feature \"%s\": a tarball's name must be %sNAME%s", s->ref, tarball_before,
		    tarball_after);
	s->key = xstrdup(s->ref);
	return 0;
}

static int oci(struct dev_source *s, struct err *err)
{
	if (registry_ref_parse(s->ref, &s->oci, err) < 0)
		return err_wrap(err, "feature \"%s\"", s->ref);
	s->key = registry_ref_resource(&s->oci);
	return 0;
}

static int nothing(const char *ref, struct err *err)
{
	if (*ref == '/')
		return err_set(err, ERR_FAILED, "feature \"%s\": absolute paths are not allowed; use ./ and a folder in "
		    ".devcontainer", ref);
	if (strchr(ref, '/'))
		return err_set(err, ERR_FAILED, "feature \"%s\" names a GitHub release, where features are not published any more; "
		    "name its registry, as in ghcr.io/%.*s:1", ref, (int)strcspn(ref, "@:"), ref);
	return err_set(err, ERR_FAILED, "feature \"%s\" names no registry; write ./%s for a folder in .devcontainer, or the whole "
	    "reference, as in ghcr.io/devcontainers/features/%s:1", ref, ref, ref);
}

static enum dev_source_kind kind_of(const char *ref)
{
	return is_local(ref) ? DEV_SOURCE_LOCAL : is_tarball(ref) ? DEV_SOURCE_TARBALL : DEV_SOURCE_OCI;
}

int dev_source_parse(const struct dev_config *c, const char *ref, struct dev_source *ret, struct err *err)
{
	const char *option;
	char *meant = dev_source_legacy(ref, &option);
	*ret = (struct dev_source){ .ref = meant ? meant : xstrdup(ref) };
	ret->kind = kind_of(ret->ref);
	int code;
	if (ret->kind == DEV_SOURCE_LOCAL)
		code = (ret->key = local_dir(c, ret->ref, err)) ? 0 : -1;
	else if (ret->kind == DEV_SOURCE_TARBALL)
		code = tarball(ret, err);
	else if (registry_ref_is(ret->ref))
		code = oci(ret, err);
	else
		code = nothing(ret->ref, err);
	if (code < 0)
		dev_source_fini(ret);
	return code;
}

void dev_source_fini(struct dev_source *s)
{
	free(s->ref);
	free(s->key);
	registry_ref_fini(&s->oci);
	*s = (struct dev_source){ 0 };
}

#include "cmd/services.h"

#include "base/mem.h"
#include "dev/compose.h"
#include "host/jsonc.h"

int services_list(struct engine *e, const struct project *p, struct strv *ret, bool *ret_shared, struct err *err)
{
	bool shared = false;
	if (ret_shared)
		*ret_shared = false;
	if (!p->compose[0])
		return 0;
	cleanup_free char *label = xasprintf(COMPOSE_LABEL_PROJECT "=%s", p->compose);
	const char *const labels[] = { label, NULL };
	json_object *list = engine_list(e, labels, true, err);
	if (list == NULL)
		return -1;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *c = json_object_array_get_idx(list, i);
		const char *id = json_str(c, "Id");
		if (id == NULL || str_eq(id, p->id))
			continue;
		shared = shared || json_str(json_get(c, "Labels"), "devcontainer.local_folder") != NULL;
		strv_push(ret, id);
	}
	json_object_put(list);
	if (shared) {
		strv_fini(ret);
		*ret = (struct strv)STRV_INIT;
	}
	if (ret_shared)
		*ret_shared = shared;
	return 0;
}

int services_remove_rest(struct engine *e, const struct project *p, bool volumes, struct err *err)
{
	cleanup_free char *label = xasprintf(COMPOSE_LABEL_PROJECT "=%s", p->compose);
	cleanup_strv struct strv networks = STRV_INIT, names = STRV_INIT;
	if (engine_networks(e, label, &networks, err) != 0 || (volumes && engine_volumes(e, label, &names, err) != 0))
		return -1;
	for (size_t i = 0; i < networks.n; i++)
		if (engine_network_remove(e, networks.v[i], err) != 0)
			return -1;
	for (size_t i = 0; i < names.n; i++)
		if (engine_volume_remove(e, names.v[i], err) != 0)
			return -1;
	return 0;
}

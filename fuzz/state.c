/* The bytes of a saved session and of a handed-over state. Terminals in it have a target of their own (snapshot.c). */
#include "base/mem.h"
#include "mux/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct state *st)
{
	size_t leaves = 0;

	for (size_t i = 0; i < st->tree.n_windows; i++) {
		const struct window *w = st->tree.windows[i];

		if (w->active >= w->n_tabs)
			abort();
		for (size_t k = 0; k < w->n_tabs; k++) {
			size_t n;
			struct tree_leaf *v = tree_leaves(w->tabs[k], &n);

			for (size_t j = 0; j < n; j++)
				if (v[j].size.rows == 0 || v[j].size.cols == 0 || v[j].pane >= st->next_pane)
					abort();
			leaves += n;
			free(v);
		}
	}
	if (leaves != st->n_panes || leaves > MUX_PANES_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int kind = STATE_HANDOVER; kind <= STATE_SESSION; kind++) {
		cleanup_err struct err err = ERR_INIT;
		struct state st;

		if (state_read(data, size, (enum state_kind)kind, STATE_ANY_CHECKSUM, &st, &err) == 0) {
			check(&st);
			state_fini(&st);
		} else if (!err_is(&err) || st.panes != NULL || st.tree.windows != NULL) {
			abort();
		}
	}
	return 0;
}

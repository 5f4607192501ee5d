/* The tables of all sequences, one after the other. */
#include "vt/internal.h"

const struct vt_sequence *vt_sequence_at(size_t i)
{
	const struct vt_sequence_table *const tables[] = {
		&vt_c0_table, &vt_esc_table, &vt_charset_table, &vt_csi_table, &vt_mode_table, &vt_osc_table, &vt_dcs_table,
		&vt_setting_table,
		&vt_apc_table,
	};

	for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
		if (i < tables[t]->n)
			return &tables[t]->rows[i];
		i -= tables[t]->n;
	}
	return NULL;
}

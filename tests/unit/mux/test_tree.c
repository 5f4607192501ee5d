/* The geometry against what the real server was recorded doing (golden cli-split, cli-focus, gui-layout). */
#include "../unit.h"

#include "base/mem.h"
#include "base/str.h"
#include "mux/tree.h"

struct fixture {
	struct tree t;
	struct window *w;
	struct tab *tab;
	struct str text;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->w = tree_window_add(&f->t, "default");
	f->tab = tree_tab_add(&f->t, f->w, 0, (struct tree_size){ 24, 80 });
	str_init(&f->text);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tree_fini(&f->t);
	str_fini(&f->text);
	free(f);
	return 0;
}

/* "0:39x11@0,0* 2:39x12@0,12": pane, size, left and top, active, zoomed. */
static const char *show(struct fixture *f)
{
	size_t n;
	struct tree_leaf *v = tree_leaves(f->tab, &n);

	str_reset(&f->text);
	for (size_t i = 0; i < n; i++)
		str_printf(&f->text, "%s%llu:%ux%u@%u,%u%s%s", i > 0 ? " " : "", (unsigned long long)v[i].pane, v[i].size.cols,
		    v[i].size.rows, v[i].left, v[i].top, f->tab->active == v[i].pane ? "*" : "",
		    f->tab->zoomed == v[i].pane ? "Z" : "");
	free(v);
	return f->text.s;
}

static struct tree_split half(bool vertical)
{
	return (struct tree_split){ .vertical = vertical, .target_is_second = true, .percent = true, .amount = 50 };
}

/* Panes 0 over 2, 1 over 3, side by side: the layout of the recording cli-focus. */
static void four(struct fixture *f)
{
	struct tree_split h = half(false), v = half(true), v30 = half(true);

	v30.amount = 30;
	assert_true(tree_split(f->tab, 0, &h, 1));
	assert_true(tree_split(f->tab, 0, &v, 2));
	assert_true(tree_split(f->tab, 1, &v30, 3));
}

static void splits_have_recorded_sizes(void **state)
{
	struct fixture *f = *state;

	four(f);
	assert_string_equal(show(f), "0:39x11@0,0* 2:39x12@0,12 1:40x16@40,0 3:40x7@40,17");
}

static void split_before_target(void **state)
{
	struct fixture *f = *state;
	struct tree_split s = { .vertical = true, .target_is_second = false, .amount = 5 };

	assert_true(tree_split(f->tab, 0, &s, 1));
	assert_string_equal(show(f), "1:80x5@0,0 0:80x18@0,6*");
}

static void top_level_split_shares_the_rest(void **state)
{
	struct fixture *f = *state;
	struct tree_split s = { .target_is_second = true, .top_level = true, .percent = true, .amount = 30 };
	struct tree_split h = half(false);

	assert_true(tree_split(f->tab, 0, &h, 1));
	assert_true(tree_split(f->tab, 0, &s, 2));
	assert_string_equal(show(f), "0:26x24@0,0* 1:28x24@27,0 2:24x24@56,0");
}

static void no_space(void **state)
{
	struct fixture *f = *state;
	struct tree_split s = { .vertical = true, .target_is_second = true, .percent = true, .amount = 100 };

	assert_false(tree_split(f->tab, 0, &s, 1));
	s.percent = false;
	s.amount = 500;
	assert_false(tree_split(f->tab, 0, &s, 1));
	s.amount = UINT64_MAX;
	assert_false(tree_split(f->tab, 0, &s, 1));
	s.amount = 22;
	assert_true(tree_split(f->tab, 0, &s, 1));
	assert_string_equal(show(f), "0:80x1@0,0* 1:80x22@0,2");
	assert_false(tree_split(f->tab, 0, &s, 2));
	assert_false(tree_split(f->tab, 77, &s, 2));
}

static void splits_nest_to_a_limit(void **state)
{
	struct fixture *f = *state;
	struct tree_split s = { .target_is_second = true, .amount = 1900 };
	unsigned n = 0;

	tree_resize_pane(f->tab, 0, (struct tree_size){ 24, 2000 });
	for (uint64_t last = 0; tree_split(f->tab, last, &s, last + 1) && n < 100; last++) {
		n++;
		s.amount -= 2;
	}
	assert_int_equal(n, TREE_DEPTH_MAX);
}

static void dividers_move_as_recorded(void **state)
{
	struct fixture *f = *state;

	four(f);
	assert_true(tree_adjust(f->tab, 0, TREE_RIGHT, 5));
	assert_string_equal(show(f), "0:44x11@0,0* 2:44x12@0,12 1:35x16@45,0 3:35x7@45,17");
	assert_true(tree_adjust(f->tab, 0, TREE_DOWN, 3));
	assert_string_equal(show(f), "0:44x14@0,0* 2:44x9@0,15 1:35x16@45,0 3:35x7@45,17");
	assert_true(tree_adjust(f->tab, 0, TREE_LEFT, 2));
	assert_true(tree_adjust(f->tab, 0, TREE_UP, 4));
	assert_string_equal(show(f), "0:42x10@0,0* 2:42x13@0,11 1:37x16@43,0 3:37x7@43,17");
	assert_true(tree_adjust(f->tab, 0, TREE_LEFT, 100));
	assert_true(tree_adjust(f->tab, 0, TREE_UP, UINT64_MAX));
	assert_string_equal(show(f), "0:1x1@0,0* 2:1x22@0,2 1:78x16@2,0 3:78x7@2,17");
	assert_false(tree_adjust(f->tab, 0, TREE_LEFT, 1));
	assert_false(tree_adjust(f->tab, 99, TREE_LEFT, 1));
	assert_false(tree_adjust(f->tab, 0, TREE_NEXT, 1));
}

static void neighbours(void **state)
{
	struct fixture *f = *state;

	four(f);
	assert_int_equal(tree_neighbour(f->tab, 3, TREE_UP), 1);
	assert_int_equal(tree_neighbour(f->tab, 3, TREE_LEFT), 2);
	assert_true(tree_neighbour(f->tab, 3, TREE_DOWN) == TREE_NONE);
	assert_true(tree_neighbour(f->tab, 3, TREE_RIGHT) == TREE_NONE);
	assert_int_equal(tree_neighbour(f->tab, 3, TREE_NEXT), 0);
	assert_int_equal(tree_neighbour(f->tab, 3, TREE_PREV), 1);
	assert_int_equal(tree_neighbour(f->tab, 0, TREE_RIGHT), 1);
	assert_int_equal(tree_neighbour(f->tab, 0, TREE_PREV), 3);
	assert_true(tree_neighbour(f->tab, 99, TREE_NEXT) == TREE_NONE);
}

static void zoom(void **state)
{
	struct fixture *f = *state;

	four(f);
	assert_true(tree_zoom(f->tab, 2));
	assert_false(tree_zoom(f->tab, 2));
	assert_string_equal(show(f), "0:39x11@0,0* 2:80x24@0,12Z 1:40x16@40,0 3:40x7@40,17");
	/* The window grows meanwhile. */
	tree_resize_pane(f->tab, 2, (struct tree_size){ 48, 161 });
	assert_int_equal(tree_tab_size(f->tab).cols, 161);
	assert_true(tree_zoom(f->tab, TREE_NONE));
	assert_false(tree_zoom(f->tab, TREE_NONE));
	assert_string_equal(show(f), "0:79x22@0,0* 2:79x25@0,23 1:81x33@80,0 3:81x14@80,34");
}

static void one_pane_resized_bottom_up(void **state)
{
	struct fixture *f = *state;
	struct tree_split h = half(false);

	assert_true(tree_split(f->tab, 0, &h, 1));
	tree_resize_pane(f->tab, 0, (struct tree_size){ 15, 28 });
	tree_resize_pane(f->tab, 1, (struct tree_size){ 15, 29 });
	assert_string_equal(show(f), "0:28x15@0,0* 1:29x15@29,0");
	assert_int_equal(tree_tab_size(f->tab).cols, 58);
	assert_int_equal(tree_tab_size(f->tab).rows, 15);
	tree_resize_pane(f->tab, 0, (struct tree_size){ 0, 100000 });
	assert_string_equal(show(f), "0:2000x1@0,0* 1:29x15@2001,0");
}

static void removed_pane_leaves_its_room(void **state)
{
	struct fixture *f = *state;

	four(f);
	f->tab->active = 3;
	tree_remove(&f->t, 3);
	assert_string_equal(show(f), "0:39x11@0,0 2:39x12@0,12 1:40x24@40,0*");
	tree_remove(&f->t, 1);
	/* The one before it in the tab's order becomes active (recorded in real-gui-tabs). */
	assert_string_equal(show(f), "0:80x11@0,0 2:80x12@0,12*");
	tree_remove(&f->t, 77);
	tree_remove(&f->t, 0);
	assert_string_equal(show(f), "2:80x24@0,0*");
	tree_remove(&f->t, 2);
	assert_int_equal(f->t.n_windows, 0);
}

static void a_split_that_is_undone_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	struct tree_split h = half(false);

	four(f);
	assert_true(tree_split(f->tab, 3, &h, TREE_PENDING));
	tree_remove(&f->t, TREE_PENDING);
	assert_string_equal(show(f), "0:39x11@0,0* 2:39x12@0,12 1:40x16@40,0 3:40x7@40,17");
}

static void tabs_and_windows(void **state)
{
	struct fixture *f = *state;
	struct window *w = NULL;

	struct tab *two = tree_tab_add(&f->t, f->w, 5, (struct tree_size){ 10, 20 });
	assert_int_equal(f->w->active, 1);
	assert_int_equal(two->id, 1);
	assert_ptr_equal(tree_tab_of(&f->t, 5, &w), two);
	assert_ptr_equal(w, f->w);
	assert_ptr_equal(tree_tab(&f->t, 1, NULL), two);
	tree_remove(&f->t, 5);
	assert_int_equal(f->w->active, 0);
	assert_null(tree_tab(&f->t, 1, NULL));
	/* Ids are not used twice. */
	assert_int_equal(tree_tab_add(&f->t, f->w, 6, (struct tree_size){ 10, 20 })->id, 2);
	assert_int_equal(tree_window_add(&f->t, "other")->id, 1);
}

static void names_are_cut_between_characters(void **state)
{
	char *name = NULL;
	char text[TREE_NAME_MAX + 8];

	memset(text, 'a', sizeof(text));
	memcpy(text + TREE_NAME_MAX - 1, "\xe4\xb8\xad", 3);
	assert_true(tree_set_name(&name, text, sizeof(text)));
	assert_int_equal(strlen(name), TREE_NAME_MAX - 1);
	assert_false(tree_set_name(&name, text, TREE_NAME_MAX - 1));
	free(name);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(splits_have_recorded_sizes), T(split_before_target),
		T(top_level_split_shares_the_rest), T(no_space), T(splits_nest_to_a_limit), T(dividers_move_as_recorded),
		T(neighbours), T(zoom), T(one_pane_resized_bottom_up), T(removed_pane_leaves_its_room),
		T(a_split_that_is_undone_leaves_no_trace), T(tabs_and_windows), T(names_are_cut_between_characters) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

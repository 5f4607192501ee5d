/* xdg.h - where lace keeps its files (design.md part 5), after the XDG Base Directory specification. */
#ifndef LACE_HOST_XDG_H
#define LACE_HOST_XDG_H

/* Each returns a malloc()ed absolute path such as "$XDG_STATE_HOME/lace/NAME"
 * (name may be NULL for the folder itself). Nothing is created. A relative XDG_*
 * value is ignored, as the specification says. */
char *xdg_config(const char *name);   /* ~/.config/lace */
char *xdg_state(const char *name);    /* ~/.local/state/lace */
char *xdg_cache(const char *name);    /* ~/.cache/lace */
/* The folder that holds features/: $LACE_DATA_DIR, the running program's build tree, PREFIX/share/lace. */
char *xdg_data_dir(void);
/* $HOME, or the passwd entry when it is unset. */
const char *xdg_home(void);

#endif

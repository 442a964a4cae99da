/*
 * target.h - where pictures go: names of files and of gnuplot's terminals
 */
#ifndef TARGET_H
#define TARGET_H

#include <stddef.h>

enum target_kind {
	TARGET_WINDOW,
	TARGET_SIXEL,
	TARGET_OTHER
};

/* What kind the terminal is that a "set terminal" text begins with. */
enum target_kind target_kind(const char *terminal);

/*
 * Of a list of terminals, names with blanks between, the best one for a
 * window (x: there is an X server), for sixels, or for a file by its ending;
 * NULL: there is none.
 */
const char *target_window(const char *list, int x);
const char *target_sixel(const char *list);
const char *target_file(const char *list, const char *file);

/* Whether the list has it. */
int target_has(const char *list, const char *name);

/* The best terminal that any gnuplot has for a file by its ending, NULL: the
 * ending is not known. */
const char *target_ending(const char *file);

/*
 * Whether a name is that of a sequence: 1 when it has one %d, perhaps with a
 * width as %05d; 0 when it has none; -1 when it has another conversion, or
 * two.  %% is a percent sign.
 */
int target_is_sequence(const char *name);

/* The name of the number-th file of a sequence, or of the only one. */
void target_name(char *buf, size_t size, const char *name, unsigned number);

#endif

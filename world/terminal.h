/*
 * terminal.h - the terminal that aplot was started in
 *
 * Paints on stdout where that is a terminal, takes keys from /dev/tty where
 * that is the same one, and gives it back as it was found.  Nothing is
 * touched while aplot is in the background.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stddef.h>

struct terminal;

/* NULL: stdout is no terminal that a cursor can be moved on. */
struct terminal *terminal_new(void);

/* Give the terminal back; the picture stays, the cursor goes below it. */
void terminal_free(struct terminal *t);

/* Ask it whether it draws sixels, and how many pixels a cell has; waits for
 * the answer, at most a second. */
int terminal_has_sixel(struct terminal *t);

/* Colours it shows: 0, 16, 256 or 1 << 24. */
int terminal_colours(const struct terminal *t);

/* Characters that it has for curves: enum dots_shapes. */
int terminal_shapes(const struct terminal *t);

/*
 * Room for the picture in cells and, 0 where it is unknown, in pixels; -1
 * when the terminal is too small for one.
 */
struct terminal_room {
	int	columns;
	int	rows;
	int	width;
	int	height;
};
int terminal_room(struct terminal *t, struct terminal_room *room);

/*
 * Paint a picture that gnuplot drew.  0: painted, or aplot is in the
 * background; -1 with errno: EINTR, a signal came before all was written, or
 * the terminal is gone.
 */
int terminal_paint(struct terminal *t, const char *bytes, size_t n,
    int sixel);

/* A descriptor to poll for keys, -1 when there is none yet, or never. */
int terminal_keys(const struct terminal *t);

/* A key that was pressed, or 0. */
int terminal_key(struct terminal *t);

/* The picture's place and the keys are given back, as before a stop. */
void terminal_leave(struct terminal *t);

/* After SIGWINCH and after SIGCONT: everything is set and painted anew. */
void terminal_resized(struct terminal *t);
void terminal_continued(struct terminal *t);

#endif

/*
 * screen.h - a picture in a terminal, beside what the run prints
 *
 * The lowest rows of the terminal hold the picture, the rows above are a
 * scrolling region for everything else, so that what scrolls away goes where
 * it always goes.  All functions return bytes to be written in one write(),
 * which terminals keep whole; they leave the cursor and its colours as they
 * were.  NULL: out of memory.  What is returned lives until the next call.
 *
 * Nothing of gnuplot's output is passed on as it is: characters and colours
 * are read from it and written anew; of a sixel picture, its own bytes only.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stddef.h>

struct screen;

/* What the terminal shows: UTF-8 or not; 0, 16, 256 or 1 << 24 colours, which
 * those that gnuplot gives become. */
struct screen *screen_new(int utf8, int colours);
void screen_free(struct screen *s);

/*
 * The terminal's size in cells.  Returns the rows of the picture, 0 when the
 * terminal is too small for one.
 */
unsigned screen_size(struct screen *s, unsigned rows, unsigned columns);

/*
 * Make room for the picture below the cursor and set the region.  Everything
 * will be painted anew.
 */
const char *screen_open(struct screen *s, size_t *len);

/*
 * Take the picture and the region away, as when the terminal's size has
 * changed and lines may have been wrapped anew: what stands up to the cursor
 * stays, and so does the cursor.
 */
const char *screen_lift(struct screen *s, size_t *len);

/* After a write that was cut off: what was begun is ended. */
const char *screen_mend(struct screen *s, size_t *len);

/*
 * Paint what gnuplot's dumb or block terminal wrote; only what changed.
 * *len is 0 when nothing did.
 */
const char *screen_text(struct screen *s, const char *bytes, size_t n,
    size_t *len);

/*
 * Paint what gnuplot's sixel terminal wrote.  *len is 0 when it holds no
 * well-formed sixel picture, or the one that is shown.
 */
const char *screen_sixel(struct screen *s, const char *bytes, size_t n,
    size_t *len);

/* The same picture as lines, for a printer or a file. */
const char *screen_plain(struct screen *s, const char *bytes, size_t n,
    size_t *len);

/* Give the region back; the cursor goes below the picture. */
const char *screen_close(struct screen *s, size_t *len);

/*
 * Whether an answer to ESC [ c says that the terminal draws sixels: 1, 0, or
 * -1 while the answer is not complete.
 */
int screen_has_sixel(const char *answer, size_t len);

/* A cell's pixels as an answer to ESC [ 16 t says; 0: it does not. */
void screen_cell_size(const char *answer, size_t len, unsigned *width,
    unsigned *height);

#endif

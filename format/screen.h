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

/* utf8: the terminal shows it. */
struct screen *screen_new(int utf8);
void screen_free(struct screen *s);

/*
 * The terminal's size in cells.  Returns the rows of the picture, 0 when the
 * terminal is too small for one.
 */
unsigned screen_size(struct screen *s, unsigned rows, unsigned columns);

/*
 * Make room for the picture and set the region.  resized: the cursor may be
 * anywhere.  Everything will be painted anew.
 */
const char *screen_open(struct screen *s, int resized, size_t *len);

/*
 * Paint what gnuplot's dumb or block terminal wrote; only rows that changed.
 * *len is 0 when none did.
 */
const char *screen_text(struct screen *s, const char *bytes, size_t n,
    size_t *len);

/*
 * Paint what gnuplot's sixel terminal wrote.  *len is 0 when it holds no
 * well-formed sixel picture.
 */
const char *screen_sixel(struct screen *s, const char *bytes, size_t n,
    size_t *len);

/*
 * The same picture as plain lines, for a printer or a file; colours too if
 * asked for.
 */
const char *screen_plain(struct screen *s, const char *bytes, size_t n,
    int colours, size_t *len);

/* Give the region back; the cursor goes below the picture. */
const char *screen_close(struct screen *s, size_t *len);

/*
 * Whether an answer to ESC [ c says that the terminal draws sixels: 1, 0, or
 * -1 while the answer is not complete.
 */
int screen_has_sixel(const char *answer, size_t len);

#endif

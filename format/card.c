/*
 * card.c - a card that lies over the picture for a while: what keys do
 *
 * It is drawn with the last panel, over all of them, and taken away before the
 * first of the next frame; in a terminal of
 * characters, blanks around it hide what lies below.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "picture.h"

#define COLUMN	36	/* characters of an entry */
#define FIRST	9010	/* label */
#define MOST	(2 * CARD_MOST)	/* entries with those left empty */
#define OBJECT	9010	/* the card itself */

void
gnuplot_card(struct gnuplot *g, const char *const *entries, unsigned n)
{
	g->card = entries;
	g->ncard = n < CARD_MOST ? n : CARD_MOST;
}

/* A label at a place, from the left. */
static void
put(struct gnuplot *g, unsigned number, const char *text, double x, double y)
{
	struct buffer *b = &g->sheet.text;

	buffer_printf(b, "set label %u ", number);
	escape_quoted(b, text, strlen(text), COLUMN);
	buffer_printf(b, " at screen %.5f, screen %.5f left noenhanced front\n",
	    x / g->m.width, y / g->m.height);
}

/* Of characters, as wide as its column; else the keys and what they do each
 * from a place of its own. */
static void
put_entry(struct gnuplot *g, unsigned i, double x, double y)
{
	const char *entry = i < g->ncard ? g->card[i] : "";
	char text[COLUMN + 1];

	if (g->text) {
		snprintf(text, sizeof(text), "  %-*.*s", COLUMN - 2,
		    COLUMN - 2, entry);
		put(g, FIRST + i, text, x, y);
	} else if (strlen(entry) > CARD_KEY) {
		snprintf(text, sizeof(text), "%.*s", CARD_KEY, entry);
		put(g, FIRST + i, text, x + 2 * g->m.hchar, y);
		put(g, FIRST + MOST + i, entry + CARD_KEY, x + (CARD_KEY + 3) *
		    g->m.hchar, y);
	}
}

/* Rows of entries that there is room for, and columns of them. */
static void
fit(const struct gnuplot *g, unsigned *rows, unsigned *columns)
{
	double room = g->m.height / g->m.vchar / (g->text ? 1 : 1.3) - 4;
	double most = floor(g->m.width / g->m.hchar / COLUMN);

	*rows = room < 1 ? 1 : (unsigned)room;
	*rows = *rows < g->ncard ? *rows : g->ncard;
	*columns = (g->ncard + *rows - 1) / *rows;
	if (*columns > most && most >= 1)
		*columns = (unsigned)most;
	*rows = (g->ncard + *columns - 1) / *columns < *rows ?
	    (g->ncard + *columns - 1) / *columns : *rows;
}

void
card_put(struct gnuplot *g)
{
	double step = (g->text ? 1 : 1.3) * g->m.vchar, x, y, w, h;
	unsigned rows, columns, i;

	if (g->ncard == 0)
		return;
	g->carded = 1;
	fit(g, &rows, &columns);
	w = columns * COLUMN * g->m.hchar;
	h = (rows + 1) * step;
	x = fmax(0, floor((g->m.width - w) / 2));
	y = floor((g->m.height + h) / 2);
	if (!g->text)
		buffer_printf(&g->sheet.text, "set object %d rectangle from "
		    "screen %.5f, screen %.5f to screen %.5f, screen %.5f "
		    "front fc rgb '#fffff4' fillstyle solid border lc rgb "
		    "'#909090'\n", OBJECT, x / g->m.width, (y - h) /
		    g->m.height, (x + w) / g->m.width, y / g->m.height);
	y += g->text ? 0.5 : 0;	/* the middle of a cell */
	for (i = 0; i < rows * columns; i++)
		put_entry(g, i, x + i / rows * COLUMN * g->m.hchar,
		    y - (i % rows + 1) * step);
}

void
card_take_away(struct gnuplot *g)
{
	unsigned i;

	if (!g->carded)
		return;
	g->carded = 0;
	if (!g->text)
		buffer_printf(&g->sheet.text, "unset object %d\n", OBJECT);
	for (i = 0; i < 2 * MOST; i++)
		buffer_printf(&g->sheet.text, "unset label %u\n", FIRST + i);
}

/*
 * dots.h - curves in a picture made of characters
 *
 * A cell of characters has two by four dots, as Braille has.  What curves
 * lie on is found here, and gnuplot gets one character for each cell.
 */
#ifndef DOTS_H
#define DOTS_H

#include <stddef.h>
#include <stdint.h>

struct dots {
	unsigned	 cols, rows;	/* cells */
	unsigned char	*own;		/* of the curve that is being drawn, */
	unsigned char	*all;		/* and of those before it: a cell's
					 * dots, as bits of Braille */
};

/* What a terminal shows: DOTS_ASCII; the blocks of CP437, as the consoles of
 * PCs do; all of Unicode. */
enum dots_shapes { DOTS_ASCII, DOTS_BLOCKS, DOTS_BRAILLE };

/*
 * The first of 4096 characters (of Unicode's private ones) that stand for an
 * upper half in one colour and a lower one in another, of 6 bits for red,
 * green and blue.  The colour that it is drawn in has the higher 4 bits of
 * each, 0xrgbRGB, the upper half's first, the character's number the others.
 */
#define DOTS_PAIR	0xe000u
#define DOTS_PAIRS	4096

/* -1: out of memory. */
int dots_init(struct dots *d, unsigned cols, unsigned rows);
void dots_free(struct dots *d);

/* Draw a line from one point to another, which may be the same.  Places are
 * in cells, from the left and from the bottom; what lies outside is left
 * out.  NaN: nothing is drawn. */
void dots_line(struct dots *d, double x0, double y0, double x1, double y1);

/* The dots of a cell that the curve goes through, together with those of
 * earlier curves there; 0: it does not. */
unsigned dots_cell(const struct dots *d, unsigned col, unsigned row);

/* The next curve begins. */
void dots_next(struct dots *d);

/* The 256 characters for the dots of a cell, in UTF-8; none is a double quote,
 * a backslash or a backquote. */
void dots_characters(enum dots_shapes shapes, char *text, size_t size);
#define DOTS_TEXT	(256 * 3 + 1)

#endif

/*
 * cells: a printed line taken apart into words.
 *
 * Pure functions.  A cell is a part of the line, which has to outlive it.  The
 * functions that split take room for CELLS_MAX cells and return their number,
 * or more than CELLS_MAX where the line has more.
 */

#ifndef CELLS_H
#define CELLS_H

#include <stddef.h>

#define CELLS_MAX	2048

struct span {
	const char	*s;
	size_t		 n;
};

enum cells_value { CELLS_NOT, CELLS_NUMBER, CELLS_MISSING };

/* How the cells look, to tell a row of a table from prose. */
struct cells_look {
	size_t		 numbers;	/* other than overflows */
	size_t		 missing;	/* and overflows, ***** */
	size_t		 clocks;	/* dates, times of day */
	size_t		 words;		/* anything else */
};

/* Without the blanks around it. */
struct span cells_trim(const char *s, size_t n);

int cells_same(struct span a, const char *b);

/*
 * By a separator: ' ' stands for any number of blanks, and empty cells occur
 * only with the others.  Cells may stand in quotes.  Between blanks a date and
 * a time of day are one cell, and so are a time and AM or PM; with '|', one
 * may stand at each end of the line, too.
 */
size_t cells_split(const char *s, size_t n, char separator,
    struct span *cells);

/* Headings between blanks; "(K)", "[K]" belongs to what is before it. */
size_t cells_headings(const char *s, size_t n, struct span *cells);

/* Headings between two blanks or more: "Kinetic En.   Total Energy". */
size_t cells_wide(const char *s, size_t n, struct span *cells);

/*
 * A cell as a number, NaN if it is none.  Units may follow it where blanks do
 * not separate cells ("45 %"), else only '%'.  Where cells are separated by
 * semicolons or tabs, a comma may be the decimal point.
 */
enum cells_value cells_value(struct span cell, char separator, double *v,
    struct span *units);

struct cells_look cells_look(const struct span *cells, size_t n,
    char separator);

/* The index of the first cell that is no date and no time of day, if that is
 * a word; else n. */
size_t cells_first_word(const struct span *cells, size_t n, char separator);

#endif

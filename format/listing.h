/*
 * listing: tables in what programs print: a header, and rows below it.
 *
 * It knows the table that stands, and the line that may be the header of the
 * next one.  The values of rows go to columns.  Functions that take a line
 * for a row return -1 if it is none, 1 if a row is to be given out, else 0.
 */

#ifndef LISTING_H
#define LISTING_H

#include "columns.h"
#include "text.h"

enum listing_kind {
	LISTING_NUMBER, LISTING_STRING, LISTING_LABEL, LISTING_OUT
};

/* A column of the table that stands. */
struct listing_head {
	enum listing_kind kind;
	char		 name[WORD_NAME_SIZE];
	char		*units;
	char		*label;
	int		 coordinate;
	struct column	*column;	/* NULL: not used yet */
};

struct listing_table {
	size_t		 n;		/* cells of a row; 0: no table */
	char		 separator;
	int		 headed;
	int		 labelled;	/* a cell's word goes into the names */
	struct listing_head *heads;
	char		*header;	/* as it was printed; NULL */
	size_t		 header_len;
};

/* A line that may turn out to be a header. */
struct listing_pending {
	char		*s;		/* NULL: none */
	size_t		 n;
	uint64_t	 line;
	int		 comment;
	int		 gap;		/* something else was before it */
	char		*units;		/* a line of units below it; or NULL */
};

struct listing {
	const struct text_options *options;
	struct columns	*columns;
	struct text_stats *stats;
	uint64_t	 line;		/* number of the present one */
	int		 headers_only;	/* numbers alone are no table */
	int		 gap;		/* something else since the last row */
	int		 blank;		/* blank lines since the last row */
	uint64_t	 run;		/* rows since a blank line */
	size_t		 other;		/* cells of the last line with numbers
					 * that did not fit */
	struct listing_table table;
	struct listing_pending pending;
	struct span	*cells;		/* of the line, of the header: */
	struct span	*header_cells;	/* TEXT_COLUMNS_MAX of each */
};

/* The pointers live as long as the listing.  -1: out of memory. */
int listing_init(struct listing *l, const struct text_options *options,
    struct columns *columns, struct text_stats *stats);
void listing_free(struct listing *l);

/* The line as a row of the table that stands. */
int listing_row(struct listing *l, struct span line);

/* The line as the first row of a table. */
int listing_first(struct listing *l, struct span line);

/* The row in columns is whole. */
int listing_row_end(struct listing *l);

/* It is not: a value could not be kept, which is counted.  0. */
int listing_unkept(struct listing *l, struct span line);

/* Keeps a line that may be a header.  0 if it cannot be one. */
int listing_candidate(struct listing *l, struct span line, int comment);

/* Is the line the header that stands, or that is kept? */
int listing_repeated(const struct listing *l, struct span line);

/* The header that was kept was none; it is counted as a line that fits not. */
void listing_drop(struct listing *l);

/* No table stands from here on. */
void listing_end(struct listing *l);

/* Counts the line as one that does not fit. */
void listing_misfit(struct listing *l, struct span line);

/*
 * The name that a heading gives, and its parts.  Without a letter it is c7 for
 * column 7, and "" outside tables, where at is 0.  Step and Time become what
 * aprec(5) calls step and time, however they are spelt.
 */
void listing_name(const struct listing *l, char name[WORD_NAME_SIZE],
    struct span heading, size_t at, struct span *label, struct span *units);

/* Does what the user called a column mean this one? */
int listing_meant(const char *option, struct span heading, const char *name,
    size_t at);

#endif

/*
 * uses.h - the macros that a script uses, and how
 *
 * A script is read as gnuplot's, near enough: what is taken for a use and is
 * none costs time, and what is not understood is not taken for more than it
 * may be.
 */
#ifndef USES_H
#define USES_H

#include <stddef.h>

#include "aprec.h"
#include "buffer.h"

#define USES_MOST	256	/* macros of a script */
#define USES_NAME_MAX	(4 * APREC_NAME_MAX)

struct use {
	char		 name[USES_NAME_MAX + 1];
	int		 needed;	/* nothing but a field can explain it */
	/* Everywhere drawn as lines of the columns as they are, with nothing
	 * that looks at points one by one. */
	int		 lines;
};

struct uses {
	struct use	*use;
	unsigned	 n;
	int		 computed;	/* it runs what has no name here */
	int		 log;		/* an axis may be logarithmic */
	int		 odd;		/* or neither that nor linear */
	int		 data_lines;	/* "set style data lines" */
};

/* Look for settings alone; text may be NULL. */
void uses_settings(struct uses *u, const char *text);

/* Add the macros of a text, after all uses_settings().  -1: no memory. */
int uses_add(struct uses *u, const char *text);

/*
 * Find out which of the macros of a text are needed: those outside of quotes
 * and comments to which none of the n texts, of which some may be NULL, gives
 * a value, or asks by exists() whether there is one.
 */
void uses_needed(struct uses *u, const char *text, const char *const *texts,
    unsigned n);
void uses_free(struct uses *u);

/*
 * The next file that a script loads or calls by a name that stands in it, from
 * *at on, which is moved behind it.  1, or 0: no more.  computed, which may be
 * NULL, is set when it runs something else.
 */
int uses_load(const char **at, char *name, size_t size, int *computed);

/*
 * Append the script as gnuplot is to have it, line by line: a "reset" that
 * stands alone leaves the data without titles, as they are before.
 */
void uses_put(struct buffer *b, const char *text);

/*
 * The line that an error in line number line is about: of one in a block,
 * gnuplot tells the block's last.  When its text names something, that is the
 * last line up to there with that name.
 */
unsigned long uses_line(const char *text, unsigned long line,
    const char *error);

#endif

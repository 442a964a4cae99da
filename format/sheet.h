/*
 * sheet.h - a frame in the making: commands, and the data they name
 *
 * Data lie in a file, named by path, that is made of pieces: arrays where
 * they lie in records, and what was computed.  Without path they stand
 * as named blocks in the commands.
 */
#ifndef SHEET_H
#define SHEET_H

#include <sys/uio.h>

#include <stddef.h>
#include <stdint.h>

#include "aprec.h"
#include "buffer.h"

struct piece {
	const void	*p;		/* NULL: in own, from at on */
	size_t		 at;
	size_t		 n;
};

struct sheet {
	struct buffer	 text;		/* the commands */
	struct buffer	 plot;		/* the plot command being written */
	struct buffer	 own;		/* data that were computed */
	struct buffer	 pieces;	/* of struct piece */
	struct buffer	 iov;
	const char	*path;
	uint64_t	 size;		/* of the data file so far */
	unsigned	 blocks;
	unsigned	 elements;	/* of the plot command */
	unsigned	 panel;		/* that is gathered, from 1; 0: none */
	struct buffer	 before;	/* the commands before all panels */
	struct sheet_spot {
		double	 x, y, dx, dy;
	} spot, last;			/* of the panel, of that before all */
};

void sheet_free(struct sheet *s);
void sheet_begin(struct sheet *s, const char *path);

/* Begin the next element of the plot command (plot or splot). */
void sheet_element(struct sheet *s, const char *command);

/*
 * Put the data source of n rows of cols doubles, which lie in own from byte
 * from on; "using 1:2 ..." is the caller's.
 */
void sheet_rows(struct sheet *s, size_t from, size_t n, unsigned cols);

/* The same of a grid of rows: cols by lines of x, y, value. */
void sheet_grid_rows(struct sheet *s, size_t from, uint64_t cols,
    uint64_t lines);

/* A grid of values at x0 + i dx, y0 + j dy: up to "using ...". */
struct sheet_grid {
	uint64_t	 nx, ny;
	double		 x0, dx, y0, dy;
};

/* Put the data source of a grid of doubles in own, from byte from on. */
void sheet_grid(struct sheet *s, size_t from, const struct sheet_grid *grid);
/* The same of an array that lies in a record, x varying fastest. */
void sheet_grid_at(struct sheet *s, const void *p, enum aprec_type type,
    const struct sheet_grid *grid);

/* Where a small thing can be in the plot and change nothing of its axes. */
void sheet_spot(struct sheet *s, double xlo, double xhi, double ylo,
    double yhi);

/* End the plot command. */
void sheet_plot(struct sheet *s);

/*
 * The panels of a multiplot from here to sheet_gathered() are to appear as one.
 * A window shows what there is at the end of each plot command; but not of
 * replot, which draws what the last one had.  So there is one, of which each
 * replot draws another part: all elements, each over an iteration that is empty
 * in other panels than its own.  gnuplot reads the data of those, too; they
 * have a few at the panel's spot then.  No splot, no ranges in a plot command,
 * and none set by the user; each panel has a spot, and a colour box or none.
 */
void sheet_gather(struct sheet *s);
void sheet_gathered(struct sheet *s);

/* The data file.  -1: out of memory somewhere. */
int sheet_end(struct sheet *s, const struct iovec **iov, int *n);

/* gnuplot's name for numbers of that type in binary files, or NULL. */
const char *sheet_type(enum aprec_type type);

#endif

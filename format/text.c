/*
 * text: what programs print, taken apart into rows of named columns.
 *
 * A row of numbers, or an array of them?  It is told, not guessed, because a
 * line has to go out when it is complete, and nobody knows then whether a
 * blank line will follow:
 *
 *	TEXT_LINE	each line is a row of single values, at its newline
 *	TEXT_BLOCK	the lines up to a blank one: each column an array
 *	TEXT_INDEX	the lines up to two blank ones
 *	TEXT_FILE	the lines of one input, whatever blank lines it has
 *
 * In the last two a single blank line is the end of a row of points, which
 * may make a grid (grid.h).
 *
 * What is found out is what a line is.  In this order it may be
 *
 *  1. nothing: blank, a ruler (---, ===), a comment (# % ! @), a header that
 *     is repeated.  A comment may be the header of what follows; in arrays
 *     "# t = 0.5" is a number of the block.
 *  2. part of an energy block of GROMACS: "Step Time", two numbers, then
 *     "Energies", names of 15 characters and below each its value, up to a
 *     blank line: one row.  Without a step (averages) it is none.
 *  3. a row of the table that stands: as many words as before, numbers where
 *     there were numbers.
 *  4. pairs, name = value: see pairs.h.
 *  5. the first row of a table: below a header of as many words, or all
 *     numbers.  A header in the middle of a table must share a name with it
 *     or come after a gap, else it is prose that has as many words by chance.
 *  6. a header, if the line after it says so.  A newer candidate replaces it;
 *     so the group line of vmstat goes by.
 *  7. a line that does not fit: counted, the first one kept to be shown.
 *
 * Two programs say who they are and print numbers in all their prose: behind
 * the banner of LAMMPS only "Step ..." to "Loop time of" and the blocks of
 * thermo_style multi count, behind that of GROMACS only energies.
 *
 * A table whose rows begin with a word (iostat's Device, mpstat's CPU) has
 * many rows that are one state: the word becomes part of the names, vda_tps.
 *
 * Always true: a value stands under the name that was above it, or is not
 * given out.  Memory is bounded by TEXT_LINE_MAX, TEXT_COLUMNS_MAX and
 * options.memory whatever is fed.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "columns.h"
#include "pairs.h"
#include "listing.h"
#include "text.h"
#include "word.h"

#define MEMORY_DEFAULT	((size_t)256 << 20)
#define GROMACS_WIDTH	15
#define NS		1000000000

enum program { PROGRAM_ANY, PROGRAM_LAMMPS, PROGRAM_GROMACS };

enum gromacs { G_OUT, G_STEP, G_HELD, G_NAMES, G_VALUES };

struct text {
	struct text_options options;	/* copies of what they point to: */
	char		**names;
	char		**units;
	char		*asked[4];

	char		*line;		/* the one that is coming in */
	size_t		 len, room;
	int		 overlong;
	int		 cr;		/* the last byte was a CR */

	struct columns	 columns;
	struct listing	 listing;
	struct pair	*pairs;		/* TEXT_COLUMNS_MAX */
	enum program	 program;
	int		 thermo;	/* LAMMPS: a header is due */
	int		 multi;		/* LAMMPS: pairs are due */
	enum gromacs	 gromacs;
	char		*names_line;	/* GROMACS: the names of the values */
	size_t		 names_len;

	char		*shown;		/* text_names() */
	struct text_row	 row;
	struct text_stats stats;
	int		 failed;
};

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
begins(struct span line, const char *with)
{
	return line.n >= strlen(with) &&
	    memcmp(line.s, with, strlen(with)) == 0;
}

static int
contains(struct span line, const char *what)
{
	return memmem(line.s, line.n, what, strlen(what)) != NULL;
}

static char *
copied(struct text *t, const char *s, size_t n)
{
	char *p = malloc(n + 1);

	if (p == NULL) {
		t->failed = 1;
		return NULL;
	}
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

/*
 * [1700000000.123], the line's own time.  1 if it begins with one: *ns of it,
 * and how many bytes it takes.
 */
static int
stamp(const char *s, size_t n, int64_t *ns, size_t *len)
{
	const char *end;
	size_t i, digits;
	int64_t whole = 0, part = 0, unit = NS / 10;

	if (n < 4 || s[0] != '[' || (end = memchr(s, ']', n)) == NULL ||
	    end - s > 32)
		return 0;
	for (i = 1; is_blank(s[i]); i++)
		continue;
	digits = i;
	for (; s[i] >= '0' && s[i] <= '9' && whole < INT64_MAX / NS / 10; i++)
		whole = whole * 10 + (s[i] - '0');
	if (s[i] != '.' || i == digits)
		return 0;
	for (i++; s[i] >= '0' && s[i] <= '9'; i++, unit /= 10)
		part += unit * (s[i] - '0');
	if (s + i != end)
		return 0;
	*ns = whole * NS + part;
	*len = i + 1;
	return 1;
}

/*
 * Pairs
 */

static int
is_short(const struct pair *p)
{
	static const char *const units[] = { "ms", "us", "ns", "\xc2\xb5s",
	    "\xce\xbcs" };
	struct span given = { p->units, p->units_len };
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (cells_same(given, units[i]))
			return 1;
	return 0;
}

/*
 * One pair into the row.  A time in milliseconds within a sentence is how long
 * something took (ping), not where the run is.
 */
static int
set_pair(struct text *t, const struct pair *p, int scalar)
{
	char name[WORD_NAME_SIZE];
	struct span given, label, heading = { p->name, p->name_len };
	struct column *c;

	listing_name(&t->listing, name, heading, 0, &label, &given);
	if (p->number && is_short(p) &&
	    (strcmp(name, "time") == 0 || strcmp(name, "t") == 0)) {
		snprintf(name, sizeof(name), "time_%cs",
		    p->units[0] == 'm' || p->units[0] == 'n' ? p->units[0] :
		    'u');
	}
	if (name[0] == '\0')
		return 0;			/* no letter that C knows */
	if ((c = columns_for_row(&t->columns, name)) == NULL)
		return -1;
	if (scalar && c->count > 0 && !c->scalar)
		return 0;
	if (scalar)
		c->scalar = 1;
	if (p->number && p->units_len > 0)
		given = (struct span){ p->units, p->units_len };
	columns_describe(&t->columns, c, label, given);
	if (t->options.coordinate != NULL &&
	    listing_meant(t->options.coordinate, heading, name, 0))
		c->coordinate = 1;
	if (p->number)
		return columns_number(&t->columns, c, p->v);
	return columns_string(&t->columns, c,
	    (struct span){ p->value, p->value_len });
}

/* INFO, [info], WARNING:, and [17], a count */
static int
is_level(struct span word)
{
	static const char *const levels[] = { "INFO", "DEBUG", "WARNING",
	    "WARN", "ERROR", "NOTICE", "TRACE", "info", "debug" };
	int bracket = word.n > 0 && word.s[0] == '[';
	int64_t count;
	size_t i;

	for (; word.n > 0 && strchr("[(", word.s[0]) != NULL; word.n--)
		word.s++;
	while (word.n > 0 && strchr("]):", word.s[word.n - 1]) != NULL)
		word.n--;
	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (cells_same(word, levels[i]))
			return 1;
	return bracket && word_integer(word.s, word.n, &count);
}

/* The line without what logs put before a message: date, time, level. */
static struct span
message(struct span line)
{
	struct span word;
	int clock, clocks = 0;

	for (;;) {
		word = line;
		for (word.n = 0; word.n < line.n && !is_blank(line.s[word.n]);)
			word.n++;
		clock = word_clock(word.s, word.n) != WORD_NO_CLOCK;
		if (!(clock && clocks < 2) && !is_level(word) &&
		    !(clocks > 0 && cells_same(word, "-")))
			return line;
		clocks += clock;
		line = cells_trim(line.s + word.n, line.n - word.n);
	}
}

/*
 * -1: the line is not made of pairs.  1: a row goes out.  more: the pairs
 * belong to the row before, unless that is gone.
 */
static int
pairs_line(struct text *t, struct span line, int more)
{
	struct span text = message(line);
	size_t i, n;

	n = pairs_scan(text.s, text.n, t->pairs, TEXT_COLUMNS_MAX);
	if (n == 0)
		return -1;
	if (!more && columns_begin(&t->columns) == -1)
		return listing_unkept(&t->listing, line);
	for (i = 0; i < n; i++)
		if (set_pair(t, &t->pairs[i], 0) == -1)
			return listing_unkept(&t->listing, line);
	return listing_row_end(&t->listing);
}

/* Pairs in a comment are single numbers of the block below. */
static int
pairs_comment(struct text *t, struct span line)
{
	size_t i, n;

	if (t->options.per == TEXT_LINE)
		return 0;
	n = pairs_scan(line.s, line.n, t->pairs, TEXT_COLUMNS_MAX);
	t->columns.stamped = 0;
	columns_begin(&t->columns);
	for (i = 0; i < n; i++)
		if (set_pair(t, &t->pairs[i], 1) == -1) {
			listing_unkept(&t->listing, line);
			break;
		}
	return n > 0;
}

/* # % ! @ begin a comment; where more words begin with %, it is a header. */
static int
is_comment(struct span line)
{
	if (line.n > 1 && line.s[0] == '%' && is_letter(line.s[1]))
		return !contains(line, " %");
	return strchr("#%!@", line.s[0]) != NULL;
}

/* A comment; 1 if it was a row after all. */
static int
comment_line(struct text *t, struct span line)
{
	size_t i = 0;
	int out;

	if (line.s[0] == '!' && t->options.per == TEXT_LINE &&
	    (out = pairs_line(t, cells_trim(line.s + 1, line.n - 1), 0)) >= 0)
		return out;			/* Quantum ESPRESSO's result */
	while (i < line.n && strchr("#%!@", line.s[i]) != NULL)
		i++;
	line = cells_trim(line.s + i, line.n - i);
	if (line.n > 0 && !listing_repeated(&t->listing, line) &&
	    !pairs_comment(t, line))
		listing_candidate(&t->listing, line, 1);
	return 0;
}

/* Decoration: signs only, or words between rulers. */
static int
is_ruler(struct span line)
{
	size_t i;

	if ((begins(line, "---") || begins(line, "===")) &&
	    (line.s[line.n - 1] == '-' || line.s[line.n - 1] == '='))
		return 1;
	for (i = 0; i < line.n; i++)
		if (line.s[i] >= '0' && line.s[i] <= '9')
			return 0;
	if (contains(line, "---") || contains(line, "==="))
		return 1;
	if (line.s[0] == '*')
		return 0;			/* may be an overflow */
	for (i = 0; i < line.n; i++)
		if (!is_blank(line.s[i]) &&
		    strchr("-=+|~_*.<>", line.s[i]) == NULL)
			return 0;
	return line.n > 2;
}

/*
 * LAMMPS
 */

/* "------- Step 350 ----- CPU = 0.0104 (sec) -------", thermo_style multi. */
static int
multi_line(struct text *t, struct span line)
{
	struct span part = line;
	const char *end;

	if (!begins(line, "---"))
		return -1;
	while (part.n > 0 && (part.s[0] == '-' || is_blank(part.s[0]))) {
		part.s++;
		part.n--;
	}
	end = memmem(part.s, part.n, "--", 2);
	if (!begins(part, "Step ") || end == NULL)
		return -1;
	t->multi = 1;
	return pairs_line(t, cells_trim(part.s, (size_t)(end - part.s)), 0);
}

/* What may be taken for a row behind the banner.  -1: nothing of it. */
static int
lammps_line(struct text *t, struct span line)
{
	int out = -1;

	if (begins(line, "Loop time of")) {
		listing_end(&t->listing);
		t->thermo = t->multi = 0;
		return -1;
	}
	if (begins(line, "Per MPI rank memory") ||
	    begins(line, "Memory usage per processor")) {
		t->thermo = 1;
		return -1;
	}
	if (listing_repeated(&t->listing, line))
		return 0;
	if ((out = listing_row(&t->listing, line)) >= 0)
		return out;
	if (t->multi && (out = pairs_line(t, line,
	    t->options.per != TEXT_LINE)) >= 0)
		return out;
	if (t->listing.pending.s != NULL &&
	    (out = listing_first(&t->listing, line)) >= 0)
		return out;
	if (t->thermo || begins(line, "Step ")) {
		t->thermo = 0;
		return listing_candidate(&t->listing, line, 0) ? 0 : -1;
	}
	return -1;
}

/*
 * GROMACS: the held row is the row in work, from "Step Time" on.
 */

/* "           Step           Time", before 2018 with Lambda behind it. */
static int
is_gromacs_step(struct text *t, struct span raw)
{
	struct span *cells = t->listing.cells;
	size_t n = raw.n / GROMACS_WIDTH;

	return raw.n % GROMACS_WIDTH == 0 && (n == 2 || n == 3) &&
	    raw.s[0] == ' ' && cells_split(raw.s, raw.n, ' ', cells) == n &&
	    cells_same(cells[0], "Step") && cells_same(cells[1], "Time") &&
	    (n == 2 || cells_same(cells[2], "Lambda"));
}

static int
gromacs_set(struct text *t, struct span name, struct span cell,
    const char *units)
{
	struct span given, label, u = { units, strlen(units) };
	char ident[WORD_NAME_SIZE];
	struct column *c;
	double v;

	if (!word_number(cell.s, cell.n, 0, &v))
		return -1;
	listing_name(&t->listing, ident, name, 0, &label, &given);
	if (word_unit(given.s, given.n))
		u = given;
	else if (given.n > 0) {				/* LJ (SR) */
		word_name(ident, name.s, name.n);
		label = name;
	}
	if ((c = columns_for_row(&t->columns, ident)) == NULL)
		return -1;
	columns_describe(&t->columns, c, label, u);
	return columns_number(&t->columns, c, v);
}

/* Only energies are in kJ/mol; the heading says nothing of the others. */
static const char *
gromacs_units(struct span name)
{
	if (cells_same(name, "Temperature"))
		return "K";
	if (contains(name, "rmsd"))
		return "";
	if (begins(name, "Box-"))
		return "nm";
	return "kJ/mol";
}

/* A line of values below its line of names, 15 characters each. */
static int
gromacs_values(struct text *t, struct span raw)
{
	struct span name, cell;
	size_t i;

	if (raw.n == 0 || raw.n % GROMACS_WIDTH != 0 || t->names_len != raw.n)
		return -1;
	for (i = 0; i < raw.n; i += GROMACS_WIDTH) {
		name = cells_trim(t->names_line + i, GROMACS_WIDTH);
		cell = cells_trim(raw.s + i, GROMACS_WIDTH);
		if (name.n == 0 ||
		    gromacs_set(t, name, cell, gromacs_units(name)) == -1)
			return -1;
	}
	return 0;
}

/* The step and time of the energies to come: the row begins. */
static int
gromacs_step(struct text *t, struct span line)
{
	struct span step = { "Step", 4 }, time = { "Time", 4 };
	struct span *cells = t->listing.cells;
	size_t n = cells_split(line.s, line.n, ' ', cells);

	if (n < 2 || n > 3 || columns_begin(&t->columns) == -1 ||
	    gromacs_set(t, step, cells[0], "") == -1)
		return -1;
	return gromacs_set(t, time, cells[1], "ps");
}

/* A blank line, or the end, behind the energies. */
static int
gromacs_end(struct text *t)
{
	enum gromacs was = t->gromacs;

	if (was == G_NAMES || was == G_VALUES)
		t->gromacs = G_OUT;
	return was == G_NAMES ? listing_row_end(&t->listing) : 0;
}

/* The line that follows "Step Time", or the energies' head.  As below. */
static int
gromacs_held(struct text *t, struct span line)
{
	if (t->gromacs == G_STEP) {
		t->gromacs = gromacs_step(t, line) == 0 ? G_HELD : G_OUT;
		return t->gromacs == G_HELD ? 0 : -1;
	}
	if (!begins(line, "Energies ("))
		return -1;
	t->program = PROGRAM_GROMACS;
	listing_drop(&t->listing);
	listing_end(&t->listing);
	t->gromacs = G_NAMES;
	return 0;
}

/*
 * A line in or around an energy block.  -1: the line is something else; 0: it
 * was taken.
 */
static int
gromacs_line(struct text *t, struct span line, struct span raw)
{
	if (is_gromacs_step(t, raw)) {
		t->gromacs = G_STEP;
		return 0;
	}
	switch (t->gromacs) {
	case G_OUT:
		break;
	case G_STEP:
	case G_HELD:
		return gromacs_held(t, line);
	case G_NAMES:
		free(t->names_line);
		t->names_line = copied(t, raw.s, raw.n);
		t->names_len = t->names_line != NULL ? raw.n : 0;
		t->gromacs = G_VALUES;
		return 0;
	case G_VALUES:
		t->gromacs = gromacs_values(t, raw) == 0 ? G_NAMES : G_OUT;
		return t->gromacs == G_NAMES ? 0 : -1;
	}
	return -1;
}

/*
 * Lines
 */

/* Takes colours (ESC [ ... letter) out.  The new length. */
static size_t
strip_colours(char *s, size_t n)
{
	size_t i, k = 0;

	if (memchr(s, '\033', n) == NULL)
		return n;
	for (i = 0; i < n; i++) {
		if (s[i] != '\033' || i + 1 == n || s[i + 1] != '[') {
			s[k++] = s[i];
			continue;
		}
		for (i += 2; i < n && (s[i] < 0x40 || s[i] > 0x7e); i++)
			continue;
	}
	return k;
}

static int
is_binary(struct span line)
{
	size_t i;

	for (i = 0; i < line.n; i++)
		if (((unsigned char)line.s[i] < 0x20 && line.s[i] != '\t') ||
		    line.s[i] == 0x7f)
			return 1;
	return 0;
}

/* A line without anything on it. */
static int
blank_line(struct text *t)
{
	if (t->gromacs != G_OUT && t->gromacs != G_HELD)
		return gromacs_end(t);
	columns_part(&t->columns);
	t->listing.blank++;
	return t->options.per == TEXT_BLOCK || (t->listing.blank > 1 &&
	    t->options.per == TEXT_INDEX) ? columns_block(&t->columns) : 0;
}

/* Who prints?  These two say so at first, and in what comes with each run. */
static void
banner(struct text *t, struct span line)
{
	if (begins(line, "LAMMPS (") || begins(line, "Loop time of ") ||
	    begins(line, "Per MPI rank memory allocation"))
		t->program = PROGRAM_LAMMPS;
	else if (begins(line, ":-) GROMACS - "))
		t->program = PROGRAM_GROMACS;
	t->listing.headers_only = t->program != PROGRAM_ANY;
}

/* [1 2 3], (1.5, 2): what Python prints of lists and tuples. */
static struct span
unbracketed(struct span line)
{
	char last = line.s[line.n - 1];

	if (line.n > 2 && ((line.s[0] == '[' && last == ']') ||
	    (line.s[0] == '(' && last == ')')))
		return cells_trim(line.s + 1, line.n - 2);
	return line;
}

/* A line of any program but these two. */
static int
plain_line(struct text *t, struct span line)
{
	int out;

	line = unbracketed(line);
	if (listing_repeated(&t->listing, line))
		return 0;
	if (begins(line, "Average:"))		/* sysstat: all over again */
		return -1;
	if ((out = listing_row(&t->listing, line)) >= 0)
		return out;
	if (t->options.nnames == 0 && t->options.separator == 0 &&
	    (out = pairs_line(t, line, 0)) >= 0) {
		listing_drop(&t->listing);
		return out;
	}
	if ((out = listing_first(&t->listing, line)) >= 0)
		return out;
	if (listing_candidate(&t->listing, line, 0))
		return 0;
	return -1;
}

/* A line that is not blank.  1: a row is ready. */
static int
full_line(struct text *t, struct span line, struct span raw)
{
	uint64_t rows = t->stats.rows;
	int out;

	banner(t, line);
	if ((out = gromacs_line(t, line, raw)) >= 0)
		return out;
	if (is_comment(line))
		return comment_line(t, line);
	if ((out = multi_line(t, line)) >= 0)
		return out;
	if (is_ruler(line)) {
		t->listing.gap = 1;
		return 0;
	}
	out = t->program == PROGRAM_LAMMPS ? lammps_line(t, line) :
	    t->program == PROGRAM_GROMACS ? -1 : plain_line(t, line);
	if (t->stats.rows > rows && t->gromacs == G_HELD)
		t->gromacs = G_OUT;		/* the row in work is gone */
	if (out < 0) {
		listing_misfit(&t->listing, line);
		t->listing.gap = 1;
	}
	return out > 0;
}

/* The line that came in is complete.  1: a row is ready. */
static int
line_done(struct text *t, size_t n)
{
	struct span line, raw;
	struct columns *cs = &t->columns;
	size_t len;

	t->listing.line++;
	t->stats.lines++;
	if (t->listing.line <= t->options.skip)
		return 0;
	raw = (struct span){ t->line, strip_colours(t->line, n) };
	line = cells_trim(raw.s, raw.n);
	if (line.n == 0)
		return blank_line(t);
	if (is_binary(raw)) {
		t->stats.binary++;
		listing_misfit(&t->listing, line);
		return 0;
	}
	cs->stamped = stamp(line.s, line.n, &cs->wall, &len) && len < line.n;
	if (cs->stamped)
		line = cells_trim(line.s + len, line.n - len);
	return full_line(t, line, raw);
}

/* Adds bytes to the line that comes in. */
static void
gather(struct text *t, const char *s, size_t n)
{
	size_t room = t->room > 0 ? t->room : 256;
	char *p;

	if (n > TEXT_LINE_MAX - t->len) {
		t->overlong = 1;
		n = TEXT_LINE_MAX - t->len;
	}
	while (room < t->len + n)
		room *= 2;
	if (room > t->room) {
		if ((p = realloc(t->line, room)) == NULL) {
			t->failed = 1;
			return;
		}
		t->line = p;
		t->room = room;
	}
	if (n > 0)
		memcpy(t->line + t->len, s, n);
	t->len += n;
}

/* The line has come to its end.  1: a row is ready. */
static int
gathered(struct text *t)
{
	size_t n = t->len;
	int overlong = t->overlong;

	gather(t, "", 0);			/* it may be empty */
	t->len = 0;
	t->overlong = 0;
	if (t->line == NULL)
		return 0;
	if (!overlong)
		return line_done(t, n);
	t->listing.line++;
	t->stats.lines++;
	t->stats.overlong++;
	listing_misfit(&t->listing, (struct span){ t->line, n });
	return 0;
}

/* The row that is ready, for the caller. */
static const struct text_row *
given_row(struct text *t)
{
	const struct columns *cs = &t->columns;

	t->row = (struct text_row){ .fields = cs->fields,
	    .nfields = cs->nfields, .line = t->listing.line,
	    .stamped = cs->stamped && cs->first_wall > 1, .wall = cs->wall };
	return &t->row;
}

size_t
text_feed(struct text *t, const char *buf, size_t len,
    const struct text_row **row)
{
	const char *end, *cr;
	size_t n;
	int lf = t->cr && buf[0] == '\n';

	*row = NULL;
	t->cr = 0;
	if (lf)
		return 1;			/* of CR LF */
	columns_clear(&t->columns);
	end = memchr(buf, '\n', len);
	n = end != NULL ? (size_t)(end - buf) : len;
	if ((cr = memchr(buf, '\r', n)) != NULL) {
		end = cr;
		n = (size_t)(end - buf);
		t->cr = 1;
	}
	gather(t, buf, n);
	if (end == NULL)
		return len;
	if (gathered(t))
		*row = given_row(t);
	return n + 1;
}

/* What is left at the end of an input.  1: a row is ready. */
static int
rest(struct text *t)
{
	int out;

	if ((t->len > 0 || t->overlong) && gathered(t))
		return 1;
	out = t->gromacs != G_OUT && gromacs_end(t);
	t->gromacs = G_OUT;
	if (out || t->options.per == TEXT_LINE)
		return out;
	out = columns_block(&t->columns);
	if (t->program == PROGRAM_ANY && t->options.per == TEXT_FILE)
		t->stats.blocks += t->columns.loose;
	t->columns.loose = 0;
	return out;
}

int
text_end(struct text *t, const struct text_row **row)
{
	columns_clear(&t->columns);
	t->cr = 0;
	if (rest(t)) {
		*row = given_row(t);
		return 1;
	}
	*row = NULL;
	listing_drop(&t->listing);
	listing_end(&t->listing);
	t->program = PROGRAM_ANY;
	t->listing.headers_only = t->thermo = t->multi = 0;
	t->listing.gap = t->listing.blank = 0;
	t->listing.run = t->listing.other = 0;
	t->listing.line = 0;
	return 0;
}

static char **
copied_list(struct text *t, const char *const *list, size_t n)
{
	char **copy = calloc(n + 1, sizeof(char *));
	size_t i;

	if (copy == NULL)
		t->failed = 1;
	for (i = 0; copy != NULL && i < n; i++)
		copy[i] = copied(t, list[i], strlen(list[i]));
	return copy;
}

/* The options live as long as t does. */
static void
keep_options(struct text *t, const struct text_options *o)
{
	const char **asked[] = { &t->options.step, &t->options.time,
	    &t->options.coordinate, &t->options.label };
	size_t i;

	t->options = *o;
	if (t->options.memory == 0)
		t->options.memory = MEMORY_DEFAULT;
	t->names = copied_list(t, o->names, o->nnames);
	t->units = copied_list(t, o->units, o->nunits);
	t->options.names = (const char *const *)t->names;
	t->options.units = (const char *const *)t->units;
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (*asked[i] != NULL)
			*asked[i] = t->asked[i] =
			    copied(t, *asked[i], strlen(*asked[i]));
}

struct text *
text_new(const struct text_options *options)
{
	struct text *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	keep_options(t, options);
	columns_init(&t->columns, options->per != TEXT_LINE,
	    t->options.memory);
	t->pairs = calloc(TEXT_COLUMNS_MAX, sizeof(*t->pairs));
	if (listing_init(&t->listing, &t->options, &t->columns,
	    &t->stats) == -1 ||
	    t->pairs == NULL || t->failed) {
		text_free(t);
		return NULL;
	}
	return t;
}

static void
list_free(char **list, size_t n)
{
	size_t i;

	for (i = 0; list != NULL && i < n; i++)
		free(list[i]);
	free(list);
}

void
text_free(struct text *t)
{
	size_t i;

	if (t == NULL)
		return;
	listing_free(&t->listing);
	columns_free(&t->columns);
	list_free(t->names, t->options.nnames);
	list_free(t->units, t->options.nunits);
	for (i = 0; i < sizeof(t->asked) / sizeof(t->asked[0]); i++)
		free(t->asked[i]);
	free(t->line);
	free(t->pairs);
	free(t->names_line);
	free(t->shown);
	free(t);
}

int
text_failed(const struct text *t)
{
	return t->failed || t->columns.failed;
}

const struct text_stats *
text_stats(const struct text *t)
{
	return &t->stats;
}

const char *
text_names(struct text *t)
{
	const struct listing_table *b = &t->listing.table;
	size_t i, n = 0, size = b->n * WORD_NAME_SIZE + 1;

	free(t->shown);
	if ((t->shown = malloc(size)) == NULL)
		return "";
	t->shown[0] = '\0';
	for (i = 0; i < b->n; i++)
		n += (size_t)snprintf(t->shown + n, size - n, "%s%s",
		    i > 0 ? " " : "", b->heads[i].name);
	return t->shown;
}

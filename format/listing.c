/*
 * listing: tables in what programs print.
 *
 * Always true: a row of the table that stands has as many cells as its first
 * one, and numbers where that had numbers.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "listing.h"

#define UNITS_MAX	64	/* columns that a line of units is read for */

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

static void
misfit_at(struct listing *sh, uint64_t line, struct span text)
{
	struct text_stats *st = sh->stats;

	if (st->misfits++ == 0 || line < st->misfit_line) {
		st->misfit_line = line;
		word_text(st->misfit, sizeof(st->misfit), text.s, text.n);
	}
}

void
listing_misfit(struct listing *sh, struct span line)
{
	misfit_at(sh, sh->line, line);
}

int
listing_unkept(struct listing *sh, struct span line)
{
	sh->stats->unkept++;
	listing_misfit(sh, line);
	return 0;
}

static char *
copied(struct listing *sh, const char *s, size_t n)
{
	char *p = malloc(n + 1);

	if (p == NULL) {
		sh->columns->failed = 1;
		return NULL;
	}
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

void
listing_end(struct listing *sh)
{
	struct listing_table *b = &sh->table;
	size_t i;

	for (i = 0; i < b->n; i++) {
		free(b->heads[i].units);
		free(b->heads[i].label);
	}
	free(b->heads);
	free(b->header);
	*b = (struct listing_table){ 0 };
}

static void
pending_clear(struct listing *sh)
{
	free(sh->pending.s);
	free(sh->pending.units);
	sh->pending = (struct listing_pending){ 0 };
}

void
listing_drop(struct listing *sh)
{
	if (sh->pending.s != NULL && !sh->pending.comment)
		misfit_at(sh, sh->pending.line, (struct span){
		    sh->pending.s, sh->pending.n });
	pending_clear(sh);
}

int
listing_meant(const char *option, struct span heading, const char *name,
    size_t at)
{
	char number[24];

	if (option == NULL)
		return 0;
	snprintf(number, sizeof(number), "%zu", at);
	return cells_same(heading, option) || strcmp(name, option) == 0 ||
	    (at > 0 && strcmp(number, option) == 0);
}

void
listing_name(const struct listing *sh, char name[WORD_NAME_SIZE],
    struct span heading, size_t at, struct span *units)
{
	const char *s;
	size_t n;

	word_heading(heading.s, heading.n, &s, &n, &units->s, &units->n);
	if (word_clock(heading.s, heading.n) != WORD_NO_CLOCK)
		word_name(name, "clock", 5);
	else
		word_name(name, s, n);
	if (name[0] == '\0')
		snprintf(name, WORD_NAME_SIZE, "c%zu", at);
	if (listing_meant(sh->options->step, heading, name, at) ||
	    strcasecmp(name, "step") == 0)
		memcpy(name, "step", 5);
	else if (listing_meant(sh->options->time, heading, name, at))
		memcpy(name, "t", 2);
	else if (strcasecmp(name, "time") == 0)
		memcpy(name, "time", 5);
}

/* Could this be a column's heading? */
static int
is_heading(struct span h, char separator, int first)
{
	double v;

	if (h.n == 0)
		return separator != ' ';
	if (h.n > 4 * TEXT_HEADING_MAX || word_number(h.s, h.n, 0, &v))
		return 0;
	if (separator != ' ' || word_clock(h.s, h.n) != WORD_NO_CLOCK)
		return 1;
	if (!is_letter(h.s[0]) && !(h.s[0] & 0x80) &&
	    strchr("%_/<#$|", h.s[0]) == NULL)
		return 0;
	return strchr(",:!?;", h.s[h.n - 1]) == NULL &&
	    !(h.n > 2 && h.s[h.n - 1] == '.' && h.s[h.n - 2] == '.') ? 1 :
	    first && h.s[h.n - 1] == ':';
}

/*
 * The pending header taken apart into n headings, by the row's separator or
 * another one.  *lead is set if the row's first word has no heading (free).
 * 1, or 0: it has not as many.
 */
static int
header_fits(struct listing *sh, size_t n, char separator, int word_first,
    int *lead)
{
	const char *s = sh->pending.s;
	size_t len = sh->pending.n, i, k, count;
	struct span *cells = sh->header_cells;
	const char seps[] = { separator, ' ', 'w', ',', '\t', ';' };
	char used;

	for (k = 0; k < sizeof(seps); k++) {
		used = seps[k];
		count = used == 'w' ? cells_wide(s, len, cells) :
		    used == ' ' ? cells_headings(s, len, cells) :
		    cells_split(s, len, used, cells);
		if (count == 0 || count > TEXT_COLUMNS_MAX)
			continue;
		*lead = 0;
		if (used == ' ' && count == n + 1 &&
		    cells[0].s[cells[0].n - 1] == ':') {
			memmove(cells, cells + 1, n * sizeof(*cells));
			count = n;
		}
		if (used == ' ' && count + 1 == n && word_first)
			*lead = 1;
		if (count + (size_t)*lead != n)
			continue;
		for (i = 0; i < count; i++)
			if (!is_heading(cells[i], used, i == 0))
				break;
		if (i == count)
			return 1;
	}
	return 0;
}

/* Does the pending header, taken apart into n headings, name a column of the
 * table that stands? */
static int
shares_name(struct listing *sh, size_t n)
{
	char name[WORD_NAME_SIZE];
	struct span units;
	size_t i, k;

	for (i = 0; i < n; i++) {
		listing_name(sh, name, sh->header_cells[i], i + 1, &units);
		for (k = 0; k < sh->table.n; k++)
			if (strcmp(name, sh->table.heads[k].name) == 0)
				return 1;
	}
	return 0;
}

/* No two columns of a table have one name. */
static void
make_unique(struct listing_table *b, size_t at)
{
	char base[WORD_NAME_SIZE];
	unsigned int number = 2;
	size_t i;

	memcpy(base, b->heads[at].name, sizeof(base));
	for (i = 0; i < at; i++) {
		if (strcmp(b->heads[i].name, b->heads[at].name) != 0)
			continue;
		word_numbered(b->heads[at].name, base, number++);
		i = (size_t)-1;
	}
}

/* The unit of column i in the line of units below the header. */
static struct span
unit_below(struct listing *sh, size_t i)
{
	struct span cells[UNITS_MAX], none = { "", 0 }, c;
	size_t n = 0;
	const char *p = sh->pending.units, *e;

	for (; p != NULL && *p != '\0' && n < UNITS_MAX; p = e) {
		for (; is_blank(*p) || *p == ',' || *p == ';'; p++)
			continue;
		for (e = p; *e != '\0' && !is_blank(*e) && *e != ',' &&
		    *e != ';'; e++)
			continue;
		cells[n++] = (struct span){ p, (size_t)(e - p) };
	}
	if (i >= n)
		return none;
	c = cells[i];
	if (c.n >= 2 && strchr("[(", c.s[0]) != NULL)
		c = (struct span){ c.s + 1, c.n - 2 };
	return cells_same(c, "-") ? none : c;
}

/* Names and units of column i; heading is empty where none was found. */
static void
make_head(struct listing *sh, size_t i, struct span heading)
{
	struct listing_head *h = &sh->table.heads[i];
	struct span units = { "", 0 }, below = unit_below(sh, i), given;
	const char *s;
	size_t len;

	if (i < sh->options->nnames) {
		heading = (struct span){ sh->options->names[i],
		    strlen(sh->options->names[i]) };
		if (heading.n == 0)
			h->kind = LISTING_OUT;
	}
	listing_name(sh, h->name, heading, i + 1, &units);
	make_unique(&sh->table, i);
	if (below.n > 0)
		units = below;
	if (i < sh->options->nunits)
		units = (struct span){ sh->options->units[i],
		    strlen(sh->options->units[i]) };
	if (listing_meant(sh->options->label, heading, h->name, i + 1))
		h->kind = LISTING_LABEL;
	h->coordinate = listing_meant(sh->options->coordinate, heading, h->name,
	    i + 1);
	word_heading(heading.s, heading.n, &s, &len, &given.s, &given.n);
	if (len > 0 && !cells_same((struct span){ s, len }, h->name))
		h->label = columns_attribute(sh->columns, s, len);
	if (units.n > 0)
		h->units = columns_attribute(sh->columns, units.s, units.n);
}

/* Begins a table with a row of n cells below the headings, if any. */
static int
table_begin(struct listing *sh, size_t n, char separator, int headed, int lead)
{
	struct listing_table *b = &sh->table;
	struct span none = { "", 0 }, units;
	struct listing_head *h;
	size_t i, word = cells_first_word(sh->cells, n, separator);
	double v;

	listing_end(sh);
	if ((b->heads = calloc(n, sizeof(*b->heads))) == NULL) {
		sh->columns->failed = 1;
		return -1;
	}
	sh->run = 0;
	b->n = n;
	b->separator = separator;
	b->headed = headed || sh->options->nnames > 0;
	for (i = 0; i < n; i++) {
		h = &b->heads[i];
		h->kind = cells_value(sh->cells[i], separator, &v, &units) ==
		    CELLS_NOT ? LISTING_STRING : LISTING_NUMBER;
		make_head(sh, i, !headed || (lead && i == 0) ? none :
		    sh->header_cells[i - (size_t)lead]);
		if (sh->options->label == NULL && i == word && b->headed &&
		    separator == ' ' && i + 1 < n)
			h->kind = LISTING_LABEL;
		if (lead && i == 0)
			h->name[0] = '\0';
		b->labelled |= h->kind == LISTING_LABEL;
	}
	if (headed) {
		b->header = copied(sh, sh->pending.s, sh->pending.n);
		b->header_len = sh->pending.n;
		pending_clear(sh);
	}
	return sh->columns->failed ? -1 : 0;
}

/* The name of a labelled row's value: the label, then the column. */
static void
labelled_name(struct listing *sh, char name[WORD_NAME_SIZE],
    const struct listing_head *h)
{
	char label[WORD_NAME_SIZE], both[2 * WORD_NAME_SIZE + 2] = "";
	struct listing_head *l;
	size_t i, k = 0, n;

	for (i = 0; i < sh->table.n; i++) {
		l = &sh->table.heads[i];
		if (l->kind != LISTING_LABEL)
			continue;
		word_name(label, sh->cells[i].s, sh->cells[i].n);
		n = label[0] == '_' && l->name[0] != '\0';
		k += (size_t)snprintf(both + k, WORD_NAME_SIZE, "%s%s",
		    n ? l->name : "", label + n);
		break;
	}
	snprintf(both + k, WORD_NAME_SIZE + 1, "_%s", h->name);
	word_name(name, both, strlen(both));
}

static struct column *
cell_column(struct listing *sh, struct listing_head *h)
{
	char name[WORD_NAME_SIZE];
	struct column *c = h->column;

	if (sh->table.labelled && h->kind == LISTING_NUMBER) {
		labelled_name(sh, name, h);
		c = columns_for_row(sh->columns, name);
	} else if (c == NULL || c->row == sh->columns->row_number)
		c = h->column = columns_for_row(sh->columns, h->name);
	if (c != NULL && h->coordinate)
		c->coordinate = 1;
	return c;
}

static int
set_cell(struct listing *sh, size_t i)
{
	struct listing_head *h = &sh->table.heads[i];
	struct span units, label = { h->label, 0 };
	struct column *c;
	double v;

	if (h->kind == LISTING_OUT || h->kind == LISTING_LABEL)
		return 0;
	if ((c = cell_column(sh, h)) == NULL)
		return -1;
	if (h->kind == LISTING_STRING)
		return columns_string(sh->columns, c, sh->cells[i]);
	cells_value(sh->cells[i], sh->table.separator, &v, &units);
	if (h->units != NULL)
		units = (struct span){ h->units, strlen(h->units) };
	if (h->label != NULL && !sh->table.labelled)
		label.n = strlen(h->label);
	columns_describe(sh->columns, c, label, units);
	return columns_number(sh->columns, c, v);
}

/* Do the cells have numbers where the table has them? */
static int
row_fits(struct listing *sh, size_t n)
{
	struct span units;
	double v;
	size_t i;

	if (n != sh->table.n)
		return 0;
	for (i = 0; i < n; i++)
		if (sh->table.heads[i].kind == LISTING_NUMBER &&
		    cells_value(sh->cells[i], sh->table.separator, &v, &units) ==
		    CELLS_NOT)
			return 0;
	return 1;
}

int
listing_row_end(struct listing *sh)
{
	sh->stats->rows++;
	sh->run++;
	sh->blank = sh->gap = 0;
	return columns_end(sh->columns);
}

/* The cells are a row of the table.  1 if it goes out. */
static int
table_row(struct listing *sh, struct span line)
{
	size_t i;

	if (sh->blank && sh->run >= 2 && !sh->table.labelled)
		sh->stats->blocks++;
	if (sh->blank)
		sh->run = 0;
	if (columns_begin(sh->columns) == -1)
		return listing_unkept(sh, line);
	for (i = 0; i < sh->table.n; i++)
		if (set_cell(sh, i) == -1)
			return listing_unkept(sh, line);
	sh->other = 0;
	return listing_row_end(sh);
}

int
listing_row(struct listing *sh, struct span line)
{
	struct listing_table *b = &sh->table;
	size_t n;
	int lead, word;

	if (b->n == 0)
		return -1;
	n = cells_split(line.s, line.n, b->separator, sh->cells);
	if (n > TEXT_COLUMNS_MAX || !row_fits(sh, n))
		return -1;
	word = cells_first_word(sh->cells, n, b->separator) == 0;
	if (sh->pending.s != NULL && sh->options->nnames == 0 &&
	    header_fits(sh, n, b->separator, word, &lead) &&
	    (sh->pending.gap || shares_name(sh, n - (size_t)lead)) &&
	    table_begin(sh, n, b->separator, 1, lead) == -1)
		return 0;
	return table_row(sh, line);
}

/* Is the line, taken apart by this separator, the first row of a table? */
static int
first_row(struct listing *sh, size_t n, char separator, int *headed, int *lead)
{
	struct cells_look l = cells_look(sh->cells, n, separator);
	size_t word = cells_first_word(sh->cells, n, separator);
	int given;

	*headed = *lead = 0;
	given = sh->options->nnames > 0 && n >= sh->options->nnames;
	if (l.numbers == 0 || (separator != ' ' && n < 2 &&
	    sh->options->separator == 0))
		return 0;
	if (sh->options->nnames > 0 && !given)
		return 0;
	if (!given && sh->pending.s != NULL)
		*headed = header_fits(sh, n, separator, word == 0, lead);
	if (*headed || given)
		return separator != ' ' ||
		    l.numbers + l.missing > l.words - (size_t)(word < n);
	if (sh->headers_only)
		return 0;
	if (separator != ' ')
		return l.words == 0 || l.numbers >= l.words;
	return l.words == 0;
}

/*
 * A torn line has numbers, too.  Without a header a table of other words than
 * the last is one only if a second line says the same.
 */
static int
is_torn(struct listing *sh, size_t n, int headed)
{
	if (sh->table.n == 0 || headed)
		return 0;
	if (sh->table.headed || sh->other != n) {
		sh->other = n;
		return 1;
	}
	return 0;
}

int
listing_first(struct listing *sh, struct span line)
{
	static const char found[] = { ';', ',', '\t', ' ' };
	const char *seps = found;
	size_t nseps = sizeof(found), i, n;
	int headed, lead;

	if (sh->options->separator != 0) {
		seps = &sh->options->separator;
		nseps = 1;
	}
	for (i = 0; i < nseps; i++) {
		if (seps[i] != ' ' && memchr(line.s, seps[i], line.n) == NULL &&
		    nseps > 1)
			continue;
		n = cells_split(line.s, line.n, seps[i], sh->cells);
		if (n == 0 || n > TEXT_COLUMNS_MAX ||
		    !first_row(sh, n, seps[i], &headed, &lead))
			continue;
		if (is_torn(sh, n, headed))
			return -1;
		if (!headed)
			listing_drop(sh);
		if (table_begin(sh, n, seps[i], headed, lead) == -1)
			return 0;
		return table_row(sh, line);
	}
	return -1;
}

/* A line below a header that has a unit for each column. */
static int
is_units_line(struct span line)
{
	size_t i;
	int open = 0, any = 0;

	for (i = 0; i < line.n; i++) {
		if (strchr("[(", line.s[i]) != NULL)
			open = any = 1;
		else if (strchr("])", line.s[i]) != NULL)
			open = 0;
		else if (!open && !is_blank(line.s[i]) &&
		    strchr(",;-", line.s[i]) == NULL)
			return 0;
	}
	return any;
}

int
listing_candidate(struct listing *sh, struct span line, int comment)
{
	struct cells_look l;
	size_t n;
	char separator = sh->options->separator;

	if (sh->pending.s != NULL && is_units_line(line)) {
		free(sh->pending.units);
		sh->pending.units = copied(sh, line.s, line.n);
		return 1;
	}
	if (separator == 0)
		separator = memchr(line.s, ',', line.n) != NULL ? ',' :
		    memchr(line.s, ';', line.n) != NULL ? ';' : ' ';
	n = cells_split(line.s, line.n, separator, sh->cells);
	if (n == 0 || n > TEXT_COLUMNS_MAX)
		return 0;
	l = cells_look(sh->cells, n, separator);
	if (l.words == 0 || l.numbers > 0)
		return 0;
	listing_drop(sh);
	sh->pending.s = copied(sh, line.s, line.n);
	sh->pending.n = line.n;
	sh->pending.line = sh->line;
	sh->pending.comment = comment;
	sh->pending.gap = sh->gap || sh->blank;
	return 1;
}

int
listing_repeated(const struct listing *sh, struct span line)
{
	const struct listing_table *b = &sh->table;

	return (b->header != NULL && b->header_len == line.n &&
	    memcmp(b->header, line.s, line.n) == 0) ||
	    (sh->pending.s != NULL && sh->pending.n == line.n &&
	    memcmp(sh->pending.s, line.s, line.n) == 0);
}

int
listing_init(struct listing *sh, const struct text_options *options,
    struct columns *columns, struct text_stats *stats)
{
	*sh = (struct listing){ .options = options, .columns = columns,
	    .stats = stats };
	sh->cells = calloc(TEXT_COLUMNS_MAX, sizeof(*sh->cells));
	sh->header_cells = calloc(TEXT_COLUMNS_MAX, sizeof(*sh->cells));
	return sh->cells != NULL && sh->header_cells != NULL ? 0 : -1;
}

void
listing_free(struct listing *sh)
{
	listing_end(sh);
	pending_clear(sh);
	free(sh->cells);
	free(sh->header_cells);
}

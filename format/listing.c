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
misfit_at(struct listing *l, uint64_t line, struct span text)
{
	struct text_stats *st = l->stats;

	if (st->misfits++ == 0 || line < st->misfit_line) {
		st->misfit_line = line;
		word_text(st->misfit, sizeof(st->misfit), text.s, text.n);
	}
}

void
listing_misfit(struct listing *l, struct span line)
{
	misfit_at(l, l->line, line);
}

int
listing_unkept(struct listing *l, struct span line)
{
	l->stats->unkept++;
	listing_misfit(l, line);
	return 0;
}

static char *
copied(struct listing *l, const char *s, size_t n)
{
	char *p = malloc(n + 1);

	if (p == NULL) {
		l->columns->failed = 1;
		return NULL;
	}
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

void
listing_end(struct listing *l)
{
	struct listing_table *b = &l->table;
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
pending_clear(struct listing *l)
{
	free(l->pending.s);
	free(l->pending.units);
	l->pending = (struct listing_pending){ 0 };
}

void
listing_drop(struct listing *l)
{
	if (l->pending.s != NULL && !l->pending.comment)
		misfit_at(l, l->pending.line, (struct span){
		    l->pending.s, l->pending.n });
	pending_clear(l);
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
listing_name(const struct listing *l, char name[WORD_NAME_SIZE],
    struct span heading, size_t at, struct span *label, struct span *units)
{
	word_heading(heading.s, heading.n, &label->s, &label->n, &units->s,
	    &units->n);
	if (word_clock(heading.s, heading.n) != WORD_NO_CLOCK)
		*label = (struct span){ "clock", 5 };
	word_name(name, label->s, label->n);
	if (name[0] == '\0' && at > 0)
		snprintf(name, WORD_NAME_SIZE, "c%zu", at);
	if (listing_meant(l->options->step, heading, name, at) ||
	    strcasecmp(name, "step") == 0)
		memcpy(name, "step", 5);
	else if (listing_meant(l->options->time, heading, name, at))
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
	    strchr("0123456789%_/<#$|", h.s[0]) == NULL)
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
header_fits(struct listing *l, size_t n, char separator, int word_first,
    int *lead)
{
	const char *s = l->pending.s;
	size_t len = l->pending.n, i, k, count;
	struct span *cells = l->header_cells;
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
		if (used == ' ' && count == n + 1 && cells[0].n > 0 &&
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
shares_name(struct listing *l, size_t n)
{
	char name[WORD_NAME_SIZE];
	struct span label, units;
	size_t i, k;

	for (i = 0; i < n; i++) {
		listing_name(l, name, l->header_cells[i], i + 1, &label,
		    &units);
		for (k = 0; k < l->table.n; k++)
			if (strcmp(name, l->table.heads[k].name) == 0)
				return 1;
	}
	return 0;
}

/* Does a column before this one have its name? */
static int
is_taken(const struct listing_table *b, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (strcmp(b->heads[i].name, b->heads[at].name) == 0)
			return 1;
	return 0;
}

/*
 * No two columns of a table have one name: it is numbered from 2 on, and above
 * 9, so that it does not take for ever, by the column.
 */
static void
make_unique(struct listing_table *b, size_t at)
{
	char base[WORD_NAME_SIZE];
	unsigned int number = 2;

	memcpy(base, b->heads[at].name, sizeof(base));
	for (; is_taken(b, at); number++) {
		if (number == 10 && number <= at)
			number = (unsigned int)at + 1;
		word_numbered(b->heads[at].name, base, number);
	}
}

/* The unit of column i in the line of units below the header. */
static struct span
unit_below(struct listing *l, size_t i)
{
	struct span cells[UNITS_MAX], none = { "", 0 }, c;
	size_t n = 0;
	const char *p = l->pending.units, *e;

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
		return (struct span){ c.s + 1, c.n - 2 };
	return word_unit(c.s, c.n) ? c : none;
}

/* Names and units of column i; heading is empty where none was found. */
static void
make_head(struct listing *l, size_t i, struct span heading)
{
	struct listing_head *h = &l->table.heads[i];
	struct span units, below = unit_below(l, i), label;

	if (i < l->options->nnames) {
		heading = (struct span){ l->options->names[i],
		    strlen(l->options->names[i]) };
		if (heading.n == 0)
			h->kind = LISTING_OUT;
	}
	listing_name(l, h->name, heading, i + 1, &label, &units);
	make_unique(&l->table, i);
	if (below.n > 0)
		units = below;
	if (i < l->options->nunits)
		units = (struct span){ l->options->units[i],
		    strlen(l->options->units[i]) };
	if (listing_meant(l->options->label, heading, h->name, i + 1))
		h->kind = LISTING_LABEL;
	h->coordinate = listing_meant(l->options->coordinate, heading, h->name,
	    i + 1);
	if (label.n > 0)
		h->label = columns_attribute(l->columns, label.s, label.n);
	if (units.n > 0)
		h->units = columns_attribute(l->columns, units.s, units.n);
}

/* Begins a table with a row of n cells below the headings, if any. */
static int
table_begin(struct listing *l, size_t n, char separator, int headed, int lead)
{
	struct listing_table *b = &l->table;
	struct span none = { "", 0 }, units;
	struct listing_head *h;
	size_t i, word = cells_first_word(l->cells, n, separator);
	double v;

	listing_end(l);
	if ((b->heads = calloc(n, sizeof(*b->heads))) == NULL) {
		l->columns->failed = 1;
		return -1;
	}
	l->run = 0;
	b->n = n;
	b->separator = separator;
	b->headed = headed || l->options->nnames > 0;
	for (i = 0; i < n; i++) {
		h = &b->heads[i];
		h->kind = cells_value(l->cells[i], separator, &v, &units) ==
		    CELLS_NOT ? LISTING_STRING : LISTING_NUMBER;
		make_head(l, i, !headed || (lead && i == 0) ? none :
		    l->header_cells[i - (size_t)lead]);
		if (l->options->label == NULL && i == word && b->headed &&
		    separator == ' ' && i + 1 < n)
			h->kind = LISTING_LABEL;
		if (lead && i == 0) {
			h->kind = LISTING_LABEL;
			h->name[0] = '\0';
		}
		b->labelled |= h->kind == LISTING_LABEL;
	}
	if (headed) {
		b->header = copied(l, l->pending.s, l->pending.n);
		b->header_len = l->pending.n;
		pending_clear(l);
	}
	return l->columns->failed ? -1 : 0;
}

/* The cell that labels the row. */
static size_t
label_cell(const struct listing *l)
{
	size_t i;

	for (i = 0; l->table.heads[i].kind != LISTING_LABEL;)
		i++;
	return i;
}

/* The name of a labelled row's value: the label, then the column. */
static void
labelled_name(struct listing *l, char name[WORD_NAME_SIZE],
    const struct listing_head *h)
{
	char label[WORD_NAME_SIZE], both[2 * WORD_NAME_SIZE + 2];
	const char *before = "";
	size_t i = label_cell(l);

	word_name(label, l->cells[i].s, l->cells[i].n);
	if (label[0] == '_')			/* a digit: CPU0 */
		before = l->table.heads[i].name;
	snprintf(both, sizeof(both), "%.*s%s_%s",
	    (int)(WORD_NAME_SIZE - strlen(label)), before,
	    label + (before[0] != '\0'), h->name);
	word_name(name, both, strlen(both));
}

static struct column *
cell_column(struct listing *l, struct listing_head *h)
{
	char name[WORD_NAME_SIZE];
	struct column *c = h->column;

	if (l->table.labelled && h->kind == LISTING_NUMBER) {
		labelled_name(l, name, h);
		c = columns_for_row(l->columns, name);
	} else if (c == NULL || c->row == l->columns->row_number)
		c = h->column = columns_for_row(l->columns, h->name);
	if (c != NULL && h->coordinate)
		c->coordinate = 1;
	return c;
}

/* Label and units of a value, where the column has none yet. */
static void
describe(struct listing *l, const struct listing_head *h, struct column *c,
    struct span units)
{
	char both[3 * TEXT_HEADING_MAX + 2];
	struct span label = { h->label, 0 }, cell;
	const struct listing_head *first;

	if (h->units != NULL)
		units = (struct span){ h->units, strlen(h->units) };
	if (h->label != NULL)
		label.n = strlen(h->label);
	if (l->table.labelled && c->label == NULL) {
		cell = l->cells[label_cell(l)];
		first = &l->table.heads[label_cell(l)];
		snprintf(both, sizeof(both), "%s%.*s %s",
		    cell.n > 0 && cell.s[0] >= '0' && cell.s[0] <= '9' &&
		    first->label != NULL ? first->label : "",
		    cell.n < TEXT_HEADING_MAX ? (int)cell.n : TEXT_HEADING_MAX,
		    cell.s, h->label != NULL ? h->label : h->name);
		label = (struct span){ both, strlen(both) };
	}
	columns_describe(l->columns, c, label, units);
}

static int
set_cell(struct listing *l, size_t i)
{
	struct listing_head *h = &l->table.heads[i];
	struct span units;
	struct column *c;
	double v;

	if (h->kind == LISTING_OUT || h->kind == LISTING_LABEL)
		return 0;
	if ((c = cell_column(l, h)) == NULL)
		return -1;
	if (h->kind == LISTING_STRING)
		return columns_string(l->columns, c, l->cells[i]);
	cells_value(l->cells[i], l->table.separator, &v, &units);
	describe(l, h, c, units);
	return columns_number(l->columns, c, v);
}

/* Do the cells have numbers where the table has them? */
static int
row_fits(struct listing *l, size_t n)
{
	struct span units;
	double v;
	size_t i;

	if (n != l->table.n)
		return 0;
	for (i = 0; i < n; i++)
		if (l->table.heads[i].kind == LISTING_NUMBER &&
		    cells_value(l->cells[i], l->table.separator, &v, &units) ==
		    CELLS_NOT)
			return 0;
	return 1;
}

int
listing_row_end(struct listing *l)
{
	l->stats->rows++;
	l->run++;
	l->blank = l->gap = 0;
	return columns_end(l->columns);
}

/* The cells are a row of the table.  1 if it goes out. */
static int
table_row(struct listing *l, struct span line)
{
	size_t i;

	if (l->blank > 0 && l->run >= 2 && !l->table.labelled &&
	    l->options->per == TEXT_LINE)
		l->stats->blocks++;
	if (l->blank > 0)
		l->run = 0;
	if (columns_begin(l->columns) == -1)
		return listing_unkept(l, line);
	for (i = 0; i < l->table.n; i++)
		if (set_cell(l, i) == -1)
			return listing_unkept(l, line);
	l->other = 0;
	return listing_row_end(l);
}

int
listing_row(struct listing *l, struct span line)
{
	struct listing_table *b = &l->table;
	size_t n;
	int lead, word;

	if (b->n == 0)
		return -1;
	n = cells_split(line.s, line.n, b->separator, l->cells);
	if (n > TEXT_COLUMNS_MAX || !row_fits(l, n))
		return -1;
	word = cells_first_word(l->cells, n, b->separator) == 0;
	if (l->pending.s != NULL && l->options->nnames == 0 &&
	    header_fits(l, n, b->separator, word, &lead) &&
	    (l->pending.gap || shares_name(l, n - (size_t)lead)) &&
	    table_begin(l, n, b->separator, 1, lead) == -1)
		return 0;
	listing_drop(l);
	return table_row(l, line);
}

/* Is the line, taken apart by this separator, the first row of a table? */
static int
first_row(struct listing *l, size_t n, char separator, int *headed, int *lead)
{
	struct cells_look look = cells_look(l->cells, n, separator);
	size_t word = cells_first_word(l->cells, n, separator);
	int given;

	*headed = *lead = 0;
	given = l->options->nnames > 0 && n >= l->options->nnames;
	if (look.numbers == 0 || (separator != ' ' && n < 2 &&
	    l->options->separator == 0))
		return 0;
	if (l->options->nnames > 0 && !given)
		return 0;
	if (!given && l->pending.s != NULL)
		*headed = header_fits(l, n, separator, word == 0, lead);
	if (*headed || given)
		return separator != ' ' || look.numbers + look.missing >
		    look.words - (size_t)(word < n);
	if (l->headers_only)
		return 0;
	if (separator != ' ')
		return look.words == 0 || look.numbers >= look.words;
	return look.words == 0;
}

/*
 * A torn line has numbers, too.  Without a header a table of other words than
 * the last is one only if a second line says the same.
 */
static int
is_torn(struct listing *l, size_t n, int headed)
{
	if (l->table.n == 0 || headed)
		return 0;
	if (l->table.headed || l->other != n) {
		l->other = n;
		return 1;
	}
	return 0;
}

int
listing_first(struct listing *l, struct span line)
{
	static const char found[] = { ';', ',', '\t', ' ' };
	const char *seps = found;
	size_t nseps = sizeof(found), i, n;
	int headed, lead;

	if (l->options->separator != 0) {
		seps = &l->options->separator;
		nseps = 1;
	}
	for (i = 0; i < nseps; i++) {
		if (seps[i] != ' ' && memchr(line.s, seps[i], line.n) == NULL &&
		    nseps > 1)
			continue;
		n = cells_split(line.s, line.n, seps[i], l->cells);
		if (n == 0 || n > TEXT_COLUMNS_MAX ||
		    !first_row(l, n, seps[i], &headed, &lead))
			continue;
		if (is_torn(l, n, headed))
			return -1;
		if (l->options->nnames > 0)
			pending_clear(l);
		else if (!headed)
			listing_drop(l);
		if (table_begin(l, n, seps[i], headed, lead) == -1)
			return 0;
		return table_row(l, line);
	}
	return -1;
}

/* "# Idx  W  C  %" below "# gpu  pwr  gtemp  sm" (nvidia-smi dmon)? */
static int
are_units(struct listing *l, struct span line)
{
	size_t n = cells_split(line.s, line.n, ' ', l->cells), i;
	struct span *c;

	if (n < 2 || n > TEXT_COLUMNS_MAX || cells_headings(l->pending.s,
	    l->pending.n, l->header_cells) != n)
		return 0;
	for (i = 1; i < n; i++) {
		c = &l->cells[i];
		if (!word_unit(c->s, c->n) && !word_missing(c->s, c->n))
			return 0;
	}
	return 1;
}

/* A line below a header that has a unit for each column, in brackets. */
static int
is_units_line(struct listing *l, struct span line)
{
	size_t i;
	int open = 0, any = 0;

	if (are_units(l, line))
		return 1;
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
listing_candidate(struct listing *l, struct span line, int comment)
{
	struct cells_look look;
	size_t n;
	char separator = l->options->separator;

	if (l->pending.s != NULL && is_units_line(l, line)) {
		free(l->pending.units);
		l->pending.units = copied(l, line.s, line.n);
		return 1;
	}
	if (separator == 0)
		separator = memchr(line.s, ',', line.n) != NULL ? ',' :
		    memchr(line.s, ';', line.n) != NULL ? ';' : ' ';
	n = cells_split(line.s, line.n, separator, l->cells);
	if (n == 0 || n > TEXT_COLUMNS_MAX)
		return 0;
	look = cells_look(l->cells, n, separator);
	if (look.words == 0 || look.numbers > 0)
		return 0;
	listing_drop(l);
	l->pending.s = copied(l, line.s, line.n);
	l->pending.n = line.n;
	l->pending.line = l->line;
	l->pending.comment = comment;
	l->pending.gap = l->gap || l->blank > 0;
	return 1;
}

int
listing_repeated(const struct listing *l, struct span line)
{
	const struct listing_table *b = &l->table;

	return (b->header != NULL && b->header_len == line.n &&
	    memcmp(b->header, line.s, line.n) == 0) ||
	    (l->pending.s != NULL && l->pending.n == line.n &&
	    memcmp(l->pending.s, line.s, line.n) == 0);
}

int
listing_init(struct listing *l, const struct text_options *options,
    struct columns *columns, struct text_stats *stats)
{
	*l = (struct listing){ .options = options, .columns = columns,
	    .stats = stats };
	l->cells = calloc(TEXT_COLUMNS_MAX, sizeof(*l->cells));
	l->header_cells = calloc(TEXT_COLUMNS_MAX, sizeof(*l->cells));
	return l->cells != NULL && l->header_cells != NULL ? 0 : -1;
}

void
listing_free(struct listing *l)
{
	listing_end(l);
	pending_clear(l);
	free(l->cells);
	free(l->header_cells);
}

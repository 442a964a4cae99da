/*
 * screen.c - a picture in a terminal, beside what the run prints
 *
 * No byte that gnuplot wrote reaches the terminal unless it is a printable
 * character, or inside of a sixel picture one of the bytes of which those
 * are made.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "aprec.h"
#include "buffer.h"
#include "dots.h"
#include "screen.h"

#define ROWS_MIN	8	/* of a picture */
#define SIDE_MAX	500	/* rows and columns that are believed */

#define UPPER		0x2580	/* upper half block */
#define BLOCK		0x2588	/* full block */

/* Colours: DEFAULT, INDEX | 0 to 255, RGB | 0xrrggbb. */
#define DEFAULT		0u
#define INDEX		(1u << 24)
#define RGB		(2u << 24)

struct ink {
	uint32_t	 fore;
	uint32_t	 back;
};

struct cell {
	uint32_t	 ch;
	struct ink	 ink;
};

struct screen {
	int		 utf8;
	int		 colours;
	unsigned	 rows;		/* of the terminal */
	unsigned	 columns;
	unsigned	 top;		/* rows above the picture */
	int		 known;		/* shown is what the terminal shows */
	struct cell	*shown;
	struct cell	*next;
	struct buffer	 sixels;	/* that are shown */
	struct buffer	 out;
};

struct screen *
screen_new(int utf8, int colours)
{
	struct screen *s = calloc(1, sizeof(*s));

	if (s != NULL) {
		s->utf8 = utf8;
		s->colours = colours;
	}
	return s;
}

void
screen_free(struct screen *s)
{
	if (s == NULL)
		return;
	free(s->shown);
	free(s->next);
	buffer_free(&s->sixels);
	buffer_free(&s->out);
	free(s);
}

static const char *
finish(struct screen *s, size_t *len)
{
	*len = s->out.len;
	buffer_put(&s->out, "", 1);
	return s->out.failed ? NULL : s->out.p;
}

unsigned
screen_size(struct screen *s, unsigned rows, unsigned columns)
{
	unsigned text;
	size_t cells;

	rows = rows < SIDE_MAX ? rows : SIDE_MAX;
	columns = columns < SIDE_MAX ? columns : SIDE_MAX;
	text = rows / 5;
	text = text < 3 ? 3 : text > 10 ? 10 : text;
	if (rows < ROWS_MIN + text || columns < 20)
		rows = text = 0;
	s->rows = rows;
	s->columns = columns;
	s->top = text;
	s->known = 0;
	free(s->shown);
	free(s->next);
	cells = (size_t)(rows - text + 1) * columns;
	s->shown = calloc(cells, sizeof(*s->shown));
	s->next = calloc(cells, sizeof(*s->next));
	return s->shown == NULL || s->next == NULL ? 0 : rows - text;
}

/* Nothing that the run has set is in force: colours, other character sets,
 * letters that push others aside. */
#define PLAIN	"\033[m\033[4l\017\033(B"

const char *
screen_open(struct screen *s, size_t *len)
{
	unsigned i;

	buffer_clear(&s->out);
	/* Scrolls only if the picture has no room below the cursor, which
	 * stays in its column. */
	for (i = 0; i < s->rows - s->top; i++)
		buffer_puts(&s->out, "\033D");
	buffer_printf(&s->out, "\033[%uA", s->rows - s->top);
	buffer_printf(&s->out, "\0337\033[1;%ur\0338", s->top);
	s->known = 0;
	return finish(s, len);
}

const char *
screen_lift(struct screen *s, size_t *len)
{
	buffer_clear(&s->out);
	/* What the run has printed ends at the cursor. */
	buffer_puts(&s->out, "\0337" PLAIN "\033[r\0338\0337\033[m\033[J"
	    "\0338");
	s->known = 0;
	return finish(s, len);
}

const char *
screen_mend(struct screen *s, size_t *len)
{
	buffer_clear(&s->out);
	/* CAN: no sequence is half read. */
	buffer_puts(&s->out, "\030\033[?7h\0338\033[?25h\033[?2026l");
	return finish(s, len);
}

const char *
screen_close(struct screen *s, size_t *len)
{
	buffer_clear(&s->out);
	buffer_printf(&s->out, PLAIN "\033[r\033[%u;1H\r\n\033[?25h", s->rows);
	s->known = 0;
	return finish(s, len);
}

/* One character of UTF-8, or 0 and one byte where it is none. */
static uint32_t
decode(const char *p, size_t len, size_t *n)
{
	const unsigned char *u = (const unsigned char *)p;

	*n = *u < 0x80 ? 1 : *u < 0xe0 ? 2 : *u < 0xf0 ? 3 : 4;
	if (*n > len || !aprec_is_text(p, *n, 0)) {
		*n = 1;
		return 0;
	}
	switch (*n) {
	case 1:
		return u[0];
	case 2:
		return (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
	case 3:
		return (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 |
		    (u[2] & 0x3fu);
	default:
		return (u[0] & 0x07u) << 18 | (u[1] & 0x3fu) << 12 |
		    (u[2] & 0x3fu) << 6 | (u[3] & 0x3fu);
	}
}

/* Without UTF-8: something like it. */
static char
in_ascii(uint32_t c)
{
	static const struct {
		uint32_t	 c;
		char		 like;
	} likes[] = { { 0xb0, 'o' }, { 0xb1, '+' }, { 0xb2, '2' },
		{ 0xb3, '3' }, { 0xb5, 'u' }, { 0xb7, '.' }, { 0xd7, 'x' },
		{ 0x3bc, 'u' }, { 0x2013, '-' }, { 0x2026, '~' },
		{ 0x2212, '-' }, { 0x2588, '#' }, { 0x2591, '.' },
		{ 0x2592, ':' }, { 0x2593, '%' } };
	size_t i;

	for (i = 0; i < sizeof(likes) / sizeof(likes[0]); i++)
		if (likes[i].c == c)
			return likes[i].like;
	return '?';
}

static void
encode(struct screen *s, uint32_t c)
{
	char b[4];
	size_t n = 0;

	if (c < 0x80) {
		b[n++] = (char)c;
	} else if (!s->utf8) {
		b[n++] = in_ascii(c);
	} else {
		if (c < 0x800) {
			b[n++] = (char)(0xc0 | c >> 6);
		} else {
			if (c < 0x10000) {
				b[n++] = (char)(0xe0 | c >> 12);
			} else {
				b[n++] = (char)(0xf0 | c >> 18);
				b[n++] = (char)(0x80 | (c >> 12 & 0x3f));
			}
			b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		}
		b[n++] = (char)(0x80 | (c & 0x3f));
	}
	buffer_put(&s->out, b, n);
}

/* What 38 or 48 says: v[0] 5 or 2 and what follows; numbers taken. */
static unsigned
read_colour(const unsigned *v, unsigned n, uint32_t *colour)
{
	if (n > 1 && v[0] == 5) {
		*colour = INDEX | (v[1] & 0xff);
		return 2;
	}
	if (n > 3 && v[0] == 2) {
		*colour = RGB | (v[1] & 0xff) << 16 | (v[2] & 0xff) << 8 |
		    (v[3] & 0xff);
		return 4;
	}
	return n;	/* no telling where it ends */
}

/* Follow the parameters of an ESC [ ... m. */
static void
apply_sgr(struct ink *ink, const unsigned *v, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (v[i] == 0)
			ink->fore = ink->back = DEFAULT;
		else if (v[i] == 39)
			ink->fore = DEFAULT;
		else if (v[i] == 49)
			ink->back = DEFAULT;
		else if (v[i] >= 30 && v[i] <= 37)
			ink->fore = INDEX | (v[i] - 30);
		else if (v[i] >= 40 && v[i] <= 47)
			ink->back = INDEX | (v[i] - 40);
		else if (v[i] >= 90 && v[i] <= 97)
			ink->fore = INDEX | (v[i] - 90 + 8);
		else if (v[i] >= 100 && v[i] <= 107)
			ink->back = INDEX | (v[i] - 100 + 8);
		else if (v[i] == 38)
			i += read_colour(v + i + 1, n - i - 1, &ink->fore);
		else if (v[i] == 48)
			i += read_colour(v + i + 1, n - i - 1, &ink->back);
	}
}

/* Read ESC [ digits and ; m at p; bytes of it, 0 when it is something else. */
static size_t
parse_sgr(const char *p, size_t len, struct ink *ink)
{
	unsigned v[16] = { 0 }, n = 1;
	size_t i;

	if (len < 3 || p[1] != '[')
		return 0;
	for (i = 2; i < len && i < 64; i++) {
		if (isdigit((unsigned char)p[i]))
			v[n - 1] = (v[n - 1] * 10 + (unsigned)(p[i] - '0')) %
			    100000;
		else if (p[i] == ';' && n < 16)
			n++;
		else
			break;
	}
	if (i == len || p[i] != 'm')
		return 0;
	apply_sgr(ink, v, n);
	return i + 1;
}

/* How much two colours differ, in brightness and hue (YCbCr): a hue that is
 * not there would be worse than another brightness. */
static unsigned
difference(unsigned a, unsigned b)
{
	int r = (int)(a >> 16) - (int)(b >> 16);
	int g = (int)(a >> 8 & 0xff) - (int)(b >> 8 & 0xff);
	int l = (int)(a & 0xff) - (int)(b & 0xff);
	int y = (77 * r + 150 * g + 29 * l) / 256;

	return (unsigned)(2 * y * y + (r - y) * (r - y) + (l - y) * (l - y));
}

/* The nearest of the 16 colours, as xterm has them. */
static unsigned
nearest_16(unsigned v)
{
	static const unsigned ansi[16] = { 0x000000, 0xcd0000, 0x00cd00,
		0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f,
		0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff,
		0xffffff };
	unsigned i, best = 0;

	for (i = 1; i < 16; i++)
		if (difference(v, ansi[i]) < difference(v, ansi[best]))
			best = i;
	return best;
}

/* The step of the cube of 256 colours that is nearest, and its value. */
static unsigned
cube_step(unsigned v, unsigned *value)
{
	unsigned i = v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40;

	*value = i == 0 ? 0 : 55 + 40 * i;
	return i;
}

/* The nearest of 256: of the cube, or of the greys. */
static unsigned
nearest_256(unsigned v)
{
	unsigned r, g, b, cube, grey, mean;

	cube = 16 + 36 * cube_step(v >> 16, &r);
	cube += 6 * cube_step(v >> 8 & 0xff, &g);
	cube += cube_step(v & 0xff, &b);
	mean = ((v >> 16) + (v >> 8 & 0xff) + (v & 0xff)) / 3;
	grey = mean < 3 ? 0 : (mean - 3) / 10 > 23 ? 23 : (mean - 3) / 10;
	mean = 8 + 10 * grey;
	return difference(v, mean << 16 | mean << 8 | mean) <
	    difference(v, r << 16 | g << 8 | b) ? 232 + grey : cube;
}

/* A colour as the terminal has it. */
static uint32_t
shown_colour(const struct screen *s, uint32_t colour)
{
	unsigned v = colour & 0xffffff;

	if (s->colours <= 2)
		return DEFAULT;
	if (!(colour & RGB) || s->colours > 256)
		return colour;
	return INDEX | (s->colours < 256 ? nearest_16(v) : nearest_256(v));
}

/* What stands in a cell for a character: one that takes one cell. */
static uint32_t
visible(uint32_t c, uint32_t colour)
{
	if (c == 'X' && colour != DEFAULT)
		return BLOCK;	/* gnuplot fills areas with X */
	if (c < 0x80)
		return c < ' ' || c == 0x7f ? '?' : c;
	/* Without a locale wcwidth() knows nothing: letters, Greek ones too,
	 * dashes, signs, block elements. */
	if (c < 0x300 || (c >= 0x370 && c < 0x480) ||
	    (c >= 0x2010 && c < 0x2028) || (c >= 0x2190 && c < 0x2300) ||
	    (c >= 0x2500 && c < 0x2600) || (c >= 0x2800 && c < 0x2900))
		return c;
	return wcwidth((wchar_t)c) == 1 ? c : '?';
}

/* Red, green and blue in 4 bits each, and 2 more for each, as 8. */
static uint32_t
full_colour(unsigned high, unsigned low)
{
	uint32_t colour = RGB;
	unsigned i, v;

	for (i = 0; i < 3; i++) {
		v = (high >> 4 * i & 0xf) << 2 | (low >> 2 * i & 3);
		colour |= v * 255 / 63 << 8 * i;
	}
	return colour;
}

/* A character in a cell, as the terminal will show it. */
static void
fill_cell(const struct screen *s, struct cell *cell, uint32_t c,
    const struct ink *ink)
{
	struct ink in = *ink;

	if (c - DOTS_PAIR < DOTS_PAIRS && (ink->fore & RGB)) {
		in.fore = full_colour(ink->fore >> 12, c >> 6);
		in.back = full_colour(ink->fore, c);
		c = UPPER;
	}
	cell->ink.fore = c == ' ' ? DEFAULT : shown_colour(s, in.fore);
	cell->ink.back = shown_colour(s, in.back);
	cell->ch = visible(c, cell->ink.fore);
	if (cell->ch == UPPER && cell->ink.fore == cell->ink.back &&
	    cell->ink.fore != DEFAULT) {
		cell->ch = BLOCK;
		cell->ink.back = DEFAULT;
	}
}

/*
 * Take characters from bytes until a row ends: at most columns cells.
 * Returns how many bytes were taken.
 */
static size_t
read_row(const struct screen *s, const char *p, size_t len, struct cell *row,
    unsigned columns, unsigned *used, struct ink *ink)
{
	size_t at = 0, n;
	uint32_t c;

	*used = 0;
	while (at < len && p[at] != '\n') {
		if (p[at] == '\f' || p[at] == '\r') {
			at++;
			continue;
		}
		if (p[at] == '\033' &&
		    (n = parse_sgr(p + at, len - at, ink)) > 0) {
			at += n;
			continue;
		}
		c = decode(p + at, len - at, &n);
		at += n;
		if (*used < columns) {
			fill_cell(s, &row[(*used)++], c, ink);
		}
	}
	return at < len ? at + 1 : at;
}

/* One colour, of letters (30) or behind them (40). */
static void
put_colour(struct screen *s, uint32_t colour, unsigned from)
{
	unsigned v = colour & 0xffffff;

	if (colour & RGB)
		buffer_printf(&s->out, ";%u;2;%u;%u;%u", from + 8, v >> 16,
		    v >> 8 & 0xff, v & 0xff);
	else if ((colour & INDEX) && v < 16)
		buffer_printf(&s->out, ";%u", v < 8 ? v + from :
		    v - 8 + from + 60);
	else if (colour & INDEX)
		buffer_printf(&s->out, ";%u;5;%u", from + 8, v);
}

static void
put_ink(struct screen *s, const struct ink *ink, int reverse)
{
	buffer_puts(&s->out, reverse ? "\033[0;7" : "\033[0");
	put_colour(s, ink->fore, 30);
	put_colour(s, ink->back, 40);
	buffer_puts(&s->out, "m");
}

static int
is_blank(const struct cell *c)
{
	return (c->ch == ' ' || c->ch == 0) && c->ink.back == DEFAULT;
}

/* Cells of a row; at the end nothing is coloured. */
static void
put_cells(struct screen *s, const struct cell *row, unsigned n)
{
	struct ink ink = { DEFAULT, DEFAULT };
	int reverse = 0, full;
	unsigned i;

	for (i = 0; i < n; i++) {
		/* A coloured block needs no letter. */
		full = !s->utf8 && row[i].ch == BLOCK &&
		    row[i].ink.fore != DEFAULT;
		if (full != reverse || row[i].ink.back != ink.back ||
		    (row[i].ch != ' ' && row[i].ch != 0 &&
		    row[i].ink.fore != ink.fore)) {
			ink = row[i].ink;
			reverse = full;
			put_ink(s, &ink, reverse);
		}
		encode(s, row[i].ch == 0 || full ? ' ' : row[i].ch);
	}
	if (reverse || ink.fore != DEFAULT || ink.back != DEFAULT)
		buffer_puts(&s->out, "\033[m");
}

/* How many cells a row has without the blanks at its end. */
static unsigned
row_end(const struct cell *row, unsigned n)
{
	while (n > 0 && is_blank(&row[n - 1]))
		n--;
	return n;
}

/* Before and after painting: nothing wraps, blinks or is torn. */
static void
begin(struct screen *s)
{
	buffer_printf(&s->out, "\033[?2026h\0337\033[?25l\033[?7l" PLAIN);
}

static void
end(struct screen *s)
{
	buffer_printf(&s->out, "\033[?7h\0338\033[?25h\033[?2026l");
}

static int
same(const struct cell *a, const struct cell *b)
{
	return a->ch == b->ch && a->ink.fore == b->ink.fore &&
	    a->ink.back == b->ink.back;
}

/* Paint what a row has that is not shown; 0: nothing. */
static int
paint_row(struct screen *s, unsigned row)
{
	const struct cell *next = s->next + (size_t)row * s->columns;
	const struct cell *shown = s->shown + (size_t)row * s->columns;
	unsigned from = 0, end = s->columns, last = row_end(next, end);

	if (s->known) {
		while (from < end && same(&next[from], &shown[from]))
			from++;
		while (end > from && same(&next[end - 1], &shown[end - 1]))
			end--;
		if (from == end)
			return 0;
	}
	buffer_printf(&s->out, "\033[%u;%uH", s->top + 1 + row, from + 1);
	if (last < from)
		last = from;
	put_cells(s, next + from, (end < last ? end : last) - from);
	if (end > last)
		buffer_puts(&s->out, "\033[K");
	return 1;
}

const char *
screen_text(struct screen *s, const char *bytes, size_t n, size_t *len)
{
	unsigned row, used, w = s->columns, rows = s->rows - s->top;
	struct ink ink = { DEFAULT, DEFAULT };
	struct cell *cells;
	int changed = 0;
	size_t took;

	buffer_clear(&s->out);
	memset(s->next, 0, (size_t)rows * w * sizeof(*s->next));
	begin(s);
	for (row = 0; row < rows; row++) {
		took = read_row(s, bytes, n, s->next + (size_t)row * w, w,
		    &used, &ink);
		bytes += took;
		n -= took;
		changed |= paint_row(s, row);
	}
	end(s);
	cells = s->shown;
	s->shown = s->next;
	s->next = cells;
	s->known = 1;
	if (!changed)
		buffer_clear(&s->out);
	return finish(s, len);
}

const char *
screen_plain(struct screen *s, const char *bytes, size_t n, size_t *len)
{
	struct cell row[SIDE_MAX];
	struct ink ink = { DEFAULT, DEFAULT };
	unsigned used;
	size_t took;

	buffer_clear(&s->out);
	while (n > 0) {
		took = read_row(s, bytes, n, row, SIDE_MAX, &used, &ink);
		bytes += took;
		n -= took;
		put_cells(s, row, row_end(row, used));
		buffer_puts(&s->out, "\n");
	}
	return finish(s, len);
}

/* ESC P digits and ; q data ESC \: its length, 0 when there is none at p. */
static size_t
sixel_length(const char *p, size_t n)
{
	size_t i = 2;

	if (n < 4 || p[0] != '\033' || p[1] != 'P')
		return 0;
	while (i < n && (isdigit((unsigned char)p[i]) || p[i] == ';'))
		i++;
	if (i == n || p[i] != 'q')
		return 0;
	while (++i < n && p[i] != '\033')
		if (p[i] != '\n' && p[i] != '\r' &&
		    (p[i] < '!' || p[i] > '~'))
			return 0;
	return i + 1 < n && p[i + 1] == '\\' ? i + 2 : 0;
}

const char *
screen_sixel(struct screen *s, const char *bytes, size_t n, size_t *len)
{
	size_t at, m = 0;

	buffer_clear(&s->out);
	for (at = 0; at < n && m == 0; at++)
		m = sixel_length(bytes + at, n - at);
	if (m == 0)
		return finish(s, len);
	bytes += at - 1;
	if (s->known && s->sixels.len == m &&
	    memcmp(s->sixels.p, bytes, m) == 0)
		return finish(s, len);
	buffer_clear(&s->sixels);
	buffer_put(&s->sixels, bytes, m);
	begin(s);
	if (!s->known)
		buffer_printf(&s->out, "\033[%u;1H\033[J", s->top + 1);
	/* Below a region, a sixel picture would scroll it. */
	buffer_printf(&s->out, "\033[r\033[%u;1H", s->top + 1);
	buffer_put(&s->out, bytes, m);
	buffer_printf(&s->out, "\033[1;%ur", s->top);
	end(s);
	s->known = 1;
	return finish(s, len);
}

int
screen_has_sixel(const char *answer, size_t len)
{
	unsigned v = 0, n = 0;
	int found = 0;
	size_t i;

	for (i = 0; i + 2 < len; i++)
		if (memcmp(answer + i, "\033[?", 3) == 0)
			break;
	for (i += 3; i < len; i++) {
		if (isdigit((unsigned char)answer[i])) {
			v = (v * 10 + (unsigned)(answer[i] - '0')) % 10000;
		} else {
			/* The first number is the terminal's class. */
			found |= n++ > 0 && v == 4;
			v = 0;
			if (answer[i] != ';')
				return found;
		}
	}
	return -1;
}

void
screen_cell_size(const char *answer, size_t len, unsigned *width,
    unsigned *height)
{
	unsigned v[3], n;
	size_t i, k;

	*width = *height = 0;
	for (i = 0; i + 4 < len; i++) {
		if (memcmp(answer + i, "\033[6;", 4) != 0)
			continue;
		n = 0;
		memset(v, 0, sizeof(v));
		for (k = i + 2; k < len && n < 3; k++) {
			if (isdigit((unsigned char)answer[k]))
				v[n] = (v[n] * 10 + (unsigned)(answer[k] -
				    '0')) % 10000;
			else if (answer[k] == ';')
				n++;
			else
				break;
		}
		if (k == len || answer[k] != 't' || n != 2 || v[1] < 2 ||
		    v[2] < 2 || v[1] > 500 || v[2] > 500)
			continue;
		*height = v[1];
		*width = v[2];
	}
}

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
#include "screen.h"

#define ROWS_MIN	8	/* of a picture */
#define SIDE_MAX	500	/* rows and columns that are believed */

#define BLOCK		0x2588	/* full block */

/* Colours: DEFAULT, INDEX | 0 to 255, RGB | 0xrrggbb. */
#define DEFAULT		0u
#define INDEX		(1u << 24)
#define RGB		(2u << 24)

struct cell {
	uint32_t	 ch;
	uint32_t	 colour;
};

struct screen {
	int		 utf8;
	unsigned	 rows;		/* of the terminal */
	unsigned	 columns;
	unsigned	 top;		/* rows above the picture */
	int		 known;		/* shown is what the terminal shows */
	struct cell	*shown;
	struct cell	*next;
	struct buffer	 out;
};

struct screen *
screen_new(int utf8)
{
	struct screen *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->utf8 = utf8;
	return s;
}

void
screen_free(struct screen *s)
{
	if (s == NULL)
		return;
	free(s->shown);
	free(s->next);
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

const char *
screen_open(struct screen *s, int resized, size_t *len)
{
	unsigned i;

	buffer_clear(&s->out);
	if (resized) {
		/* Lines were wrapped anew, the cursor may be anywhere: all
		 * that is there goes where scrolled lines go. */
		buffer_printf(&s->out, "\033[m\033[r\033[%u;1H", s->rows);
		for (i = 0; i < s->rows; i++)
			buffer_puts(&s->out, "\n");
		buffer_printf(&s->out, "\033[1;%ur\033[1;1H", s->top);
	} else {
		/* Scrolls only if the picture has no room below the cursor. */
		for (i = 0; i < s->rows - s->top; i++)
			buffer_puts(&s->out, "\n");
		buffer_printf(&s->out, "\033[%uA", s->rows - s->top);
		buffer_printf(&s->out, "\0337\033[1;%ur\0338", s->top);
	}
	s->known = 0;
	return finish(s, len);
}

const char *
screen_close(struct screen *s, size_t *len)
{
	buffer_clear(&s->out);
	buffer_printf(&s->out, "\033[m\033[r\033[%u;1H\r\n\033[?25h", s->rows);
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

static void
encode(struct screen *s, uint32_t c)
{
	char b[4];
	size_t n = 0;

	if (c < 0x80) {
		b[n++] = (char)c;
	} else if (!s->utf8) {
		b[n++] = '?';
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

/* The colour after the parameters of an ESC [ ... m. */
static uint32_t
apply_sgr(uint32_t colour, const unsigned *v, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (v[i] == 0 || v[i] == 39)
			colour = DEFAULT;
		else if (v[i] >= 30 && v[i] <= 37)
			colour = INDEX | (v[i] - 30);
		else if (v[i] >= 90 && v[i] <= 97)
			colour = INDEX | (v[i] - 90 + 8);
		else if (v[i] == 38 && i + 2 < n && v[i + 1] == 5) {
			colour = INDEX | (v[i + 2] & 0xff);
			i += 2;
		} else if (v[i] == 38 && i + 4 < n && v[i + 1] == 2) {
			colour = RGB | (v[i + 2] & 0xff) << 16 |
			    (v[i + 3] & 0xff) << 8 | (v[i + 4] & 0xff);
			i += 4;
		}
	}
	return colour;
}

/* Read ESC [ digits and ; m at p; bytes of it, 0 when it is something else. */
static size_t
parse_sgr(const char *p, size_t len, uint32_t *colour)
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
	*colour = apply_sgr(*colour, v, n);
	return i + 1;
}

/* What stands in a cell for a character: one that takes one cell. */
static uint32_t
visible(const struct screen *s, uint32_t c, uint32_t colour)
{
	if (c == 'X' && colour != DEFAULT && s->utf8)
		return BLOCK;	/* gnuplot fills areas with X */
	if (c < 0x80)
		return c < ' ' || c == 0x7f ? '?' : c;
	/* Without a locale wcwidth() knows nothing; block elements are 1. */
	if ((c >= 0x2500 && c < 0x2900) || c < 0x300)
		return c;
	return wcwidth((wchar_t)c) == 1 ? c : '?';
}

/*
 * Take characters from bytes until a row ends: at most columns cells.
 * Returns how many bytes were taken.
 */
static size_t
read_row(const struct screen *s, const char *p, size_t len, struct cell *row,
    unsigned columns, unsigned *used, uint32_t *colour)
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
		    (n = parse_sgr(p + at, len - at, colour)) > 0) {
			at += n;
			continue;
		}
		c = decode(p + at, len - at, &n);
		at += n;
		if (*used < columns) {
			row[*used].ch = visible(s, c, *colour);
			row[*used].colour = *colour;
			(*used)++;
		}
	}
	return at < len ? at + 1 : at;
}

static void
put_colour(struct screen *s, uint32_t colour)
{
	unsigned v = colour & 0xffffff;

	if (colour & RGB)
		buffer_printf(&s->out, "\033[0;38;2;%u;%u;%um", v >> 16,
		    v >> 8 & 0xff, v & 0xff);
	else if ((colour & INDEX) && v < 16)
		buffer_printf(&s->out, "\033[0;%um",
		    v < 8 ? v + 30 : v - 8 + 90);
	else if (colour & INDEX)
		buffer_printf(&s->out, "\033[0;38;5;%um", v);
	else
		buffer_printf(&s->out, "\033[m");
}

/* One row's cells without the blanks at its end. */
static void
put_cells(struct screen *s, const struct cell *row, unsigned n, int colours)
{
	uint32_t colour = DEFAULT;
	unsigned i;

	while (n > 0 && (row[n - 1].ch == ' ' || row[n - 1].ch == 0))
		n--;
	for (i = 0; i < n; i++) {
		if (colours && row[i].ch != ' ' && row[i].colour != colour) {
			colour = row[i].colour;
			put_colour(s, colour);
		}
		encode(s, row[i].ch == 0 ? ' ' : row[i].ch);
	}
	if (colour != DEFAULT)
		put_colour(s, DEFAULT);
}

/* Before and after painting: nothing wraps, blinks or is torn. */
static void
begin(struct screen *s)
{
	buffer_printf(&s->out, "\033[?2026h\0337\033[?25l\033[?7l\033[m");
}

static void
end(struct screen *s)
{
	buffer_printf(&s->out, "\033[?7h\0338\033[?25h\033[?2026l");
}

const char *
screen_text(struct screen *s, const char *bytes, size_t n, size_t *len)
{
	unsigned row, used, changed = 0, w = s->columns;
	uint32_t colour = DEFAULT;
	struct cell *cells;

	buffer_clear(&s->out);
	memset(s->next, 0, (size_t)(s->rows - s->top) * w * sizeof(*s->next));
	begin(s);
	for (row = 0; row < s->rows - s->top; row++) {
		size_t took;

		cells = s->next + (size_t)row * w;
		took = read_row(s, bytes, n, cells, w, &used, &colour);
		bytes += took;
		n -= took;
		if (s->known && memcmp(cells, s->shown + (size_t)row * w,
		    w * sizeof(*cells)) == 0)
			continue;
		changed++;
		buffer_printf(&s->out, "\033[%u;1H", s->top + 1 + row);
		put_cells(s, cells, w, 1);
		buffer_printf(&s->out, "\033[K");
	}
	end(s);
	cells = s->shown;
	s->shown = s->next;
	s->next = cells;
	s->known = 1;
	if (changed == 0)
		buffer_clear(&s->out);
	return finish(s, len);
}

const char *
screen_plain(struct screen *s, const char *bytes, size_t n, int colours,
    size_t *len)
{
	struct cell row[SIDE_MAX];
	uint32_t colour = DEFAULT;
	unsigned used;
	size_t took;

	buffer_clear(&s->out);
	while (n > 0) {
		took = read_row(s, bytes, n, row, SIDE_MAX, &used, &colour);
		bytes += took;
		n -= took;
		put_cells(s, row, used, colours);
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
	if (m > 0) {
		begin(s);
		if (!s->known)
			buffer_printf(&s->out, "\033[%u;1H\033[J", s->top + 1);
		/* Below a region, a sixel picture would scroll it. */
		buffer_printf(&s->out, "\033[r\033[%u;1H", s->top + 1);
		buffer_put(&s->out, bytes + at - 1, m);
		buffer_printf(&s->out, "\033[1;%ur", s->top);
		end(s);
		s->known = 1;
	}
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

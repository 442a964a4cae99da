/*
 * sheet.c - a frame in the making: commands, and the data they name
 */
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "record.h"
#include "sheet.h"

void
sheet_free(struct sheet *s)
{
	buffer_free(&s->text);
	buffer_free(&s->plot);
	buffer_free(&s->before);
	buffer_free(&s->own);
	buffer_free(&s->pieces);
	buffer_free(&s->iov);
}

void
sheet_begin(struct sheet *s, const char *path)
{
	buffer_clear(&s->text);
	buffer_clear(&s->plot);
	buffer_clear(&s->own);
	buffer_clear(&s->pieces);
	buffer_clear(&s->iov);
	s->path = path;
	s->size = 0;
	s->blocks = 0;
	s->elements = 0;
	s->panel = 0;
}

void
sheet_element(struct sheet *s, const char *command)
{
	if (s->elements++ == 0)
		buffer_printf(&s->plot, "%s ", command);
	else
		buffer_puts(&s->plot, ", \\\n    ");
	if (s->panel > 0)
		buffer_printf(&s->plot, "for [APLOT_i = 1:APLOT_on == %u] ",
		    s->panel);
}

static void
put_plot(struct sheet *s, struct buffer *b)
{
	buffer_put(b, s->plot.p, s->plot.len);
	buffer_puts(b, "\n");
	buffer_clear(&s->plot);
	s->elements = 0;
}

/* Append to the data file; returns where it begins there. */
static uint64_t
append(struct sheet *s, const void *p, size_t at, size_t n)
{
	struct piece piece = { p, at, n };
	uint64_t begin = s->size;

	buffer_put(&s->pieces, &piece, sizeof(piece));
	s->size += n;
	return begin;
}

void
sheet_spot(struct sheet *s, double xlo, double xhi, double ylo, double yhi)
{
	s->spot.x = xlo + (xhi - xlo) / 2;
	s->spot.y = ylo + (yhi - ylo) / 2;
	s->spot.dx = (xhi - xlo) / 1000;
	s->spot.dy = (yhi - ylo) / 1000;
}

/*
 * What elements read that are of other panels: two rows at the spot, of two,
 * three or four columns; and for grids bytes that are, in any type, four
 * values that are above 0, not all the same, and nothing odd.
 */
#define ROWS	2
#define WIDEST	4	/* columns */

/* Where rows of so many columns lie, behind those of fewer; and the bytes. */
static size_t
spot_at(unsigned cols)
{
	return ROWS * (cols * (cols - 1) / 2 - 1) * sizeof(double);
}

static void
put_spot(struct sheet *s, unsigned panel, struct buffer *b)
{
	const struct sheet_spot *at = &s->spot;
	static const char cells[] = "?@@@????@@@@@@@@????????????????";
	size_t from = s->own.len;
	double row[WIDEST];
	unsigned cols, i, k;

	for (cols = 2; cols <= WIDEST; cols++) {
		for (i = 0; i < ROWS; i++) {
			row[0] = at->x + i * at->dx;
			for (k = 1; k < cols; k++)
				row[k] = at->y + i * at->dy;
			buffer_put(&s->own, row, cols * sizeof(row[0]));
		}
	}
	buffer_put(&s->own, cells, sizeof(cells) - 1);
	buffer_printf(b, "APLOT_on = %u\nAPLOT_skip = %llu\nAPLOT_x = ",
	    panel, (unsigned long long)append(s, NULL, from, s->own.len -
	    from));
	buffer_number(b, at->x);
	buffer_puts(b, "\nAPLOT_y = ");
	buffer_number(b, at->y);
	buffer_puts(b, "\nAPLOT_dx = ");
	buffer_number(b, at->dx);
	buffer_puts(b, "\nAPLOT_dy = ");
	buffer_number(b, at->dy);
	buffer_puts(b, "\n");
}

void
sheet_plot(struct sheet *s)
{
	if (s->panel == 0) {
		put_plot(s, &s->text);
		return;
	}
	put_spot(s, s->panel++, &s->text);
	buffer_puts(&s->text, "replot\n");
}

void
sheet_gather(struct sheet *s)
{
	struct buffer b = s->before;

	s->before = s->text;
	s->text = b;
	buffer_clear(&s->text);
	s->panel = 1;
	s->last = s->spot;
}

void
sheet_gathered(struct sheet *s)
{
	struct buffer *b = &s->before, text = s->text;
	struct sheet_spot last = s->spot;

	/* It is read, and nothing drawn: with the axes that are still set. */
	s->spot = s->last;
	if (!(s->spot.dx > 0))
		sheet_spot(s, 1, 2, 1, 2);
	put_spot(s, 0, b);
	buffer_puts(b, "set table $APLOT_none\n");
	put_plot(s, b);
	buffer_puts(b, "unset table\nset multiplot\n");
	buffer_put(b, text.p, text.len);
	b->failed |= text.failed;
	s->text = *b;
	s->before = text;
	s->spot = last;
	s->panel = 0;
}

/* A number of an element; in other panels another one. */
static void
put_either(struct sheet *s, const char *number, const char *other)
{
	if (s->panel > 0)
		buffer_printf(&s->plot, "(APLOT_on == %u ? %s : %s)", s->panel,
		    number, other);
	else
		buffer_puts(&s->plot, number);
}

static void
put_count(struct sheet *s, uint64_t n, const char *other)
{
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)n);
	put_either(s, number, other);
}

static void
put_place(struct sheet *s, double at, const char *other)
{
	struct buffer number = { 0 };

	buffer_number(&number, at);
	put_either(s, buffer_text(&number), other);
	s->plot.failed |= number.failed;
	buffer_free(&number);
}

static void
put_path(struct sheet *s)
{
	escape_quoted(&s->plot, s->path, strlen(s->path), 4096);
}

/* Values, cols a line, as a named block; a blank line after lines of them. */
static void
block(struct sheet *s, size_t from, size_t n, size_t cols, size_t lines)
{
	struct buffer *b = &s->text;
	double v;
	size_t i;

	buffer_printf(b, "$APLOT_%u << APLOT_END\n", ++s->blocks);
	for (i = 0; i < n && !s->own.failed; i++) {
		memcpy(&v, s->own.p + from + i * sizeof(v), sizeof(v));
		buffer_number(b, v);
		buffer_puts(b, (i + 1) % cols != 0 ? " " :
		    lines > 0 && (i + 1) % (cols * lines) == 0 ? "\n\n" :
		    "\n");
	}
	buffer_puts(b, "APLOT_END\n");
}

/* A grid as a block of x, y, value: a matrix would not take NaN in silence. */
static void
grid_block(struct sheet *s, size_t from, const struct sheet_grid *g)
{
	struct buffer *b = &s->text;
	double v;
	uint64_t i, j;

	buffer_printf(b, "$APLOT_%u << APLOT_END\n", ++s->blocks);
	for (j = 0; j < g->ny && !s->own.failed; j++) {
		for (i = 0; i < g->nx; i++) {
			memcpy(&v, s->own.p + from + (j * g->nx + i) *
			    sizeof(v), sizeof(v));
			buffer_number(b, g->x0 + (double)i * g->dx);
			buffer_puts(b, " ");
			buffer_number(b, g->y0 + (double)j * g->dy);
			buffer_puts(b, " ");
			buffer_number(b, v);
			buffer_puts(b, "\n");
		}
	}
	buffer_puts(b, "APLOT_END\n");
}

void
sheet_rows(struct sheet *s, size_t from, size_t n, unsigned cols)
{
	char other[40];
	uint64_t skip;
	unsigned i;

	if (s->path == NULL) {
		block(s, from, n * cols, cols, 0);
		buffer_printf(&s->plot, "$APLOT_%u", s->blocks);
		return;
	}
	skip = append(s, NULL, from, n * cols * sizeof(double));
	put_path(s);
	buffer_puts(&s->plot, " binary skip=");
	snprintf(other, sizeof(other), "APLOT_skip + %zu", spot_at(cols));
	put_count(s, skip, other);
	buffer_puts(&s->plot, " record=");
	snprintf(other, sizeof(other), "%d", ROWS);
	put_count(s, n, other);
	buffer_puts(&s->plot, " format='");
	for (i = 0; i < cols; i++)
		buffer_puts(&s->plot, "%float64");
	buffer_puts(&s->plot, "'");
}

void
sheet_grid_rows(struct sheet *s, size_t from, uint64_t cols, uint64_t lines)
{
	size_t n = (size_t)(cols * lines);

	if (s->path == NULL) {
		block(s, from, 3 * n, 3, (size_t)cols);
		buffer_printf(&s->plot, "$APLOT_%u", s->blocks);
		return;
	}
	n = append(s, NULL, from, 3 * n * sizeof(double));
	put_path(s);
	buffer_printf(&s->plot, " binary skip=%zu record=(%llu,%llu) "
	    "format='%%float64%%float64%%float64'", n,
	    (unsigned long long)cols, (unsigned long long)lines);
}

const char *
sheet_type(enum aprec_type type)
{
	static const char *const names[] = { [APREC_I8] = "int8",
		[APREC_I16] = "int16", [APREC_I32] = "int32",
		[APREC_I64] = "int64", [APREC_U8] = "uint8",
		[APREC_U16] = "uint16", [APREC_U32] = "uint32",
		[APREC_U64] = "uint64", [APREC_F32] = "float32",
		[APREC_F64] = "float64", [APREC_BOOL] = "uint8" };

	return (size_t)type < sizeof(names) / sizeof(names[0]) ?
	    names[type] : NULL;
}

static void
put_grid(struct sheet *s, uint64_t skip, enum aprec_type type,
    const struct sheet_grid *g, const char *endian)
{
	struct buffer *b = &s->plot;
	char other[40];

	put_path(s);
	buffer_puts(b, " binary skip=");
	snprintf(other, sizeof(other), "APLOT_skip + %zu", spot_at(WIDEST + 1));
	put_count(s, skip, other);
	buffer_puts(b, " array=(");
	put_count(s, g->nx, "2");
	buffer_puts(b, ",");
	put_count(s, g->ny, "2");
	buffer_printf(b, ") format='%%%s'%s origin=(", sheet_type(type),
	    endian);
	put_place(s, g->x0, "APLOT_x");
	buffer_puts(b, ",");
	put_place(s, g->y0, "APLOT_y");
	buffer_puts(b, ") dx=");
	put_place(s, g->dx, "APLOT_dx");
	buffer_puts(b, " dy=");
	put_place(s, g->dy, "APLOT_dy");
	buffer_puts(b, " using 1");
}

void
sheet_grid(struct sheet *s, size_t from, const struct sheet_grid *g)
{
	struct buffer *b = &s->plot;
	size_t n = (size_t)(g->nx * g->ny);

	if (s->path != NULL) {
		put_grid(s, append(s, NULL, from, n * sizeof(double)),
		    APREC_F64, g, "");
		return;
	}
	grid_block(s, from, g);
	buffer_printf(b, "$APLOT_%u using 1:2:3", s->blocks);
}

void
sheet_grid_at(struct sheet *s, const void *p, enum aprec_type type,
    const struct sheet_grid *g)
{
	size_t n = (size_t)(g->nx * g->ny) * aprec_type_size(type);

	put_grid(s, append(s, p, 0, n), type, g, " endian=little");
}

int
sheet_end(struct sheet *s, const struct iovec **iov, int *n)
{
	struct piece piece;
	struct iovec v;
	size_t i, count = s->pieces.len / sizeof(piece);

	for (i = 0; i < count && !s->own.failed && !s->pieces.failed; i++) {
		memcpy(&piece, s->pieces.p + i * sizeof(piece), sizeof(piece));
		/* Only read from, though iovec cannot say so. */
		v.iov_base = piece.p == NULL ? s->own.p + piece.at :
		    (void *)(uintptr_t)piece.p;
		v.iov_len = piece.n;
		buffer_put(&s->iov, &v, sizeof(v));
	}
	if (s->text.failed || s->plot.failed || s->own.failed ||
	    s->pieces.failed || s->iov.failed)
		return -1;
	*iov = (const struct iovec *)(void *)s->iov.p;
	*n = (int)count;
	return 0;
}

/*
 * show: a record as text, for people and for other tools.
 *
 * Always true: nothing that comes from a record is put out but as a number,
 * an identifier, or through escape_text() or json_text().
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "show.h"

#define FULL	65536		/* bytes in a buffer that is to be emptied */
#define NS	1000000000
#define SOURCE_SHOWN	255	/* characters; file names are shown, too */

enum style { STYLE_CSV, STYLE_JSON };

static const char *
type_name(enum aprec_type type)
{
	static const char *const names[] = { "?", "i8", "i16", "i32", "i64",
	    "u8", "u16", "u32", "u64", "f32", "f64", "c64", "c128", "bool",
	    "text", "none" };

	return type > 0 && type <= APREC_NONE ? names[type] : names[0];
}

static int
is_complex(const struct field *f)
{
	return f->type == APREC_C64 || f->type == APREC_C128;
}

static int
is_full(struct show *s, struct buffer *b)
{
	return b->len >= FULL ? s->full(b, s->arg) : 0;
}

/* The shortest decimal that reads back as the same number. */
static void
put_float(struct buffer *b, double v, int is_float, enum style style)
{
	char text[40];
	int digits = is_float ? 6 : 15, most = is_float ? 9 : 17;

	if (!isfinite(v)) {
		buffer_puts(b, style == STYLE_JSON ? "null" :
		    isnan(v) ? "NaN" : v < 0 ? "-Inf" : "Inf");
		return;
	}
	if (v == 0 && signbit(v)) {		/* -0 is a whole number: 0 */
		buffer_puts(b, "-0.0");
		return;
	}
	for (; digits <= most; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (is_float ? strtof(text, NULL) == (float)v :
		    strtod(text, NULL) == v)
			break;
	}
	buffer_puts(b, text);
}

static void
put_signed(struct buffer *b, enum aprec_type type, const void *raw)
{
	int64_t v = 0;
	int32_t l;
	int16_t h;
	int8_t c;

	if (type == APREC_I8) {
		memcpy(&c, raw, sizeof(c));
		v = c;
	} else if (type == APREC_I16) {
		memcpy(&h, raw, sizeof(h));
		v = h;
	} else if (type == APREC_I32) {
		memcpy(&l, raw, sizeof(l));
		v = l;
	} else
		memcpy(&v, raw, sizeof(v));
	buffer_printf(b, "%" PRId64, v);
}

static void
put_unsigned(struct buffer *b, enum aprec_type type, const void *raw)
{
	uint64_t v = 0;
	uint32_t l;
	uint16_t h;
	uint8_t c;

	if (type == APREC_U8) {
		memcpy(&c, raw, sizeof(c));
		v = c;
	} else if (type == APREC_U16) {
		memcpy(&h, raw, sizeof(h));
		v = h;
	} else if (type == APREC_U32) {
		memcpy(&l, raw, sizeof(l));
		v = l;
	} else
		memcpy(&v, raw, sizeof(v));
	buffer_printf(b, "%" PRIu64, v);
}

/* Element i, which is no text; of a complex one the part that is asked for. */
static void
put_number(struct buffer *b, const struct record *r, const struct field *f,
    uint64_t i, int imag, enum style style)
{
	unsigned char raw[16];

	switch (f->type) {
	case APREC_I8: case APREC_I16: case APREC_I32: case APREC_I64:
		record_copy(r, f, i, 1, raw);
		put_signed(b, f->type, raw);
		break;
	case APREC_U8: case APREC_U16: case APREC_U32: case APREC_U64:
		record_copy(r, f, i, 1, raw);
		put_unsigned(b, f->type, raw);
		break;
	case APREC_BOOL:
		record_copy(r, f, i, 1, raw);
		if (style == STYLE_JSON)
			buffer_puts(b, raw[0] ? "true" : "false");
		else
			buffer_puts(b, raw[0] ? "1" : "0");
		break;
	case APREC_F32: case APREC_C64:
		put_float(b, imag ? record_imag(r, f, i) :
		    record_value(r, f, i), 1, style);
		break;
	case APREC_F64: case APREC_C128:
		put_float(b, imag ? record_imag(r, f, i) :
		    record_value(r, f, i), 0, style);
		break;
	case APREC_TEXT: case APREC_NONE:
		break;
	}
}

/*
 * One line a record
 */

void
show_time(struct buffer *b, int64_t wall, int decimals)
{
	char date[64];
	int64_t part = wall % NS;
	time_t t = (time_t)(wall / NS);
	struct tm tm;
	int i;

	if (part < 0) {
		part += NS;
		t--;
	}
	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		snprintf(date, sizeof(date), "-");
	for (i = 9; i > decimals; i--)
		part /= 10;
	buffer_printf(b, "%s.%0*" PRId64 "Z", date, decimals, part);
}

static void
put_shape(struct buffer *b, const struct field *f)
{
	unsigned int k;

	for (k = 0; k < f->rank; k++)
		buffer_printf(b, "%s%s%s%" PRIu64, k > 0 ? "," : "[",
		    f->dims[k], f->dims[k][0] != '\0' ? "=" : "",
		    f->extents[k]);
	if (f->rank > 0)
		buffer_puts(b, "]");
}

void
show_source(struct buffer *b, const char *source)
{
	const char *quote = strpbrk(source, " \"") != NULL ? "\"" : "";

	buffer_puts(b, quote);
	escape_text(b, source, strlen(source), SOURCE_SHOWN);
	buffer_puts(b, quote);
}

void
show_field(struct buffer *b, const struct field *f)
{
	buffer_printf(b, "%s:%s", f->name, type_name(f->type));
	if (f->type == APREC_TEXT)
		buffer_printf(b, "(%" PRIu64 ")", f->count);
	put_shape(b, f);
}

void
show_line(struct buffer *b, const struct record *r)
{
	const struct field *f = record_find(r, "step");
	int64_t step;
	uint32_t i;

	buffer_printf(b, "%" PRIu64 " ", r->seq);
	show_time(b, r->wall, 3);
	if (f != NULL && record_integer(r, f, &step))
		buffer_printf(b, " %" PRId64, step);
	else
		buffer_puts(b, " -");
	buffer_printf(b, " %" PRIu64 " %s ", r->length,
	    (r->flags & APREC_FINAL) && (r->flags & APREC_HISTORY) ?
	    "final,history" : (r->flags & APREC_FINAL) ? "final" :
	    (r->flags & APREC_HISTORY) ? "history" : "-");
	show_source(b, r->source);
	for (i = 0; i < r->table->nfields; i++) {
		buffer_puts(b, " ");
		show_field(b, &r->table->fields[i]);
	}
	buffer_puts(b, "\n");
}

/*
 * Which fields
 */

static size_t
chosen(const struct show *s, const struct record *r)
{
	return s->nnames > 0 ? s->nnames : r->table->nfields;
}

/* The i-th of the fields wanted, or NULL: the record has it not. */
static const struct field *
choice(const struct show *s, const struct record *r, size_t i)
{
	return s->nnames > 0 ? record_find(r, s->names[i]) :
	    &r->table->fields[i];
}

/* Columns of CSV that every record has. */
static int
is_common(const char *name)
{
	return strcmp(name, "source") == 0 || strcmp(name, "seq") == 0 ||
	    strcmp(name, "wall") == 0;
}

/* Is there anything of what is wanted? */
static int
has_any(const struct show *s, const struct record *r)
{
	size_t i, common = 0;

	for (i = 0; i < chosen(s, r); i++) {
		if (choice(s, r, i) != NULL)
			return 1;
		common += (size_t)is_common(s->names[i]);
	}
	return i > 0 && common == i;
}

/*
 * Comma-separated values
 */

/* Around a text that would be several cells or no text: quotes, doubled
 * within. */
static void
put_cell_text(struct buffer *b, const char *s, size_t len)
{
	struct buffer safe = { 0 };
	const char *p;

	escape_text(&safe, s, len, len);
	p = buffer_text(&safe);
	if (p[0] != '\0' && strpbrk(p, ",\"") == NULL && p[0] != ' ') {
		buffer_puts(b, p);
	} else {
		buffer_puts(b, "\"");
		for (; *p != '\0'; p++)
			buffer_put(b, *p == '"' ? "\"\"" : p,
			    *p == '"' ? 2 : 1);
		buffer_puts(b, "\"");
	}
	if (safe.failed)
		b->failed = 1;
	buffer_free(&safe);
}

static void
put_common(struct buffer *b, const struct record *r, const char *name)
{
	if (strcmp(name, "source") == 0)
		put_cell_text(b, r->source, strlen(r->source));
	else if (strcmp(name, "seq") == 0)
		buffer_printf(b, "%" PRIu64, r->seq);
	else if (strcmp(name, "wall") == 0)
		buffer_printf(b, "%s%" PRIu64 ".%09" PRIu64,
		    r->wall < 0 ? "-" : "",
		    (r->wall < 0 ? 0 - (uint64_t)r->wall :
		    (uint64_t)r->wall) / NS,
		    (r->wall < 0 ? 0 - (uint64_t)r->wall :
		    (uint64_t)r->wall) % NS);
}

/* No column: more than one dimension. */
static int
is_left_out(struct show *s, const struct field *f)
{
	if (f->rank < 2)
		return 0;
	if (s->left_out++ == 0)
		snprintf(s->left_name, sizeof(s->left_name), "%s", f->name);
	return 1;
}

static void
put_header(struct show *s, struct buffer *b, const struct record *r)
{
	const struct field *f;
	const char *comma = s->nnames > 0 ? "" : ",", *name;
	size_t i;

	if (s->nnames == 0)
		buffer_puts(b, "source,seq,wall");
	for (i = 0; i < chosen(s, r); i++) {
		f = choice(s, r, i);
		if (f != NULL && is_left_out(s, f))
			continue;
		name = f != NULL ? f->name : s->names[i];
		if (f != NULL && is_complex(f))
			buffer_printf(b, "%s%s_re,%s_im", comma, name, name);
		else
			buffer_printf(b, "%s%s", comma, name);
		comma = ",";
	}
	buffer_puts(b, "\n");
}

static void
put_cell(struct buffer *b, const struct record *r, const struct field *f,
    uint64_t row)
{
	if (f->type == APREC_TEXT) {
		put_cell_text(b, record_bytes(r, f), f->length);
		return;
	}
	if (f->rank == 0)
		row = 0;
	if (row < f->count)
		put_number(b, r, f, row, 0, STYLE_CSV);
	if (is_complex(f)) {
		buffer_puts(b, ",");
		if (row < f->count)
			put_number(b, r, f, row, 1, STYLE_CSV);
	}
}

static void
put_row(struct show *s, struct buffer *b, const struct record *r,
    uint64_t row)
{
	static const char *const common[] = { "source", "seq", "wall" };
	const struct field *f;
	int comma = 0;
	size_t i;

	for (i = 0; s->nnames == 0 && i < 3; i++, comma = 1) {
		buffer_puts(b, comma ? "," : "");
		put_common(b, r, common[i]);
	}
	for (i = 0; i < chosen(s, r); i++) {
		f = choice(s, r, i);
		if (f != NULL && f->rank >= 2)
			continue;
		buffer_puts(b, comma ? "," : "");
		comma = 1;
		if (f != NULL)
			put_cell(b, r, f, row);
		else
			put_common(b, r, s->names[i]);
	}
	buffer_puts(b, "\n");
}

/* As many as the longest array of rank 1 has elements; 1 without arrays. */
static uint64_t
count_rows(const struct show *s, const struct record *r)
{
	const struct field *f;
	uint64_t rows = 0;
	size_t i;
	int arrays = 0;

	for (i = 0; i < chosen(s, r); i++) {
		f = choice(s, r, i);
		if (f == NULL || f->rank != 1)
			continue;
		arrays = 1;
		if (f->count > rows)
			rows = f->count;
	}
	return arrays ? rows : 1;
}

int
show_csv(struct show *s, struct buffer *b, const struct record *r)
{
	struct buffer header = { 0 };
	uint64_t row, rows;

	if ((r->flags & APREC_HISTORY) || !has_any(s, r))
		return 0;
	put_header(s, &header, r);
	if (s->header.len != header.len ||
	    memcmp(s->header.p, header.p, header.len) != 0) {
		buffer_puts(b, s->header.len > 0 ? "\n" : "");
		buffer_put(b, header.p, header.len);
		buffer_free(&s->header);
		s->header = header;
	} else
		buffer_free(&header);
	if (s->header.failed)
		b->failed = 1;
	rows = count_rows(s, r);
	for (row = 0; row < rows; row++) {
		put_row(s, b, r, row);
		if (is_full(s, b) == -1)
			return -1;
	}
	return 0;
}

/*
 * JSON
 */

/* The bytes of the character at s and its number; 0: no UTF-8. */
static size_t
character(const char *s, size_t len, uint32_t *c)
{
	size_t n, i;

	for (n = 1; n <= 4 && n <= len; n++)
		if (aprec_is_text(s, n, 1))
			break;
	if (n > 4 || n > len)
		return 0;
	*c = n == 1 ? (unsigned char)s[0] :
	    (unsigned char)s[0] & (0x7fu >> n);
	for (i = 1; i < n; i++)
		*c = *c << 6 | ((unsigned char)s[i] & 0x3f);
	return n;
}

/* What escape_text() would not let through is written as its number. */
static int
is_safe(const char *s, size_t n)
{
	struct buffer safe = { 0 };
	int same;

	if (n == 1)
		return (unsigned char)s[0] >= 0x20 && s[0] != 0x7f;
	escape_text(&safe, s, n, 1);
	same = safe.len == n && memcmp(safe.p, s, n) == 0;
	buffer_free(&safe);
	return same;
}

/* A string, in quotes.  What a terminal would obey is escaped. */
static void
json_text(struct buffer *b, const char *s, size_t len)
{
	size_t i, n;
	uint32_t c = 0;

	buffer_puts(b, "\"");
	for (i = 0; i < len; i += n) {
		if ((n = character(s + i, len - i, &c)) == 0) {
			buffer_puts(b, "\xef\xbf\xbd");
			n = 1;
		} else if (c == '"' || c == '\\')
			buffer_printf(b, "\\%c", (int)c);
		else if (c == '\n' || c == '\t')
			buffer_puts(b, c == '\n' ? "\\n" : "\\t");
		else if (is_safe(s + i, n))
			buffer_put(b, s + i, n);
		else if (c < 0x10000)
			buffer_printf(b, "\\u%04" PRIx32, c);
		else
			buffer_printf(b, "\\u%04" PRIx32 "\\u%04" PRIx32,
			    0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
	}
	buffer_puts(b, "\"");
}

static void
json_element(struct buffer *b, const struct record *r, const struct field *f,
    uint64_t i)
{
	if (!is_complex(f)) {
		put_number(b, r, f, i, 0, STYLE_JSON);
		return;
	}
	buffer_puts(b, "[");
	put_number(b, r, f, i, 0, STYLE_JSON);
	buffer_puts(b, ",");
	put_number(b, r, f, i, 1, STYLE_JSON);
	buffer_puts(b, "]");
}

/* The array from dimension k on, whose first element is *at. */
static int
json_array(struct show *s, struct buffer *b, const struct record *r,
    const struct field *f, unsigned int k, uint64_t *at)
{
	uint64_t i;

	if (k == f->rank) {
		json_element(b, r, f, (*at)++);
		return is_full(s, b);
	}
	buffer_puts(b, "[");
	for (i = 0; i < f->extents[k]; i++) {
		buffer_puts(b, i > 0 ? "," : "");
		/* A shape may claim any number of empty rows. */
		if (f->count == 0 && i > 0)
			break;
		if (json_array(s, b, r, f, k + 1, at) == -1)
			return -1;
	}
	buffer_puts(b, "]");
	return 0;
}

static int
json_value(struct show *s, struct buffer *b, const struct record *r,
    const struct field *f)
{
	uint64_t at = 0;

	if (f->type == APREC_NONE)
		buffer_puts(b, "null");
	else if (f->type == APREC_TEXT)
		json_text(b, record_bytes(r, f), f->length);
	else if (f->count == 0)
		buffer_puts(b, "[]");
	else
		return json_array(s, b, r, f, 0, &at);
	return 0;
}

static int
keep(struct buffer *b, void *arg)
{
	(void)b;
	(void)arg;
	return 0;
}

void
show_value(struct buffer *b, const struct record *r, const struct field *f)
{
	struct show s = { .full = keep };

	json_value(&s, b, r, f);
}

static int
json_field(struct show *s, struct buffer *b, const struct record *r,
    const struct field *f)
{
	buffer_printf(b, "\"%s\":", f->name);
	return json_value(s, b, r, f);
}

static void
json_about(struct buffer *b, const struct field *f)
{
	unsigned int k;

	buffer_printf(b, "\"%s\":{\"type\":\"%s\"", f->name,
	    type_name(f->type));
	for (k = 0; k < f->rank; k++)
		buffer_printf(b, "%s\"%s\"", k > 0 ? "," : ",\"dims\":[",
		    f->dims[k]);
	if (f->rank > 0)
		buffer_puts(b, "]");
	for (k = 0; k < f->nattrs; k++) {
		buffer_printf(b, "%s\"%s\":", k > 0 ? "," : ",\"attrs\":{",
		    f->attrs[k].key);
		json_text(b, f->attrs[k].value, strlen(f->attrs[k].value));
	}
	buffer_puts(b, f->nattrs > 0 ? "}}" : "}");
}

static void
json_head(struct buffer *b, const struct record *r)
{
	buffer_puts(b, "{\"source\":");
	json_text(b, r->source, strlen(r->source));
	buffer_printf(b, ",\"run\":\"%016" PRIx64 "\",\"seq\":%" PRIu64
	    ",\"wall\":\"", r->run, r->seq);
	show_time(b, r->wall, 9);
	buffer_printf(b, "\"%s%s",
	    (r->flags & APREC_FINAL) ? ",\"final\":true" : "",
	    (r->flags & APREC_HISTORY) ? ",\"history\":true" : "");
}

int
show_json(struct show *s, struct buffer *b, const struct record *r)
{
	const struct field *f;
	const char *comma = "";
	size_t i;

	if (s->nnames > 0 && !has_any(s, r))
		return 0;
	json_head(b, r);
	buffer_puts(b, ",\"fields\":{");
	for (i = 0; i < chosen(s, r); i++) {
		if ((f = choice(s, r, i)) == NULL)
			continue;
		buffer_puts(b, comma);
		comma = ",";
		if (json_field(s, b, r, f) == -1)
			return -1;
	}
	buffer_puts(b, "}");
	buffer_puts(b, s->about ? ",\"about\":{" : "");
	for (i = 0, comma = ""; s->about && i < chosen(s, r); i++) {
		if ((f = choice(s, r, i)) == NULL)
			continue;
		buffer_puts(b, comma);
		comma = ",";
		json_about(b, f);
	}
	buffer_puts(b, s->about ? "}}\n" : "}\n");
	return is_full(s, b);
}

void
show_free(struct show *s)
{
	buffer_free(&s->header);
}

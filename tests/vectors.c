/*
 * Goal: the C reader takes from every vector what its .txt says, however the
 * stream comes in pieces; and aprec_encode() makes the good ones byte for
 * byte, of packed arrays and of arrays with gaps in reverse.
 *
 * $VECTORS says where they are, by default tests/vectors.  With files as
 * operands it only writes what is taken from each, as a .txt has it, behind
 * a line "== file".
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/reader.h"

#define POOL	((size_t)64 << 20)

struct bytes {
	uint8_t		*p;
	size_t		 n;
};

/* Bytes passed over, not yet written down: a loss may come in pieces. */
struct passed {
	const char	*kind;		/* NULL: none */
	uint64_t	 at;
	uint64_t	 bytes;
};

static const char *const type_names[] = { "?", "i8", "i16", "i32", "i64",
	"u8", "u16", "u32", "u64", "f32", "f64", "c64", "c128", "bool",
	"text", "none" };

static int tests, failures;

static void
die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void verdict(int, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
verdict(int good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	failures += !good;
}

/* Memory that lives until forget_all(). */
static void **kept;
static size_t nkept;

static void *
keep(size_t size)
{
	void **more = realloc(kept, (nkept + 1) * sizeof(*kept));
	void *p = calloc(1, size > 0 ? size : 1);

	if (more == NULL || p == NULL)
		die("memory");
	kept = more;
	kept[nkept++] = p;
	return p;
}

static char *
keep_text(const char *s)
{
	return strcpy(keep(strlen(s) + 1), s);
}

static void
forget_all(void)
{
	while (nkept > 0)
		free(kept[--nkept]);
	free(kept);
	kept = NULL;
}

static struct bytes
slurp(const char *path)
{
	struct bytes b;
	FILE *f = fopen(path, "rb");
	long n = 0;

	if (f == NULL || fseek(f, 0, SEEK_END) == -1 || (n = ftell(f)) == -1)
		die(path);
	rewind(f);
	b.n = (size_t)n;
	b.p = keep(b.n + 1);
	if (fread(b.p, 1, b.n, f) != b.n)
		die(path);
	fclose(f);
	return b;
}

/*
 * A stream as text
 */

static void
tell_number(FILE *out, const struct record *r, const struct field *f,
    uint64_t i)
{
	union {
		uint8_t u8; uint16_t u16; uint32_t u32; uint64_t u64;
		int8_t i8; int16_t i16; int32_t i32; int64_t i64;
		float f32[2]; double f64[2]; uint8_t b[16];
	} v;
	size_t parts = f->type == APREC_C64 || f->type == APREC_C128 ? 2 : 1;

	record_copy(r, f, i, 1, v.b);
	switch (f->type) {
	case APREC_I8: fprintf(out, " %" PRId8, v.i8); return;
	case APREC_I16: fprintf(out, " %" PRId16, v.i16); return;
	case APREC_I32: fprintf(out, " %" PRId32, v.i32); return;
	case APREC_I64: fprintf(out, " %" PRId64, v.i64); return;
	case APREC_U16: fprintf(out, " %" PRIu16, v.u16); return;
	case APREC_U32: fprintf(out, " %" PRIu32, v.u32); return;
	case APREC_U64: fprintf(out, " %" PRIu64, v.u64); return;
	case APREC_F32: case APREC_F64: case APREC_C64: case APREC_C128:
		break;
	default: fprintf(out, " %" PRIu8, v.u8); return;
	}
	for (size_t k = 0; k < parts; k++) {
		int wide = f->type == APREC_F64 || f->type == APREC_C128;
		double d = wide ? v.f64[k] : (double)v.f32[k];

		if (isnan(d))
			fputs(" nan", out);
		else
			fprintf(out, wide ? " %.17g" : " %.9g", d);
	}
}

static void
tell_text(FILE *out, const struct record *r, const struct field *f)
{
	const unsigned char *p = record_bytes(r, f);

	fputs("text ", out);
	for (uint64_t i = 0; i < f->length; i++)
		if (p[i] < 32 || p[i] == '\\' || p[i] == 127)
			fprintf(out, "\\%03o", p[i]);
		else
			putc(p[i], out);
	putc('\n', out);
}

static void
tell_data(FILE *out, const struct record *r, const struct field *f)
{
	uint64_t line = f->type == APREC_C64 || f->type == APREC_C128 ? 4 : 8;

	for (uint64_t i = 0; i < f->count; i++) {
		if (i % line == 0)
			fputs(i == 0 ? "data" : "\ndata", out);
		tell_number(out, r, f, i);
	}
	if (f->count > 0)
		putc('\n', out);
}

static void
tell_field(FILE *out, const struct record *r, const struct field *f)
{
	fprintf(out, "field %s %s %s", f->name, type_names[f->type],
	    f->encoding == RECORD_SHUFFLED ? "shuffled" : "plain");
	for (unsigned k = 0; k < f->rank; k++)
		fprintf(out, " %" PRIu64, f->extents[k]);
	putc('\n', out);
	for (unsigned k = 0; k < f->rank; k++)
		if (f->dims[k][0] != '\0')
			fprintf(out, "dim %u %s\n", k, f->dims[k]);
	for (unsigned k = 0; k < f->nattrs; k++)
		fprintf(out, "attr %s %s\n", f->attrs[k].key,
		    f->attrs[k].value);
	if (f->type == APREC_TEXT)
		tell_text(out, r, f);
	else
		tell_data(out, r, f);
}

static void
tell_record(FILE *out, const struct record *r)
{
	char flags[4], *p = flags;

	if (r->flags & APREC_FINAL)
		*p++ = 'F';
	if (r->flags & APREC_HISTORY)
		*p++ = 'H';
	if (r->flags & APREC_DATA_CRC)
		*p++ = 'C';
	if (p == flags)
		*p++ = '-';
	*p = '\0';
	fprintf(out, "record %" PRIu64 " %" PRId64 " %016" PRIx64 " %s %s\n",
	    r->seq, r->wall, r->run, flags, r->source);
	for (uint32_t i = 0; i < r->table->nfields; i++)
		tell_field(out, r, &r->table->fields[i]);
}

static void
tell_passed(FILE *out, struct passed *p)
{
	if (p->kind != NULL)
		fprintf(out, "%s %" PRIu64 " %" PRIu64 "\n", p->kind, p->at,
		    p->bytes);
	p->kind = NULL;
}

/* One more piece; a banner that goes on as a loss was one all along. */
static void
add_passed(FILE *out, struct passed *p, enum reader_event e,
    const struct reader_loss *loss)
{
	const char *kind = e == READER_TEXT ? "banner" :
	    e == READER_LOST ? "lost" : "unsupported";

	if (e == READER_UNSUPPORTED || p->kind == NULL) {
		tell_passed(out, p);
		p->kind = kind;
		p->at = loss->at;
		p->bytes = loss->bytes;
		if (e == READER_UNSUPPORTED)
			tell_passed(out, p);
		return;
	}
	if (e == READER_LOST)
		p->kind = "lost";
	p->bytes += loss->bytes;
}

/* A record, and those of its train before it; end is where it ends. */
static void
tell_train(FILE *out, const struct record *rec, uint64_t end)
{
	for (uint32_t i = rec->train + 1; i-- > 0;) {
		struct record r = *rec;
		struct header h;

		r.bytes -= i * rec->length;
		if (record_header(r.bytes, &h, NULL) != RECORD_OK)
			fputs("no record in a train\n", out);
		r.flags = h.flags;
		r.seq = h.seq;
		r.wall = h.wall;
		r.run = h.run;
		r.data_crc = h.data_crc;
		memcpy(r.source, h.source, sizeof(r.source));
		if (record_data_ok(&r))
			tell_record(out, &r);
		else
			fprintf(out, "damaged %" PRIu64 " %" PRIu64 "\n",
			    end - (i + 1) * rec->length, rec->length);
	}
}

static void
take_events(struct reader *r, FILE *out, struct passed *p,
    enum reader_event (*next)(struct reader *, struct record **,
    struct reader_loss *))
{
	struct reader_loss loss;
	struct record *rec;
	enum reader_event e;

	while ((e = next(r, &rec, &loss)) != READER_MORE) {
		if (e == READER_FAILED)
			die("reader_next");
		if (e != READER_RECORD) {
			add_passed(out, p, e, &loss);
			continue;
		}
		tell_passed(out, p);
		tell_train(out, rec, reader_offset(r));
		record_drop(rec);
	}
}

/* What the reader takes from data that come in pieces of so many bytes. */
static char *
told(struct bytes data, size_t piece, int trains)
{
	struct passed p = { NULL, 0, 0 };
	struct pool pool;
	struct reader *r;
	char *text = NULL;
	size_t size, taken;
	FILE *out = open_memstream(&text, &size);

	pool_init(&pool, POOL);
	if (out == NULL || (r = reader_new(&pool, APREC_RECORD_MAX)) == NULL)
		die("memory");
	if (trains)
		reader_trains(r);
	for (size_t at = 0; at < data.n; at += taken) {
		size_t n = data.n - at < piece ? data.n - at : piece;

		if (reader_feed(r, data.p + at, n, &taken) == -1)
			die("reader_feed");
		take_events(r, out, &p, reader_next);
	}
	take_events(r, out, &p, reader_end);
	tell_passed(out, &p);
	reader_free(r);
	pool_trim(&pool);
	if (fclose(out) != 0)
		die("memory");
	return text;
}

/* Say where the texts part. */
static void
diagnose(const char *wanted, const char *got)
{
	const char *w = wanted;
	size_t at = 0;

	for (size_t i = 0; wanted[i] != '\0' && wanted[i] == got[i]; i++)
		if (wanted[i] == '\n')
			at = i + 1;
	w += at;
	printf("# wanted: %.*s\n# got:    %.*s\n", (int)strcspn(w, "\n"), w,
	    (int)strcspn(got + at, "\n"), got + at);
}

static void
check_reader(const char *name, struct bytes data, const char *wanted)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 7, 100, 4096 };
	size_t i, n = 2 * sizeof(pieces) / sizeof(pieces[0]);
	char *got = NULL;

	for (i = 0; i < n; i++) {
		got = told(data, pieces[i / 2], i % 2);
		if (strcmp(got, wanted) != 0)
			break;
		free(got);
	}
	verdict(i == n, "%s is read", name);
	if (i < n) {
		printf("# in pieces of %zu%s\n", pieces[i / 2],
		    i % 2 ? ", with trains" : "");
		diagnose(wanted, got);
		free(got);
	}
}

/*
 * Text as records
 */

struct made {
	struct aprec_header h;
	struct aprec_field *fields;
	size_t		 nfields;
	size_t		 at;		/* bytes of data of the last field */
};

static enum aprec_type
type_of(const char *name)
{
	for (int t = APREC_I8; t <= APREC_NONE; t++)
		if (strcmp(type_names[t], name) == 0)
			return (enum aprec_type)t;
	die(name);
	return APREC_NONE;
}

static void
begin_record(struct made *m, const char *rest)
{
	char flags[8];
	int source;

	m->nfields = 0;
	m->fields = keep((APREC_FIELDS_MAX + 1) * sizeof(*m->fields));
	if (sscanf(rest, "%" SCNu64 " %" SCNd64 " %" SCNx64 " %7s %n",
	    &m->h.seq, &m->h.wall, &m->h.run, flags, &source) != 4)
		die(rest);
	m->h.flags = (strchr(flags, 'F') ? APREC_FINAL : 0u) |
	    (strchr(flags, 'H') ? APREC_HISTORY : 0u) |
	    (strchr(flags, 'C') ? APREC_DATA_CRC : 0u);
	m->h.source = keep_text(rest + source);
}

static void
begin_field(struct made *m, char *rest)
{
	struct aprec_field *f = &m->fields[m->nfields++];
	char *word, *left;
	size_t n = 1;

	f->name = keep_text(strtok_r(rest, " ", &left));
	f->type = type_of(strtok_r(NULL, " ", &left));
	strtok_r(NULL, " ", &left);
	while ((word = strtok_r(NULL, " ", &left)) != NULL) {
		f->extents[f->rank] = strtoull(word, NULL, 10);
		n *= f->extents[f->rank++];
	}
	f->data = keep(n * aprec_type_size(f->type));
	m->at = 0;
}

static void
add_attr(struct made *m, char *rest)
{
	struct aprec_field *f = &m->fields[m->nfields - 1];
	struct aprec_attribute *a = keep((f->nattrs + 1) * sizeof(*a));
	size_t n = strcspn(rest, " ");

	if (f->nattrs > 0)
		memcpy(a, f->attrs, f->nattrs * sizeof(*a));
	rest[n] = '\0';
	a[f->nattrs].key = keep_text(rest);
	a[f->nattrs++].value = keep_text(rest + n + 1);
	f->attrs = a;
}

static void
add_dim(struct made *m, const char *rest)
{
	m->fields[m->nfields - 1].dims[rest[0] - '0'] = keep_text(rest + 2);
}

static void
set_text(struct made *m, const char *rest)
{
	struct aprec_field *f = &m->fields[m->nfields - 1];
	char *out = keep(strlen(rest) + 1);

	f->data = out;
	while (*rest != '\0') {
		if (*rest == '\\') {
			char o[4] = { rest[1], rest[2], rest[3], '\0' };

			out[f->text_len++] = (char)strtol(o, NULL, 8);
			rest += 4;
		} else
			out[f->text_len++] = *rest++;
	}
}

static void
add_number(struct made *m, const char *word)
{
	struct aprec_field *f = &m->fields[m->nfields - 1];
	uint8_t *to = (uint8_t *)(uintptr_t)f->data + m->at;
	size_t size = aprec_type_size(f->type);
	int64_t i;
	uint64_t u;
	double d;
	float s;

	switch (f->type) {
	case APREC_C64:
	case APREC_F32:
		s = strtof(word, NULL);
		memcpy(to, &s, size = sizeof(s));
		break;
	case APREC_C128:
	case APREC_F64:
		d = strtod(word, NULL);
		memcpy(to, &d, size = sizeof(d));
		break;
	case APREC_U64:
		u = strtoull(word, NULL, 10);
		memcpy(to, &u, size);
		break;
	default:		/* little-endian: the low bytes come first */
		i = strtoll(word, NULL, 10);
		memcpy(to, &i, size);
	}
	m->at += size;
}

/* The same elements with gaps between them, the first index in reverse. */
static void
scatter(struct aprec_field *f)
{
	size_t size = aprec_type_size(f->type), gap = 3 * size, n = 1;
	ptrdiff_t *strides = keep(APREC_RANK_MAX * sizeof(*strides));
	uint8_t *to;

	for (int k = f->rank - 1; k >= 0; k--) {
		strides[k] = (ptrdiff_t)(n * gap);
		n *= f->extents[k];
	}
	if (f->rank == 0 || n == 0)
		return;
	to = keep(n * gap);
	memset(to, 0x55, n * gap);
	for (size_t i = 0; i < n; i++) {
		size_t row = n / f->extents[0];
		size_t j = (f->extents[0] - 1 - i / row) * row + i % row;

		memcpy(to + j * gap, (const uint8_t *)f->data + i * size,
		    size);
	}
	f->data = to + (f->extents[0] - 1) * (size_t)strides[0];
	strides[0] = -strides[0];
	f->strides = strides;
}

static void
encode(struct made *m, int scattered, FILE *out)
{
	size_t size;
	void *buf;

	if (m->fields == NULL)
		return;
	for (size_t i = 0; scattered && i < m->nfields; i++)
		scatter(&m->fields[i]);
	size = aprec_encoded_size(&m->h, m->fields, m->nfields);
	if (size == 0) {
		printf("# aprec_encoded_size: %s\n", strerror(errno));
		return;
	}
	buf = keep(size);
	memset(buf, 0xaa, size);
	if (aprec_encode(&m->h, m->fields, m->nfields, buf, size) == -1)
		printf("# aprec_encode: %s\n", strerror(errno));
	fwrite(buf, 1, size, out);
}

/* The stream that a .txt describes; a banner is taken from data. */
static struct bytes
encoded(const char *text, struct bytes data, int scattered)
{
	struct made m = { .fields = NULL };
	struct bytes b;
	char *copy = keep_text(text), *line, *left, *rest, *word, *more, *mem;
	FILE *out = open_memstream(&mem, &b.n);

	if (out == NULL)
		die("memory");
	for (line = strtok_r(copy, "\n", &left); line != NULL;
	    line = strtok_r(NULL, "\n", &left)) {
		rest = line + strcspn(line, " ");
		if (*rest != '\0')
			*rest++ = '\0';
		if (strcmp(line, "banner") == 0)
			fwrite(data.p, 1, strtoul(strchr(rest, ' '), NULL,
			    10), out);
		else if (strcmp(line, "record") == 0) {
			encode(&m, scattered, out);
			begin_record(&m, rest);
		} else if (strcmp(line, "field") == 0)
			begin_field(&m, rest);
		else if (strcmp(line, "attr") == 0)
			add_attr(&m, rest);
		else if (strcmp(line, "dim") == 0)
			add_dim(&m, rest);
		else if (strcmp(line, "text") == 0)
			set_text(&m, rest);
		else
			for (word = strtok_r(rest, " ", &more); word != NULL;
			    word = strtok_r(NULL, " ", &more))
				add_number(&m, word);
	}
	encode(&m, scattered, out);
	fclose(out);
	b.p = memcpy(keep(b.n), mem, b.n);
	free(mem);
	return b;
}

static void
check_writer(const char *name, struct bytes data, const char *text,
    int scattered)
{
	struct bytes b = encoded(text, data, scattered);
	size_t i = 0;

	while (i < b.n && i < data.n && b.p[i] == data.p[i])
		i++;
	verdict(i == b.n && i == data.n, "%s is written%s", name,
	    scattered ? " from arrays with gaps" : "");
	if (i < b.n || i < data.n)
		printf("# %zu bytes, wanted %zu; the first that differs is "
		    "%zu\n", b.n, data.n, i);
}

static void
check(const char *path)
{
	struct bytes data = slurp(path), text;
	char *txt = keep_text(path), *wanted;
	const char *name = strrchr(path, '/');

	while (name > path && name[-1] != '/')
		name--;
	strcpy(txt + strlen(txt) - 3, "txt");
	text = slurp(txt);
	wanted = (char *)text.p;
	if (*wanted == '#')		/* the first line says what it is */
		wanted += strcspn(wanted, "\n") + 1;
	check_reader(name, data, wanted);
	if (strncmp(name, "good/", 5) == 0 &&
	    strstr(wanted, " shuffled") == NULL) {
		check_writer(name, data, wanted, 0);
		check_writer(name, data, wanted, 1);
	}
	forget_all();
}

static void
tell(const char *path)
{
	struct bytes data = slurp(path);
	char *text = told(data, 4096, 0), *again = told(data, 4096, 1);

	printf("== %s\n%s", path, text);
	if (strcmp(text, again) != 0)
		printf("with trains it is:\n%s", again);
	free(text);
	free(again);
	forget_all();
}

int
main(int argc, char *argv[])
{
	const char *where = getenv("VECTORS");
	char pattern[4096];
	glob_t g;

	for (int i = 1; i < argc; i++)
		tell(argv[i]);
	if (argc > 1)
		return 0;
	if (where == NULL)
		where = "tests/vectors";
	snprintf(pattern, sizeof(pattern), "%s/*/*.apr", where);
	if (glob(pattern, 0, NULL, &g) != 0)
		die(pattern);
	for (size_t i = 0; i < g.gl_pathc; i++)
		check(g.gl_pathv[i]);
	verdict(g.gl_pathc >= 150, "there are %zu vectors", g.gl_pathc);
	globfree(&g);
	printf("1..%d\n", tests);
	return failures > 0;
}

/*
 * help-emit - write records, good and bad, to stdout, as told
 *
 *	help-emit word ...
 *
 *	source NAME	run N	crc 0|1		of the records to come
 *	pace USEC				pause after each record
 *	num NAME VALUE				put a number (f64; step: i64)
 *	array NAME COUNT SEED			put f64s that SEED determines
 *	none NAME				withdraw
 *	string NAME TEXT			put a text, with \b \n \r \t
 *						as in C, and \e: ESC
 *	attr KEY VALUE				an attribute of the last put
 *	publish	final				a record of what was put
 *	steps N COUNT				N records: step, t, u[COUNT]
 *	go FILE COUNT				such records until FILE exists
 *	mix SOURCES N	N records of each of so many sources: step, t, e
 *	names N					one record of N numbers n0 ...
 *	sources N				N records of N sources
 *	torn BYTES	rest			the beginning of a record, what
 *						remains of it
 *	again					the last record once more
 *	claim BYTES			the head of a record of so much data
 *	text STRING	zeros N	random N	something else
 *	wait FILE	until FILE exists (at most 4 minutes)
 *	touch FILE
 *
 * The same words write the same bytes; the wall time is made up.
 * Steps count on from one "steps" to the next.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/aprec.h"

#define FIELDS	APREC_FIELDS_MAX

static struct aprec_header head = { .run = 1, .source = "emit@test" };
static struct aprec_field fields[FIELDS + 1000];
static struct aprec_attribute attrs[FIELDS][8];
static size_t nfields;
static double numbers[FIELDS + 1000];
static double *arrays[100];
static size_t narrays;
static int64_t step;
static unsigned pace;
static uint8_t *record;
static size_t record_size;
static size_t torn;			/* bytes of it written */

static void
write_all(const void *buf, size_t n)
{
	const char *p = buf;
	ssize_t w;

	for (; n > 0; p += w, n -= (size_t)w)
		if ((w = write(STDOUT_FILENO, p, n)) == -1)
			err(1, "write");
}

static struct aprec_field *
add_field(const char *name, enum aprec_type type)
{
	struct aprec_field *f;

	if (nfields == sizeof(fields) / sizeof(*fields))
		errx(1, "too many fields");
	f = &fields[nfields++];
	memset(f, 0, sizeof(*f));
	f->name = name;
	f->type = type;
	return f;
}

static void
put_number(const char *name, double v)
{
	double *slot = &numbers[nfields];
	struct aprec_field *f = add_field(name, APREC_F64);
	int64_t i = (int64_t)v;

	*slot = v;
	if (strcmp(name, "step") == 0) {
		f->type = APREC_I64;
		memcpy(slot, &i, sizeof(i));
	}
	f->data = slot;
}

/* In place: what stands behind backslashes. */
static void
put_text(const char *name, char *text)
{
	struct aprec_field *f = add_field(name, APREC_TEXT);
	char *to = text;

	f->data = text;
	for (const char *p = text; *p != '\0'; p++)
		if (*p == '\\' && p[1] != '\0') {
			p++;
			*to++ = *p == 'n' ? '\n' : *p == 'e' ? '\033' :
			    *p == 'b' ? '\b' : *p == 'r' ? '\r' :
			    *p == 't' ? '\t' : *p;
		} else
			*to++ = *p;
	f->text_len = (size_t)(to - text);
}

/* To the field put last. */
static void
put_attr(const char *key, const char *value)
{
	struct aprec_field *f = &fields[nfields - 1];
	struct aprec_attribute *list;

	if (nfields == 0 || nfields > FIELDS || f->nattrs == 8)
		errx(1, "no field for that attribute");
	list = attrs[nfields - 1];
	list[f->nattrs].key = key;
	list[f->nattrs++].value = value;
	f->attrs = list;
}

/* The elements are freed with the record. */
static void
put_array(const char *name, size_t count, uint64_t seed)
{
	struct aprec_field *f = add_field(name, APREC_F64);
	double *u = calloc(count + 1, sizeof(*u));

	if (u == NULL)
		err(1, NULL);
	if (narrays == sizeof(arrays) / sizeof(*arrays))
		errx(1, "too many arrays");
	arrays[narrays++] = u;
	for (size_t i = 0; i < count; i++)
		u[i] = (double)(seed * 1000003 + i);
	f->rank = 1;
	f->extents[0] = count;
	f->dims[0] = "x";
	f->data = u;
}

static void
encode(unsigned flags)
{
	size_t size;

	head.seq++;
	head.wall = INT64_C(1700000000000000000) + (int64_t)head.seq * 1000000;
	head.flags = (head.flags & APREC_DATA_CRC) | flags;
	if ((size = aprec_encoded_size(&head, fields, nfields)) == 0)
		err(1, "record");
	if (size > record_size && (record = realloc(record, size)) == NULL)
		err(1, NULL);
	record_size = size;
	if (aprec_encode(&head, fields, nfields, record, size) == -1)
		err(1, "record");
	head.flags &= APREC_DATA_CRC;
	nfields = 0;
	while (narrays > 0)
		free(arrays[--narrays]);
}

static void
publish(unsigned flags)
{
	encode(flags);
	write_all(record, record_size);
	if (pace > 0)
		usleep(pace);
}

static void
steps(uint64_t n, size_t count)
{
	for (; n > 0; n--) {
		step++;
		put_number("step", (double)step);
		put_number("t", (double)step / 100);
		put_array("u", count, (uint64_t)step);
		publish(0);
	}
}

static void
many_names(unsigned n)
{
	char *names = calloc(n, 16);

	if (names == NULL)
		err(1, NULL);
	for (unsigned i = 0; i < n; i++) {
		snprintf(names + 16 * i, 16, "n%u", i);
		put_number(names + 16 * i, i);
	}
	publish(0);
	free(names);
}

static void
many_sources(unsigned n)
{
	char name[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "s%u@test", i);
		head.source = name;
		head.run++;
		head.seq = 0;
		put_number("x", i);
		publish(0);
	}
	head.source = "emit@test";
}

static void
put_le(uint8_t *p, uint64_t v, int bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		*p++ = (uint8_t)v;
}

/*
 * Header and table of a record with so many bytes of data, with the right
 * CRC, and nothing behind them.
 */
static void
claim(uint64_t bytes)
{
	uint8_t *entry;
	uint64_t at;
	size_t len;

	put_array("u", 8, 0);
	encode(0);
	entry = record + 128;
	len = 128 + (size_t)(record[16] | record[17] << 8);
	at = (uint64_t)(entry[16] | entry[17] << 8);
	put_le(entry + 24, bytes, 8);
	put_le(entry + 32, bytes / 8, 8);
	put_le(record + 24, (at + bytes + 8 + 63) / 64 * 64, 8);
	put_le(record + 20, 0, 4);
	put_le(record + 20, aprec_crc32(0, record, len), 4);
	write_all(record, len);
}

static void
filler(size_t n, int seed)
{
	uint64_t x = (uint64_t)seed;
	uint8_t buf[4096];

	memset(buf, 0, sizeof(buf));
	while (n > 0) {
		size_t len = n < sizeof(buf) ? n : sizeof(buf);

		for (size_t i = 0; i < len && seed != 0; i++) {
			x = x * UINT64_C(6364136223846793005) + 1442695;
			buf[i] = (uint8_t)(x >> 56);
		}
		write_all(buf, len);
		n -= len;
	}
}

/* In turn, as ranks of one job; e has extremes anywhere. */
static void
mix(unsigned sources, uint64_t n)
{
	uint64_t run = head.run, seq = head.seq;
	char name[32];

	head.source = name;
	for (uint64_t i = 1; i <= n; i++)
		for (unsigned s = 0; s < sources; s++) {
			snprintf(name, sizeof(name), "mix.%u", s);
			head.run = run + s;
			head.seq = seq + i - 1;
			put_number("step", (double)i);
			put_number("t", (double)i * 0.01);
			put_number("e", (double)((i * 48271 + s) % 1000003));
			publish(i == n ? APREC_FINAL : 0);
		}
}

static void
wait_file(const char *path)
{
	for (int i = 0; i < 48000; i++) {
		if (access(path, F_OK) == 0)
			return;
		usleep(5000);
	}
	errx(1, "%s: not there", path);
}

static const char *
word(char ***argv)
{
	if (**argv == NULL)
		errx(1, "a word is missing");
	return *(*argv)++;
}

static uint64_t
number(char ***argv)
{
	return strtoull(word(argv), NULL, 0);
}

static int
set(const char *w, char ***argv)
{
	if (strcmp(w, "source") == 0)
		head.source = word(argv);
	else if (strcmp(w, "run") == 0) {
		head.run = number(argv);
		head.seq = 0;
	} else if (strcmp(w, "crc") == 0)
		head.flags = number(argv) ? APREC_DATA_CRC : 0;
	else if (strcmp(w, "pace") == 0)
		pace = (unsigned)number(argv);
	else if (strcmp(w, "none") == 0)
		add_field(word(argv), APREC_NONE);
	else if (strcmp(w, "num") == 0) {
		w = word(argv);
		put_number(w, strtod(word(argv), NULL));
	} else if (strcmp(w, "string") == 0) {
		w = word(argv);
		put_text(w, (char *)(uintptr_t)word(argv));
	} else if (strcmp(w, "attr") == 0) {
		w = word(argv);
		put_attr(w, word(argv));
	} else if (strcmp(w, "array") == 0) {
		size_t n;

		w = word(argv);
		n = (size_t)number(argv);
		put_array(w, n, number(argv));
	} else
		return 0;
	return 1;
}

static void
act(const char *w, char ***argv)
{
	if (strcmp(w, "publish") == 0)
		publish(0);
	else if (strcmp(w, "final") == 0)
		publish(APREC_FINAL);
	else if (strcmp(w, "mix") == 0) {
		unsigned sources = (unsigned)number(argv);

		mix(sources, number(argv));
	} else if (strcmp(w, "steps") == 0) {
		uint64_t n = number(argv);

		steps(n, (size_t)number(argv));
	} else if (strcmp(w, "go") == 0) {
		const char *file = word(argv);
		size_t count = (size_t)number(argv);

		while (access(file, F_OK) == -1)
			steps(1, count);
	} else if (strcmp(w, "names") == 0)
		many_names((unsigned)number(argv));
	else if (strcmp(w, "sources") == 0)
		many_sources((unsigned)number(argv));
	else if (strcmp(w, "torn") == 0) {
		encode(0);
		torn = (size_t)number(argv);
		write_all(record, torn);
	} else if (strcmp(w, "rest") == 0) {
		write_all(record + torn, record_size - torn);
	} else if (strcmp(w, "again") == 0)
		write_all(record, record_size);
	else if (strcmp(w, "claim") == 0)
		claim(number(argv));
	else if (strcmp(w, "text") == 0) {
		w = word(argv);
		write_all(w, strlen(w));
	} else if (strcmp(w, "zeros") == 0)
		filler((size_t)number(argv), 0);
	else if (strcmp(w, "random") == 0)
		filler((size_t)number(argv), 1);
	else if (strcmp(w, "wait") == 0)
		wait_file(word(argv));
	else if (strcmp(w, "touch") == 0)
		close(open(word(argv), O_WRONLY | O_CREAT, 0666));
	else
		errx(1, "%s: no such word", w);
}

int
main(int argc, char *argv[])
{
	const char *w;

	(void)argc;
	for (argv++; *argv != NULL;) {
		w = word(&argv);
		if (!set(w, &argv))
			act(w, &argv);
	}
	free(record);
	return 0;
}

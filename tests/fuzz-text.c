/*
 * Goal: nothing that a program may print makes the text parser read where it
 * must not, lose count, or give out a row that the format does not have.
 *
 * The first byte chooses what becomes a row and which separator is expected.
 * The rest is fed whole and byte by byte: the rows are the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/aprec.h"
#include "format/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "fuzz-text: not true: %s\n", what);
		abort();
	}
}

/* As the record format wants its fields; a sum of all there is. */
static uint32_t
look(const struct text_row *row, uint32_t sum)
{
	const struct text_field *f;
	size_t i, j, bytes;

	check(row->nfields <= TEXT_COLUMNS_MAX + 2, "number of fields");
	for (i = 0; i < row->nfields; i++) {
		f = &row->fields[i];
		check(aprec_is_identifier(f->name, strlen(f->name)), "name");
		check(strncmp(f->name, "TEXT_", 5) != 0, "no such name");
		check(strncmp(f->name, "HISTORY_", 8) != 0, "nor such");
		for (j = 0; j < i && i < 64; j++)
			check(strcmp(f->name, row->fields[j].name) != 0,
			    "each name once");
		if (f->units != NULL)
			check(aprec_is_text(f->units, strlen(f->units), 0),
			    "units are text");
		if (f->label != NULL)
			check(aprec_is_text(f->label, strlen(f->label), 0),
			    "a label is text");
		bytes = f->kind == TEXT_STRING ? f->count : 8 * f->count;
		if (f->kind == TEXT_STRING)
			check(aprec_is_text(f->data, bytes, 1), "text");
		sum = aprec_crc32(sum, f->name, strlen(f->name));
		if (bytes > 0)
			sum = aprec_crc32(sum, f->data, bytes);
	}
	return sum;
}

static uint32_t
parse(const struct text_options *o, const char *p, size_t size, size_t piece)
{
	const struct text_row *row;
	struct text *t = text_new(o);
	const struct text_stats *stats;
	uint32_t sum = 0;
	size_t len, n;

	if (t == NULL)
		abort();
	while (size > 0) {
		len = size < piece ? size : piece;
		n = text_feed(t, p, len, &row);
		check(n >= 1 && n <= len, "it goes on");
		if (row != NULL)
			sum = look(row, sum);
		p += n;
		size -= n;
	}
	while (text_end(t, &row) > 0)
		sum = look(row, sum);
	check(aprec_is_text(text_names(t), strlen(text_names(t)), 0), "names");
	stats = text_stats(t);
	check(stats->rows + stats->misfits <= stats->lines, "the count");
	check(strlen(stats->misfit) <= TEXT_SAMPLE_MAX, "the sample");
	text_free(t);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char separators[] = { 0, ' ', ',', ';', '\t', '|' };
	struct text_options o = { .memory = 1 << 20 };
	const char *p = (const char *)data + 1;
	uint32_t whole;

	if (size < 1)
		return 0;
	size--;
	o.per = (enum text_per)(data[0] % 4);
	o.separator = separators[data[0] / 4 % sizeof(separators)];
	if (data[0] & 0x80)
		o.label = "a";
	whole = parse(&o, p, size, size);
	check(parse(&o, p, size, 1) == whole, "pieces make no difference");
	return 0;
}

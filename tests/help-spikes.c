/*
 * help-spikes - a long run of one number, smooth but for single values
 *
 *	help-spikes count spikes seed
 *
 * Writes count records to stdout, of the number e, at steps that are their seq:
 * half a wave from 0 to 1/2, and at so many steps that seed determines, far
 * from each other and from the ends, a value between 0.6 and 1, or its
 * negative.  Says on stderr where they are, "seq value", a line each.
 */
#include <err.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/aprec.h"

#define CHUNK	(1 << 18)

static uint64_t chance;

static double
uniform(void)
{
	chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (double)(chance >> 11) / 9007199254740992.;
}

/* Within the middle half of the i-th of n equal parts of the run. */
static uint64_t
place(uint64_t count, unsigned i, unsigned n)
{
	return 1 + (uint64_t)((i + 0.25 + uniform() / 2) / n * (double)count);
}

static void
flush(const uint8_t *p, size_t n)
{
	ssize_t w;

	for (; n > 0; p += w, n -= (size_t)w)
		if ((w = write(STDOUT_FILENO, p, n)) == -1)
			err(1, "write");
}

int
main(int argc, char *argv[])
{
	static uint8_t chunk[CHUNK];
	struct aprec_header head = { .seq = 1, .run = 1,
		.source = "spikes@test" };
	struct aprec_field f = { .name = "e", .type = APREC_F64 };
	uint64_t count, next;
	unsigned spikes, i = 0;
	double v, tip;
	size_t size, fill = 0;

	if (argc != 4)
		errx(1, "usage: help-spikes count spikes seed");
	count = strtoull(argv[1], NULL, 0);
	spikes = (unsigned)strtoul(argv[2], NULL, 0);
	chance = strtoull(argv[3], NULL, 0);
	f.data = &v;
	size = aprec_encoded_size(&head, &f, 1);
	next = place(count, 0, spikes);
	for (head.seq = 1; head.seq <= count; head.seq++) {
		v = 0.5 * sin(M_PI * (double)head.seq / (double)count);
		if (i < spikes && head.seq == next) {
			tip = 0.6 + 0.4 * uniform();
			v = uniform() < 0.5 ? tip : -tip;
			fprintf(stderr, "%ju %.17g\n", (uintmax_t)next, v);
			next = place(count, ++i, spikes);
		}
		head.wall = INT64_C(1700000000000000000) +
		    (int64_t)head.seq * 1000000;
		head.flags = head.seq == count ? APREC_FINAL : 0;
		if (aprec_encode(&head, &f, 1, chunk + fill, size) == -1)
			err(1, "record");
		fill += size;
		if (fill + size > sizeof(chunk) || head.seq == count) {
			flush(chunk, fill);
			fill = 0;
		}
	}
	return 0;
}

/*
 * recover.c - aprec recover: what is whole of a damaged recording
 *
 * Always true: a record is written as it stood there, byte for byte, or not at
 * all, and what was not written is told.
 */
#include <err.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "world/command.h"
#include "world/intake.h"
#include "world/outlet.h"

#define LOST	3	/* status: not all was recovered */

/* All records of the input; the output is opened with the first of them. */
static uint64_t
recover(struct intake *in, struct outlet *out, const char *path, int force,
    struct pool *pool)
{
	size_t len = path != NULL ? strlen(path) : 0;
	static struct record *r;	/* not lost where outlet_open() ends */
	uint64_t n;

	for (n = 0; (r = intake_record(in)) != NULL; n++) {
		if (n == 0)
			outlet_open(out, path, force, in->fd);
		if (n == 0 && len > 4 && strcmp(path + len - 4, ".zst") == 0)
			outlet_compress(out, pool);
		if (outlet_put(out, r) == -1)
			err(1, "%s", out->name);
		record_drop(r);
	}
	if (n > 0 && outlet_close(out) == -1)
		err(1, "%s", out->name);
	return n;
}

static int
tell_recovered(const struct intake *in, uint64_t n, int quiet)
{
	intake_tell(in);
	if (in->failed && n > 0)
		warnx("%s: %" PRIu64 " records recovered of what could be "
		    "read", in->name, n);
	else if (in->losses > 0 && n > 0)
		warnx("%s: %" PRIu64 " records recovered; lost: %" PRIu64
		    " bytes at %" PRIu64 " place%s", in->name, n,
		    in->lost_bytes, in->losses, in->losses == 1 ? "" : "s");
	else if (n > 0 && !quiet)
		warnx("%s: %" PRIu64 " record%s, nothing lost", in->name, n,
		    n == 1 ? "" : "s");
	return n == 0 ? 1 : in->failed || in->losses > 0 ? LOST : 0;
}

static int
recover_main(int argc, char **argv)
{
	struct intake in = { 0 };
	struct outlet out = { 0 };
	struct pool pool;
	const char *path = NULL;
	size_t memory = COMMAND_MEMORY;
	uint64_t n;
	int c, force = 0;

	while ((c = getopt(argc, argv, "Fhm:o:q")) != -1) {
		switch (c) {
		case 'F':
			force = 1;
			break;
		case 'h':
			command_usage(&command_recover, stdout, 0);
		case 'm':
			memory = command_size(optarg);
			break;
		case 'o':
			path = optarg;
			break;
		case 'q':
			in.quiet = 1;
			break;
		default:
			command_usage(&command_recover, stderr, 1);
		}
	}
	if (argc - optind > 1)
		command_usage(&command_recover, stderr, 1);
	command_stdin(optind == argc);
	pool_init(&pool, memory);
	if (intake_open(&in, &pool, optind < argc ? argv[optind] : "-") == -1)
		return 1;
	n = recover(&in, &out, path, force, &pool);
	intake_close(&in);
	pool_trim(&pool);
	return tell_recovered(&in, n, in.quiet);
}

const struct command command_recover = {
	"recover", recover_main, "[-Fq] [-m size] [-o output] [file]"
};

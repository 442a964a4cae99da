/*
 * check.c - aprec check: is a recording whole, and where is it not
 *
 * What is found is put together in format/audit.c.  Always true: status 0
 * says that every byte was read and belongs to a whole record.
 */
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#include "format/audit.h"
#include "world/command.h"
#include "world/intake.h"

#define DAMAGED		1
#define UNREADABLE	2

static struct buffer out;
static int quiet;		/* -q */

static void
flush(void)
{
	if (out.failed)
		err(UNREADABLE, NULL);
	if (!quiet)
		command_write(out.p, out.len);
	buffer_clear(&out);
}

/* A record, as far as its place; data that are wrong are damage. */
static void
check_record(struct audit *a, struct intake *in, struct record *r)
{
	struct reader_loss loss = { .why = "data CRC is wrong" };
	uint64_t bytes;		/* in the file: of its frame, if in one */

	loss.bytes = r->length;
	loss.at = reader_place(in->reader, &bytes);
	if (!record_data_ok(r))
		audit_loss(a, &out, in->name, READER_LOST, &loss);
	else if (audit_record(a, r, loss.at, bytes != r->length) == -1)
		err(UNREADABLE, NULL);
	record_drop(r);
}

/* The status of one input. */
static int
check_input(struct pool *pool, const char *name)
{
	struct intake in = { .quiet = 1, .idle = flush };
	struct audit a;
	struct reader_loss loss;
	struct record *r;
	enum reader_event e;
	int status;

	if (intake_open(&in, pool, name) == -1)
		return UNREADABLE;
	audit_init(&a);
	while ((e = intake_next(&in, &r, &loss)) != READER_MORE) {
		if (e == READER_RECORD)
			check_record(&a, &in, r);
		else
			audit_loss(&a, &out, in.name, e, &loss);
	}
	if (!in.failed)
		audit_tell(&a, &out, in.name, in.bytes);
	status = in.failed ? UNREADABLE : audit_is_whole(&a) ? 0 : DAMAGED;
	flush();
	audit_free(&a);
	intake_close(&in);
	return status;
}

static int
check_main(int argc, char **argv)
{
	size_t memory = COMMAND_MEMORY;
	struct pool pool;
	int c, status = 0, one;

	command_error = UNREADABLE;
	while ((c = getopt(argc, argv, "hm:q")) != -1) {
		switch (c) {
		case 'h':
			command_usage(&command_check, stdout, 0);
		case 'm':
			memory = command_size(optarg);
			break;
		case 'q':
			quiet = 1;
			break;
		default:
			command_usage(&command_check, stderr, UNREADABLE);
		}
	}
	command_stdin(optind == argc);
	pool_init(&pool, memory);
	if (optind == argc)
		status = check_input(&pool, "-");
	for (; optind < argc; optind++) {
		one = check_input(&pool, argv[optind]);
		status = one > status ? one : status;
	}
	pool_trim(&pool);
	buffer_free(&out);
	return status;
}

const struct command command_check = {
	"check", check_main, "[-q] [-m size] [file ...]"
};

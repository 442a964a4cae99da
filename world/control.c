/*
 * control.c - aprec control: what runs have obeyed
 *
 * What it prints is made in format/steering.c.  Always true: what could not
 * be printed as a line to replay is told.
 */
#include <err.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "format/steering.h"
#include "world/command.h"
#include "world/intake.h"

static struct {
	int		 quiet;		/* -q */
	size_t		 memory;	/* -m */
	const char	*source;	/* a pattern; NULL: all */
	int		 failed;	/* an input could not be read */
	uint64_t	 losses;	/* of all inputs */
	uint64_t	 unkept;	/* records: no memory */
} in = { .memory = COMMAND_MEMORY };

static void
control_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "hm:qs:")) != -1) {
		switch (c) {
		case 'h':
			command_usage(&command_control, stdout, 0);
		case 'm':
			in.memory = command_size(optarg);
			break;
		case 'q':
			in.quiet = 1;
			break;
		case 's':
			in.source = optarg;
			break;
		default:
			command_usage(&command_control, stderr, 1);
		}
	}
}

static void
one_input(struct steering *st, struct pool *pool, const char *name)
{
	struct intake i = { .quiet = in.quiet };
	struct record *r;

	if (intake_open(&i, pool, name) == -1) {
		in.failed = 1;
		return;
	}
	while ((r = intake_record(&i)) != NULL) {
		if ((in.source == NULL ||
		    fnmatch(in.source, r->source, 0) == 0) &&
		    steering_add(st, r) == -1) {
			if (errno != ENOBUFS)
				err(1, NULL);
			in.unkept++;
		}
		record_drop(r);
	}
	intake_tell(&i);
	in.failed |= i.failed;
	in.losses += i.losses;
	intake_close(&i);
}

/* All lines; how many of them are no orders. */
static size_t
print(struct steering *st)
{
	struct buffer b = { 0 };
	size_t refused = 0;

	for (size_t i = 0; i < steering_runs(st); i++) {
		steering_run(st, i, &b, &refused);
		if (b.failed)
			errx(1, "out of memory");
		command_write(b.p, b.len);
		buffer_clear(&b);
	}
	buffer_free(&b);
	return refused;
}

static int
control_main(int argc, char **argv)
{
	struct steering st = { 0 };
	struct pool pool;
	size_t refused, runs;
	int i;

	control_options(argc, argv);
	command_stdin(optind == argc);
	pool_init(&pool, in.memory);
	st.memory = in.memory / COMMAND_SHARE;
	if (optind == argc)
		one_input(&st, &pool, "-");
	for (i = optind; i < argc; i++)
		one_input(&st, &pool, argv[i]);
	pool_trim(&pool);
	refused = print(&st);
	runs = steering_runs(&st);
	steering_free(&st);
	if (runs == 0 && !in.quiet && !in.failed)
		warnx("no run was steered: there is no field \"control\"%s",
		    in.source != NULL ? " of such a source" : "");
	if (refused > 0)
		warnx("%zu line%s left out, which %s no order%s or cannot be "
		    "shown", refused, refused == 1 ? "" : "s",
		    refused == 1 ? "is" : "are", refused == 1 ? "" : "s");
	if (in.unkept > 0)
		warnx("what %ju records say is left out: memory is full (-m)",
		    (uintmax_t)in.unkept);
	if (in.failed || runs == 0)
		return 1;
	return in.losses + in.unkept + refused > 0 ? COMMAND_LOSS : 0;
}

const struct command command_control = {
	"control", control_main, "[-q] [-m size] [-s source] [file ...]"
};

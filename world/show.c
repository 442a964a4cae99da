/*
 * show.c - aprec ls, csv, json: records in, text out
 *
 * How records look as text is in format/show.c.  Always true: what has come
 * is shown before more is waited for.
 */
#include <err.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/buffer.h"
#include "format/past.h"
#include "format/runs.h"
#include "format/show.h"
#include "world/command.h"
#include "world/intake.h"

static struct {
	const struct command *command;
	int		 quiet;		/* -q */
	size_t		 memory;	/* -m */
	const char	*source;	/* a pattern; NULL: all */
	uint64_t	 first, last;	/* seq */
	struct show	 show;
	const char	**names;	/* -n */
	struct buffer	 out;
	int		 failed;	/* an input could not be read */
	uint64_t	 losses;	/* of all inputs */
} in = { .memory = COMMAND_MEMORY, .first = 0, .last = UINT64_MAX };

static int
empty_buffer(struct buffer *b, void *arg)
{
	(void)arg;
	if (b->failed)
		errx(1, "out of memory");
	command_write(b->p, b->len);
	buffer_clear(b);
	return 0;
}

static void
flush(void)
{
	empty_buffer(&in.out, NULL);
}

/* "7", "7-", "-7", "3-7" */
static void
range_option(char *arg)
{
	char *dash = strchr(arg, '-');
	const char *why = NULL, *why2 = NULL;

	if (dash != NULL)
		*dash++ = '\0';
	if (*arg != '\0')
		in.first = (uint64_t)strtonum(arg, 0, LLONG_MAX, &why);
	if (dash == NULL)
		in.last = in.first;
	else if (*dash != '\0')
		in.last = (uint64_t)strtonum(dash, 0, LLONG_MAX, &why2);
	if (why != NULL || why2 != NULL || (*arg == '\0' &&
	    (dash == NULL || *dash == '\0')))
		errx(1, "-R: not a range of seq such as 7, 3-7, 3- or -7");
}

static int
is_wanted(const struct record *r)
{
	return r->seq >= in.first && r->seq <= in.last &&
	    (in.source == NULL || fnmatch(in.source, r->source, 0) == 0);
}

/* What is known of a run, and of the recap that is being read. */
struct shown {
	uint64_t	 run;
	uint64_t	 seq;
};

struct repeats {
	struct runs	 runs;
	uint64_t	 left;		/* records of the recap */
};

/* Whether a recap (aprec(5)) repeats what has been shown. */
static int
is_repeated(struct repeats *p, const struct record *r)
{
	struct recap_mark mark;
	struct shown *run;
	uint64_t was;
	int known, again;

	if (past_is_recap(r, &mark))
		p->left = mark.count;
	was = p->left;
	p->left -= was > 0;
	if ((r->flags & APREC_HISTORY) ||
	    (run = runs_get(&p->runs, r->run, &known)) == NULL)
		return 0;
	again = r->seq <= run->seq;
	if (!again)
		run->seq = r->seq;
	return again && was > 0;
}

static void
one_input(struct pool *pool, const char *name,
    int (*put)(const struct record *r))
{
	struct repeats repeats = { .runs.size = sizeof(struct shown) };
	struct intake i = { .quiet = in.quiet, .idle = flush };
	struct record *r;

	if (intake_open(&i, pool, name) == -1) {
		in.failed = 1;
		return;
	}
	while ((r = intake_record(&i)) != NULL) {
		if (!is_repeated(&repeats, r) && is_wanted(r))
			put(r);
		record_drop(r);
	}
	runs_free(&repeats.runs);
	flush();
	intake_tell(&i);
	in.failed |= i.failed;
	in.losses += i.losses + (i.records == 0);
	intake_close(&i);
}

static void
record_options(int argc, char **argv, const char *letters)
{
	int c;

	while ((c = getopt(argc, argv, letters)) != -1) {
		switch (c) {
		case 'a':
			in.show.about = 1;
			break;
		case 'h':
			command_usage(in.command, stdout, 0);
		case 'm':
			in.memory = command_size(optarg);
			break;
		case 'n':
			in.show.nnames = command_list(optarg, &in.names);
			in.show.names = in.names;
			break;
		case 'q':
			in.quiet = 1;
			break;
		case 'R':
			range_option(optarg);
			break;
		case 's':
			in.source = optarg;
			break;
		default:
			command_usage(in.command, stderr, 1);
		}
	}
}

/* Takes the options and all inputs; put() shows a record.  The status. */
static int
show_records(const struct command *command, int argc, char **argv,
    const char *letters, int (*put)(const struct record *r))
{
	struct pool pool;
	int i;

	in.command = command;
	record_options(argc, argv, letters);
	command_stdin(optind == argc);
	in.show.full = empty_buffer;
	pool_init(&pool, in.memory);
	if (optind == argc)
		one_input(&pool, "-", put);
	for (i = optind; i < argc; i++)
		one_input(&pool, argv[i], put);
	pool_trim(&pool);
	buffer_free(&in.out);
	free(in.names);
	return in.failed ? 1 : in.losses > 0 ? COMMAND_LOSS : 0;
}

static int
put_line(const struct record *r)
{
	show_line(&in.out, r);
	return 0;
}

static int
put_csv(const struct record *r)
{
	return show_csv(&in.show, &in.out, r);
}

static int
put_json(const struct record *r)
{
	return show_json(&in.show, &in.out, r);
}

static int
ls_main(int argc, char **argv)
{
	return show_records(&command_ls, argc, argv, "hm:qR:s:", put_line);
}

static int
csv_main(int argc, char **argv)
{
	int status = show_records(&command_csv, argc, argv, "hm:n:qR:s:",
	    put_csv);

	if (in.show.left_out > 0 && !in.quiet)
		warnx("arrays of more than one dimension, the first is %s, "
		    "are no columns: aprec json has them", in.show.left_name);
	show_free(&in.show);
	return status;
}

static int
json_main(int argc, char **argv)
{
	return show_records(&command_json, argc, argv, "ahm:n:qR:s:",
	    put_json);
}

const struct command command_csv = {
	"csv", csv_main,
	"[-q] [-m size] [-n names] [-R range] [-s source] [file ...]"
};
const struct command command_json = {
	"json", json_main,
	"[-aq] [-m size] [-n names] [-R range] [-s source] [file ...]"
};
const struct command command_ls = {
	"ls", ls_main,
	"[-q] [-m size] [-R range] [-s source] [file ...]"
};

/*
 * text.c - aprec text: columns of text into records
 *
 * What is parsed is in format/text.c; here are the source, the signals and
 * the silence.  Always true: records go out as soon as the lines they are
 * made of have come.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/aprec.h"
#include "format/buffer.h"
#include "format/text.h"
#include "format/word.h"
#include "world/command.h"

#define BLOCK_MEMORY	((size_t)256 << 20)	/* -m */
#define PIECE		65536
#define NS		INT64_C(1000000000)
#define SILENCE		10	/* seconds without a line */

struct source {
	struct aprec_header header;
	char		 name[APREC_SOURCE_MAX + 1];
	struct aprec_field *fields;
	struct aprec_attribute *attrs;	/* two for each field */
	size_t		 room;
	struct buffer	 out;		/* records of the last read(2) */
};

static struct text *text;
static struct source source;
static int quiet, verbose;	/* -q, -v */
static const char **column_names, **column_units;	/* -n, -u */
static int hinted;		/* at buffering */
static uint64_t text_rows;	/* told by -v so far */

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * NS + ts.tv_nsec;
}

/* The name of the source: option, environment, or text@host. */
static void
name_source(const char *name)
{
	char host[256], shown[2 * APREC_SOURCE_MAX];

	if (name == NULL && (name = getenv("APREC_SOURCE")) == NULL) {
		if (gethostname(host, sizeof(host)) == -1)
			host[0] = '\0';
		host[sizeof(host) - 1] = '\0';
		host[strcspn(host, ".")] = '\0';
		if (host[0] == '\0')
			strlcpy(host, "localhost", sizeof(host));
		strlcpy(source.name, "text@", sizeof(source.name));
		word_text(source.name + 5, sizeof(source.name) - 5, host,
		    strlen(host));
		return;
	}
	if (name[0] == '\0' || strlen(name) > APREC_SOURCE_MAX ||
	    !aprec_is_text(name, strlen(name), 0)) {
		word_text(shown, sizeof(shown), name, strlen(name));
		errx(1, "source \"%s\": not 1 to %d bytes of UTF-8 without "
		    "control characters", shown, APREC_SOURCE_MAX);
	}
	strlcpy(source.name, name, sizeof(source.name));
}

static void
open_source(const char *name)
{
	name_source(name);
	source.header.source = source.name;
	do
		arc4random_buf(&source.header.run, sizeof(source.header.run));
	while (source.header.run == 0);
}

static void
send_records(void)
{
	command_write(source.out.p, source.out.len);
	buffer_clear(&source.out);
}

/* Encodes n fields as a record that goes out with the next send_records(). */
static void
publish(size_t n, unsigned int flags, int64_t wall)
{
	struct aprec_header *h = &source.header;
	size_t size;
	void *to;

	h->seq++;
	h->flags = flags | APREC_DATA_CRC;
	h->wall = wall;
	if ((size = aprec_encoded_size(h, source.fields, n)) == 0)
		err(1, "record %" PRIu64, h->seq);
	if ((to = buffer_room(&source.out, size)) == NULL)
		err(1, NULL);
	if (aprec_encode(h, source.fields, n, to, size) == -1)
		err(1, "record %" PRIu64, h->seq);
	source.out.len += size;
	if (source.out.len >= PIECE)
		send_records();
}

/* For n fields, at most TEXT_COLUMNS_MAX. */
static void
make_room(size_t n)
{
	if (n <= source.room)
		return;
	source.fields = realloc(source.fields, n * sizeof(*source.fields));
	source.attrs = realloc(source.attrs, 2 * n * sizeof(*source.attrs));
	if (source.fields == NULL || source.attrs == NULL)
		err(1, NULL);
	source.room = n;
}

static void
fill_field(struct aprec_field *f, struct aprec_attribute *attrs,
    const struct text_field *from)
{
	static const enum aprec_type types[] = {
		[TEXT_NUMBER] = APREC_F64, [TEXT_WHOLE] = APREC_I64,
		[TEXT_STRING] = APREC_TEXT
	};

	*f = (struct aprec_field){ .name = from->name,
	    .type = types[from->kind], .rank = from->rank,
	    .extents = { from->extents[0], from->extents[1] },
	    .dims = { from->dims[0], from->dims[1] },
	    .attrs = attrs, .data = from->data, .text_len = from->count };
	if (from->units != NULL)
		attrs[f->nattrs++] = (struct aprec_attribute){ "units",
		    from->units };
	if (from->label != NULL)
		attrs[f->nattrs++] = (struct aprec_attribute){ "label",
		    from->label };
}

static void
publish_row(const struct text_row *row)
{
	size_t i;

	make_room(row->nfields);
	for (i = 0; i < row->nfields; i++)
		fill_field(&source.fields[i], &source.attrs[2 * i],
		    &row->fields[i]);
	publish(row->nfields, 0, row->stamped ? row->wall : now());
}

/* With -v: the names as they change. */
static void
tell_names(const char *name)
{
	static char *last;
	const char *found = text_names(text);

	if (found[0] == '\0' || (last != NULL && strcmp(last, found) == 0))
		return;
	free(last);
	last = strdup(found);
	warnx("%s: columns: %s", name, found);
}

static void
feed(const char *name, const char *p, size_t len)
{
	const struct text_row *row;
	size_t n;

	while (len > 0) {
		n = text_feed(text, p, len, &row);
		if (row != NULL)
			publish_row(row);
		if (verbose && text_stats(text)->rows != text_rows) {
			text_rows = text_stats(text)->rows;
			tell_names(name);
		}
		p += n;
		len -= n;
	}
	send_records();
}

/* Waits for input; after some seconds without a line, says what may be wrong.
 * Regular files are always ready. */
static void
wait_for_line(int fd, const char *name, const struct timespec *last)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	struct timespec t;
	int64_t left;

	while (!quiet && !hinted) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		left = SILENCE * 1000 - (t.tv_sec - last->tv_sec) * 1000 -
		    (t.tv_nsec - last->tv_nsec) / 1000000;
		if (left > 0 && poll(&pfd, 1, (int)left) != 0)
			return;
		if (left > 0)
			continue;
		warnx("%s: no line for %d seconds.  A program that writes to "
		    "a pipe may keep its lines\nback: start it with "
		    "\"stdbuf -oL program\" (C), PYTHONUNBUFFERED=1 (Python) "
		    "or\nGFORTRAN_UNBUFFERED_PRECONNECTED=y (gfortran).",
		    name, SILENCE);
		hinted = 1;
	}
}

/* All of one input.  -1: it could not be read to its end. */
static int
read_text(int fd, const char *name)
{
	static char buf[PIECE];
	struct timespec last;
	uint64_t lines = text_stats(text)->lines;
	ssize_t n;

	clock_gettime(CLOCK_MONOTONIC, &last);
	for (;;) {
		wait_for_line(fd, name, &last);
		if ((n = read(fd, buf, sizeof(buf))) == 0)
			return 0;
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			warn("%s", name);
			return -1;
		}
		feed(name, buf, (size_t)n);
		if (lines != text_stats(text)->lines) {
			lines = text_stats(text)->lines;
			clock_gettime(CLOCK_MONOTONIC, &last);
		}
	}
}

static int
one_text(const char *name)
{
	const struct text_row *row;
	int fd = command_open(name), result;

	if (fd == -1)
		return -1;
	result = read_text(fd, command_input(name));
	while (text_end(text, &row) > 0)
		publish_row(row);
	send_records();
	command_close(fd);
	return result;
}

/* What did not fit, at the end.  The exit status. */
static int
tell_text(void)
{
	const struct text_stats *s = text_stats(text);

	if (text_failed(text))
		errx(1, "out of memory: rows are missing");
	if (s->misfits > 0 && !quiet)
		warnx("%" PRIu64 " of %" PRIu64 " lines did not fit, the first "
		    "is line %" PRIu64 ": %s", s->misfits, s->lines,
		    s->misfit_line, s->misfit);
	if (s->overlong > 0)
		warnx("%" PRIu64 " of these had more than %d bytes",
		    s->overlong, TEXT_LINE_MAX);
	if (s->binary > 0)
		warnx("%" PRIu64 " of these had control characters in them: "
		    "is it text?", s->binary);
	if (s->unkept > 0)
		warnx("%" PRIu64 " of these found no room: more than %d names, "
		    "or more memory than -m allows", s->unkept,
		    TEXT_COLUMNS_MAX);
	if (s->blocks > 0 && !quiet)
		warnx("blank lines stand between groups of rows: -p block "
		    "makes each group\none record of arrays");
	if (s->rows == 0)
		warnx("no rows of numbers in %" PRIu64 " lines", s->lines);
	return s->rows == 0 || s->unkept > 0 ? COMMAND_LOSS : 0;
}

/* The first signal is the computation's: it ends, and with it our input. */
static void
first_signal(int signal_number)
{
	(void)signal_number;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
}

static void
catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa, old;
	struct stat st;
	size_t i;

	if (fstat(STDIN_FILENO, &st) == -1 ||
	    (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode)))
		return;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = first_signal;
	sa.sa_flags = SA_RESTART;
	sigemptyset(&sa.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)	/* nohup */
			sigaction(signals[i], &sa, NULL);
	}
}

static char
separator_option(const char *arg)
{
	static const struct {
		const char *name;
		char c;
	} names[] = { { "space", ' ' }, { "tab", '\t' }, { "comma", ',' },
	    { "semicolon", ';' }, { "bar", '|' }, { "\\t", '\t' },
	    { " ", ' ' }, { "\t", '\t' }, { ",", ',' }, { ";", ';' },
	    { "|", '|' } };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(arg, names[i].name) == 0)
			return names[i].c;
	errx(1, "-d %s: not one of space tab comma semicolon bar", arg);
}

static enum text_per
per_option(const char *arg)
{
	static const char *const names[] = { [TEXT_LINE] = "line",
	    [TEXT_BLOCK] = "block", [TEXT_INDEX] = "index",
	    [TEXT_FILE] = "file" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(arg, names[i]) == 0)
			return (enum text_per)i;
	errx(1, "-p %s: not one of line block index file", arg);
}

static void
text_options(int argc, char **argv, struct text_options *o,
    const char **name)
{
	const char *why;
	int c, per = -1;

	o->memory = BLOCK_MEMORY;
	while ((c = getopt(argc, argv, "d:g:H:hk:m:n:p:qs:t:u:vx:")) != -1) {
		switch (c) {
		case 'd':
			o->separator = separator_option(optarg);
			break;
		case 'g':
			o->label = optarg;
			break;
		case 'H':
			o->skip = (uint64_t)strtonum(optarg, 0, LLONG_MAX,
			    &why);
			if (why != NULL)
				errx(1, "-H %s: %s number of lines", optarg,
				    why);
			break;
		case 'h':
			command_usage(&command_text, stdout, 0);
		case 'k':
			o->step = optarg;
			break;
		case 'm':
			o->memory = command_size(optarg);
			break;
		case 'n':
			o->nnames = command_list(optarg, &column_names);
			o->names = column_names;
			break;
		case 'p':
			per = (int)per_option(optarg);
			break;
		case 'q':
			quiet = 1;
			break;
		case 's':
			*name = optarg;
			break;
		case 't':
			o->time = optarg;
			break;
		case 'u':
			o->nunits = command_list(optarg, &column_units);
			o->units = column_units;
			break;
		case 'v':
			verbose = 1;
			break;
		case 'x':
			o->coordinate = optarg;
			break;
		default:
			command_usage(&command_text, stderr, 1);
		}
	}
	if (o->nnames > TEXT_COLUMNS_MAX)
		errx(1, "-n: more than %d names", TEXT_COLUMNS_MAX);
	o->per = per >= 0 ? (enum text_per)per :
	    optind < argc ? TEXT_FILE : TEXT_LINE;
}

static int
text_main(int argc, char **argv)
{
	struct text_options options = { 0 };
	const char *name = NULL;
	int failed = 0, i, status;

	text_options(argc, argv, &options, &name);
	if (isatty(STDOUT_FILENO))
		errx(1, "stdout is a terminal, and records are not for it: "
		    "add \"| aplot\" or \"| aprec ls\", or \"> file.apr\"");
	if (optind == argc && isatty(STDIN_FILENO))
		errx(1, "stdin is a terminal: pipe a program into it, or name "
		    "a file (- is stdin)");
	if ((text = text_new(&options)) == NULL)
		err(1, NULL);
	open_source(name);
	catch_signals();
	if (optind == argc)
		failed |= one_text("-") == -1;
	for (i = optind; i < argc; i++)
		failed |= one_text(argv[i]) == -1;
	publish(0, APREC_FINAL, now());
	send_records();
	status = tell_text();
	text_free(text);
	free(source.fields);
	free(source.attrs);
	buffer_free(&source.out);
	free(column_names);
	free(column_units);
	return failed ? 1 : status;
}

const struct command command_text = {
	"text", text_main,
	"[-qv] [-d separator] [-g column] [-H lines] [-k column]\n"
	"                  [-m size] [-n names] [-p what] [-s source]\n"
	"                  [-t column] [-u units] [-x column] [file ...]"
};

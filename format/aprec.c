/*
 * aprec - everything about records that is neither forwarding nor drawing
 *
 *	aprec text	columns of text into records
 *	aprec ls	one line a record
 *	aprec csv	fields out, for other tools
 *	aprec json
 *
 * What is parsed and how records look as text is in text.c and show.c; here
 * are files, signals and the exit status.  Always true: what could not be
 * taken is counted and told on stderr, and the exit status says so.
 */

#include <sys/types.h>
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
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

#include "aprec.h"
#include "buffer.h"
#include "escape.h"
#include "pool.h"
#include "reader.h"
#include "show.h"
#include "text.h"
#include "word.h"

#define EXIT_LOSS	2	/* something was passed over; nothing found */
#define MEMORY		((size_t)1 << 30)	/* -m of ls, csv, json */
#define RECORD_SHARE	2	/* of it one record may have at most */
#define BLOCK_MEMORY	((size_t)256 << 20)	/* -m of text */
#define MEMORY_MIN	(1 << 20)
#define PIECE		65536
#define NS		INT64_C(1000000000)
#define SILENCE		10	/* seconds without a line */
#define TOLD		5	/* losses told one by one, for each input */
#define SAMPLE		60	/* characters shown of what is no record */

static int text_main(int argc, char **argv);
static int ls_main(int argc, char **argv);
static int csv_main(int argc, char **argv);
static int json_main(int argc, char **argv);

static const struct command {
	const char	*name;
	int		(*main)(int argc, char **argv);
	const char	*usage;
} commands[] = {
	{ "csv", csv_main,
	    "[-q] [-m size] [-n names] [-R range] [-s source] [file ...]" },
	{ "json", json_main,
	    "[-aq] [-m size] [-n names] [-R range] [-s source] [file ...]" },
	{ "ls", ls_main,
	    "[-q] [-m size] [-R range] [-s source] [file ...]" },
	{ "text", text_main,
	    "[-qv] [-d separator] [-g column] [-H lines] [-k column]\n"
	    "                  [-m size] [-n names] [-p what] [-s source]\n"
	    "                  [-t column] [-u units] [-x column] [file ...]"
	    },
};

static const char *command;	/* the one that runs, for messages */
static int quiet;

static void
usage(FILE *to, int status)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (command == NULL || strcmp(command, commands[i].name) == 0)
			fprintf(to, "usage: aprec %s %s\n", commands[i].name,
			    commands[i].usage);
	exit(status);
}

/* A number with K, M, G behind it. */
static size_t
size_option(const char *arg)
{
	static const char letters[] = "KMG";
	char digits[24];
	const char *why = NULL, *p;
	size_t len = strlen(arg);
	long long v;
	int shift = 0;

	if (len > 0 && (p = strchr(letters, arg[len - 1] & ~0x20)) != NULL) {
		shift = 10 * (int)(p - letters + 1);
		len--;
	}
	if (len >= sizeof(digits))
		len = 0;
	memcpy(digits, arg, len);
	digits[len] = '\0';
	v = strtonum(digits, 1, LLONG_MAX >> shift, &why);
	if (why != NULL || (v << shift) < MEMORY_MIN ||
	    (unsigned long long)(v << shift) > SIZE_MAX / 2)
		errx(1, "-m %s: not a size of 1M or more, such as 256M", arg);
	return (size_t)(v << shift);
}

/* a,b,c taken apart in place; the number of names. */
static size_t
list_option(char *arg, const char ***list)
{
	size_t n = 1, i;
	char *p;

	for (p = arg; *p != '\0'; p++)
		n += *p == ',';
	free(*list);
	if ((*list = calloc(n, sizeof(**list))) == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++)
		(*list)[i] = strsep(&arg, ",");
	return n;
}

static void
write_all(const void *buf, size_t len)
{
	const char *p = buf;
	ssize_t n;

	while (len > 0) {
		if ((n = write(STDOUT_FILENO, p, len)) == -1) {
			if (errno == EINTR)
				continue;
			err(1, "stdout");
		}
		p += n;
		len -= (size_t)n;
	}
}

/* "-" or a file.  -1: it was told why not. */
static int
open_input(const char *name)
{
	int fd;

	if (strcmp(name, "-") == 0)
		return STDIN_FILENO;
	if ((fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		warn("%s", name);
	return fd;
}

static void
close_input(int fd)
{
	if (fd != STDIN_FILENO)
		close(fd);
}

static const char *
input_name(const char *name)
{
	return strcmp(name, "-") == 0 ? "stdin" : name;
}

/*
 * text
 */

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
static int verbose;
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
	write_all(source.out.p, source.out.len);
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
	int fd = open_input(name), result;

	if (fd == -1)
		return -1;
	result = read_text(fd, input_name(name));
	while (text_end(text, &row) > 0)
		publish_row(row);
	send_records();
	close_input(fd);
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
	return s->rows == 0 || s->unkept > 0 ? EXIT_LOSS : 0;
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
			usage(stdout, 0);
			break;
		case 'k':
			o->step = optarg;
			break;
		case 'm':
			o->memory = size_option(optarg);
			break;
		case 'n':
			o->nnames = list_option(optarg, &column_names);
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
			o->nunits = list_option(optarg, &column_units);
			o->units = column_units;
			break;
		case 'v':
			verbose = 1;
			break;
		case 'x':
			o->coordinate = optarg;
			break;
		default:
			usage(stderr, 1);
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

/*
 * ls, csv, json: records in
 */


static struct {
	size_t		 memory;
	const char	*source;	/* a pattern; NULL: all */
	uint64_t	 first, last;	/* seq */
	struct show	 show;
	const char	**names;	/* -n */
	struct buffer	 out;
	int		(*put)(const struct record *r);
	int		 failed;	/* an input could not be read */
	uint64_t	 losses;	/* of all inputs */
} in = { .memory = MEMORY, .first = 0, .last = UINT64_MAX };

static int
empty_buffer(struct buffer *b, void *arg)
{
	(void)arg;
	if (b->failed)
		errx(1, "out of memory");
	write_all(b->p, b->len);
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

/* One input of records, and what became of it. */
struct records {
	const char	*name;
	struct reader	*reader;
	uint64_t	 bytes;
	uint64_t	 records;
	uint64_t	 losses;
	uint64_t	 lost_bytes;
};

static void
tell_loss(struct records *rs, uint64_t at, uint64_t bytes, const char *why)
{
	rs->lost_bytes += bytes;
	if (rs->losses++ >= TOLD)
		return;
	flush();
	warnx("%s: byte %" PRIu64 ": %s: %" PRIu64 " bytes passed over",
	    rs->name, at, why, bytes);
}

/* Text before the first record is no loss: what a login prints, say. */
static void
tell_text_before(const struct records *rs, const struct reader_loss *loss)
{
	struct buffer b = { 0 };

	if (quiet)
		return;
	escape_text(&b, loss->text, loss->bytes, SAMPLE);
	warnx("%s: byte %" PRIu64 ": %" PRIu64 " bytes of text before the "
	    "first record: %s", rs->name, loss->at, loss->bytes,
	    buffer_text(&b));
	buffer_free(&b);
}

static void
take_record(struct records *rs, struct record *r)
{
	rs->records++;
	if (!record_data_ok(r))
		tell_loss(rs, reader_offset(rs->reader) - r->length, r->length,
		    "the data are damaged (CRC)");
	else if (is_wanted(r))
		in.put(r);
	record_drop(r);
}

/* Whatever the reader has to say.  reader_next() or reader_end(). */
static void
take_events(struct records *rs, enum reader_event (*next)(struct reader *,
    struct record **, struct reader_loss *))
{
	struct reader_loss loss;
	struct record *r;
	enum reader_event e;

	while ((e = next(rs->reader, &r, &loss)) != READER_MORE) {
		switch (e) {
		case READER_RECORD:
			take_record(rs, r);
			break;
		case READER_TEXT:
			tell_text_before(rs, &loss);
			break;
		case READER_LOST:
		case READER_UNSUPPORTED:
			tell_loss(rs, loss.at, loss.bytes, loss.why);
			break;
		case READER_FAILED:
			err(1, "%s", rs->name);
		case READER_MORE:
			break;
		}
	}
}

/* Is it what aptee -z makes?  We say how to take it. */
static int
is_compressed(const struct records *rs, const unsigned char *p, size_t n)
{
	if (rs->bytes > 0 || n < 4 || memcmp(p, "\x28\xb5\x2f\xfd", 4) != 0)
		return 0;
	warnx("%s: compressed by zstd: zstd -dc %s | aprec %s", rs->name,
	    strcmp(rs->name, "stdin") == 0 ? "" : rs->name, command);
	return 1;
}

static int
read_records(struct records *rs, int fd)
{
	size_t room;
	ssize_t n;
	void *p;

	for (;;) {
		if ((p = reader_space(rs->reader, &room)) == NULL)
			err(1, "%s", rs->name);
		if ((n = read(fd, p, room)) == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (is_compressed(rs, p, (size_t)n))
			return -1;
		rs->bytes += (uint64_t)n;
		reader_fill(rs->reader, (size_t)n);
		take_events(rs, reader_next);
		flush();
	}
	if (n == -1)
		warn("%s", rs->name);
	take_events(rs, reader_end);
	flush();
	return n == -1 ? -1 : 0;
}

static void
tell_records(const struct records *rs)
{
	if (rs->losses > TOLD)
		warnx("%s: %" PRIu64 " places like these, %" PRIu64 " bytes "
		    "in all", rs->name, rs->losses, rs->lost_bytes);
	if (rs->records == 0 && rs->bytes > 0)
		warnx("%s: no record in %" PRIu64 " bytes (text? try "
		    "\"aprec text\")", rs->name, rs->bytes);
	else if (rs->records == 0)
		warnx("%s: empty", rs->name);
}

static void
one_input(struct pool *pool, const char *name)
{
	struct records rs = { .name = input_name(name) };
	int fd = open_input(name);

	if (fd == -1) {
		in.failed = 1;
		return;
	}
	if ((rs.reader = reader_new(pool, in.memory / RECORD_SHARE)) == NULL)
		err(1, NULL);
	if (read_records(&rs, fd) == -1)
		in.failed = 1;
	else
		tell_records(&rs);
	in.losses += rs.losses + (rs.records == 0);
	reader_free(rs.reader);
	close_input(fd);
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
			usage(stdout, 0);
			break;
		case 'm':
			in.memory = size_option(optarg);
			break;
		case 'n':
			in.show.nnames = list_option(optarg, &in.names);
			in.show.names = in.names;
			break;
		case 'q':
			quiet = 1;
			break;
		case 'R':
			range_option(optarg);
			break;
		case 's':
			in.source = optarg;
			break;
		default:
			usage(stderr, 1);
		}
	}
}

/* Takes the options and all inputs; put() shows a record.  The status. */
static int
show_records(int argc, char **argv, const char *letters,
    int (*put)(const struct record *r))
{
	struct pool pool;
	int i;

	record_options(argc, argv, letters);
	if (optind == argc && isatty(STDIN_FILENO))
		errx(1, "stdin is a terminal, and records do not come from "
		    "there: name a file, or pipe a stream into it");
	in.put = put;
	in.show.full = empty_buffer;
	pool_init(&pool, in.memory);
	if (optind == argc)
		one_input(&pool, "-");
	for (i = optind; i < argc; i++)
		one_input(&pool, argv[i]);
	pool_trim(&pool);
	buffer_free(&in.out);
	free(in.names);
	return in.failed ? 1 : in.losses > 0 ? EXIT_LOSS : 0;
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
	return show_records(argc, argv, "hm:qR:s:", put_line);
}

static int
csv_main(int argc, char **argv)
{
	int status = show_records(argc, argv, "hm:n:qR:s:", put_csv);

	if (in.show.left_out > 0 && !quiet)
		warnx("arrays of more than one dimension, the first is %s, "
		    "are no columns: aprec json has them", in.show.left_name);
	show_free(&in.show);
	return status;
}

static int
json_main(int argc, char **argv)
{
	return show_records(argc, argv, "ahm:n:qR:s:", put_json);
}

int
main(int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		usage(stderr, 1);
	if (strcmp(argv[1], "-h") == 0)
		usage(stdout, 0);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		command = commands[i].name;
		return commands[i].main(argc - 1, argv + 1);
	}
	warnx("%s: no such command", argv[1]);
	usage(stderr, 1);
}

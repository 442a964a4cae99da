/*
 * aptee - forward a stream of records so that no reader holds it up
 *
 *	./sim | aptee run.apr | aplot
 *
 * A store (format/store.h) keeps the records.  One thread per input reads
 * into it and one thread per output writes out of it, with plain blocking
 * reads and writes; an output that is behind misses what is superseded.  The
 * main thread waits for signals and prints.
 *
 * Always true: the lock is held while memory is looked at and never across a
 * call that may block, and only the main thread writes to stderr.  So an input
 * waits for no output, disk or terminal, but where it is asked to (-w) or
 * where nobody computes at its other end (files).
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/pool.h"
#include "format/reader.h"
#include "format/sample.h"
#include "format/store.h"
#include "format/word.h"

#define BACKLOG		((size_t)16 << 20)	/* -b */
#define PATIENCE	INT64_C(100000000)	/* ns, without -b */
#define MEMORY		((size_t)1 << 30)	/* -m */
#define MEMORY_MIN	(8 << 20)
#define AHEAD		((size_t)64 << 20)	/* of outputs that are waited for */
#define BATCH		4096			/* records taken at once */
#define BATCH_MIN	((size_t)4096)		/* and bytes */
#define BATCH_MAX	((size_t)1 << 20)
#define BIG		(64 * 1024)	/* a record that a pipe does not hold */
#define PIECES		1024			/* of a writev(2) */
#define SEALS		(PIECES / 3)
#define SECOND		INT64_C(1000000000)
#define ROOM		((size_t)256 * 1024)
#define BANNER		10	/* lines of text that are shown */
#define TOLD		5	/* losses told one by one, for each input */

struct aptee;

struct input {
	const char	*name;
	const char	*path;		/* of a FIFO that is not open yet */
	int		 fd;
	dev_t		 dev;
	ino_t		 ino;
	int		 regular;
	unsigned	 number;
	struct aptee	*aptee;
	struct reader	*reader;	/* this and all below: the lock */
	uint64_t	 records;
	uint64_t	 text;		/* lines before the first one */
	uint64_t	 lost;		/* bytes passed over, */
	uint64_t	 losses;	/* in so many places, */
	uint64_t	 lost_to;	/* the last up to this byte */
	uint64_t	 names;		/* records refused: too many names, */
	uint64_t	 sources;	/* too many sources */
	uint64_t	 evicted;	/* records given up for want of memory */
};

/* What is put in place of a record's own bytes to add a data CRC. */
struct seal {
	uint8_t		 header[RECORD_HEADER];
	uint8_t		 trailer[RECORD_TRAILER];
};

struct output {
	const struct kind *kind;
	const char	*name;
	const char	*path;		/* NULL: stdout */
	char		*temp;		/* -S: what is renamed to path */
	int		 fd;
	int		 regular;
	int		 piped;
	int		 grown;		/* the pipe was enlarged */
	off_t		 size;		/* a file's, up to its last whole record */
	dev_t		 dev;
	ino_t		 ino;
	int64_t		 interval;	/* ns between two bursts, or 0 */
	int64_t		 next;		/* when the next one may begin */
	size_t		 batch;		/* bytes taken at once */
	size_t		 whole;		/* of recs: written whole */
	struct record	*recs[BATCH];
	uint32_t	 trains[BATCH];	/* records before each of them */
	struct iovec	 iov[PIECES];
	int		 niov;
	struct seal	*seals;
	struct record	**live;		/* -S: all that is live, */
	size_t		 nlive;		/* so many, or live is NULL */
	pthread_cond_t	 wake;
	struct aptee	*aptee;
	struct sample	*sample;	/* -n, or NULL; with the lock */
	struct cursor	 cursor;	/* this and all below: the lock */
	size_t		 left_bytes;	/* taken and not let through by -n */
	int		 sleeping;
	int64_t		 busy;		/* since when it writes, or 0 */
	uint64_t	 lost;		/* records taken and not written */
	uint64_t	 lost_bytes;
	int		 failed;
	int		 done;
	int		 waited;	/* inputs wait for it */
};

/* A kind of output: recs[0..n) are written by put(), -1 with errno. */
struct kind {
	int	(*begin)(struct output *);
	int	(*put)(struct output *, size_t);
	int	(*end)(struct output *);
};

struct message {
	struct message	*next;
	char		 text[];
};

/* What the status line knows of the last time. */
struct tick {
	int64_t		 at;
	uint64_t	 records;
	uint64_t	 bytes;
};

struct aptee {
	int		 append;	/* -a */
	int		 force;		/* -F */
	int		 quiet;		/* -q */
	int		 verbose;	/* -v */
	int		 wait;		/* -w, or all inputs are files */
	int		 leave;		/* -x */
	unsigned	 every;		/* -n */
	unsigned	 rate;		/* -r */
	struct input	*inputs;
	unsigned	 ninputs;
	struct output	**outputs;
	unsigned	 noutputs;
	int		 files;		/* all inputs are regular files */
	int64_t		 begun;
	size_t		 shown;		/* length of the status line */
	int		 terminal;	/* stderr is one */
	pthread_mutex_t	 lock;		/* guards the pool and all below */
	pthread_cond_t	 room;		/* an output is less behind */
	unsigned	 waiting;	/* inputs that wait for room */
	struct pool	 pool;
	struct store	*store;
	unsigned	 running;	/* inputs that have not ended */
	unsigned	 alive;		/* outputs that have not */
	int		 quit;		/* ended by a signal */
	int		 status;
	uint64_t	 records;	/* in the store so far */
	uint64_t	 bytes;
	struct message	*messages, **last;
	unsigned	 nmessages, unsaid;
};

static int signal_pipe[2];
static volatile sig_atomic_t ends;	/* INT, TERM and HUP so far */
static volatile sig_atomic_t end_signal;
static volatile sig_atomic_t asked;	/* USR1 */

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void
main_wake(void)
{
	/* Full is as good as written. */
	if (write(signal_pipe[1], "", 1) == -1)
		return;
}

/* Have the main thread print a line; with the lock. */
__attribute__((format(printf, 2, 3))) static void
say(struct aptee *a, const char *fmt, ...)
{
	struct message *m;
	char raw[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (a->nmessages >= 1000 ||
	    (m = malloc(sizeof(*m) + sizeof(raw))) == NULL) {
		a->unsaid++;
		return;
	}
	word_text(m->text, sizeof(raw), raw, strlen(raw));
	m->next = NULL;
	*a->last = m;
	a->last = &m->next;
	a->nmessages++;
	main_wake();
}

/*
 * Pipes
 */

/* As large as this system lets it be.  A refusal is no error. */
static void
pipe_grow(int fd)
{
#ifdef F_SETPIPE_SZ
	int now = fcntl(fd, F_GETPIPE_SZ);	/* -1: not a pipe */

	for (int size = 1 << 20; now != -1 && size > now; size /= 2)
		if (fcntl(fd, F_SETPIPE_SZ, size) != -1)
			break;
#else
	(void)fd;
#endif
}

/* Wait where somebody has made a shared descriptor non-blocking. */
static int
retry(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (errno == EINTR)
		return 1;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return 0;
	return poll(&p, 1, -1) != -1 || errno == EINTR;
}

static ssize_t
read_some(int fd, void *p, size_t n)
{
	ssize_t got;

	while ((got = read(fd, p, n)) == -1 && retry(fd, POLLIN))
		;
	return got;
}

/* All of iov, which is used up; *done counts the bytes also on failure. */
static int
write_all(int fd, struct iovec *iov, int n, size_t *done)
{
	ssize_t w;

	for (*done = 0; n > 0;) {
		if ((w = writev(fd, iov, n)) == -1) {
			if (retry(fd, POLLOUT))
				continue;
			return -1;
		}
		*done += (size_t)w;
		for (; n > 0 && (size_t)w >= iov->iov_len; iov++, n--)
			w -= (ssize_t)iov->iov_len;
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + w;
			iov->iov_len -= (size_t)w;
		}
	}
	return 0;
}

/*
 * Memory
 */

static void
input_evicted(struct input *in, size_t n)
{
	struct aptee *a = in->aptee;

	if (in->evicted == 0)
		say(a, "%s: memory is full (-m %zu): newest records given up",
		    in->name, a->pool.limit);
	in->evicted += n;
	a->status |= 2;
}

/*
 * Free want bytes of the pool; with the lock.  0 when there is nothing to
 * give up: what is left is being received and written.
 */
static int
make_room(struct aptee *a, size_t want)
{
	unsigned from = 0;
	size_t n;

	if (store_shrink(a->store, want))
		return 1;
	if ((n = store_evict(a->store, want, &from)) == 0)
		return 0;
	input_evicted(&a->inputs[from], n);
	return 1;
}

/*
 * Whether the inputs are to wait: an output that is waited for is behind, and
 * the records it has not written fill what is set aside for them.
 */
static int
is_ahead(struct aptee *a)
{
	size_t most = a->pool.limit / 2 < AHEAD ? a->pool.limit / 2 : AHEAD;

	if (!a->wait || a->quit || a->pool.used - a->pool.idle < most)
		return 0;
	for (unsigned i = 0; i < a->noutputs; i++) {
		struct output *o = a->outputs[i];

		if (o->waited && !o->done &&
		    (o->busy || store_pending(a->store, &o->cursor, now_ns())))
			return 1;
	}
	return 0;
}

static void
wait_for_room(struct aptee *a)
{
	a->waiting++;
	pthread_cond_wait(&a->room, &a->lock);
	a->waiting--;
}

static void
outputs_wake(struct aptee *a)
{
	for (unsigned i = 0; i < a->noutputs; i++)
		if (a->outputs[i]->sleeping) {
			a->outputs[i]->sleeping = 0;
			pthread_cond_signal(&a->outputs[i]->wake);
		}
}

/*
 * Inputs
 */

/* Text before the first record: show it. */
static void
input_banner(struct input *in, const char *p, uint64_t len)
{
	const char *end = p + len, *eol;

	for (; p < end; p = eol + 1) {
		if ((eol = memchr(p, '\n', (size_t)(end - p))) == NULL)
			eol = end;
		if (in->text++ < BANNER)
			say(in->aptee, "%s: text: %.*s", in->name,
			    (int)(eol - p), p);
	}
}

static void
input_lost(struct input *in, uint64_t at, uint64_t bytes, const char *why)
{
	const char *hint = "";

	in->lost += bytes;
	in->aptee->status |= 2;
	if (in->losses == 0 || at != in->lost_to) {
		if (in->records == 0 && in->losses == 0)
			hint = " (text? try \"aprec text\")";
		if (in->losses++ < TOLD)
			say(in->aptee, "%s: byte %" PRIu64 ": %s%s", in->name,
			    at, why, hint);
	}
	in->lost_to = at + bytes;
}

static void
input_refused(struct input *in, const struct record *r, uint64_t *count,
    const char *what, int most)
{
	in->aptee->status |= 2;
	if ((*count)++ == 0)
		say(in->aptee, "%s: %s: more than %d %s; records refused",
		    in->name, r->source, most, what);
}

/*
 * There is no memory for what is coming: wait for some or make some.  0 when
 * there is none to be had, since all is being received and written.
 */
static int
input_room(struct input *in)
{
	struct aptee *a = in->aptee;
	size_t want = reader_wants(in->reader);

	if (!a->quit && is_ahead(a)) {
		wait_for_room(a);
		return 1;
	}
	return !a->quit && make_room(a, want > ROOM ? want : ROOM);
}

static void
input_record(struct input *in, struct record *r, int64_t now)
{
	struct aptee *a = in->aptee;
	uint64_t n = 1 + (uint64_t)r->train, twice;
	enum state_event e;

	in->records += n;
	twice = store_duplicates(a->store);
	while ((e = store_add(a->store, r, in->number, now)) == STATE_FAILED &&
	    input_room(in))
		;
	switch (e) {
	case STATE_MERGED:
		n -= store_duplicates(a->store) - twice;
		a->records += n;
		a->bytes += n * r->length;
		break;
	case STATE_DUPLICATE:
		break;
	case STATE_NAMES:
		input_refused(in, r, &in->names, "names", STATE_NAMES_MAX);
		break;
	case STATE_SOURCES:
		input_refused(in, r, &in->sources, "sources",
		    STATE_SOURCES_MAX);
		break;
	case STATE_FAILED:
		input_evicted(in, (size_t)n);
		break;
	}
}

/* All records that are there. */
static void
input_records(struct input *in, enum reader_event (*next)(struct reader *,
    struct record **, struct reader_loss *))
{
	struct reader_loss loss;
	struct record *r;
	int64_t now = now_ns();

	for (;;) {
		switch (next(in->reader, &r, &loss)) {
		case READER_MORE:
			return;
		case READER_RECORD:
			input_record(in, r, now);
			record_drop(r);
			break;
		case READER_TEXT:
			input_banner(in, loss.text, loss.bytes);
			break;
		case READER_LOST:
		case READER_UNSUPPORTED:
			input_lost(in, loss.at, loss.bytes, loss.why);
			break;
		case READER_FAILED:
			if (!input_room(in))
				reader_give_up(in->reader);
			break;
		}
	}
}

/* What is told when it has ended. */
static void
input_sum(struct input *in)
{
	struct aptee *a = in->aptee;

	if (in->losses > 0)
		say(a, "%s: %" PRIu64 " bytes passed over, %" PRIu64 " place%s",
		    in->name, in->lost, in->losses,
		    in->losses == 1 ? "" : "s");
	if (in->names + in->sources > 1)
		say(a, "%s: %" PRIu64 " records refused", in->name,
		    in->names + in->sources);
	if (in->evicted > 1)
		say(a, "%s: %" PRIu64 " newest records given up", in->name,
		    in->evicted);
	if (in->records == 0 && in->losses == 0 && !a->quit) {
		say(a, in->text > 0 ? "%s: byte 0: not a record (text? try "
		    "\"aprec text\")" : "%s: ended without a record",
		    in->name);
		a->status |= 2;
	}
}

/* Read until the end or an error (errno); with the lock. */
static int
input_loop(struct input *in)
{
	struct aptee *a = in->aptee;
	char scratch[ROOM / 4];
	size_t room;
	ssize_t n;
	void *p;
	int e;

	while (!a->quit) {
		if ((p = reader_space(in->reader, &room)) == NULL) {
			if (input_room(in))
				continue;
			p = scratch;	/* the run must not wait for it */
			room = sizeof(scratch);
		}
		pthread_mutex_unlock(&a->lock);
		n = read_some(in->fd, p, room);
		e = errno;
		pthread_mutex_lock(&a->lock);
		errno = e;
		if (n <= 0)
			return (int)n;
		if (p == scratch)
			reader_skip(in->reader, (size_t)n);
		else
			reader_fill(in->reader, (size_t)n);
		input_records(in, reader_next);
		outputs_wake(a);
		while (is_ahead(a))
			wait_for_room(a);
	}
	return 0;
}

static void *
input_run(void *arg)
{
	struct input *in = arg;
	struct aptee *a = in->aptee;
	int failed = 0;

	/* A FIFO's open waits for its writer. */
	if (in->fd == -1 &&
	    (in->fd = open(in->path, O_RDONLY | O_CLOEXEC)) == -1)
		failed = errno;
	if (in->fd != -1 && !in->regular)
		pipe_grow(in->fd);
	pthread_mutex_lock(&a->lock);
	if (failed == 0 && input_loop(in) == -1)
		failed = errno;
	if (failed != 0) {
		say(a, "%s: %s", in->name, strerror(failed));
		a->status |= 1;
	}
	if (!a->quit)
		input_records(in, reader_end);
	if (failed == 0)
		input_sum(in);
	reader_free(in->reader);
	store_input_ended(a->store, in->number);
	a->running--;
	outputs_wake(a);
	main_wake();
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/*
 * Outputs: records into bytes
 */

static void
add_piece(struct output *o, const void *p, size_t len)
{
	struct iovec *v = o->niov > 0 ? &o->iov[o->niov - 1] : NULL;

	if (v != NULL && (const char *)v->iov_base + v->iov_len == p) {
		v->iov_len += len;
		return;
	}
	v = &o->iov[o->niov++];
	v->iov_base = (void *)(uintptr_t)p;
	v->iov_len = len;
}

/* A record, with a data CRC added if it has none. */
static void
add_sealed(struct output *o, const struct record *r, struct seal *s)
{
	if (r->flags & APREC_DATA_CRC) {
		add_piece(o, r->bytes, (size_t)r->length);
		return;
	}
	record_seal(r, s->header, s->trailer);
	add_piece(o, s->header, RECORD_HEADER);
	add_piece(o, r->bytes + RECORD_HEADER,
	    (size_t)r->length - RECORD_HEADER - RECORD_TRAILER);
	add_piece(o, s->trailer, RECORD_TRAILER);
}

/* Bytes of a record and of those of its train that go with it. */
static size_t
span(const struct record *r, const uint32_t *trains, size_t i)
{
	return (size_t)r->length * (1 + (trains != NULL ? trains[i] : 0));
}

/*
 * Write n records, with their trains where there are any; whole and size
 * count those written whole, always.
 */
static int
write_records(struct output *o, struct record **recs, const uint32_t *trains,
    size_t n)
{
	size_t i, j, len, done;
	int result = 0;

	for (i = 0; i < n && result == 0;) {
		o->niov = 0;
		for (j = i; j < n && o->niov + 3 <= PIECES; j++)
			if (o->seals == NULL) {
				len = span(recs[j], trains, j);
				add_piece(o, recs[j]->bytes +
				    recs[j]->length - len, len);
			} else if (j - i < SEALS)
				add_sealed(o, recs[j], &o->seals[j - i]);
			else
				break;
		result = write_all(o->fd, o->iov, o->niov, &done);
		for (; i < j && done >= (len = span(recs[i], trains, i));
		    i++) {
			done -= len;
			o->size += (off_t)len;
			o->whole++;
		}
	}
	return result;
}

/*
 * The kinds of output: a stream
 */

static int
stream_put(struct output *o, size_t n)
{
	/* A pipe that holds less than a record makes it no older by growing. */
	if (o->piped && !o->grown && o->interval == 0 &&
	    o->recs[0]->length >= BIG) {
		pipe_grow(o->fd);
		o->grown = 1;
	}
	return write_records(o, o->recs, o->trains, n);
}

static int
stream_end(struct output *o)
{
	return close(o->fd);
}

/*
 * A recording
 */

/* The end of the last whole record that next() gives, or end. */
static off_t
repair_scan(struct reader *r, enum reader_event (*next)(struct reader *,
    struct record **, struct reader_loss *), off_t end)
{
	struct reader_loss loss;
	struct record *rec;

	for (;;) {
		switch (next(r, &rec, &loss)) {
		case READER_RECORD:
			record_drop(rec);
			/* FALLTHROUGH */
		case READER_UNSUPPORTED:
			end = (off_t)reader_offset(r);
			break;
		case READER_MORE:
			return end;
		case READER_FAILED:
			return -1;
		case READER_TEXT:
		case READER_LOST:
			break;
		}
	}
}

/* With the lock: where the last whole record of the file ends, or -1. */
static off_t
repair_end(struct output *o, struct reader *r)
{
	struct aptee *a = o->aptee;
	off_t end = 0;
	size_t room;
	ssize_t n;
	void *p;
	int e;

	while (end != -1 && (p = reader_space(r, &room)) != NULL) {
		pthread_mutex_unlock(&a->lock);
		n = read_some(o->fd, p, room);
		e = errno;
		pthread_mutex_lock(&a->lock);
		errno = e;
		if (n == -1)
			return -1;
		if (n == 0)
			return repair_scan(r, reader_end, end);
		reader_fill(r, (size_t)n);
		end = repair_scan(r, reader_next, end);
	}
	return -1;
}

/* -a: cut a torn record off, and stand behind the last whole one. */
static int
recording_repair(struct output *o)
{
	struct aptee *a = o->aptee;
	struct stat sb;
	struct reader *r;
	off_t end = -1;

	if (fstat(o->fd, &sb) == -1)
		return -1;
	pthread_mutex_lock(&a->lock);
	if ((r = reader_new(&a->pool, (uint64_t)sb.st_size)) != NULL)
		end = repair_end(o, r);
	reader_free(r);
	if (end != -1 && end < sb.st_size)
		say(a, "%s: byte %jd: torn record: %jd bytes cut off",
		    o->name, (intmax_t)end, (intmax_t)(sb.st_size - end));
	pthread_mutex_unlock(&a->lock);
	if (end == -1 || (end < sb.st_size && ftruncate(o->fd, end) == -1) ||
	    lseek(o->fd, end, SEEK_SET) == -1)
		return -1;
	o->size = end;
	return 0;
}

static int
recording_begin(struct output *o)
{
	struct aptee *a = o->aptee;

	/* A FIFO's open waits for its reader. */
	if (o->fd == -1 && (o->fd = open(o->path, O_WRONLY | O_CLOEXEC)) == -1)
		return -1;
	if (o->regular && o->path != NULL && a->append)
		return recording_repair(o);
	return 0;
}

/* Records whose data CRC is wrong go to the end of recs; how many are good. */
static size_t
recording_check(struct output *o, size_t n)
{
	struct aptee *a = o->aptee;
	struct record *r;
	size_t good = 0;

	for (size_t i = 0; i < n; i++) {
		r = o->recs[i];
		if (record_data_ok(r)) {
			o->recs[i] = o->recs[good];
			o->recs[good++] = r;
			continue;
		}
		pthread_mutex_lock(&a->lock);
		say(a, "%s: %s: seq %" PRIu64
		    ": wrong data CRC; not recorded", o->name, r->source,
		    r->seq);
		a->status |= 2;
		pthread_mutex_unlock(&a->lock);
	}
	return good;
}

static int
recording_put(struct output *o, size_t n)
{
	struct aptee *a = o->aptee;
	int e;

	if (write_records(o, o->recs, NULL, recording_check(o, n)) != -1)
		return 0;
	e = errno;
	if (o->regular && (ftruncate(o->fd, o->size) == -1 ||
	    lseek(o->fd, o->size, SEEK_SET) == -1)) {
		pthread_mutex_lock(&a->lock);
		say(a, "%s: ends in a torn record: %s", o->name,
		    strerror(errno));
		pthread_mutex_unlock(&a->lock);
	}
	errno = e;
	return -1;
}

static int
recording_end(struct output *o)
{
	return o->fd == -1 ? 0 : close(o->fd);
}

/*
 * The newest state, replaced as a whole (-S)
 */

/* All live records, with a reference each; with the lock. */
static void
state_collect(struct output *o)
{
	struct aptee *a = o->aptee;
	struct record **more;
	struct cursor c;
	size_t n;

	store_join(a->store, &c, 0);
	c.patience = -1;
	o->live = NULL;
	o->nlive = 0;
	do {
		more = reallocarray(o->live, o->nlive + BATCH, sizeof(*more));
		if (more == NULL)
			break;
		o->live = more;
		n = store_take(a->store, &c, o->live + o->nlive, BATCH,
		    SIZE_MAX, now_ns());
		o->nlive += n;
	} while (n > 0);
	store_leave(a->store, &c);
}

/* Write them beside the file, and then in its place. */
static int
state_write(struct output *o)
{
	o->size = 0;
	o->fd = open(o->temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (o->fd == -1)
		return -1;
	if (write_records(o, o->live, NULL, o->nlive) == -1 ||
	    fsync(o->fd) == -1) {
		close(o->fd);
		return -1;
	}
	return close(o->fd) == -1 ? -1 : rename(o->temp, o->path);
}

static int
state_put(struct output *o, size_t n)
{
	struct aptee *a = o->aptee;
	int result = state_write(o), e = errno;

	if (result == -1)
		unlink(o->temp);
	pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < o->nlive; i++)
		record_drop(o->live[i]);
	pthread_mutex_unlock(&a->lock);
	free(o->live);
	o->whole = result == -1 ? 0 : n;
	errno = e;
	return result;
}

static int
state_end(struct output *o)
{
	(void)o;
	return 0;
}

static const struct kind stream = { NULL, stream_put, stream_end };
static const struct kind recording = {
	recording_begin, recording_put, recording_end
};
static const struct kind state = { NULL, state_put, state_end };

/*
 * Outputs: the thread
 */

static void
sleep_ns(int64_t ns)
{
	struct timespec ts;

	ts.tv_sec = (time_t)(ns / SECOND);
	ts.tv_nsec = (long)(ns % SECOND);
	nanosleep(&ts, NULL);
}

/* Every n-th record of a kind (-n); what that holds when nothing more comes;
 * with the lock. */
static size_t
take_sampled(struct output *o, int64_t now)
{
	struct aptee *a = o->aptee;
	struct record *r;
	size_t n = 0;

	while (n + SAMPLE_KINDS + 1 <= BATCH &&
	    store_take(a->store, &o->cursor, &r, 1, SIZE_MAX, now) == 1) {
		o->left_bytes += (size_t)r->length;
		n += sample_push(o->sample, r, o->recs + n);
	}
	if (n == 0 && (a->running == 0 || a->quit))
		while (n < BATCH && (r = sample_end(o->sample)) != NULL)
			o->recs[n++] = r;
	for (size_t i = 0; i < n; i++)
		o->left_bytes -= (size_t)o->recs[i]->length;
	return n;
}

/*
 * Wait for records, and for the time at which they may go, and take them;
 * with the lock.  0: the end.
 */
static size_t
output_take(struct output *o)
{
	struct aptee *a = o->aptee;
	int64_t now, early;
	size_t n;

	for (;;) {
		now = now_ns();
		early = o->next - now;
		if (a->quit || (a->running == 0 && o->kind == &state))
			early = 0;
		if (early > 0 && store_pending(a->store, &o->cursor, now)) {
			pthread_mutex_unlock(&a->lock);
			sleep_ns(early < SECOND / 20 ? early : SECOND / 20);
			pthread_mutex_lock(&a->lock);
			continue;
		}
		n = o->sample != NULL ? take_sampled(o, now) :
		    store_take_trains(a->store, &o->cursor, o->recs,
		    o->trains, BATCH, o->batch, now);
		if (n > 0 || a->running == 0 || a->quit)
			break;
		o->sleeping = 1;
		pthread_cond_wait(&o->wake, &a->lock);
		o->sleeping = 0;
	}
	if (n > 0 && o->kind == &state)
		state_collect(o);
	/* A burst that BATCH records do not end goes on at once. */
	if (o->interval > 0 && n < BATCH)
		o->next = now + o->interval;
	o->busy = now;
	return n;
}

/*
 * So many bytes at once that a write takes no longer than is good for the age
 * of what is behind it.
 */
static void
output_pace(struct output *o, size_t bytes, int64_t took)
{
	if (o->batch == SIZE_MAX)
		return;
	if (took > SECOND / 20 && o->batch > BATCH_MIN)
		o->batch /= 2;
	else if (took < SECOND / 100 && bytes > o->batch / 2 &&
	    o->batch < BATCH_MAX)
		o->batch *= 2;
}

/* What became of the n records; with the lock. */
static void
output_account(struct output *o, size_t n)
{
	struct aptee *a = o->aptee;
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++) {
		size_t len = span(o->recs[i], o->trains, i);

		bytes += len;
		if (i >= o->whole) {
			o->lost += 1 + o->trains[i];
			o->lost_bytes += len;
		}
		record_drop(o->recs[i]);
	}
	output_pace(o, bytes, now_ns() - o->busy);
	o->busy = 0;
	if (a->waiting > 0)
		pthread_cond_broadcast(&a->room);
}

static void
output_done(struct output *o, int error)
{
	struct aptee *a = o->aptee;

	if (error != 0) {
		say(a, "%s: %s", o->name, error == EPIPE ?
		    "its reader has gone" : strerror(error));
		o->failed = 1;
		a->status |= 1;
	}
	store_leave(a->store, &o->cursor);
	o->done = 1;
	a->alive--;
	if (a->waiting > 0)
		pthread_cond_broadcast(&a->room);
	main_wake();
}

static void *
output_run(void *arg)
{
	struct output *o = arg;
	struct aptee *a = o->aptee;
	int error = 0;
	size_t n;

	if (o->kind->begin != NULL && o->kind->begin(o) == -1)
		error = errno;
	pthread_mutex_lock(&a->lock);
	while (error == 0 && (n = output_take(o)) > 0) {
		pthread_mutex_unlock(&a->lock);
		o->whole = 0;
		if (o->kind->put(o, n) == -1)
			error = errno;
		pthread_mutex_lock(&a->lock);
		output_account(o, n);
	}
	pthread_mutex_unlock(&a->lock);
	if (o->kind->end(o) == -1 && error == 0)
		error = errno;
	pthread_mutex_lock(&a->lock);
	output_done(o, error);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/*
 * What is printed, by the main thread alone
 */

/* A line to stderr, given up when a signal comes while nobody takes it. */
static void
print(struct aptee *a, const char *text)
{
	char line[1200];
	size_t len, done;
	ssize_t n;
	int pad = (int)a->shown - (int)strlen(text);

	len = (size_t)snprintf(line, sizeof(line), "%s%s: %s%*s\n",
	    a->shown > 0 ? "\r" : "", getprogname(), text,
	    pad > 0 ? pad : 0, "");
	if (len >= sizeof(line))
		len = sizeof(line) - 1;
	a->shown = 0;
	for (done = 0; done < len; done += (size_t)n)
		if ((n = write(STDERR_FILENO, line + done, len - done)) == -1)
			return;
}

static void
print_messages(struct aptee *a)
{
	struct message *m;
	char text[64];
	unsigned unsaid;

	pthread_mutex_lock(&a->lock);
	while ((m = a->messages) != NULL) {
		if ((a->messages = m->next) == NULL)
			a->last = &a->messages;
		a->nmessages--;
		pthread_mutex_unlock(&a->lock);
		print(a, m->text);
		free(m);
		pthread_mutex_lock(&a->lock);
	}
	unsaid = a->unsaid;
	a->unsaid = 0;
	pthread_mutex_unlock(&a->lock);
	if (unsaid > 0) {
		snprintf(text, sizeof(text), "%u messages left out", unsaid);
		print(a, text);
	}
}

static uint64_t
left_out(const struct output *o)
{
	return o->sample != NULL ? sample_left_out(o->sample) : 0;
}

/* What an output did with what came in; with the lock. */
static void
output_counts(const struct output *o, uint64_t *out, uint64_t *dropped,
    uint64_t *behind)
{
	const struct cursor *c = &o->cursor;

	*out = c->out - o->lost - left_out(o);
	*dropped = c->dropped + o->lost + left_out(o);
	/* All that comes after an output failed is dropped by it. */
	if (o->failed)
		*dropped = o->aptee->records - *out;
	*behind = o->aptee->records - *out - *dropped;
}

static void
print_output(struct aptee *a, struct output *o)
{
	uint64_t out, dropped, behind;
	char text[1024], more[80] = "";
	int64_t stalled;

	pthread_mutex_lock(&a->lock);
	output_counts(o, &out, &dropped, &behind);
	stalled = o->busy != 0 ? (now_ns() - o->busy) / SECOND : 0;
	if (left_out(o) > 0)
		snprintf(more, sizeof(more), " (%" PRIu64 " by -n)",
		    left_out(o));
	else if (behind > 0 && stalled > 0)
		snprintf(more, sizeof(more), " + behind %" PRIu64
		    ", stalled %" PRId64 " s", behind, stalled);
	else if (behind > 0)
		snprintf(more, sizeof(more), " + behind %" PRIu64, behind);
	snprintf(text, sizeof(text), "%s: in %" PRIu64 " = out %" PRIu64
	    " + dropped %" PRIu64 "%s, duplicates %" PRIu64 ", %" PRIu64
	    " bytes", o->name, a->records, out, dropped, more,
	    store_duplicates(a->store),
	    o->cursor.bytes - o->lost_bytes - o->left_bytes);
	pthread_mutex_unlock(&a->lock);
	print(a, text);
}

/* "12 s, in 1234, 1203/s, 4.2 MB/s, wave@host step 81200"; with the lock. */
static void
input_counts(struct aptee *a, struct tick *t, char *text, size_t size)
{
	struct source *s = state_sources(store_state(a->store));
	unsigned n = state_count(store_state(a->store));
	int64_t now = now_ns();
	double seconds = (double)(now - t->at) / (double)SECOND;
	char shown[APREC_SOURCE_MAX + 16], from[128] = "";

	if (n > 1)
		snprintf(from, sizeof(from), ", %u sources", n);
	else if (n == 1)
		snprintf(from, sizeof(from), ", %s step %" PRId64,
		    source_shown(s, shown), source_step(s));
	snprintf(text, size, "%" PRId64 " s, in %" PRIu64
	    ", %.0f/s, %.1f MB/s%s", (now - a->begun) / SECOND, a->records,
	    (double)(a->records - t->records) / seconds,
	    (double)(a->bytes - t->bytes) / seconds / 1e6, from);
	t->at = now;
	t->records = a->records;
	t->bytes = a->bytes;
}

/* -v: on a terminal one line that is written over, else a line each. */
static void
print_tick(struct aptee *a, struct tick *t)
{
	char text[1024], line[1100];
	uint64_t out, dropped, behind, least = UINT64_MAX, most = 0;
	int64_t stalled = 0, now = now_ns();
	struct winsize ws;
	size_t len;

	pthread_mutex_lock(&a->lock);
	input_counts(a, t, text, sizeof(text));
	for (unsigned i = 0; i < a->noutputs; i++) {
		struct output *o = a->outputs[i];

		output_counts(o, &out, &dropped, &behind);
		least = out < least ? out : least;
		most = dropped > most ? dropped : most;
		if (o->busy != 0 && now - o->busy > stalled)
			stalled = now - o->busy;
	}
	pthread_mutex_unlock(&a->lock);
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, ", out %" PRIu64
	    ", dropped %" PRIu64, least, most);
	len = strlen(text);
	if (stalled >= SECOND)
		snprintf(text + len, sizeof(text) - len, ", stalled %" PRId64
		    " s", stalled / SECOND);
	if (!a->terminal) {
		print(a, text);
		return;
	}
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == -1 || ws.ws_col < 20)
		ws.ws_col = 80;
	snprintf(line, sizeof(line), "%s: %s", getprogname(), text);
	len = word_text(text, ws.ws_col < sizeof(text) ? ws.ws_col :
	    sizeof(text), line, strlen(line));
	len = (size_t)snprintf(line, sizeof(line), "\r%-*s", (int)a->shown,
	    text);
	a->shown = strlen(text);
	if (write(STDERR_FILENO, line, len) == -1)
		a->shown = 0;
}

static void
print_status(struct aptee *a, struct tick *t)
{
	char text[1024];
	size_t len;

	pthread_mutex_lock(&a->lock);
	input_counts(a, t, text, sizeof(text));
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, ", memory %zu of %zu",
	    (size_t)a->pool.used, a->pool.limit);
	pthread_mutex_unlock(&a->lock);
	print(a, text);
	for (unsigned i = 0; i < a->noutputs; i++)
		print_output(a, a->outputs[i]);
}

/*
 * Signals, and waiting for the end
 */

static void
on_signal(int sig)
{
	int e = errno;

	if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP) {
		end_signal = sig;
		ends++;
	} else
		asked = 1;
	main_wake();
	errno = e;
}

static void
signals_init(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1,
#ifdef SIGINFO
		SIGINFO,
#endif
	};
	struct sigaction sa = { .sa_handler = on_signal }, old;

	if (pipe(signal_pipe) == -1)
		err(1, "pipe");
	for (int i = 0; i < 2; i++)
		if (fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC) == -1 ||
		    fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK) == -1)
			err(1, "pipe");
	/* What is ignored from the start (nohup) stays so. */
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void
wait_event(int64_t ns)
{
	struct pollfd p = { .fd = signal_pipe[0], .events = POLLIN };
	char buf[64];

	if (poll(&p, 1, ns < 0 ? -1 : (int)(ns / 1000000) + 1) == 1)
		while (read(signal_pipe[0], buf, sizeof(buf)) > 0)
			;
}

/*
 * The end by a signal: recordings get what has come, for a second; stdout is
 * not waited for.
 */
static void
end_now(struct aptee *a)
{
	int64_t until = now_ns() + SECOND;
	int sig = end_signal, seen = ends;
	unsigned left;

	pthread_mutex_lock(&a->lock);
	a->quit = 1;
	outputs_wake(a);
	pthread_cond_broadcast(&a->room);
	do {
		left = 0;
		for (unsigned i = 0; i < a->noutputs; i++)
			if (a->outputs[i]->kind != &stream)
				left += !a->outputs[i]->done;
		pthread_mutex_unlock(&a->lock);
		if (left > 0)
			wait_event(until - now_ns());
		pthread_mutex_lock(&a->lock);
	} while (left > 0 && now_ns() < until && ends == seen);
	/* The lock is kept: nothing is begun any more. */
	for (unsigned i = 0; i < a->noutputs; i++)
		if (a->outputs[i]->temp != NULL)
			unlink(a->outputs[i]->temp);
	signal(sig, SIG_DFL);
	raise(sig);
	_exit(1);
}

/* Until inputs and outputs have ended. */
static void
watch(struct aptee *a)
{
	struct tick t = { .at = a->begun };
	int64_t now, hint = 0;
	int over;

	for (;;) {
		now = now_ns();
		if (ends > (a->files ? 0 : 1))
			end_now(a);
		if (ends == 1 && hint == 0)
			hint = now + 2 * SECOND;
		if (hint > 0 && now >= hint && hint != INT64_MAX) {
			print(a, "goes on until its input ends; "
			    "a second signal ends it");
			hint = INT64_MAX;
		}
		print_messages(a);
		if (asked) {
			asked = 0;
			print_status(a, &t);
		}
		if (a->verbose && now - t.at >= SECOND)
			print_tick(a, &t);
		pthread_mutex_lock(&a->lock);
		over = a->alive == 0 && (a->running == 0 || a->leave);
		pthread_mutex_unlock(&a->lock);
		if (over)
			return;
		if (a->verbose || (hint > 0 && hint != INT64_MAX))
			wait_event(SECOND / 4);
		else
			wait_event(-1);
	}
}

/*
 * Opening
 */

static void *
allocate(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		err(1, NULL);
	return p;
}

static void
input_open(struct aptee *a, struct input *in, const char *path)
{
	struct stat sb;

	in->aptee = a;
	in->fd = -1;
	in->name = strcmp(path, "-") == 0 ? "(stdin)" : path;
	if (strcmp(path, "-") == 0)
		in->fd = STDIN_FILENO;
	else if (stat(path, &sb) == -1)
		err(1, "%s", path);
	else if (S_ISFIFO(sb.st_mode))
		in->path = path;
	else if ((in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		err(1, "%s", path);
	if (in->fd != -1 && fstat(in->fd, &sb) == -1)
		err(1, "%s", in->name);
	if (S_ISDIR(sb.st_mode))
		errx(1, "%s: is a directory", in->name);
	if (in->fd != -1 && isatty(in->fd))
		errx(1, "%s: is a terminal: nothing to forward (pipe a "
		    "program into it, or name a file: -i file)", in->name);
	in->dev = sb.st_dev;
	in->ino = sb.st_ino;
	in->regular = S_ISREG(sb.st_mode);
	for (struct input *i = a->inputs; i < in; i++)
		if (i->dev == in->dev && i->ino == in->ino)
			errx(1, "%s: is an input already", in->name);
	a->files = a->files && in->regular;
}

/* Whether the file begins as a recording does, or is empty. */
static int
is_recording(const char *path)
{
	uint8_t magic[sizeof(record_magic)];
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", path);
	if ((n = read(fd, magic, sizeof(magic))) == -1)
		err(1, "%s", path);
	close(fd);
	return n == 0 || (n == (ssize_t)sizeof(magic) &&
	    memcmp(magic, record_magic, sizeof(magic)) == 0);
}

static void
check_not_input(struct aptee *a, const char *name, const struct stat *sb)
{
	for (unsigned i = 0; i < a->ninputs; i++)
		if (S_ISREG(sb->st_mode) && a->inputs[i].dev == sb->st_dev &&
		    a->inputs[i].ino == sb->st_ino)
			errx(1, "%s: is also an input", name);
}

/* Refuse what would do harm, before anything is touched. */
static void
output_check(struct aptee *a, struct output *o)
{
	struct stat sb;

	if (stat(o->path, &sb) == -1) {
		if (errno != ENOENT)
			err(1, "%s", o->path);
		return;
	}
	check_not_input(a, o->path, &sb);
	if (S_ISDIR(sb.st_mode))
		errx(1, "%s: is a directory", o->path);
	if (o->kind == &state && !S_ISREG(sb.st_mode))
		errx(1, "%s: not a file: -S cannot replace it", o->path);
	if (!S_ISREG(sb.st_mode) || sb.st_size == 0 || a->force)
		return;
	if (o->kind == &state && !is_recording(o->path))
		errx(1, "%s: not a recording (-F replaces it)", o->path);
	if (o->kind == &recording && !a->append)
		errx(1, "%s: exists (-a appends to it, -F replaces it)",
		    o->path);
	if (o->kind == &recording && !is_recording(o->path))
		errx(1, "%s: not a recording, nothing is appended to it "
		    "(-F replaces it)", o->path);
}

/* Open a recording; a FIFO is opened by the output's thread. */
static void
recording_open(struct aptee *a, struct output *o)
{
	struct stat sb;
	int flags = O_CREAT | O_CLOEXEC | O_NOCTTY;

	if (stat(o->path, &sb) == 0 && S_ISFIFO(sb.st_mode))
		return;
	flags |= a->append ? O_RDWR : O_WRONLY;
	flags |= a->force ? O_TRUNC : 0;
	if ((o->fd = open(o->path, flags, 0666)) == -1 ||
	    fstat(o->fd, &sb) == -1)
		err(1, "%s", o->path);
	if (isatty(o->fd))
		errx(1, "%s: is a terminal: no place for records", o->path);
	o->regular = S_ISREG(sb.st_mode);
	o->dev = sb.st_dev;
	o->ino = sb.st_ino;
	for (unsigned i = 0; i < a->noutputs; i++)
		if (a->outputs[i] != o && o->regular &&
		    a->outputs[i]->regular && a->outputs[i]->dev == o->dev &&
		    a->outputs[i]->ino == o->ino)
			errx(1, "%s: is an output already", o->path);
}

/* The file that -S replaces: what a symbolic link points to, not the link. */
static void
state_open(struct output *o)
{
	const char *path;

	if ((path = realpath(o->path, NULL)) != NULL)
		o->path = path;
	if (asprintf(&o->temp, "%s.%ld.tmp", o->path, (long)getpid()) == -1)
		err(1, NULL);
}

static struct output *
output_new(struct aptee *a, const struct kind *kind, const char *path)
{
	struct output *o = allocate(1, sizeof(*o));

	o->kind = kind;
	o->path = path;
	o->name = path != NULL ? path : "(stdout)";
	o->fd = -1;
	o->aptee = a;
	o->batch = kind == &stream ? 64 * 1024 : BATCH_MAX;
	a->outputs = reallocarray(a->outputs, a->noutputs + 1,
	    sizeof(*a->outputs));
	if (a->outputs == NULL)
		err(1, NULL);
	return a->outputs[a->noutputs++] = o;
}

/*
 * stdout: a recording when it is a file.  Its descriptor is moved, so that it
 * can be closed as the others, and 1 is nobody's.
 */
static void
stdout_open(struct aptee *a)
{
	struct output *o = a->outputs[0];
	struct stat sb;
	int flags, null;

	if (fstat(STDOUT_FILENO, &sb) == -1)
		err(1, "(stdout)");
	if (isatty(STDOUT_FILENO))
		errx(1, "(stdout): is a terminal: no place for records "
		    "(try \"| aplot\", or \">/dev/null\")");
	check_not_input(a, o->name, &sb);
	if ((o->regular = S_ISREG(sb.st_mode)))
		o->kind = &recording;
	o->piped = S_ISFIFO(sb.st_mode);
	o->dev = sb.st_dev;
	o->ino = sb.st_ino;
	if ((flags = fcntl(STDOUT_FILENO, F_GETFL)) == -1)
		err(1, "(stdout)");
	if (o->regular)
		o->size = flags & O_APPEND ? sb.st_size :
		    lseek(STDOUT_FILENO, 0, SEEK_CUR);
	if ((o->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) == -1 ||
	    (null = open("/dev/null", O_WRONLY | O_CLOEXEC)) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1)
		err(1, "(stdout)");
	close(null);
}

static void
outputs_open(struct aptee *a)
{
	for (unsigned i = 1; i < a->noutputs; i++)
		output_check(a, a->outputs[i]);
	stdout_open(a);
	for (unsigned i = 0; i < a->noutputs; i++) {
		struct output *o = a->outputs[i];
		int files = o->kind == &recording;

		if (i > 0 && files)
			recording_open(a, o);
		if (o->kind == &state)
			state_open(o);
		if (o->kind != &stream)
			o->seals = allocate(SEALS, sizeof(*o->seals));
		if (o->kind == &state)
			o->interval = SECOND;
		else if (!files && a->rate > 0)
			o->interval = SECOND / a->rate;
		if (o->interval > 0)
			o->batch = SIZE_MAX;
		o->waited = o->interval == 0 && a->wait;
		store_join(a->store, &o->cursor, files || o->waited);
		if (o->kind == &state)
			o->cursor.patience = -1;
		if (files && a->every > 1 &&
		    (o->sample = sample_new(a->every)) == NULL)
			err(1, NULL);
		if ((errno = pthread_cond_init(&o->wake, NULL)) != 0)
			err(1, NULL);
	}
}

static void
start(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	if ((errno = pthread_create(&thread, NULL, run, arg)) != 0 ||
	    (errno = pthread_detach(thread)) != 0)
		err(1, "thread");
}

/* Threads inherit the mask: signals are the main thread's. */
static void
threads_start(struct aptee *a)
{
	sigset_t all, old;
	int trains = 1;

	/* Recordings look at each record by itself. */
	for (unsigned i = 0; i < a->noutputs; i++)
		if (a->outputs[i]->kind == &recording)
			trains = 0;
	a->running = a->ninputs;
	a->alive = a->noutputs;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (unsigned i = 0; i < a->noutputs; i++)
		start(output_run, a->outputs[i]);
	for (unsigned i = 0; i < a->ninputs; i++) {
		a->inputs[i].number = i;
		a->inputs[i].reader = reader_new(&a->pool,
		    a->pool.limit / 4);
		if (a->inputs[i].reader == NULL)
			err(1, NULL);
		if (trains)
			reader_trains(a->inputs[i].reader);
		start(input_run, &a->inputs[i]);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/*
 * Options
 */

static int
usage(FILE *f)
{
	fprintf(f, "usage: %s [-aFqvwx] [-b size] [-m size] [-n count] "
	    "[-r rate] [-S file]\n"
	    "             [-i input]... [-o file]... [file ...]\n",
	    getprogname());
	return f == stdout ? 0 : 1;
}

/* 1234, 64K, 16M, 2G. */
static size_t
parse_size(char opt, const char *s, long long least)
{
	static const char units[] = "KMG";
	char digits[24];
	const char *unit, *e;
	size_t len = strlen(s);
	int shift = 0;
	long long n;

	if (len > 0 && (unit = strchr(units, s[len - 1])) != NULL) {
		shift = 10 * (int)(unit - units + 1);
		len--;
	}
	snprintf(digits, sizeof(digits), "%.*s", (int)(len < sizeof(digits) ?
	    len : sizeof(digits) - 1), s);
	n = strtonum(digits, 0, (long long)(SIZE_MAX >> 2) >> shift, &e);
	if (e != NULL)
		errx(1, "-%c %s: %s (a number, with K, M or G)", opt, s, e);
	if (n << shift < least)
		errx(1, "-%c %s: at least %lld", opt, s, least);
	return (size_t)n << shift;
}

static unsigned
parse_number(char opt, const char *s)
{
	const char *e;
	long long n = strtonum(s, 1, 1000000, &e);

	if (e != NULL)
		errx(1, "-%c %s: %s", opt, s, e);
	return (unsigned)n;
}

/* Descriptors 0, 1 and 2 that are closed must not become a recording's. */
static void
descriptors_init(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDONLY)) != -1 && fd <= STDERR_FILENO)
		;
	close(fd);
}

struct names {
	const char	**list;
	unsigned	 n;
};

static void
add_name(struct names *names, const char *name)
{
	names->list = reallocarray(names->list, names->n + 1,
	    sizeof(*names->list));
	if (names->list == NULL)
		err(1, NULL);
	names->list[names->n++] = name;
}

/* What the options ask for of the store. */
struct limits {
	size_t		 backlog;
	size_t		 memory;
	int64_t		 patience;
};

static void
options(struct aptee *a, int argc, char *argv[], struct names *in,
    struct limits *l)
{
	int opt, bound = 0;

	output_new(a, &stream, NULL);
	while ((opt = getopt(argc, argv, "ab:Fhi:m:n:o:qr:S:vwx")) != -1) {
		switch (opt) {
		case 'a':
			a->append = 1;
			break;
		case 'b':
			l->backlog = parse_size('b', optarg, 0);
			bound = 1;
			break;
		case 'F':
			a->force = 1;
			break;
		case 'h':
			exit(usage(stdout));
		case 'i':
			add_name(in, optarg);
			break;
		case 'm':
			l->memory = parse_size('m', optarg, MEMORY_MIN);
			break;
		case 'n':
			a->every = parse_number('n', optarg);
			break;
		case 'o':
			output_new(a, &recording, optarg);
			break;
		case 'q':
			a->quiet = 1;
			break;
		case 'r':
			a->rate = parse_number('r', optarg);
			break;
		case 'S':
			output_new(a, &state, optarg);
			break;
		case 'v':
			a->verbose = 1;
			break;
		case 'w':
			a->wait = 1;
			break;
		case 'x':
			a->leave = 1;
			break;
		default:
			exit(usage(stderr));
		}
	}
	for (; optind < argc; optind++)
		output_new(a, &recording, argv[optind]);
	if (a->append && a->force)
		errx(1, "-a and -F: one or the other");
	/* With -b by size, else by age. */
	l->patience = bound ? INT64_MAX : a->rate > 0 ? -1 : PATIENCE;
}

static void
inputs_open(struct aptee *a, struct names *in)
{
	if (in->n == 0)
		add_name(in, "-");
	a->inputs = allocate(in->n, sizeof(*a->inputs));
	a->files = 1;
	for (unsigned i = 0; i < in->n; i++, a->ninputs++)
		input_open(a, &a->inputs[i], in->list[i]);
	a->wait |= a->files;
	free(in->list);
}

int
main(int argc, char *argv[])
{
	static struct aptee a = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.room = PTHREAD_COND_INITIALIZER };
	struct limits l = { BACKLOG, MEMORY, PATIENCE };
	struct names in = { NULL, 0 };

	descriptors_init();
	a.last = &a.messages;
	options(&a, argc, argv, &in, &l);
	inputs_open(&a, &in);
	pool_init(&a.pool, l.memory);
	if ((a.store = store_new(&a.pool, l.backlog, l.patience)) == NULL)
		err(1, NULL);
	outputs_open(&a);
	a.terminal = isatty(STDERR_FILENO);
	a.begun = now_ns();
	signals_init();
	threads_start(&a);
	watch(&a);
	print_messages(&a);
	for (unsigned i = 0; i < a.noutputs && !a.quiet; i++)
		print_output(&a, a.outputs[i]);
	return a.status & 1 ? 1 : a.status;
}

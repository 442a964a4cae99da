/*
 * feed.c - inputs: what comes in goes into the store; see aptee.h
 *
 * What is always true: a thread here waits for its input and, only where
 * is_ahead() says so, for an output.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/aptee.h"

#define AHEAD		((size_t)64 << 20) /* of outputs that are waited for */
#define ROOM		((size_t)256 * 1024)
#define BANNER		10	/* lines of text that are shown */
#define TOLD		5	/* losses told one by one, for each input */

/*
 * Opening
 */

/* An input in the list; NULL: no memory.  With the lock, once threads run. */
static struct input *
feed_new(struct aptee *a)
{
	struct input *in = calloc(1, sizeof(*in)), **list;

	list = reallocarray(a->inputs, a->ninputs + 1, sizeof(*a->inputs));
	if (list != NULL)
		a->inputs = list;
	if (in == NULL || list == NULL) {
		free(in);
		return NULL;
	}
	in->aptee = a;
	in->fd = -1;
	in->number = a->ninputs++;
	return a->inputs[in->number] = in;
}

int
feed_reader(struct input *in)
{
	struct aptee *a = in->aptee;

	in->reader = reader_new(&a->pool, a->pool.limit / 4);
	if (in->reader == NULL)
		return -1;
	if (a->trains)
		reader_trains(in->reader);
	return 0;
}

/* An input that has ended and left nothing in the store, to be used again. */
static struct input *
feed_unused(struct aptee *a)
{
	for (unsigned i = 0; i < a->ninputs; i++)
		a->inputs[i]->left = 0;
	for (struct source *s = state_sources(store_state(a->store));
	    s != NULL; s = s->next)
		a->inputs[s->input]->left = 1;
	for (unsigned i = 0; i < a->ninputs; i++)
		if (a->inputs[i]->over && !a->inputs[i]->left &&
		    a->inputs[i]->publisher)
			return a->inputs[i];
	return NULL;
}

/* What an input was is forgotten. */
static struct input *
feed_again(struct input *in)
{
	struct input was = *in;

	memset(in, 0, sizeof(*in));
	in->aptee = was.aptee;
	in->number = was.number;
	return in;
}

struct input *
feed_accept(struct aptee *a, int fd)
{
	struct input *in = feed_unused(a);
	int e;

	if (in != NULL)
		in = feed_again(in);
	else if ((in = feed_new(a)) == NULL)
		return NULL;
	in->publisher = ++a->publishers;
	snprintf(in->numbered, sizeof(in->numbered), "(publisher %u)",
	    in->publisher);
	in->name = in->numbered;
	in->fd = fd;
	a->running++;
	if (feed_reader(in) == 0) {
		if ((e = aptee_thread(feed_run, in)) == 0)
			return in;
		reader_free(in->reader);
		errno = e;
	}
	in->fd = -1;
	in->over = 1;
	a->running--;
	return NULL;
}

void
feed_open(struct aptee *a, const char *path)
{
	struct input *in = feed_new(a);
	struct stat sb;

	if (in == NULL)
		err(1, NULL);
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
	for (unsigned i = 0; i < in->number; i++)
		if (a->inputs[i]->dev == in->dev &&
		    a->inputs[i]->ino == in->ino)
			errx(1, "%s: is an input already", in->name);
	a->files = a->files && in->regular;
}

/*
 * Memory
 */

static void
input_evicted(struct input *in, size_t n)
{
	struct aptee *a = in->aptee;

	if (in->evicted == 0)
		tell(a, "%s: memory is full (-m %zu): newest records given up",
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
	input_evicted(a->inputs[from], n);
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

/*
 * An output that has stood in one write for longer than a superseded record
 * waits will miss all that are superseded now: none is kept for it, and the
 * few blocks in use stay in the cache.
 */
static void
skip_stalled(struct aptee *a)
{
	int64_t now = now_ns();

	for (unsigned i = 0; i < a->noutputs; i++) {
		struct output *o = a->outputs[i];

		if (o->busy != 0 && !o->cursor.keep &&
		    o->patience != INT64_MAX && now - o->busy > o->patience)
			o->cursor.patience = -1;
	}
}

/*
 * Reading
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
			tell(in->aptee, "%s: text: %.*s", in->name,
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
			tell(in->aptee, "%s: byte %" PRIu64 ": %s%s", in->name,
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
		tell(in->aptee, "%s: %s: more than %d %s; records refused",
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
		tell(a, "%s: %" PRIu64 " bytes passed over, %" PRIu64
		    " place%s", in->name, in->lost, in->losses,
		    in->losses == 1 ? "" : "s");
	if (in->names + in->sources > 1)
		tell(a, "%s: %" PRIu64 " records refused", in->name,
		    in->names + in->sources);
	if (in->evicted > 1)
		tell(a, "%s: %" PRIu64 " newest records given up", in->name,
		    in->evicted);
	if (in->records == 0 && in->losses == 0 && !a->quit) {
		tell(a, in->text > 0 ? "%s: byte 0: not a record (text? try "
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
		n = fd_read(in->fd, p, room);
		e = errno;
		pthread_mutex_lock(&a->lock);
		errno = e;
		if (n <= 0)
			return (int)n;
		if (p == scratch)
			reader_skip(in->reader, (size_t)n);
		else
			reader_fill(in->reader, (size_t)n);
		skip_stalled(a);
		input_records(in, reader_next);
		sink_wake(a);
		while (is_ahead(a))
			wait_for_room(a);
	}
	return 0;
}

void *
feed_run(void *arg)
{
	struct input *in = arg;
	struct aptee *a = in->aptee;
	int failed = 0;

	/* A FIFO's open waits for its writer. */
	if (in->fd == -1 &&
	    (in->fd = open(in->path, O_RDONLY | O_CLOEXEC)) == -1)
		failed = errno;
	if (in->fd != -1 && !in->regular)
		fd_grow(in->fd);
	pthread_mutex_lock(&a->lock);
	if (failed == 0 && input_loop(in) == -1)
		failed = errno;
	if (failed != 0) {
		tell(a, "%s: %s", in->name, strerror(failed));
		a->status |= 1;
	}
	if (!a->quit)
		input_records(in, reader_end);
	if (failed == 0)
		input_sum(in);
	reader_free(in->reader);
	store_input_ended(a->store, in->number);
	if (in->publisher)
		close(in->fd);
	in->over = 1;
	a->running--;
	sink_wake(a);
	aptee_wake();
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

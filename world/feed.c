/*
 * feed.c - inputs: what comes in goes into the store; see aptee.h
 *
 * What is always true: a thread here waits for its input and, only where
 * is_ahead() says so, for an output.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/aptee.h"
#include "world/socket.h"

#define AHEAD		((size_t)64 << 20) /* of outputs that are waited for */
#define ROOM		((size_t)256 * 1024)
#define BANNER		10	/* lines of text that are shown */
#define TOLD		5	/* losses told one by one, for each input */
#define MAGIC		4	/* bytes at least, of what is no text */
#define GARBAGE		(1 << 20)	/* bytes of a publisher without a
					 * record */

/*
 * Opening
 */

/* What an origin says; without the lock. */
static void
input_says(void *arg, const char *text)
{
	struct input *in = arg;

	pthread_mutex_lock(&in->aptee->lock);
	tell(in->aptee, "%s", text);
	pthread_mutex_unlock(&in->aptee->lock);
}

/* An input that is over and that nobody asks for by number: reused. */
static struct input *
input_reuse(struct aptee *a)
{
	for (unsigned i = 0; i < a->ninputs; i++) {
		struct input *in = a->inputs[i];
		unsigned number = in->number;

		if (!in->over || in->origin->kind == ORIGIN_PATTERN)
			continue;
		origin_close(in->origin);
		memset(in, 0, sizeof(*in));
		in->number = number;
		return in;
	}
	return NULL;
}

static struct input *
input_new(struct aptee *a)
{
	struct input *in = input_reuse(a), **list;

	if (in != NULL)
		return in;
	list = reallocarray(a->inputs, a->ninputs + 1, sizeof(*list));
	if (list == NULL)
		return NULL;
	a->inputs = list;
	if ((in = calloc(1, sizeof(*in))) == NULL)
		return NULL;
	in->number = a->ninputs++;
	list[in->number] = in;
	return in;
}

struct input *
feed_add(struct aptee *a, struct origin *o, struct input *pattern)
{
	struct input *in = input_new(a);

	if (in == NULL) {
		origin_close(o);
		errno = ENOMEM;
		return NULL;
	}
	in->aptee = a;
	in->origin = o;
	in->name = o->name;
	in->pattern = pattern;
	o->say = input_says;
	o->arg = in;
	if (pattern != NULL)
		pattern->open++;
	a->passive = a->passive && origin_passive(o);
	a->running++;
	return in;
}

/* Whether it is an input already. */
static int
is_input(const struct aptee *a, const struct origin *o)
{
	for (unsigned i = 0; i < a->ninputs; i++)
		if (o->ino != 0 && !a->inputs[i]->over &&
		    a->inputs[i]->origin->dev == o->dev &&
		    a->inputs[i]->origin->ino == o->ino)
			return 1;
	return 0;
}

void
feed_open(struct aptee *a, const char *name)
{
	struct origin *o = origin_open(name);
	const char *why = NULL;

	if (o->fd != -1 && isatty(o->fd))
		why = "is a terminal: nothing to forward (pipe a program "
		    "into it, or name a file: -i file)";
	else if (is_input(a, o))
		why = "is an input already";
	if (why != NULL) {
		warnx("%s: %s", o->name, why);
		origin_close(o);
		exit(1);
	}
	a->files = a->files && origin_files(o);
	if (feed_add(a, o, NULL) == NULL)
		err(1, NULL);
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
	a->full = 1;
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

	if (store_shrink(a->store, want) || serve_make_room(a))
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

/* What late viewers get to know of the past. */
static void
keep_past(struct aptee *a, const struct record *r)
{
	past_add(a->past, r);
	past_prune(a->past, store_state(a->store));
}

static void
input_record(struct input *in, struct record *r, int64_t now)
{
	struct aptee *a = in->aptee;
	uint64_t n = 1 + (uint64_t)r->train, twice;
	enum state_event e;

	in->records += n;
	ends_note(&in->ends, r);
	twice = store_duplicates(a->store);
	while ((e = store_add(a->store, r, in->number, now)) == STATE_FAILED &&
	    input_room(in))
		;
	/* Of two histories either may have what the other has not. */
	if (a->past != NULL && (e == STATE_MERGED ||
	    (e == STATE_DUPLICATE && (r->flags & APREC_HISTORY))))
		keep_past(a, r);
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

/* Whether a publisher is none, and cut off. */
static int
is_garbage(struct input *in)
{
	if (in->publisher == 0 || in->records > 0 || in->lost <= GARBAGE)
		return 0;
	tell(in->aptee, "%s: %d bytes and no record: cut off", in->name,
	    GARBAGE);
	return 1;
}

/*
 * As read(2); with the lock.  A publisher may be silent for as long as it
 * likes between records; inside one it has died, or never was one, and is cut
 * off.  Fewer bytes than a frame's magic may be the end of a text.
 */
static ssize_t
input_read(struct input *in, void *p, size_t room)
{
	struct aptee *a = in->aptee;
	int silent = in->publisher != 0 && reader_partial(in->reader) >= MAGIC;
	ssize_t n = 0;
	int e;

	pthread_mutex_unlock(&a->lock);
	silent = silent && origin_silent(in->origin, a->silence * SECOND);
	if (!silent)
		n = origin_read(in->origin, p, room);
	e = errno;
	pthread_mutex_lock(&a->lock);
	if (silent)
		tell(a, "%s: silent for %ld s inside a record: cut off",
		    in->name, a->silence);
	errno = e;
	return n;
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

	while (!a->quit) {
		if ((p = reader_space(in->reader, &room)) == NULL) {
			if (input_room(in))
				continue;
			p = scratch;	/* the run must not wait for it */
			room = sizeof(scratch);
		}
		if ((n = input_read(in, p, room)) <= 0)
			return (int)n;
		if (p == scratch)
			reader_skip(in->reader, (size_t)n);
		else
			reader_fill(in->reader, (size_t)n);
		skip_stalled(a);
		input_records(in, reader_next);
		sink_wake(a);
		if (is_garbage(in))
			return 0;
		while (is_ahead(a))
			wait_for_room(a);
	}
	return 0;
}

/*
 * Streams that end, and what follows them
 */

/* A file of ours has grown: whoever looks wants what is newest. */
static void
input_live(struct aptee *a)
{
	if (!a->files || a->wait_asked)
		return;
	a->files = 0;
	for (unsigned i = 0; i < a->noutputs; i++) {
		struct output *o = a->outputs[i];

		if (o->kind == &sink_stream && o->waited) {
			o->waited = 0;
			o->cursor.keep = 0;
		}
	}
	pthread_cond_broadcast(&a->room);
}

static int
input_reader(struct input *in)
{
	struct aptee *a = in->aptee;

	if ((in->reader = reader_new(&a->pool, a->pool.limit / 4)) == NULL)
		return -1;
	if (a->trains)
		reader_trains(in->reader);
	in->lost_to = UINT64_MAX;
	return 0;
}

/*
 * The stream broke, and another is to follow: whole records hidden in a torn
 * one are kept, and the torn one is no news beside that it broke.
 */
static int
input_restart(struct input *in)
{
	struct reader_loss loss;
	enum reader_event e;
	struct record *r;

	while ((e = reader_end(in->reader, &r, &loss)) != READER_MORE) {
		if (e == READER_RECORD) {
			input_record(in, r, now_ns());
			record_drop(r);
		} else if (e == READER_FAILED && !input_room(in))
			break;
	}
	reader_free(in->reader);
	ends_free(&in->ends);
	store_input_ended(in->aptee->store, in->number);
	sink_wake(in->aptee);
	return input_reader(in);
}

/* Whether there is more, after the end of what there was; with the lock. */
static int
input_next(struct input *in)
{
	struct aptee *a = in->aptee;
	struct origin *o = in->origin;
	int final = ends_all(&in->ends), go;
	enum origin_next next;

	pthread_mutex_unlock(&a->lock);
	next = origin_next(o, final);
	pthread_mutex_lock(&a->lock);
	if (next == ORIGIN_OVER)
		return 0;
	if (next == ORIGIN_BROKEN) {
		if (input_restart(in) == -1)
			return -1;
		pthread_mutex_unlock(&a->lock);
		go = origin_again(o);
		pthread_mutex_lock(&a->lock);
		if (!go)
			return 0;
	}
	if (o->grown)
		input_live(a);
	return 1;
}

/* It is over; with the lock. */
static void
input_over(struct input *in, int failed)
{
	struct aptee *a = in->aptee;

	if (failed != 0) {
		tell(a, "%s: %s", in->name, strerror(failed));
		a->status |= 1;
	} else if (a->running > 1 && in->pattern == NULL && !in->publisher &&
	    !a->quiet && !a->quit && in->records > 0)
		tell(a, "%s: ended%s", in->name, ends_all(&in->ends) ? "" :
		    " without a final record");
	ends_free(&in->ends);
	if (in->origin->kind == ORIGIN_SOCKET)
		serve_downstream(a, in->origin->path, 0);
	origin_end(in->origin);
	store_input_ended(a->store, in->number);
	if (in->pattern != NULL)
		in->pattern->open--;
	in->over = 1;
	a->running--;
	sink_wake(a);
	aptee_wake();
}

static void *
stream_run(void *arg)
{
	struct input *in = arg;
	struct aptee *a = in->aptee;
	int failed = 0, more = 1;

	if (in->origin->kind == ORIGIN_STREAM)
		fd_grow(in->origin->fd);
	pthread_mutex_lock(&a->lock);
	if (in->origin->kind == ORIGIN_SOCKET)
		serve_downstream(a, in->origin->path, 1);
	while (more == 1 && !a->quit)
		more = input_loop(in) == -1 ? -1 : a->quit ? 0 :
		    input_next(in);
	if (more == -1)
		failed = errno;
	if (in->reader != NULL && !a->quit)
		input_records(in, reader_end);
	if (failed == 0)
		input_sum(in);
	reader_free(in->reader);
	in->reader = NULL;
	input_over(in, failed);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/*
 * Patterns
 */

/* Whether it is what we write; with the lock. */
static int
is_output(const struct aptee *a, const struct origin *o)
{
	char path[PATH_MAX];

	for (unsigned i = 0; i < a->noutputs; i++) {
		const struct output *out = a->outputs[i];

		if (out->regular && out->dev == o->dev && out->ino == o->ino)
			return 1;
		if (out->kind == &sink_state &&
		    realpath(o->path, path) != NULL &&
		    strcmp(path, out->path) == 0)
			return 1;
	}
	return 0;
}

/* A pattern has found a file: another input. */
static int
input_found(void *arg, const char *path)
{
	struct input *pattern = arg, *in = NULL;
	struct aptee *a = pattern->aptee;
	struct origin *o = origin_found(path);
	int e = errno;

	pthread_mutex_lock(&a->lock);
	if (o == NULL) {
		tell(a, "%s: %s", path, strerror(e));
		a->status |= 1;
	} else if (is_input(a, o) || is_output(a, o)) {
		origin_close(o);
	} else if ((in = feed_add(a, o, pattern)) == NULL ||
	    feed_start(in) == -1) {
		tell(a, "%s: %s", path, strerror(errno));
		a->status |= 1;
		if (in != NULL)
			origin_end(in->origin);
		in = NULL;
	}
	pthread_mutex_unlock(&a->lock);
	return in != NULL;
}

/* Until all files that were found have ended, and there are no others. */
static void *
pattern_run(void *arg)
{
	struct input *in = arg;
	struct aptee *a = in->aptee;
	int over, go = 1, found = 0;
	unsigned n;

	pthread_mutex_lock(&a->lock);
	while (go && !a->quit) {
		over = found && in->open == 0;
		pthread_mutex_unlock(&a->lock);
		n = origin_look(in->origin, input_found, in);
		found |= n > 0;
		go = !(over && n == 0) && origin_pause(SECOND);
		pthread_mutex_lock(&a->lock);
	}
	if (!found && !a->quit) {
		tell(a, "%s: no such file came", in->name);
		a->status |= 2;
	}
	input_over(in, 0);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

int
feed_start(struct input *in)
{
	int pattern = in->origin->kind == ORIGIN_PATTERN;
	int e;

	if (pattern || input_reader(in) == 0) {
		e = aptee_thread(pattern ? pattern_run : stream_run, in);
	} else
		e = ENOMEM;
	if (e == 0)
		return 0;
	reader_free(in->reader);
	in->reader = NULL;
	if (in->pattern != NULL)
		in->pattern->open--;
	in->over = 1;
	in->aptee->running--;
	errno = e;
	return -1;
}

/*
 * Publishers
 */

struct input *
feed_accept(struct aptee *a, const char *server, int fd)
{
	struct input *in;
	struct origin *o;
	char name[SOCKET_PATH + 32];

	snprintf(name, sizeof(name), "%s: publisher %u", server,
	    ++a->publishers);
	if ((o = origin_take(-1, name)) == NULL ||
	    (in = feed_add(a, o, NULL)) == NULL)
		return NULL;
	in->publisher = a->publishers;
	o->fd = fd;
	if (feed_start(in) == 0)
		return in;
	o->fd = -1;
	return NULL;
}

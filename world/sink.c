/*
 * sink.c - outputs: the kinds there are, and the thread; see aptee.h
 *
 * What is always true: whole counts the records that were written whole, and
 * a file's size is where the last of them ends.
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
#include "world/link.h"

#define BATCH_MIN	((size_t)4096)
#define BIG		(64 * 1024)	/* a record that a pipe does not hold */
#define FAST		((size_t)64 << 20) /* bytes in a second */
#define SEALS		(PIECES / 3)

/* What is put in place of a record's own bytes to add a data CRC. */
struct seal {
	uint8_t		 header[RECORD_HEADER];
	uint8_t		 trailer[RECORD_TRAILER];
};

/*
 * Records into bytes
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

int
sink_write(struct output *o, struct record **recs, const uint32_t *trains,
    size_t n)
{
	size_t i, j, len, done;
	int result = 0;

	if (o->pack != NULL)
		return frame_write(o, recs, trains, n);
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
		result = fd_write(o->fd, o->iov, o->niov, &done);
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
 * A stream
 */

static int
stream_put(struct output *o, size_t n)
{
	/*
	 * A pipe that holds less than a record makes it no older by growing,
	 * nor does one that is emptied so fast.
	 */
	if (o->piped && !o->grown && o->interval == 0 &&
	    (o->recs[0]->length >= BIG || o->fast >= FAST)) {
		fd_grow(o->fd);
		o->grown = 1;
	}
	if (sink_write(o, o->recs, o->trains, n) == -1)
		return -1;
	return o->pack != NULL ? frame_flush(o) : 0;
}

static int
stream_end(struct output *o)
{
	return close(o->fd);
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

	store_join_live(a->store, &c);
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
	if (sink_write(o, o->live, NULL, o->nlive) == -1 ||
	    (o->pack != NULL && frame_flush(o) == -1) ||
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
	o->unflushed = o->unflushed_bytes = 0;
	errno = e;
	return result;
}

static int
state_end(struct output *o)
{
	(void)o;
	return 0;
}

const struct kind sink_stream = { NULL, stream_put, stream_end };
const struct kind sink_state = { NULL, state_put, state_end };

/*
 * The thread
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

static int
is_due(const struct output *o)
{
	return o->due != 0 && now_ns() >= o->due;
}

/* Until it is woken, or what is packed is due; with the lock. */
static void
output_wait(struct output *o)
{
	struct timespec ts;
	int64_t left = o->due - now_ns();

	if (o->due == 0) {
		pthread_cond_wait(&o->wake, &o->aptee->lock);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	left = ts.tv_nsec + (left > 0 ? left : 0);
	ts.tv_sec += (time_t)(left / SECOND);
	ts.tv_nsec = (long)(left % SECOND);
	pthread_cond_timedwait(&o->wake, &o->aptee->lock, &ts);
}

/*
 * Wait for records, and for the time at which they may go, and take them;
 * with the lock.  0: what is packed is due, or else the end.
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
		if (a->quit || (a->running == 0 && o->kind == &sink_state))
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
		if (n > 0 || a->running == 0 || a->quit || o->gone ||
		    is_due(o))
			break;
		o->sleeping = 1;
		output_wait(o);
		o->sleeping = 0;
	}
	if (n > 0 && o->kind == &sink_state)
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
output_pace(struct output *o, size_t bytes, int64_t now)
{
	int64_t took = now - o->busy;

	if (o->batch == SIZE_MAX)
		return;
	if (took > SECOND / 20 || now - o->fast_since > SECOND) {
		o->fast = 0;
		o->fast_since = now;
	}
	o->fast += bytes;
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
	output_pace(o, bytes, now_ns());
	o->busy = 0;
	o->cursor.patience = o->patience;
	if (a->waiting > 0)
		pthread_cond_broadcast(&a->room);
}

static void
output_done(struct output *o, int error)
{
	struct aptee *a = o->aptee;

	o->lost += o->unflushed;
	o->lost_bytes += o->unflushed_bytes;
	if (error != 0) {
		tell(a, "%s: %s", o->name, error == EPIPE ?
		    "its reader has gone" : strerror(error));
		o->failed = 1;
		a->status |= 1;
	}
	store_leave(a->store, &o->cursor);
	o->done = 1;
	a->alive--;
	if (a->waiting > 0)
		pthread_cond_broadcast(&a->room);
	aptee_wake();
}

/*
 * Wait until what was written has gone, so that the newest goes next.  Whether
 * that took longer than a superseded record waits.
 */
static int
output_link(struct output *o)
{
	struct aptee *a = o->aptee;
	int64_t ns = SECOND / 1000, since = now_ns();
	int go = 1;

	while (go && link_full(o->link)) {
		sleep_ns(ns);
		ns = ns < SECOND / 200 ? 2 * ns : ns;
		pthread_mutex_lock(&a->lock);
		go = !a->quit && !o->gone;
		pthread_mutex_unlock(&a->lock);
	}
	return o->patience != INT64_MAX && now_ns() - since > o->patience;
}

void *
sink_run(void *arg)
{
	struct output *o = arg;
	struct aptee *a = o->aptee;
	int error = 0, slow;
	size_t n;

	if (o->kind->begin != NULL && o->kind->begin(o) == -1)
		error = errno;
	pthread_mutex_lock(&a->lock);
	while (error == 0 && ((n = output_take(o)) > 0 || is_due(o))) {
		pthread_mutex_unlock(&a->lock);
		o->whole = 0;
		if (o->kind->put(o, n) == -1)
			error = errno;
		slow = o->link != NULL && error == 0 && output_link(o);
		pthread_mutex_lock(&a->lock);
		o->failed = error != 0;
		output_account(o, n);
		/* A record that was superseded would be old on arrival. */
		if (slow && !o->cursor.keep)
			o->cursor.patience = -1;
	}
	if (o->gone && error == 0)
		error = EPIPE;
	pthread_mutex_unlock(&a->lock);
	if (o->kind->end(o) == -1 && error == 0)
		error = errno;
	pthread_mutex_lock(&a->lock);
	output_done(o, error);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

void
sink_wake(struct aptee *a)
{
	for (unsigned i = 0; i < a->noutputs; i++)
		if (a->outputs[i]->sleeping) {
			a->outputs[i]->sleeping = 0;
			pthread_cond_signal(&a->outputs[i]->wake);
		}
	serve_wake(a);
}

struct counts
sink_counts(const struct output *o)
{
	struct counts c = { 0 };

	if (o->sample != NULL)
		c.left_out = sample_left_out(o->sample);
	c.out = o->cursor.out - o->lost - c.left_out;
	c.dropped = o->cursor.dropped + o->lost + c.left_out;
	/* All that comes after an output failed is dropped by it. */
	if (o->failed)
		c.dropped = o->aptee->records - c.out;
	c.behind = o->aptee->records - c.out - c.dropped;
	return c;
}

/*
 * Opening
 */

static void
check_not_input(struct aptee *a, const char *name, const struct stat *sb)
{
	for (unsigned i = 0; i < a->ninputs; i++)
		if (S_ISREG(sb->st_mode) &&
		    a->inputs[i]->origin->dev == sb->st_dev &&
		    a->inputs[i]->origin->ino == sb->st_ino)
			errx(1, "%s: is also an input", name);
}

/* Refuse what would do harm, before anything is touched. */
static void
output_check(struct aptee *a, struct output *o)
{
	enum recording_kind is;
	struct stat sb;

	if (stat(o->path, &sb) == -1) {
		if (errno != ENOENT)
			err(1, "%s", o->path);
		return;
	}
	check_not_input(a, o->path, &sb);
	if (S_ISDIR(sb.st_mode))
		errx(1, "%s: is a directory", o->path);
	if (o->kind == &sink_state && !S_ISREG(sb.st_mode))
		errx(1, "%s: not a file: -S cannot replace it", o->path);
	if (!S_ISREG(sb.st_mode) || sb.st_size == 0 || a->force)
		return;
	if (o->kind == &sink_recording && !a->append)
		errx(1, "%s: exists (-a appends to it, -F replaces it)",
		    o->path);
	is = recording_is(a, o->path);
	if (o->kind == &sink_state && is == RECORDING_NOT)
		errx(1, "%s: not a recording (-F replaces it)", o->path);
	if (o->kind == &sink_recording && is == RECORDING_NOT)
		errx(1, "%s: not a recording, nothing is appended to it "
		    "(-F replaces it)", o->path);
	if (o->kind == &sink_recording &&
	    frame_is(o->path) != (is == RECORDING_PACKED))
		errx(1, "%s: is %scompressed, unlike its name; nothing is "
		    "appended to it (rename it, or -F replaces it)", o->path,
		    is == RECORDING_PACKED ? "" : "not ");
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

struct output *
sink_new(struct aptee *a, const struct kind *kind, const char *path)
{
	struct output *o = aptee_allocate(1, sizeof(*o));

	o->kind = kind;
	o->path = path;
	o->name = path != NULL ? path : "(stdout)";
	o->fd = -1;
	o->aptee = a;
	o->batch = kind == &sink_stream ? 64 * 1024 : BATCH_MAX;
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
	if ((o->regular = S_ISREG(sb.st_mode))) {
		o->kind = &sink_recording;
		o->fd = STDOUT_FILENO;
		recording_lock(o);
	}
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

/* Those named so, and stdout where it alone can be meant (-z). */
static void
frames_open(struct aptee *a)
{
	int named = 0, level = a->level > 0 ? a->level : 1;

	for (unsigned i = 0; i < a->noutputs; i++) {
		if (!frame_is(a->outputs[i]->name))
			continue;
		frame_open(a->outputs[i], level, 1);
		named = 1;
	}
	if (a->level == 0 || named || a->noutputs == 0 ||
	    a->outputs[0]->path != NULL)
		return;
	frame_open(a->outputs[0], level, a->outputs[0]->regular);
	if (a->outputs[0]->size > 0)
		pack_no_table(a->outputs[0]->pack);
}

void
sink_open(struct aptee *a)
{
	for (unsigned i = 0; i < a->noutputs; i++)
		if (a->outputs[i]->path != NULL)
			output_check(a, a->outputs[i]);
	if (a->server != NULL && isatty(STDOUT_FILENO))
		a->outputs++, a->noutputs--;	/* the socket will do */
	else
		stdout_open(a);
	for (unsigned i = 0; i < a->noutputs; i++)
		if (a->outputs[i]->path != NULL &&
		    a->outputs[i]->kind == &sink_recording)
			recording_claim(a, a->outputs[i]);
	frames_open(a);
	for (unsigned i = 0; i < a->noutputs; i++) {
		struct output *o = a->outputs[i];
		int files = o->kind == &sink_recording;

		if (o->path != NULL && files)
			recording_open(a, o);
		if (o->kind == &sink_state)
			state_open(o);
		if (o->kind != &sink_stream)
			o->seals = aptee_allocate(SEALS, sizeof(*o->seals));
		if (o->kind == &sink_state)
			o->interval = SECOND;
		else if (!files && a->rate > 0)
			o->interval = SECOND / a->rate;
		if (o->interval > 0)
			o->batch = SIZE_MAX;
		o->waited = o->interval == 0 && a->wait;
		if (o->kind == &sink_stream && !o->waited)
			o->link = link_find(o->fd);
		if (o->kind == &sink_state)
			store_join_live(a->store, &o->cursor);
		else
			store_join(a->store, &o->cursor, files || o->waited);
		o->patience = o->cursor.patience;
		if (files && a->every > 1 &&
		    (o->sample = sample_new(a->every)) == NULL)
			err(1, NULL);
		if ((errno = pthread_cond_init(&o->wake, NULL)) != 0)
			err(1, NULL);
	}
}

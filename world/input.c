/*
 * input.c - the thread that takes a stream in without pause
 *
 * A record that came is in the state before the next byte is read, and
 * superseded ones are gone as soon as nobody draws them.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/escape.h"
#include "format/reader.h"
#include "world/input.h"

/* As in aplot(1). */
#define RECORDS_LIMIT	((size_t)1 << 30)	/* received and held */
#define RECORD_LIMIT	(RECORDS_LIMIT / 4)	/* one of them */
#define HISTORY_LIMIT	((size_t)128 << 20)
#define LOSSES_MAX	8	/* told one by one */

static int64_t
monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void
wake_main(struct input *in)
{
	if (in->woken)
		return;
	in->woken = 1;
	(void)!write(in->wake, "", 1);
}

/* Text before the first record: a banner if a record follows. */
static void
pass_text(struct input *in, const struct reader_loss *loss)
{
	if (loss != NULL && in->texts < 3)
		buffer_put(&in->banner, loss->text, (size_t)loss->bytes);
	if (in->texts < 3 && (loss == NULL || ++in->texts == 3 ||
	    in->banner.len > 2048)) {
		in->texts = 3;
		warnx("%s: byte 0: not a record (text? try \"aprec text\")",
		    in->name);
	}
}

static void
show_banner(struct input *in)
{
	struct buffer line = { 0 };
	const char *p = in->banner.p, *end = p, *eol;

	if (p != NULL)
		end += in->banner.len;
	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		buffer_clear(&line);
		escape_text(&line, p, (size_t)(eol - p), 500);
		if (!in->quiet)
			fprintf(stderr, "%s\n", buffer_text(&line));
	}
	buffer_free(&line);
	buffer_free(&in->banner);
	in->texts = 3;
}

static void
pass_over(struct input *in, enum reader_event event,
    const struct reader_loss *loss)
{
	if (event == READER_TEXT) {
		pass_text(in, loss);
		return;
	}
	in->lost += loss->bytes;
	if (in->told > 0 && loss->at == in->lost_to) {
		in->lost_to += loss->bytes;	/* the same place */
		return;
	}
	in->lost_to = loss->at + loss->bytes;
	if (in->told++ >= LOSSES_MAX)
		return;
	if (loss->at == 0 && event == READER_LOST && in->records == 0)
		warnx("%s: byte 0: not a record (text? try \"aprec text\")",
		    in->name);
	else
		warnx("%s: byte %" PRIu64 ": passed over: %s", in->name,
		    loss->at, loss->why);
	if (in->told == LOSSES_MAX)
		warnx("%s: more losses are only counted", in->name);
}

/* A new state: to be drawn, and waited for where each is to be. */
static void
offer(struct input *in, const struct record *rec)
{
	in->arrived = monotonic();
	in->records++;
	if (in->each && in->offered > 0 && in->gap > 0 &&
	    rec->wall - in->wall < in->gap && rec->wall >= in->wall)
		return;
	in->wall = rec->wall;
	in->offered = in->records;
	wake_main(in);
	while (in->each && !in->drained && in->drawn < in->records)
		pthread_cond_wait(&in->taken, &in->lock);
}

static void
take_record(struct input *in, struct record *rec)
{
	char shown[APREC_SOURCE_MAX + 1];
	enum state_event event;

	strlcpy(shown, rec->source, sizeof(shown));
	if (in->texts > 0)
		show_banner(in);
	if (in->source != NULL && fnmatch(in->source, shown, 0) != 0) {
		in->others++;
		return;
	}
	pthread_mutex_unlock(&in->lock);
	if (!record_data_ok(rec)) {
		pthread_mutex_lock(&in->lock);
		in->lost += rec->length;
		if (in->told++ < LOSSES_MAX)
			warnx("%s: record %" PRIu64 " of %s: its data are "
			    "damaged", in->name, rec->seq, shown);
		return;
	}
	pthread_mutex_lock(&in->lock);
	event = state_merge(in->state, rec, 0, NULL, NULL);
	if (event == STATE_DUPLICATE) {
		in->duplicates++;
	} else if (event != STATE_MERGED) {
		if (in->refused++ == 0)
			warnx("%s: %s: record refused: %s", in->name, shown,
			    event == STATE_NAMES ? "more than 4096 names" :
			    event == STATE_SOURCES ? "more than 1024 sources" :
			    strerror(errno));
	} else {
		(void)history_add(in->history, rec);
		offer(in, rec);
	}
}

/*
 * The pool is full.  Superseded records are gone already but for those that
 * are being drawn; then the biggest live one goes.  -1: nothing is left.
 */
static int
make_room(struct input *in)
{
	struct holding *h, *big = NULL;
	struct source *s;
	unsigned i;

	pool_trim(&in->pool);
	if (in->looking) {
		pthread_cond_wait(&in->taken, &in->lock);
		return 0;
	}
	for (s = state_sources(in->state); s != NULL; s = s->next)
		for (i = 0; i < s->nslots; i++) {
			h = s->slots[i].holding;
			if (h != NULL && (big == NULL ||
			    h->rec->length > big->rec->length))
				big = h;
		}
	if (big == NULL)
		return -1;
	if (in->given_up++ == 0)
		warnx("%s: the state takes more than %zu MiB: fields are "
		    "given up", in->name, RECORDS_LIMIT >> 20);
	state_evict(in->state, big);
	pool_trim(&in->pool);
	return 0;
}

/* All records that have come.  -1: out of memory for good. */
static int
take_records(struct input *in, struct reader *r, int end)
{
	enum reader_event event;
	struct reader_loss loss;
	struct record *rec;

	for (;;) {
		event = end ? reader_end(r, &rec, &loss) :
		    reader_next(r, &rec, &loss);
		switch (event) {
		case READER_MORE:
			return 0;
		case READER_RECORD:
			take_record(in, rec);
			record_drop(rec);
			break;
		case READER_FAILED:
			if (make_room(in) == -1)
				return -1;
			break;
		case READER_UNSUPPORTED:
		case READER_TEXT:
		case READER_LOST:
			pass_over(in, event, &loss);
			break;
		}
	}
}

/* Read on.  0 at the end, -1 with errno. */
static ssize_t
read_some(struct input *in, struct reader *r)
{
	size_t room;
	ssize_t n;
	char *p;

	while ((p = reader_space(r, &room)) == NULL)
		if (make_room(in) == -1)
			return -1;
	pthread_mutex_unlock(&in->lock);
	do
		n = read(in->fd, p, room);
	while (n == -1 && errno == EINTR);
	pthread_mutex_lock(&in->lock);
	if (n > 0)
		reader_fill(r, (size_t)n);
	return n;
}

/* Nobody looks any more: the run shall live on. */
static void
drain(struct input *in)
{
	static char scrap[65536];
	ssize_t n;

	pthread_mutex_unlock(&in->lock);
	do
		n = read(in->fd, scrap, sizeof(scrap));
	while (n > 0 || (n == -1 && errno == EINTR));
	pthread_mutex_lock(&in->lock);
}

static void *
take_input(void *arg)
{
	struct input *in = arg;
	struct reader *r;
	ssize_t n = -1;

	if (in->path != NULL)
		in->fd = open(in->path, O_RDONLY | O_CLOEXEC);
	pthread_mutex_lock(&in->lock);
	r = reader_new(&in->pool, RECORD_LIMIT);
	if (in->fd != -1 && r != NULL)
		while (!in->drained && (n = read_some(in, r)) > 0)
			if (take_records(in, r, 0) == -1) {
				n = -1;
				break;
			}
	if (in->drained) {
		drain(in);
	} else if (n == -1) {
		warn("%s", in->name);
		in->failed = 1;
		drain(in);
	} else {
		(void)take_records(in, r, 1);
		if (in->records == 0 && in->texts > 0)
			pass_text(in, NULL);
		else if (in->records == 0 && in->lost == 0)
			warnx("%s: no record came%s", in->name,
			    in->others > 0 ? " from such a source" : "");
		state_input_ended(in->state, 0);
	}
	reader_free(r);
	in->ended = 1;
	in->offered = in->records;
	wake_main(in);
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

int
input_start(struct input *in, int *wake)
{
	sigset_t all, before;
	int fd[2], e;

	if (pipe(fd) == -1)
		return -1;
	*wake = fd[0];
	in->wake = fd[1];
	for (e = 0; e < 2; e++) {
		(void)fcntl(fd[e], F_SETFD, FD_CLOEXEC);
		(void)fcntl(fd[e], F_SETFL, O_NONBLOCK);
	}
	e = pthread_mutex_init(&in->lock, NULL);
	if (e == 0)
		e = pthread_cond_init(&in->taken, NULL);
	if (e != 0) {
		errno = e;
		return -1;
	}
	in->fd = in->path == NULL ? STDIN_FILENO : -1;
	pool_init(&in->pool, RECORDS_LIMIT);
	in->state = state_new(&in->pool, NULL, NULL);
	in->history = history_new(&in->window, HISTORY_LIMIT);
	if (in->state == NULL || in->history == NULL)
		return -1;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	e = pthread_create(&in->thread, NULL, take_input, in);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (e == 0)
		e = pthread_detach(in->thread);	/* it may wait for ever */
	errno = e;
	return e == 0 ? 0 : -1;
}

uint64_t
input_news(struct input *in, int *ended)
{
	uint64_t offered;

	pthread_mutex_lock(&in->lock);
	offered = in->offered;
	*ended = in->ended;
	in->woken = 0;
	pthread_mutex_unlock(&in->lock);
	return offered;
}

struct state *
input_look(struct input *in, struct glance *g)
{
	struct state *st;

	pthread_mutex_lock(&in->lock);
	st = state_snapshot(in->state);
	in->looking = st != NULL;
	g->records = in->records;
	g->arrived = in->arrived;
	g->ended = in->ended;
	pthread_mutex_unlock(&in->lock);
	return st;
}

void
input_look_away(struct input *in, struct state *st)
{
	pthread_mutex_lock(&in->lock);
	state_free(st);
	in->looking = 0;
	pthread_cond_signal(&in->taken);
	pthread_mutex_unlock(&in->lock);
}

void
input_drawn(struct input *in, uint64_t records)
{
	pthread_mutex_lock(&in->lock);
	in->drawn = records < in->records ? records : in->records;
	pthread_cond_signal(&in->taken);
	pthread_mutex_unlock(&in->lock);
}

void
input_forget(struct input *in)
{
	pthread_mutex_lock(&in->lock);
	in->drained = 1;
	pthread_cond_signal(&in->taken);
	pthread_mutex_unlock(&in->lock);
}

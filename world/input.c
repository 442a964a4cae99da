/*
 * input.c - the threads that take streams in without pause
 *
 * A record that came is in the state before the next byte is read, and
 * superseded ones are gone as soon as nobody draws them.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/escape.h"
#include "format/reader.h"
#include "format/recording.h"
#include "world/input.h"

/* As in aplot(1). */
#define RECORDS_LIMIT	((size_t)1 << 30)	/* received and held */
#define RECORD_LIMIT	(RECORDS_LIMIT / 4)	/* one of them */
#define HISTORY_LIMIT	((size_t)128 << 20)
#define LOSSES_MAX	8	/* told one by one */
#define ENTER_LEAST	(8 << 20)	/* bytes of a file not read whole */
#define LOOK		INT64_C(1000000000)	/* ns between looks for files */

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
pass_text(struct stream *s, const struct reader_loss *loss)
{
	if (loss != NULL && s->texts < 3)
		buffer_put(&s->banner, loss->text, (size_t)loss->bytes);
	if (s->texts < 3 && (loss == NULL || ++s->texts == 3 ||
	    s->banner.len > 2048)) {
		s->texts = 3;
		warnx("%s: byte 0: not a record (text? try \"aprec text\")",
		    s->name);
	}
}

static void
show_banner(struct stream *s)
{
	struct buffer line = { 0 };
	const char *p = s->banner.p, *end = p, *eol;

	if (p != NULL)
		end += s->banner.len;
	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		buffer_clear(&line);
		escape_text(&line, p, (size_t)(eol - p), 500);
		if (!s->in->quiet)
			fprintf(stderr, "%s\n", buffer_text(&line));
	}
	buffer_free(&line);
	buffer_free(&s->banner);
	s->texts = 3;
}

static void
pass_over(struct stream *s, enum reader_event event,
    const struct reader_loss *loss)
{
	if (event == READER_TEXT) {
		pass_text(s, loss);
		return;
	}
	if (loss->at + loss->bytes <= s->entered)
		return;			/* left out on purpose */
	s->lost += loss->bytes;
	s->in->lost += loss->bytes;
	if (s->told > 0 && loss->at == s->lost_to) {
		s->lost_to += loss->bytes;	/* the same place */
		return;
	}
	s->lost_to = loss->at + loss->bytes;
	if (s->told++ >= LOSSES_MAX)
		return;
	if (loss->at == 0 && event == READER_LOST && s->records == 0)
		warnx("%s: byte 0: not a record (text? try \"aprec text\")",
		    s->name);
	else
		warnx("%s: byte %" PRIu64 ": passed over: %s", s->name,
		    loss->at, loss->why);
	if (s->told == LOSSES_MAX)
		warnx("%s: more losses are only counted", s->name);
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
take_record(struct stream *s, struct record *rec)
{
	struct input *in = s->in;
	char shown[APREC_SOURCE_MAX + 1];
	enum state_event event;
	uint64_t refused;

	strlcpy(shown, rec->source, sizeof(shown));
	s->records++;
	ends_note(&s->ends, rec);
	if (s->texts > 0)
		show_banner(s);
	if (in->source != NULL && fnmatch(in->source, shown, 0) != 0) {
		in->others++;
		return;
	}
	pthread_mutex_unlock(&in->lock);
	if (!record_data_ok(rec)) {
		pthread_mutex_lock(&in->lock);
		s->lost += rec->length;
		in->lost += rec->length;
		if (s->told++ < LOSSES_MAX)
			warnx("%s: record %" PRIu64 " of %s: its data are "
			    "damaged", s->name, rec->seq, shown);
		return;
	}
	pthread_mutex_lock(&in->lock);
	event = state_merge(in->state, rec, s->number, NULL, NULL);
	if (event == STATE_DUPLICATE) {
		in->duplicates++;
	} else if (event != STATE_MERGED) {
		if (in->refused++ == 0)
			warnx("%s: %s: record refused: %s", s->name, shown,
			    event == STATE_NAMES ? "more than 4096 names" :
			    event == STATE_SOURCES ? "more than 1024 sources" :
			    strerror(errno));
	} else {
		refused = history_refused(in->history);
		(void)history_add(in->history, rec);
		if (refused == 0 && history_refused(in->history) > 0)
			warnx("%s: no memory for the past of all numbers: "
			    "some have none", shown);
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

/*
 * All records that have come, or at the end those that are left, where what is
 * torn is told or not.  -1: out of memory for good.
 */
enum stage { GOING, ENDED, BROKEN };

static int
take_records(struct stream *s, enum stage stage)
{
	enum reader_event event;
	struct reader_loss loss;
	struct record *rec;

	for (;;) {
		event = stage == GOING ? reader_next(s->reader, &rec, &loss) :
		    reader_end(s->reader, &rec, &loss);
		switch (event) {
		case READER_MORE:
			return 0;
		case READER_RECORD:
			take_record(s, rec);
			record_drop(rec);
			break;
		case READER_FAILED:
			if (make_room(s->in) == -1)
				return -1;
			break;
		case READER_UNSUPPORTED:
		case READER_TEXT:
		case READER_LOST:
			if (stage != BROKEN)
				pass_over(s, event, &loss);
			break;
		}
	}
}

/* Read on.  0 at the end, -1 with errno. */
static ssize_t
read_some(struct stream *s)
{
	struct input *in = s->in;
	size_t room;
	ssize_t n;
	void *p;
	int e;

	while ((p = reader_space(s->reader, &room)) == NULL)
		if (make_room(in) == -1)
			return -1;
	pthread_mutex_unlock(&in->lock);
	n = origin_read(s->origin, p, room);
	e = errno;
	pthread_mutex_lock(&in->lock);
	errno = e;
	if (n > 0)
		reader_fill(s->reader, (size_t)n);
	return n;
}

/* Nobody looks any more: a run that would wait for us shall live on. */
static void
drain(struct stream *s)
{
	char scrap[16384];

	if (origin_passive(s->origin))
		return;
	pthread_mutex_unlock(&s->in->lock);
	while (origin_read(s->origin, scrap, sizeof(scrap)) > 0)
		;
	pthread_mutex_lock(&s->in->lock);
}

/* After the end of a stream: 1 there is more, 0 not, -1 with errno. */
static int
follow(struct stream *s)
{
	struct input *in = s->in;
	int final = ends_all(&s->ends), go;
	enum origin_next next;

	pthread_mutex_unlock(&in->lock);
	next = origin_next(s->origin, final);
	pthread_mutex_lock(&in->lock);
	if (next != ORIGIN_BROKEN)
		return next == ORIGIN_MORE;
	if (take_records(s, BROKEN) == -1)
		return -1;
	reader_free(s->reader);
	ends_free(&s->ends);
	state_input_ended(in->state, s->number);
	if ((s->reader = reader_new(&in->pool, RECORD_LIMIT)) == NULL)
		return -1;
	s->lost_to = UINT64_MAX;
	pthread_mutex_unlock(&in->lock);
	go = origin_again(s->origin);
	pthread_mutex_lock(&in->lock);
	return go;
}

/* It is over; with the lock. */
static void
stream_over(struct stream *s)
{
	struct input *in = s->in;

	reader_free(s->reader);
	s->reader = NULL;
	ends_free(&s->ends);
	origin_end(s->origin);
	state_input_ended(in->state, s->number);
	if (s->pattern != NULL)
		s->pattern->open--;
	if (--in->running > 0)
		return;
	in->ended = 1;
	in->offered = in->records;
	wake_main(in);
}

/* What is told when it has ended without a record. */
static void
tell_empty(struct stream *s)
{
	if (s->records > 0)
		return;
	if (s->texts > 0)
		pass_text(s, NULL);
	else if (s->lost == 0)
		warnx("%s: no record came", s->name);
}

/*
 * A recording is entered at its last recap, or where it has none and its
 * records are big, by their headers and numbers: the last state and whole
 * curves, without reading it all.
 */

static ssize_t
file_read(void *arg, void *buf, size_t n, uint64_t at)
{
	const struct stream *s = arg;
	ssize_t got;

	do
		got = pread(s->origin->fd, buf, n, (off_t)at);
	while (got == -1 && errno == EINTR);
	return got;
}

static void
take_hopped(void *arg, struct record *rec)
{
	struct stream *s = arg;

	pthread_mutex_lock(&s->in->lock);
	take_record(s, rec);
	pthread_mutex_unlock(&s->in->lock);
}

/* The byte of the file to go on from. */
static uint64_t
find_entry(struct stream *s)
{
	const struct recording_target last = { .kind = RECORDING_END };
	struct recording r = { file_read, s, 0, &s->in->pool };
	struct place p;
	struct stat sb;
	uint64_t end;

	if (s->origin->kind != ORIGIN_FILE || !s->origin->followed ||
	    s->in->each || fstat(s->origin->fd, &sb) == -1 ||
	    sb.st_size < (off_t)ENTER_LEAST)
		return 0;
	r.size = (uint64_t)sb.st_size;
	if (recording_find(&r, &last, &p) == -1)
		return 0;
	if (p.records > 0)
		return p.at;
	return recording_hop(&r, take_hopped, s, &end) == 0 ? end : 0;
}

/* Before anything is read; with the lock, which is not held meanwhile. */
static void
enter(struct stream *s)
{
	uint64_t at;

	pthread_mutex_unlock(&s->in->lock);
	at = find_entry(s);
	pthread_mutex_lock(&s->in->lock);
	if (at == 0 || lseek(s->origin->fd, (off_t)at, SEEK_SET) == -1)
		return;
	reader_skip(s->reader, (size_t)at);
	s->origin->received = s->entered = at;
}

static void *
take_stream(void *arg)
{
	struct stream *s = arg;
	struct input *in = s->in;
	int more = 1;
	ssize_t n = 0;

	pthread_mutex_lock(&in->lock);
	s->reader = reader_new(&in->pool, RECORD_LIMIT);
	if (s->reader == NULL)
		more = -1;
	else
		enter(s);
	while (more == 1 && !in->drained) {
		while (!in->drained && (n = read_some(s)) > 0)
			if (take_records(s, GOING) == -1)
				break;
		more = in->drained ? 0 : n != 0 ? -1 : follow(s);
	}
	if (in->drained) {
		drain(s);
	} else if (more == -1) {
		warn("%s", s->name);
		in->failed = 1;
		drain(s);
	} else {
		(void)take_records(s, ENDED);
		tell_empty(s);
		if (s->records > 0 && in->running == 1 && in->records == 0 &&
		    in->others > 0)
			warnx("%s: no record came from such a source",
			    s->name);
	}
	stream_over(s);
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

/*
 * Several streams
 */

/* What an origin says. */
static void
stream_says(void *arg, const char *text)
{
	struct buffer line = { 0 };

	(void)arg;
	escape_text(&line, text, strlen(text), 1000);
	warnx("%s", buffer_text(&line));
	buffer_free(&line);
}

/* Add a stream; with the lock, once threads run.  NULL: no memory. */
static struct stream *
add_stream(struct input *in, struct origin *o, struct stream *pattern)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->in = in;
	s->origin = o;
	s->name = o->name;
	s->number = in->nstreams++;
	s->lost_to = UINT64_MAX;
	s->pattern = pattern;
	if (pattern != NULL)
		pattern->open++;
	o->say = stream_says;
	o->forever = 1;
	s->next = in->streams;
	in->streams = s;
	in->running++;
	return s;
}

struct origin *
input_open(struct input *in, const char *name)
{
	struct origin *o = origin_open(name);

	if (in->streams == NULL)
		in->passive = 1;
	in->passive &= origin_passive(o);
	if (add_stream(in, o, NULL) == NULL)
		err(1, NULL);
	if (in->name == NULL)
		in->name = o->name;
	return o;
}

static void *take_pattern(void *arg);

/* Start its thread: 0, or an error. */
static int
start_stream(struct stream *s)
{
	void *(*run)(void *) = s->origin->kind == ORIGIN_PATTERN ?
	    take_pattern : take_stream;
	sigset_t all, before;
	pthread_t thread;
	int e;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	e = pthread_create(&thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return e != 0 ? e : pthread_detach(thread);	/* it may wait for
							 * ever */
}

/* A pattern has found a file. */
static int
found(void *arg, const char *path)
{
	struct stream *pattern = arg, *s = NULL;
	struct input *in = pattern->in;
	struct origin *o = origin_found(path);
	int e = o == NULL ? errno : ENOMEM;

	pthread_mutex_lock(&in->lock);
	if (o != NULL && (s = add_stream(in, o, pattern)) != NULL)
		e = start_stream(s);
	if (s != NULL && e != 0)
		stream_over(s);
	if (e != 0) {
		warnx("%s: %s", path, strerror(e));
		in->failed = 1;
	}
	pthread_mutex_unlock(&in->lock);
	return e == 0;
}

/* Until all files that were found have ended, and there are no others. */
static void *
take_pattern(void *arg)
{
	struct stream *s = arg;
	struct input *in = s->in;
	int over, go = 1, any = 0;
	unsigned n;

	pthread_mutex_lock(&in->lock);
	while (go && !in->drained) {
		over = any && s->open == 0;
		pthread_mutex_unlock(&in->lock);
		n = origin_look(s->origin, found, s);
		any |= n > 0;
		go = !(over && n == 0) && origin_pause(LOOK);
		pthread_mutex_lock(&in->lock);
	}
	stream_over(s);
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

int
input_start(struct input *in, int *wake)
{
	struct stream *s;
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
	pool_init(&in->pool, RECORDS_LIMIT);
	in->state = state_new(&in->pool, NULL, NULL);
	in->history = history_new(&in->window, HISTORY_LIMIT);
	if (in->state == NULL || in->history == NULL)
		return -1;
	pthread_mutex_lock(&in->lock);
	for (s = in->streams; s != NULL && e == 0; s = s->next)
		e = start_stream(s);
	pthread_mutex_unlock(&in->lock);
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

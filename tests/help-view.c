/*
 * help-view - a crowd of viewers of one socket, in one process
 *
 *	help-view [-e] socket what n ...
 *
 *	live N		read to the end
 *	stopped N	never read
 *	silent N	do not say that they want to view, either
 *	late N		stopped ones that come one by one, each after the last
 *			live one has got another record
 *	churn N		as many join every second, and leave after one; every
 *			other of them reads
 *	joins N		so many join, one after the other, read the first bytes
 *			and leave; then it ends, where there is no live one
 *	-e		stay until the stopped and silent ones are cut off, too
 *
 * When all live ones have come to the end, it prints the state that they end
 * with as help-state does, and tells on stderr "live N joined N cut N same N":
 * cut are those of the others that saw the end, same the live ones that ended
 * with the state printed, bit for bit.  Status 1 unless all did.
 *
 * A viewer keeps the newest whole record of each kind (run and table) as it
 * came, and only these are read, at the end: it must cost little to have a
 * thousand.  "ready" on stderr when the first ones are all there.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/reader.h"
#include "format/state.h"

#define ROOM	((size_t)64 * 1024)	/* at least, for what comes */
#define SECOND	INT64_C(1000000000)

/* The newest record of a kind. */
struct kept {
	uint64_t	 run;
	uint32_t	 kind;		/* CRC of the table */
	uint64_t	 seq;
	uint8_t		*bytes;
	size_t		 length;
	size_t		 room;
};

enum what { LIVE, STOPPED, SILENT, CHURN };

struct viewer {
	enum what	 what;
	int		 reads;
	int64_t		 leaves;	/* CHURN: when */
	uint8_t		*buf;
	size_t		 len, room;
	struct kept	*kept;
	size_t		 nkept;
};

static const char *path;
static struct viewer *viewers;
static struct pollfd *polls;
static size_t nviewers, room;
static size_t nlive, nstopped;		/* that have not come to the end */
static size_t ended, joined, cut, same;
static size_t late, news;		/* still to come; a record has */
static char *wanted;			/* the state that the first ends with */

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static int
join(int silent)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(path) >= sizeof(sun.sun_path))
		errx(1, "%s: too long", path);
	strcpy(sun.sun_path, path);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sun,
	    sizeof(sun)) == -1)
		err(1, "%s", path);
	if (!silent && send(fd, "view\n", 5, MSG_NOSIGNAL) != 5 &&
	    errno != EPIPE && errno != ECONNRESET)
		err(1, "%s: viewer %zu", path, joined);
	joined++;
	return fd;
}

static struct viewer *
add(enum what what)
{
	struct viewer *v;

	if (nviewers == room) {
		room = room == 0 ? 64 : 2 * room;
		viewers = realloc(viewers, room * sizeof(*viewers));
		polls = realloc(polls, room * sizeof(*polls));
		if (viewers == NULL || polls == NULL)
			err(1, NULL);
	}
	v = &viewers[nviewers];
	memset(v, 0, sizeof(*v));
	v->what = what;
	v->reads = what == LIVE;
	polls[nviewers].fd = join(what == SILENT);
	polls[nviewers].events = v->reads ? POLLIN : 0;
	nviewers++;
	nlive += what == LIVE;
	nstopped += what == STOPPED || what == SILENT;
	return v;
}

static void
add_many(enum what what, size_t n)
{
	while (n-- > 0)
		add(what);
}

/* The last one takes its place. */
static void
leave(size_t i)
{
	struct viewer *v = &viewers[i];

	nlive -= v->what == LIVE;
	nstopped -= v->what == STOPPED || v->what == SILENT;
	close(polls[i].fd);
	for (size_t k = 0; k < v->nkept; k++)
		free(v->kept[k].bytes);
	free(v->kept);
	free(v->buf);
	nviewers--;
	viewers[i] = viewers[nviewers];
	polls[i] = polls[nviewers];
}

/*
 * Records
 */

static struct kept *
find(struct viewer *v, uint64_t run, uint32_t kind)
{
	struct kept *k;

	for (size_t i = 0; i < v->nkept; i++)
		if (v->kept[i].run == run && v->kept[i].kind == kind)
			return &v->kept[i];
	v->kept = realloc(v->kept, (v->nkept + 1) * sizeof(*v->kept));
	if (v->kept == NULL)
		err(1, NULL);
	k = &v->kept[v->nkept++];
	memset(k, 0, sizeof(*k));
	k->run = run;
	k->kind = kind;
	return k;
}

/* A record that is whole; where it is all there is, buffers are swapped. */
static void
keep(struct viewer *v, uint8_t *p, const struct header *h)
{
	struct kept *k = find(v, h->run, aprec_crc32(h->flags &
	    (APREC_FINAL | APREC_HISTORY), p + RECORD_HEADER, h->table));
	size_t had = k->room;

	news = v->what == LIVE;
	if (h->seq < k->seq)
		errx(1, "seq %" PRIu64 " after %" PRIu64, h->seq, k->seq);
	k->seq = h->seq;
	k->length = (size_t)h->length;
	if (p == v->buf && v->len == k->length) {
		uint8_t *bytes = k->bytes;

		k->bytes = v->buf;
		k->room = v->room;
		v->buf = bytes;
		v->room = had;
		return;
	}
	if (k->length > k->room) {
		k->room = k->length;
		if ((k->bytes = realloc(k->bytes, k->room)) == NULL)
			err(1, NULL);
	}
	memcpy(k->bytes, p, k->length);
}

/* Take whole records out of the buffer; how long what is left will be. */
static size_t
take(struct viewer *v)
{
	struct header h = { 0 };
	size_t at = 0, len = v->len;
	const char *why;

	for (; len - at >= RECORD_HEADER; at += (size_t)h.length) {
		if (record_header(v->buf + at, &h, &why) != RECORD_OK ||
		    h.table > h.length)
			errx(1, "not a record: %.*s", (int)(len - at < 200 ?
			    len - at : 200), (const char *)v->buf + at);
		if (len - at < h.length)
			break;
		keep(v, v->buf + at, &h);
	}
	v->len = len - at;
	if (v->len > 0)
		memmove(v->buf, v->buf + at, v->len);
	return v->len >= RECORD_HEADER ? (size_t)h.length : 0;
}

/* 0: it is the end. */
static int
receive(struct viewer *v, int fd)
{
	size_t wants;
	ssize_t n;

	if (v->room < ROOM) {
		v->room = ROOM;
		if ((v->buf = realloc(v->buf, v->room)) == NULL)
			err(1, NULL);
	}
	n = recv(fd, v->buf + v->len, v->room - v->len, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (n <= 0)
		return 0;
	v->len += (size_t)n;
	wants = take(v);
	if (wants > v->room) {
		v->room = wants;
		if ((v->buf = realloc(v->buf, v->room)) == NULL)
			err(1, NULL);
	}
	return 1;
}

/*
 * The end
 */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One line a field, in order, as help-state has it. */
static void
print_source(FILE *out, const struct source *s)
{
	char *lines[STATE_NAMES_MAX], shown[SOURCE_SHOWN_MAX];
	size_t n = 0;

	source_shown(s, shown);
	for (unsigned i = 0; i < s->nslots; i++) {
		const struct record *r;
		const struct field *f = source_slot(s, i, &r);

		if (f != NULL && asprintf(&lines[n++], "%s %s %u %" PRIu64
		    " %08" PRIx32, shown, f->name, f->type, f->count,
		    aprec_crc32(0, record_bytes(r, f),
		    (size_t)f->length)) == -1)
			err(1, NULL);
	}
	qsort(lines, n, sizeof(*lines), by_text);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	fprintf(out, "%s step %" PRId64 "%s\n", shown, source_step(s),
	    s->final ? " final" : "");
}

static int
by_seq(const void *a, const void *b)
{
	const struct kept *k = a, *l = b;

	return k->seq < l->seq ? -1 : k->seq > l->seq;
}

/* All that was kept, read as any reader does. */
static void
merge(struct viewer *v, struct reader *r, struct state *state)
{
	struct reader_loss loss;
	enum reader_event e;
	struct record *rec;
	size_t n, taken;

	qsort(v->kept, v->nkept, sizeof(*v->kept), by_seq);
	for (size_t i = 0; i < v->nkept; i++)
		for (n = 0; n < v->kept[i].length; n += taken) {
			taken = 0;
			if (reader_feed(r, v->kept[i].bytes + n,
			    v->kept[i].length - n, &taken) == -1)
				err(1, "reader");
			while ((e = reader_next(r, &rec, &loss)) !=
			    READER_MORE) {
				if (e != READER_RECORD)
					errx(1, "a bad record: %s", loss.why);
				/* Sources of one input are limited. */
				state_merge(state, rec, (unsigned)i, NULL,
				    NULL);
				record_drop(rec);
			}
		}
}

static void
compare(struct viewer *v)
{
	struct state *state = state_new(NULL, NULL, NULL);
	struct pool pool;
	struct reader *r;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	pool_init(&pool, SIZE_MAX);
	r = reader_new(&pool, APREC_RECORD_MAX);
	if (state == NULL || out == NULL || r == NULL)
		err(1, NULL);
	merge(v, r, state);
	for (struct source *s = state_sources(state); s != NULL; s = s->next)
		print_source(out, s);
	if (v->len > 0)
		fprintf(out, "and %zu bytes of a torn record\n", v->len);
	fclose(out);
	state_free(state);
	reader_free(r);
	pool_trim(&pool);
	if (wanted == NULL) {
		wanted = text;
		fputs(text, stdout);
	}
	if (strcmp(wanted, text) == 0)
		same++;
	else
		warnx("another state:\n%s", text);
	if (text != wanted)
		free(text);
}

/* What poll(2) said of a viewer: 0 where it has gone. */
static int
attend(size_t i)
{
	struct viewer *v = &viewers[i];

	if (v->reads && receive(v, polls[i].fd))
		return 1;
	if (v->what == LIVE) {
		compare(v);
		ended++;
	} else if (v->what != CHURN)
		cut++;
	leave(i);
	return 0;
}

/* Those that come and go: when the next one is to come. */
static int64_t
come_and_go(size_t churn, int64_t next, int64_t now)
{
	struct viewer *v;

	for (size_t i = nviewers; i-- > 0;)
		if (viewers[i].what == CHURN && viewers[i].leaves <= now)
			leave(i);
	for (; churn > 0 && next <= now; next += SECOND / (int64_t)churn) {
		v = add(CHURN);
		v->leaves = now + SECOND;
		v->reads = joined % 2 == 0;
		polls[nviewers - 1].events = v->reads ? POLLIN : 0;
	}
	return next;
}

static void
run(size_t churn, int until_cut)
{
	static const struct timespec rest = { .tv_nsec = 4000000 };
	int64_t next = now_ns();

	while (nlive > 0 || (until_cut && nstopped > 0)) {
		next = nlive > 0 ? come_and_go(churn, next, now_ns()) : next;
		if (poll(polls, nviewers, 20) == -1 && errno != EINTR)
			err(1, "poll");
		for (size_t i = nviewers; i-- > 0;)
			if (polls[i].revents != 0)
				attend(i);
		if (late > 0 && news) {
			add(STOPPED);
			late--;
		}
		news = 0;
		/* What comes to all of them at once is taken at once. */
		nanosleep(&rest, NULL);
	}
}

static void
join_and_leave(size_t n)
{
	char byte;

	while (n-- > 0) {
		int fd = join(0);

		if (recv(fd, &byte, 1, 0) != 1)
			warnx("viewer %zu: nothing came", joined);
		close(fd);
	}
}

int
main(int argc, char *argv[])
{
	struct rlimit l;
	size_t churn = 0, joins = 0, n, live = 0;
	int until_cut = argc > 1 && strcmp(argv[1], "-e") == 0;
	char **arg = argv + 1 + until_cut;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
	if ((path = *arg++) == NULL)
		errx(1, "usage: help-view [-e] socket what n ...");
	for (; arg[0] != NULL && arg[1] != NULL; arg += 2) {
		n = (size_t)strtoul(arg[1], NULL, 10);
		if (strcmp(arg[0], "churn") == 0)
			churn = n;
		else if (strcmp(arg[0], "joins") == 0)
			joins = n;
		else if (strcmp(arg[0], "late") == 0)
			late = n;
		else if (strcmp(arg[0], "live") == 0)
			add_many(LIVE, live = n);
		else if (strcmp(arg[0], "stopped") == 0)
			add_many(STOPPED, n);
		else if (strcmp(arg[0], "silent") == 0)
			add_many(SILENT, n);
		else
			errx(1, "%s: no such word", arg[0]);
	}
	fprintf(stderr, "ready\n");
	join_and_leave(joins);
	run(churn, until_cut);
	fprintf(stderr, "live %zu joined %zu cut %zu same %zu\n", live, joined,
	    cut, same);
	while (nviewers > 0)
		leave(nviewers - 1);
	free(viewers);
	free(polls);
	free(wanted);
	return same != live || ended != live;
}

/*
 * steer.c - see steer.h
 *
 * What is always true: the thread holds the lock for moments only, and what
 * came from a socket is shown through escape_text().
 */
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "format/escape.h"
#include "format/status.h"
#include "world/socket.h"
#include "world/steer.h"

#define SECOND		INT64_C(1000000000)
#define ANSWER_WAIT	(10 * SECOND)	/* for all of an answer */
#define ANSWER_MAX	4096		/* bytes of it that are shown */
#define NOTE		(8 * SECOND)	/* in the title, */
#define SURE		(5 * SECOND)	/* and for a second X */
#define QUEUE		8		/* commands that wait */
#define NONE		INT64_MAX

enum believed { UNKNOWN, RUNNING, PAUSED };

struct answer {
	const char	*command;
	int		 ok;
	char		 text[SOCKET_WHY + ANSWER_MAX];
};

struct steer {
	const char	*name;
	int		 wake[2];
	int		 started;
	pthread_mutex_t	 lock;
	pthread_cond_t	 some;
	/* Under lock: constant texts, the first being sent. */
	const char	*queue[QUEUE];
	unsigned	 nqueue;
	struct answer	 answers[QUEUE + 1];
	unsigned	 nanswers;
	/* Main's. */
	enum believed	 believed;	/* of the run, by what it was told */
	uint64_t	 mark;		/* its last word as of then */
	int64_t		 sure;		/* until then X stops it */
	int64_t		 until;		/* the note is shown */
	char		 note[200];
};

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

struct steer *
steer_new(const char *name)
{
	struct steer *s = calloc(1, sizeof(*s));
	char path[SOCKET_PATH], why[SOCKET_WHY];

	if (s == NULL || pipe(s->wake) == -1)
		err(1, NULL);
	if (socket_path(name, path, 0, why) == -1 && errno != ENOENT)
		errx(1, "-c %s", why);
	for (int i = 0; i < 2; i++) {
		(void)fcntl(s->wake[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(s->wake[i], F_SETFL, O_NONBLOCK);
	}
	s->name = name;
	if (pthread_mutex_init(&s->lock, NULL) != 0 ||
	    pthread_cond_init(&s->some, NULL) != 0)
		errx(1, "cannot start");
	return s;
}

int
steer_wake(const struct steer *s)
{
	return s->wake[0];
}

/*
 * The thread
 */

/* The answer, which ends with the connection: 1 it has come, 0 in part or
 * not at all. */
static int
read_answer(int fd, char *buf, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t end = now_ns() + ANSWER_WAIT, left;
	char scrap[512];
	size_t len = 0;
	ssize_t n;

	buf[0] = '\0';
	while ((left = end - now_ns()) > 0) {
		if (poll(&p, 1, (int)(left / 1000000) + 1) <= 0)
			continue;
		n = len + 1 < size ? recv(fd, buf + len, size - 1 - len, 0) :
		    recv(fd, scrap, sizeof(scrap), 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		len += len + 1 < size ? (size_t)n : 0;
		buf[len] = '\0';
	}
	return 0;
}

static void
ask(struct steer *s, const char *command, struct answer *a)
{
	char buf[ANSWER_MAX], why[SOCKET_WHY];
	int fd = socket_connect(s->name, command, why), whole;
	size_t len = strlen(s->name);

	a->command = command;
	a->ok = 0;
	if (fd == -1) {
		/* Its name is told in any case. */
		snprintf(a->text, sizeof(a->text), "%s", why +
		    (strncmp(why, s->name, len) == 0 && strncmp(why + len,
		    ": ", 2) == 0 ? len + 2 : 0));
		return;
	}
	whole = read_answer(fd, buf, sizeof(buf));
	close(fd);
	a->ok = strncmp(buf, "ok", 2) == 0;
	if (*buf != '\0')
		snprintf(a->text, sizeof(a->text), "%s", buf);
	else
		strlcpy(a->text, whole ? "closed without an answer" :
		    "does not answer (is its aptee stopped?)",
		    sizeof(a->text));
}

static void *
work(void *arg)
{
	struct steer *s = arg;
	const char *command;
	struct answer a;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (s->nqueue == 0)
			pthread_cond_wait(&s->some, &s->lock);
		command = s->queue[0];
		pthread_mutex_unlock(&s->lock);
		ask(s, command, &a);
		pthread_mutex_lock(&s->lock);
		if (s->nanswers < QUEUE + 1)
			s->answers[s->nanswers++] = a;
		/* What was meant for the run as it was is not sent late. */
		s->nqueue = a.ok ? s->nqueue - 1 : 0;
		memmove(s->queue, s->queue + 1, s->nqueue *
		    sizeof(s->queue[0]));
		(void)!write(s->wake[1], "", 1);
	}
	return NULL;
}

static int
start(struct steer *s)
{
	sigset_t all, before;
	pthread_t thread;
	int e;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	e = pthread_create(&thread, NULL, work, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (e != 0)
		return -1;
	(void)pthread_detach(thread);	/* it may wait for long */
	return 0;
}

/*
 * The main thread
 */

static void
put_note(struct steer *s, const char *command, const char *text, int64_t now)
{
	struct buffer b = { 0 };

	if (*command != '\0')
		buffer_printf(&b, "%s: ", command);
	escape_text(&b, text, strcspn(text, "\n"), 60);
	snprintf(s->note, sizeof(s->note), "%s", buffer_text(&b));
	buffer_free(&b);
	s->until = now + NOTE;
}

static void
send_command(struct steer *s, const char *command, int64_t now)
{
	int full;

	if (!s->started && start(s) == -1) {
		put_note(s, command, "not sent: no memory", now);
		return;
	}
	s->started = 1;
	pthread_mutex_lock(&s->lock);
	full = s->nqueue == QUEUE;
	if (!full)
		s->queue[s->nqueue++] = command;
	pthread_cond_signal(&s->some);
	pthread_mutex_unlock(&s->lock);
	put_note(s, command, full ? "not sent: others still wait" : "sent",
	    now);
}

/* Whether it pauses: as it says, or as it was told since. */
static int
pauses(struct steer *s, const struct status_control *c)
{
	if (s->believed != UNKNOWN && c->mark == s->mark)
		return s->believed == PAUSED;
	return c->paused > 0;
}

int
steer_key(struct steer *s, int key, struct state *st, int64_t now)
{
	int sure = now < s->sure, paused;
	struct status_control c;

	s->sure = 0;
	switch (key) {
	case 'P':
	case 'N':
		status_control(&c, st);
		paused = key == 'P' && pauses(s, &c);
		s->believed = paused ? RUNNING : PAUSED;
		s->mark = c.mark;
		send_command(s, key == 'N' ? "step" : paused ? "resume" :
		    "pause", now);
		return 1;
	case 'X':
		if (sure) {
			send_command(s, "stop", now);
			return 1;
		}
		put_note(s, "", "X again stops the run", now);
		s->sure = s->until = now + SURE;
		return 1;
	}
	return 0;
}

/* One line for each of the answer's. */
static void
tell(const struct steer *s, const struct answer *a)
{
	const char *p, *eol;
	struct buffer b = { 0 };

	for (p = a->text; *p != '\0'; p = *eol == '\n' ? eol + 1 : eol) {
		eol = p + strcspn(p, "\n");
		buffer_clear(&b);
		escape_text(&b, p, (size_t)(eol - p), 500);
		warnx("%s %s: %s", s->name, a->command, buffer_text(&b));
	}
	buffer_free(&b);
}

void
steer_listen(struct steer *s, int quiet, int64_t now)
{
	struct answer answers[QUEUE + 1];
	unsigned n, i;
	char scrap[64];

	while (read(s->wake[0], scrap, sizeof(scrap)) > 0)
		;
	pthread_mutex_lock(&s->lock);
	n = s->nanswers;
	memcpy(answers, s->answers, n * sizeof(answers[0]));
	s->nanswers = 0;
	pthread_mutex_unlock(&s->lock);
	for (i = 0; i < n; i++) {
		if (!answers[i].ok)
			s->believed = UNKNOWN;
		if (!answers[i].ok || !quiet)
			tell(s, &answers[i]);
		put_note(s, answers[i].command, answers[i].text, now);
	}
}

const char *
steer_note(struct steer *s, int64_t now, int64_t *until)
{
	if (now >= s->until) {
		*until = NONE;
		return "";
	}
	*until = s->until;
	return s->note;
}

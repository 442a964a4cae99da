/*
 * terminal.c - the terminal that aplot was started in
 *
 * Whatever is changed on it is changed back by terminal_leave(), and each
 * change of the screen goes out in one write, so that it never mixes with
 * what the run prints.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "format/screen.h"
#include "world/terminal.h"

#define ANSWER_WAIT	1000	/* ms for a terminal to say what it is */

struct terminal {
	struct screen	*screen;
	int		 tty;		/* /dev/tty, -1: no keys */
	int		 cbreak;	/* saved is to be restored */
	struct termios	 saved;
	int		 open;		/* the picture has its place */
	int		 moved;		/* it had, once: the cursor may be
					 * anywhere */
	unsigned	 rows;		/* of the picture; 0: too small */
	struct winsize	 size;
};

static int
foreground(void)
{
	pid_t group = tcgetpgrp(STDOUT_FILENO);

	/* Not the controlling terminal: nobody else's either. */
	return group == -1 || group == getpgrp();
}

static void
measure(struct terminal *t)
{
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &t->size) == -1 ||
	    t->size.ws_row == 0 || t->size.ws_col == 0)
		t->size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	t->rows = screen_size(t->screen, t->size.ws_row, t->size.ws_col);
}

struct terminal *
terminal_new(void)
{
	const char *term = getenv("TERM");
	struct terminal *t;

	if (!isatty(STDOUT_FILENO) || term == NULL || *term == '\0' ||
	    strcmp(term, "dumb") == 0)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->screen = screen_new(strcmp(nl_langinfo(CODESET), "UTF-8") == 0);
	if (t->screen == NULL) {
		free(t);
		return NULL;
	}
	t->tty = -1;
	if (tcgetpgrp(STDOUT_FILENO) != -1)
		t->tty = open("/dev/tty",
		    O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	measure(t);
	return t;
}

void
terminal_free(struct terminal *t)
{
	if (t == NULL)
		return;
	terminal_leave(t);
	screen_free(t->screen);
	if (t->tty != -1)
		close(t->tty);
	free(t);
}

/* All of it, and in one piece where the terminal takes it. */
static int
write_all(const char *p, size_t len)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t n;

	while (len > 0) {
		n = write(STDOUT_FILENO, p, len);
		if (n == -1 && errno == EAGAIN)
			n = poll(&pfd, 1, -1) == -1 ? -1 : 0;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Keys one by one and unseen; Ctrl-C and its like as they were. */
static void
keys_on(struct terminal *t)
{
	struct termios mode;

	if (t->tty == -1 || t->cbreak || tcgetattr(t->tty, &t->saved) == -1)
		return;
	mode = t->saved;
	mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	t->cbreak = tcsetattr(t->tty, TCSANOW, &mode) == 0;
}

static void
keys_off(struct terminal *t)
{
	sigset_t ttou, before;

	if (!t->cbreak)
		return;
	t->cbreak = 0;
	if (!foreground())
		return;		/* the shell's own mode is there now */
	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &ttou, &before);
	tcsetattr(t->tty, TCSANOW, &t->saved);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
terminal_leave(struct terminal *t)
{
	const char *p;
	size_t len;

	if ((t->open || t->moved) && foreground()) {
		p = screen_close(t->screen, &len);
		if (p != NULL)
			(void)write_all(p, len);
	}
	t->open = 0;
	t->moved = 0;
	keys_off(t);
}

void
terminal_resized(struct terminal *t)
{
	t->moved |= t->open;
	t->open = 0;
	measure(t);
}

void
terminal_continued(struct terminal *t)
{
	t->cbreak = 0;	/* whoever ran meanwhile has set its own mode */
	terminal_resized(t);
}

int
terminal_has_sixel(struct terminal *t)
{
	static const char ask[] = "\033[c";
	char answer[128];
	size_t len = 0;
	struct pollfd pfd = { .fd = t->tty, .events = POLLIN };
	int has = -1;
	ssize_t n;

	if (t->tty == -1 || !foreground() || t->size.ws_xpixel == 0 ||
	    t->size.ws_ypixel == 0)
		return 0;
	keys_on(t);
	if (t->cbreak && write_all(ask, sizeof(ask) - 1) == 0) {
		while (has == -1 && len < sizeof(answer) &&
		    poll(&pfd, 1, ANSWER_WAIT) > 0) {
			n = read(t->tty, answer + len, sizeof(answer) - len);
			if (n <= 0)
				break;
			len += (size_t)n;
			has = screen_has_sixel(answer, len);
		}
	}
	keys_off(t);
	return has == 1;
}

int
terminal_colours(const struct terminal *t)
{
	const char *term = getenv("TERM"), *more = getenv("COLORTERM");

	(void)t;
	if (more != NULL &&
	    (strcmp(more, "truecolor") == 0 || strcmp(more, "24bit") == 0))
		return 1 << 24;
	if (term == NULL || strncmp(term, "vt", 2) == 0)
		return 0;
	if (strstr(term, "direct") != NULL)
		return 1 << 24;
	return strstr(term, "256") != NULL || more != NULL ? 256 : 16;
}

int
terminal_room(struct terminal *t, struct terminal_room *room)
{
	unsigned w = t->size.ws_xpixel, h = t->size.ws_ypixel;

	room->columns = t->size.ws_col;
	room->rows = (int)t->rows;
	room->width = (int)w;
	/* A sixel picture that ends in the last row would scroll it. */
	room->height = t->rows == 0 ? 0 :
	    (int)(h / t->size.ws_row * (t->rows - 1) / 6 * 6);
	return t->rows == 0 ? -1 : 0;
}

int
terminal_paint(struct terminal *t, const char *bytes, size_t n, int sixel)
{
	const char *p;
	size_t len;
	int e;

	if (t->rows == 0 || !foreground())
		return 0;
	if (!t->open) {
		p = screen_open(t->screen, t->moved, &len);
		t->moved = 1;	/* if it is cut off */
		if (p == NULL || write_all(p, len) == -1)
			return -1;
		t->open = 1;
		keys_on(t);
	}
	p = sixel ? screen_sixel(t->screen, bytes, n, &len) :
	    screen_text(t->screen, bytes, n, &len);
	if (p != NULL && write_all(p, len) == 0)
		return 0;
	e = errno;
	measure(t);	/* it may be there in part: all of it the next time */
	errno = e;
	return -1;
}

int
terminal_keys(const struct terminal *t)
{
	return t->cbreak ? t->tty : -1;
}

int
terminal_key(struct terminal *t)
{
	unsigned char c;
	ssize_t n = read(t->tty, &c, 1);

	if (n == 1)
		return c;
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		t->cbreak = 0;	/* hung up: do not ask again */
	return 0;
}

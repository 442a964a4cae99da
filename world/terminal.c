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

#include "format/dots.h"
#include "format/screen.h"
#include "world/terminal.h"

#define ANSWER_WAIT	1000	/* ms for a terminal to say what it is */
#define KEY_WAIT	50	/* ms between the bytes of one key */

struct terminal {
	struct screen	*screen;
	int		 tty;		/* /dev/tty, -1: no keys */
	int		 cbreak;	/* saved is to be restored */
	struct termios	 saved;
	int		 open;		/* the picture has its place */
	int		 moved;		/* but that is to be another */
	int		 torn;		/* a write was cut off */
	unsigned	 rows;		/* of the picture; 0: too small */
	struct winsize	 size;
	unsigned	 cell_width;	/* pixels, as the terminal answered; */
	unsigned	 cell_height;	/* 0: it did not */
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

static int
is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
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
	t->screen = screen_new(is_utf8(), terminal_colours(t));
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

/* -1: it was cut off, or the terminal is gone. */
static int
put(struct terminal *t, const char *p, size_t len)
{
	t->torn = p == NULL || write_all(p, len) == -1;
	return t->torn ? -1 : 0;
}

/* What a write that was cut off has begun is ended. */
static int
mend(struct terminal *t)
{
	const char *p;
	size_t len;

	if (!t->torn)
		return 0;
	p = screen_mend(t->screen, &len);
	return put(t, p, len);
}

/* The picture is taken off; where that cannot be now, at the next time. */
static int
lift(struct terminal *t)
{
	const char *p;
	size_t len;

	if (!t->moved || !foreground())
		return 0;
	if (mend(t) == -1)
		return -1;
	p = screen_lift(t->screen, &len);
	if (put(t, p, len) == -1)
		return -1;
	t->moved = 0;
	return 0;
}

void
terminal_leave(struct terminal *t)
{
	const char *p;
	size_t len;
	int tries;

	/* A signal may cut it off; a terminal that takes nothing may not hold
	 * us for ever. */
	for (tries = 0; tries < 3 && t->open && foreground(); tries++) {
		if (mend(t) == -1)
			continue;
		p = screen_close(t->screen, &len);
		if (put(t, p, len) == 0)
			break;
	}
	t->open = 0;
	(void)lift(t);
	t->moved = 0;
	keys_off(t);
}

void
terminal_resized(struct terminal *t)
{
	t->moved |= t->open;
	t->open = 0;
	(void)lift(t);
	measure(t);
}

void
terminal_continued(struct terminal *t)
{
	t->cbreak = 0;	/* whoever ran meanwhile has set its own mode */
	terminal_resized(t);
}

/* Pixels of a cell: answered, or by the size of all. */
static void
cell_size(const struct terminal *t, unsigned *width, unsigned *height)
{
	*width = t->cell_width;
	*height = t->cell_height;
	if (*width == 0 || *height == 0) {
		*width = t->size.ws_xpixel / t->size.ws_col;
		*height = t->size.ws_ypixel / t->size.ws_row;
	}
}

int
terminal_has_sixel(struct terminal *t)
{
	/* The last is answered by every terminal, the others by some. */
	static const char ask[] = "\033[16t\033[c";
	char answer[256];
	size_t len = 0;
	struct pollfd pfd = { .fd = t->tty, .events = POLLIN };
	unsigned width, height;
	int has = -1;
	ssize_t n;

	if (t->tty == -1 || !foreground())
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
	screen_cell_size(answer, len, &t->cell_width, &t->cell_height);
	cell_size(t, &width, &height);
	return has == 1 && width > 0 && height > 0;
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
terminal_shapes(const struct terminal *t)
{
	const char *term = getenv("TERM");

	(void)t;
	if (!is_utf8())
		return DOTS_ASCII;
	/* The console of Linux has a font of at most 512 characters. */
	return term != NULL && strncmp(term, "linux", 5) == 0 ? DOTS_BLOCKS :
	    DOTS_BRAILLE;
}

int
terminal_room(struct terminal *t, struct terminal_room *room)
{
	unsigned width, height;

	cell_size(t, &width, &height);
	room->columns = t->size.ws_col;
	room->rows = (int)t->rows;
	room->width = (int)(width * t->size.ws_col);
	/* A sixel picture that ends in the last row would scroll it. */
	room->height = t->rows == 0 ? 0 :
	    (int)(height * (t->rows - 1) / 6 * 6);
	return t->rows == 0 ? -1 : 0;
}

/* Room for the picture and keys, unless they are there. */
static int
make_room(struct terminal *t)
{
	const char *p;
	size_t len;

	if (mend(t) == -1 || lift(t) == -1)
		return -1;
	if (t->open)
		return 0;
	p = screen_open(t->screen, &len);
	t->moved = 1;	/* if it is cut off */
	if (put(t, p, len) == -1)
		return -1;
	t->moved = 0;
	t->open = 1;
	keys_on(t);
	return 0;
}

int
terminal_paint(struct terminal *t, const char *bytes, size_t n, int sixel)
{
	const char *p;
	size_t len;
	int e;

	if (t->rows == 0 || !foreground())
		return 0;
	if (make_room(t) == -1)
		return -1;
	p = sixel ? screen_sixel(t->screen, bytes, n, &len) :
	    screen_text(t->screen, bytes, n, &len);
	if (put(t, p, len) == 0)
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

/* The next byte that is there now, or soon: 0 when there is none. */
static int
next_byte(struct terminal *t, int wait)
{
	struct pollfd pfd = { .fd = t->tty, .events = POLLIN };
	unsigned char c;
	ssize_t n;

	if (wait > 0 && poll(&pfd, 1, wait) <= 0)
		return 0;
	n = read(t->tty, &c, 1);
	if (n == 1)
		return c;
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		t->cbreak = 0;	/* hung up: do not ask again */
	return 0;
}

int
terminal_key(struct terminal *t)
{
	int c = next_byte(t, 0), i;

	if (c != '\033')
		return c;
	/* Escape, or a key that sends several bytes: an arrow, Home; or the
	 * terminal's late answer. */
	c = next_byte(t, KEY_WAIT);
	if (c == 0 || c == '\033')
		return '\033';
	if (c == '[' || c == 'O')
		for (i = 0; i < 32; i++) {
			c = next_byte(t, KEY_WAIT);
			if (c == 0 || (c >= '@' && c <= '~'))
				break;
		}
	return 0;
}

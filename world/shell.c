/*
 * shell.c - see shell.h
 *
 * What is always true: a command is in the list from its start until it was
 * waited for, and nobody waits for it but with the lock; so a number in the
 * list is that of our child.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "world/shell.h"

#define GRACE	100		/* times 20 ms, after its last byte */
#define LAST	50		/* the same, when all is to end */

extern char **environ;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shell *running;		/* with the lock */

static void
nap(void)
{
	struct timespec ts = { .tv_nsec = 20000000 };

	nanosleep(&ts, NULL);
}

/*
 * Starting
 */

static int
spawn(struct shell *c, const char *text, int out)
{
	char *const argv[] = { "sh", "-c", (char *)(uintptr_t)text, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, ours;
	int e;

	if ((e = posix_spawn_file_actions_init(&actions)) != 0)
		return e;
	if ((e = posix_spawnattr_init(&attr)) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return e;
	}
	/* The rest of what we catch is reset by exec; this one we ignore. */
	sigemptyset(&none);
	sigemptyset(&ours);
	sigaddset(&ours, SIGPIPE);
	sigaddset(&ours, SIGTTIN);
	sigaddset(&ours, SIGTTOU);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &ours);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if ((e = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
	    "/dev/null", O_RDONLY, 0)) == 0 &&
	    (e = posix_spawn_file_actions_adddup2(&actions, out,
	    STDOUT_FILENO)) == 0)
		e = posix_spawn(&c->pid, "/bin/sh", &actions, &attr, argv,
		    environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return e;
}

int
shell_start(struct shell *c, const char *text)
{
	int fd[2], e;

	/* With the lock, so that no other command inherits the pipe. */
	pthread_mutex_lock(&lock);
	if (pipe(fd) == -1) {
		e = errno;
		pthread_mutex_unlock(&lock);
		errno = e;
		return -1;
	}
	(void)fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd[1], F_SETFD, FD_CLOEXEC);
	if ((e = spawn(c, text, fd[1])) == 0) {
		c->fd = fd[0];
		c->next = running;
		running = c;
	} else {
		c->pid = 0;
		close(fd[0]);
	}
	close(fd[1]);
	pthread_mutex_unlock(&lock);
	errno = e;
	return e == 0 ? 0 : -1;
}

/*
 * Ending.  With the lock from here on, but where it naps.
 */

/* Whether it has ended; it keeps its number until it is reaped. */
static int
has_ended(const struct shell *c)
{
	siginfo_t info;

	info.si_pid = 0;
	return waitid(P_PID, (id_t)c->pid, &info,
	    WEXITED | WNOHANG | WNOWAIT) == -1 || info.si_pid != 0;
}

static int
reap(struct shell *c)
{
	struct shell **p = &running;
	int status = -1;
	pid_t got;

	kill(-c->pid, SIGKILL);		/* what it has left behind */
	do
		got = waitpid(c->pid, &status, 0);
	while (got == -1 && errno == EINTR);
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->pid = 0;
	return got == -1 ? -1 : status;
}

int
shell_end(struct shell *c)
{
	int status = -1;

	close(c->fd);
	c->fd = -1;
	pthread_mutex_lock(&lock);
	for (int i = 0; c->pid != 0 && !has_ended(c); i++) {
		if (i >= GRACE)
			kill(-c->pid, i > 2 * GRACE ? SIGKILL : SIGTERM);
		pthread_mutex_unlock(&lock);
		nap();
		pthread_mutex_lock(&lock);
	}
	if (c->pid != 0)
		status = reap(c);
	pthread_mutex_unlock(&lock);
	return status;
}

void
shell_signal(int sig)
{
	pthread_mutex_lock(&lock);
	for (struct shell *c = running; c != NULL; c = c->next)
		kill(-c->pid, sig);
	pthread_mutex_unlock(&lock);
}

void
shell_kill(void)
{
	int left;

	shell_signal(SIGTERM);
	for (int i = 0; i < LAST; i++) {
		pthread_mutex_lock(&lock);
		left = 0;
		for (struct shell *c = running; c != NULL; c = c->next)
			left += !has_ended(c);
		pthread_mutex_unlock(&lock);
		if (left == 0)
			break;
		nap();
	}
	pthread_mutex_lock(&lock);
	while (running != NULL)
		reap(running);
	pthread_mutex_unlock(&lock);
}

/*
 * child.c - the gnuplot process, and the files in memory that it reads
 *
 * What Linux has and others have not is here, each with its other way:
 * memfd_create() or a private folder, /proc or ps(1).  APLOT_PORTABLE in the
 * environment takes the other way, for the tests.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/child.h"

#define PIECES	64	/* in one writev() */

#define GRACE	1000	/* ms for gnuplot to end by itself */

static char mark[64];	/* in the environment of what we start, or "" */
static char **marked;	/* that environment */
static char folder[PATH_MAX - 64];	/* of the memory files, or "" */

static int
portable(void)
{
	return getenv("APLOT_PORTABLE") != NULL;
}

#ifdef MFD_CLOEXEC
/* -1 too where /dev/fd does not open it anew. */
static int
in_memory(struct memfile *m, const char *name)
{
	int fd, again;

	fd = memfd_create(name, MFD_CLOEXEC);
	if (fd == -1)
		return -1;
	snprintf(m->path, sizeof(m->path), "/dev/fd/%d", fd);
	again = open(m->path, O_RDONLY | O_CLOEXEC);
	if (again == -1) {
		close(fd);
		return -1;
	}
	close(again);
	m->fd = fd;
	return 0;
}
#else
static int
in_memory(struct memfile *m, const char *name)
{
	(void)m;
	(void)name;
	return -1;
}
#endif

static int
make_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	if (*folder != '\0')
		return 0;
	if (tmp == NULL || *tmp != '/' || strlen(tmp) > 1024 ||
	    strpbrk(tmp, "'\"\\\n\r`") != NULL)
		tmp = "/tmp";
	snprintf(folder, sizeof(folder), "%s/aplot.XXXXXX", tmp);
	if (mkdtemp(folder) == NULL) {
		*folder = '\0';
		return -1;
	}
	return 0;
}

int
memfile_new(struct memfile *m, const char *name)
{
	if (!portable() && in_memory(m, name) == 0)
		return 0;
	if (make_folder() == -1)
		return -1;
	snprintf(m->path, sizeof(m->path), "%s/%s", folder, name);
	m->fd = open(m->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return m->fd == -1 ? -1 : 0;
}

void
memfile_remove(void)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d;

	if (*folder == '\0' || (d = opendir(folder)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%.60s", folder, e->d_name);
		if (*e->d_name != '.')
			unlink(path);
	}
	closedir(d);
	rmdir(folder);
	*folder = '\0';
}

static int
write_pieces(int fd, struct iovec *v, int n)
{
	ssize_t w;

	while (n > 0) {
		w = writev(fd, v, n);
		if (w == -1 && errno == EINTR)
			continue;
		if (w == -1)
			return -1;
		for (; n > 0 && (size_t)w >= v->iov_len; v++, n--)
			w -= (ssize_t)v->iov_len;
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + w;
			v->iov_len -= (size_t)w;
		}
	}
	return 0;
}

int
memfile_write(struct memfile *m, const struct iovec *pieces, int n)
{
	struct iovec v[PIECES];
	int k;

	if (ftruncate(m->fd, 0) == -1 || lseek(m->fd, 0, SEEK_SET) == -1)
		return -1;
	for (; n > 0; n -= k, pieces += k) {
		k = n < PIECES ? n : PIECES;
		memcpy(v, pieces, (size_t)k * sizeof(*v));
		if (write_pieces(m->fd, v, k) == -1)
			return -1;
	}
	return 0;
}

char *
memfile_read(const struct memfile *m, size_t *len)
{
	struct stat st;
	size_t at = 0;
	ssize_t n = 1;
	char *p;

	*len = 1;
	if (fstat(m->fd, &st) == -1)
		return NULL;
	*len = (size_t)st.st_size;
	if (*len == 0 || (p = malloc(*len)) == NULL)
		return NULL;
	while (at < *len && n > 0) {
		n = pread(m->fd, p + at, *len - at, (off_t)at);
		if (n > 0)
			at += (size_t)n;
	}
	*len = at;
	return p;
}

/* In the new process: only what a handler may do. */
static void
become(int in, int out, int report, const char *dir,
    const char *const argv[], struct memfile *const *files, unsigned n)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;
	unsigned i;
	int sig, e;

	(void)setpgid(0, 0);
	for (sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			(void)sigaction(sig, &sa, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (i = 0; i < n; i++)
		(void)fcntl(files[i]->fd, F_SETFD, 0);
	if ((dir == NULL || chdir(dir) == 0) && dup2(in, 0) != -1 &&
	    dup2(out, 1) != -1 && dup2(out, 2) != -1) {
		environ = marked;
		execvp(argv[0], (char *const *)(uintptr_t)argv);
	}
	e = errno;
	(void)!write(report, &e, sizeof(e));
	_exit(127);
}

/*
 * Ours and what is gnuplot's alone: the mark, in which inputs have no share,
 * and that glibc is to keep memory that is freed.  Of each frame gnuplot frees
 * all, and to get it back costs more than an image does: half of the time and
 * more, in every terminal.
 */
static int
make_mark(void)
{
	static char keep[2][48] = { "MALLOC_MMAP_THRESHOLD_=1073741824",
		"MALLOC_TRIM_THRESHOLD_=1073741824" };
	size_t n = 0;

	while (environ[n] != NULL)
		n++;
	if ((marked = calloc(n + 4, sizeof(*marked))) == NULL)
		return -1;
	memcpy(marked, environ, n * sizeof(*marked));
	marked[n] = mark;
	if (getenv("MALLOC_MMAP_THRESHOLD_") == NULL &&
	    getenv("MALLOC_TRIM_THRESHOLD_") == NULL) {
		marked[n + 1] = keep[0];
		marked[n + 2] = keep[1];
	}
	snprintf(mark, sizeof(mark), "APLOT_MARK=%08x%08x", arc4random(),
	    arc4random());
	return 0;
}

static int
open_pipe(int fd[2])
{
	fd[0] = fd[1] = -1;
	if (pipe(fd) == -1)
		return -1;
	(void)fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

static void
close_pipe(int fd[2])
{
	if (fd[0] != -1)
		close(fd[0]);
	if (fd[1] != -1)
		close(fd[1]);
}

/* Wait for exec: 0, or the errno it sent back. */
static int
exec_result(int fd)
{
	int e = 0;
	ssize_t n;

	do
		n = read(fd, &e, sizeof(e));
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)sizeof(e) ? e : 0;
}

int
child_start(struct child *c, const char *const argv[], const char *dir,
    struct memfile *const *files, unsigned n)
{
	int in[2], out[2] = { -1, -1 }, report[2] = { -1, -1 };
	sigset_t all, before;
	int e = 0;

	memset(c, 0, sizeof(*c));
	if (marked == NULL && make_mark() == -1)
		return -1;
	if (open_pipe(in) == -1 || open_pipe(out) == -1 ||
	    open_pipe(report) == -1) {
		e = errno;
	} else {
		sigfillset(&all);
		pthread_sigmask(SIG_BLOCK, &all, &before);
		c->pid = fork();
		if (c->pid == 0)
			become(in[0], out[1], report[1], dir, argv, files, n);
		if (c->pid == -1)
			e = errno;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	if (e == 0) {
		(void)setpgid(c->pid, c->pid);	/* whoever comes first */
		close(report[1]);
		report[1] = -1;
		e = exec_result(report[0]);
		if (e != 0)
			waitpid(c->pid, NULL, 0);
	}
	close_pipe(report);
	if (e != 0) {
		close_pipe(in);
		close_pipe(out);
		c->pid = 0;
		errno = e;
		return -1;
	}
	close(in[0]);
	close(out[1]);
	c->in = in[1];
	c->out = out[0];
	(void)fcntl(c->in, F_SETFL, O_NONBLOCK);
	(void)fcntl(c->out, F_SETFL, O_NONBLOCK);
	return 0;
}

int
child_send(struct child *c, const char *text)
{
	size_t len = strlen(text);

	/* It has answered all before: a pipe takes this much at once. */
	return write(c->in, text, len) == (ssize_t)len ? 0 : -1;
}

int
child_ended(const struct child *c, int *signal)
{
	siginfo_t si = { 0 };

	/* It stays a zombie, so that its group's number stays its own. */
	if (c->pid == 0 || waitid(P_PID, (id_t)c->pid, &si,
	    WEXITED | WNOHANG | WNOWAIT) == -1 || si.si_pid != c->pid)
		return 0;
	*signal = si.si_code == CLD_EXITED ? 0 : si.si_status;
	return 1;
}

/* Its window is drawn by a process that has left its group, but not its
 * environment; what that leaves in the file system goes with it. */
static void
kill_stray(pid_t pid)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX];
	struct stat st;

	if (pid <= 1 || pid == getpid() || kill(pid, SIGKILL) == -1)
		return;
	snprintf(path, sizeof(path), "%.1000s/qtgnuplot%d",
	    tmp == NULL ? "/tmp" : tmp, (int)pid);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
}

static int
has_mark(int fd)
{
	char buf[65536 + sizeof(mark)];
	size_t keep = 0, i, n = strlen(mark);
	ssize_t r;

	while ((r = read(fd, buf + keep, 65536)) > 0) {
		keep += (size_t)r;
		for (i = 0; i + n <= keep; i++)
			if (memcmp(buf + i, mark, n) == 0)
				return 1;
		if (keep > n) {
			memmove(buf, buf + keep - n, n);
			keep = n;
		}
	}
	return 0;
}

static int
sweep_proc(void)
{
	char path[64];
	struct dirent *e;
	pid_t pid;
	DIR *d;
	int fd;

	if (access("/proc/self/environ", R_OK) == -1 ||
	    (d = opendir("/proc")) == NULL)
		return -1;
	while ((e = readdir(d)) != NULL) {
		if (*e->d_name < '1' || *e->d_name > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/environ", e->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd == -1)
			continue;
		pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (pid != getpid() && has_mark(fd))
			kill_stray(pid);
		close(fd);
	}
	closedir(d);
	return 0;
}

static void
sweep_ps(void)
{
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	f = popen("ps axeww -o pid= -o command=", "r");
	if (f == NULL)
		return;
	while (getline(&line, &size, f) != -1)
		if (strstr(line, mark) != NULL &&
		    strstr(line, "ps axeww") == NULL)
			kill_stray((pid_t)strtol(line, NULL, 10));
	free(line);
	pclose(f);
}

/* Let it end by itself, as far as it does so soon. */
static void
let_end(const struct child *c)
{
	struct pollfd pfd = { .fd = c->out, .events = POLLIN };
	char scrap[4096];
	int sig;

	while (!child_ended(c, &sig) && poll(&pfd, 1, GRACE) > 0 &&
	    read(c->out, scrap, sizeof(scrap)) > 0)
		;
}

void
child_kill(struct child *c, int gently)
{
	if (c->pid == 0)
		return;
	close(c->in);
	if (gently)
		let_end(c);
	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (c->window && (portable() || sweep_proc() == -1))
		sweep_ps();
	close(c->out);
	memset(c, 0, sizeof(*c));
}

/* Whether a process has the mark: what draws a window has left the group. */
static int
is_marked(const char *pid)
{
	char path[64];
	int fd, r;

	snprintf(path, sizeof(path), "/proc/%.20s/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	r = strtol(pid, NULL, 10) != getpid() && has_mark(fd);
	close(fd);
	return r;
}

/* What of a line of /proc/PID/stat is user and system time, if it is of the
 * group, or marked; the name in it may hold anything but is in the last
 * brackets. */
static uint64_t
stat_time(const char *line, const char *pid, const struct child *c)
{
	unsigned long user, sys;
	const char *p = strrchr(line, ')');
	int g;

	if (p == NULL ||
	    sscanf(p + 1, " %*c %*d %d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
	    &g, &user, &sys) != 3 || (g != c->pid && !(c->window &&
	    is_marked(pid))))
		return 0;
	return user + sys;
}

static int
work_proc(const struct child *c, uint64_t *work)
{
	char path[64], line[1024];
	struct dirent *e;
	ssize_t n;
	DIR *d;
	int fd;

	d = opendir("/proc");
	if (d == NULL)
		return -1;
	*work = 0;
	while ((e = readdir(d)) != NULL) {
		if (*e->d_name < '1' || *e->d_name > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/stat", e->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd == -1 ? -1 : read(fd, line, sizeof(line) - 1);
		if (fd != -1)
			close(fd);
		if (n > 0) {
			line[n] = '\0';
			*work += stat_time(line, e->d_name, c);
		}
	}
	closedir(d);
	return *work == 0 ? -1 : 0;
}

/* Sum the digits of the times that ps prints: any change is work. */
static uint64_t
work_ps(const struct child *c)
{
	uint64_t sum = 0;
	unsigned long long t;
	char *line = NULL, *p;
	size_t size = 0;
	FILE *f;

	f = popen("ps axeww -o pgid= -o time= -o command=", "r");
	if (f == NULL)
		return 0;
	while (getline(&line, &size, f) != -1) {
		if (strtol(line, &p, 10) != c->pid && (!c->window ||
		    strstr(line, mark) == NULL))
			continue;
		p += strspn(p, " ");
		for (t = 0; *p != '\0' && *p != ' ' && *p != '\n'; p++)
			if (*p >= '0' && *p <= '9')
				t = t * 10 + (unsigned)(*p - '0');
		sum += t;
	}
	free(line);
	pclose(f);
	return sum;
}

uint64_t
child_work(const struct child *c)
{
	uint64_t work;

	if (!portable() && work_proc(c, &work) == 0)
		return work;
	return work_ps(c);
}

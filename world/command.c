/*
 * command.c - see command.h
 */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/command.h"
#include "world/fd.h"

#define MEMORY_MIN	(1 << 20)

int command_error = 1;

void
command_usage(const struct command *c, FILE *to, int status)
{
	fprintf(to, "usage: aprec %s %s\n", c->name, c->usage);
	exit(status);
}

size_t
command_size(const char *arg)
{
	static const char letters[] = "KMG";
	char digits[24];
	const char *why = NULL, *p;
	size_t len = strlen(arg);
	long long v;
	int shift = 0;

	if (len > 0 && (p = strchr(letters, arg[len - 1] & ~0x20)) != NULL) {
		shift = 10 * (int)(p - letters + 1);
		len--;
	}
	if (len >= sizeof(digits))
		len = 0;
	memcpy(digits, arg, len);
	digits[len] = '\0';
	v = strtonum(digits, 1, LLONG_MAX >> shift, &why);
	if (why != NULL || (v << shift) < MEMORY_MIN ||
	    (unsigned long long)(v << shift) > SIZE_MAX / 2)
		errx(command_error, "-m %s: not a size of 1M or more, such "
		    "as 256M", arg);
	return (size_t)(v << shift);
}

size_t
command_list(char *arg, const char ***list)
{
	size_t n = 1, i;
	char *p;

	for (p = arg; *p != '\0'; p++)
		n += *p == ',';
	free(*list);
	if ((*list = calloc(n, sizeof(**list))) == NULL)
		err(command_error, NULL);
	for (i = 0; i < n; i++)
		(*list)[i] = strsep(&arg, ",");
	return n;
}

void
command_stdin(int unnamed)
{
	if (unnamed && isatty(STDIN_FILENO))
		errx(command_error, "stdin is a terminal, and records do not "
		    "come from there: name a file, or pipe a stream into it");
}

int
command_open(const char *name)
{
	int fd;

	if (strcmp(name, "-") == 0)
		return STDIN_FILENO;
	if ((fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		warn("%s", name);
	return fd;
}

void
command_close(int fd)
{
	if (fd != STDIN_FILENO)
		close(fd);
}

const char *
command_input(const char *name)
{
	return strcmp(name, "-") == 0 ? "stdin" : name;
}

void
command_write(const void *buf, size_t len)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf,
	    .iov_len = len };
	size_t done;

	if (len > 0 && fd_write(STDOUT_FILENO, &iov, 1, &done) == -1)
		err(command_error, "stdout");
}

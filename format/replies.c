/*
 * replies.c - what gnuplot says, bytes in, replies out
 *
 * Every complete line is handed out at most once, and never with a control
 * character in it.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "escape.h"
#include "replies.h"

#define LINE_LIMIT	(64 * 1024)

struct replies {
	char		*nonce;
	char		*buf;		/* bytes not yet handed out */
	size_t		 len;
	size_t		 size;
	size_t		 skip;		/* of them: already handed out */
	int		 long_line;	/* the rest of a line is left out */
	int		 held;		/* a line waits for the next */
	char		 held_line[512];
	struct buffer	 text;
	char		 file[512];
};

struct replies *
replies_new(const char *nonce)
{
	struct replies *r = calloc(1, sizeof(*r));

	if (r != NULL && (r->nonce = strdup(nonce)) == NULL) {
		free(r);
		r = NULL;
	}
	return r;
}

void
replies_free(struct replies *r)
{
	if (r == NULL)
		return;
	free(r->nonce);
	free(r->buf);
	buffer_free(&r->text);
	free(r);
}

int
replies_feed(struct replies *r, const char *bytes, size_t len)
{
	char *p;

	if (len == 0)
		return 0;
	if (r->skip > 0)
		memmove(r->buf, r->buf + r->skip, r->len - r->skip);
	r->len -= r->skip;
	r->skip = 0;
	if (len > r->size - r->len) {
		if (len > SIZE_MAX / 2 - r->len)
			return -1;
		p = realloc(r->buf, r->len + len);
		if (p == NULL)
			return -1;
		r->buf = p;
		r->size = r->len + len;
	}
	memcpy(r->buf + r->len, bytes, len);
	r->len += len;
	return 0;
}

/* The next whole line, without its newline; NULL when there is none. */
static char *
next_line(struct replies *r, size_t *len)
{
	char *start, *end;
	int drop;

	do {
		if (r->skip == r->len)
			return NULL;
		start = r->buf + r->skip;
		end = memchr(start, '\n', r->len - r->skip);
		drop = r->long_line;
		if (end == NULL && r->len - r->skip < LINE_LIMIT)
			return NULL;
		r->long_line = end == NULL;
		*len = end == NULL ? r->len - r->skip : (size_t)(end - start);
		r->skip += *len + (end != NULL);
	} while (drop);
	return start;
}

static char *
find(const char *in, size_t len, const char *what)
{
	size_t n = strlen(what);
	const char *p = in, *end = in + len;

	for (; p != NULL && (size_t)(end - p) >= n; p++) {
		p = memchr(p, *what, (size_t)(end - p));
		if (p == NULL || (size_t)(end - p) < n)
			break;
		if (memcmp(p, what, n) == 0)
			return (char *)(uintptr_t)p;
	}
	return NULL;
}

static const char *
safe(struct replies *r, const char *line, size_t len)
{
	buffer_clear(&r->text);
	escape_text(&r->text, line, len, LINE_LIMIT);
	return buffer_text(&r->text);
}

/* "file" line N: text, or line N: text; 1 when text was one of them. */
static int
parse_error(struct replies *r, const char *text, struct reply *p)
{
	const char *at = text, *end;
	char *number_end;
	size_t n = 0;

	at += strspn(at, " ");
	if (*at == '"') {
		end = strstr(at + 1, "\" line ");
		if (end == NULL)
			return 0;
		n = (size_t)(end - at) - 1;
		if (n >= sizeof(r->file))
			return 0;
		memcpy(r->file, at + 1, n);
		at = end + 2;
	}
	r->file[n] = '\0';
	if (strncmp(at, "line ", 5) != 0 || !isdigit((unsigned char)at[5]))
		return 0;
	p->line = strtoul(at + 5, &number_end, 10);
	if (strncmp(number_end, ": ", 2) != 0)
		return 0;
	p->kind = REPLY_ERROR;
	p->file = r->file;
	p->text = number_end + 2;
	return 1;
}

static int
is_caret(const char *line, size_t len)
{
	size_t i = 0;

	while (i < len && line[i] == ' ')
		i++;
	return i + 1 == len && line[i] == '^';
}

static int
is_blank(const char *line, size_t len)
{
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\r'))
		len--;
	return len == 0;
}

/* Hand out the line held back. */
static enum reply_kind
give_held(struct replies *r, struct reply *p)
{
	r->held = 0;
	p->kind = REPLY_LINE;
	p->text = r->held_line;
	return p->kind;
}

enum reply_kind
replies_next(struct replies *r, int flush, struct reply *p)
{
	size_t len, start, n = strlen(r->nonce);
	char *line, *ours;
	const char *text;
	int long_line;

	memset(p, 0, sizeof(*p));
	for (;;) {
		start = r->skip;
		long_line = r->long_line;
		line = next_line(r, &len);
		if (line == NULL) {
			if (r->held && flush)
				return give_held(r, p);
			return p->kind = REPLY_MORE;
		}
		ours = find(line, len, r->nonce);
		/* Behind a quote it is our command that is repeated. */
		if (ours != NULL && (ours == line || ours[-1] != '\'')) {
			len -= (size_t)(ours - line) + n;
			text = safe(r, ours + n, len);
			p->text = text + strspn(text, " ");
			return p->kind = REPLY_OURS;
		}
		if (is_caret(line, len)) {
			r->held = 0;
			continue;
		}
		if (is_blank(line, len))
			continue;
		if (r->held) {
			r->skip = start;
			r->long_line = long_line;
			return give_held(r, p);
		}
		text = safe(r, line, len);
		if (parse_error(r, text, p))
			return p->kind;
		strlcpy(r->held_line, text, sizeof(r->held_line));
		r->held = 1;
	}
}

/*
 * buffer.c - bytes and texts that grow
 */
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

void
buffer_free(struct buffer *b)
{
	free(b->p);
	*b = (struct buffer) { 0 };
}

void
buffer_clear(struct buffer *b)
{
	b->len = 0;
	b->failed = 0;
}

void *
buffer_room(struct buffer *b, size_t n)
{
	size_t size;
	char *p;

	if (b->failed)
		return NULL;
	if (n <= b->size - b->len && b->p != NULL)
		return b->p + b->len;
	if (n > SIZE_MAX / 2 - b->len) {
		b->failed = 1;
		return NULL;
	}
	size = b->len + n + (b->len + n) / 2 + 256;
	p = realloc(b->p, size);
	if (p == NULL) {
		b->failed = 1;
		return NULL;
	}
	b->p = p;
	b->size = size;
	return b->p + b->len;
}

void
buffer_put(struct buffer *b, const void *p, size_t n)
{
	void *to;

	if (n == 0 || (to = buffer_room(b, n)) == NULL)
		return;
	memcpy(to, p, n);
	b->len += n;
}

void
buffer_puts(struct buffer *b, const char *s)
{
	buffer_put(b, s, strlen(s));
}

void
buffer_printf(struct buffer *b, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	to = buffer_room(b, 256);
	if (to == NULL)
		return;
	va_start(ap, fmt);
	n = vsnprintf(to, b->size - b->len, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= b->size - b->len) {
		to = buffer_room(b, (size_t)n + 1);
		if (to == NULL)
			return;
		va_start(ap, fmt);
		n = vsnprintf(to, b->size - b->len, fmt, ap);
		va_end(ap);
	}
	if (n < 0)
		b->failed = 1;
	else
		b->len += (size_t)n;
}

const char *
buffer_text(struct buffer *b)
{
	char *end = buffer_room(b, 1);

	if (end == NULL)
		return "";
	*end = '\0';
	return b->p;
}

void
buffer_number(struct buffer *b, double v)
{
	char text[40];

	if (!isfinite(v)) {
		buffer_puts(b, "NaN");
		return;
	}
	snprintf(text, sizeof(text), "%.15g", v);
	if (strtod(text, NULL) != v)
		snprintf(text, sizeof(text), "%.17g", v);
	buffer_puts(b, text);
	/* 3/2 is 1 in gnuplot, 3./2 is not. */
	if (strpbrk(text, ".en") == NULL)
		buffer_puts(b, ".");
}

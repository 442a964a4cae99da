/*
 * buffer.h - bytes and texts that grow
 *
 * A buffer that could not grow has failed: it takes no more, and what it
 * holds is not to be used.  A buffer of zeros is an empty one.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>

struct buffer {
	char	*p;
	size_t	 len;
	size_t	 size;
	int	 failed;
};

void buffer_free(struct buffer *b);

/* Empty it and forget the failure; the memory stays for use again. */
void buffer_clear(struct buffer *b);

/* Room for n more bytes at its end, or NULL.  Count them in len. */
void *buffer_room(struct buffer *b, size_t n);

void buffer_put(struct buffer *b, const void *p, size_t n);
void buffer_puts(struct buffer *b, const char *s);
void buffer_printf(struct buffer *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Its text, ending in NUL; "" when it has failed. */
const char *buffer_text(struct buffer *b);

/*
 * A literal that gnuplot reads back as the same double; NaN for what is not
 * finite.
 */
void buffer_number(struct buffer *b, double v);

#endif

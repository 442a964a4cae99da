/*
 * shuffle.c - see shuffle.h
 *
 * With SSE2, 16 numbers at a time.  size registers of 16 bytes have a byte's
 * place in 4 + log2(size) bits; to interleave the bytes of the registers of
 * the first half with those of the second turns these bits by one.  Four times
 * makes planes of numbers, log2(size) times numbers of planes.
 */
#include <string.h>

#include "shuffle.h"

#ifdef __SSE2__
#include <emmintrin.h>

static inline void
turn(__m128i *v, size_t size, int times)
{
	__m128i w[8];

	while (times-- > 0) {
		for (size_t i = 0; i < size / 2; i++) {
			w[2 * i] = _mm_unpacklo_epi8(v[i], v[i + size / 2]);
			w[2 * i + 1] = _mm_unpackhi_epi8(v[i],
			    v[i + size / 2]);
		}
		memcpy(v, w, size * sizeof(*v));
	}
}

/* How many of n were done; size is a constant where this is called. */
static inline size_t
planes(uint8_t *out, size_t stride, const uint8_t *in, size_t n, size_t size)
{
	__m128i v[8];
	size_t i;

	for (i = 0; n - i >= 16; i += 16) {
		memcpy(v, in + i * size, 16 * size);
		turn(v, size, 4);
		for (size_t b = 0; b < size; b++)
			memcpy(out + b * stride + i, &v[b], 16);
	}
	return i;
}

static inline size_t
numbers(uint8_t *out, const uint8_t *in, size_t stride, size_t n, size_t size)
{
	__m128i v[8];
	size_t i;

	for (i = 0; n - i >= 16; i += 16) {
		for (size_t b = 0; b < size; b++)
			memcpy(&v[b], in + b * stride + i, 16);
		turn(v, size, size == 8 ? 3 : size == 4 ? 2 : 1);
		memcpy(out + i * size, v, 16 * size);
	}
	return i;
}
#else
#define planes(out, stride, in, n, size)	((size_t)0)
#define numbers(out, in, stride, n, size)	((size_t)0)
#endif

void
shuffle_bytes(uint8_t *out, size_t stride, const uint8_t *in, size_t n,
    size_t size)
{
	size_t i = size == 8 ? planes(out, stride, in, n, 8) :
	    size == 4 ? planes(out, stride, in, n, 4) :
	    planes(out, stride, in, n, 2);

	for (; i < n; i++)
		for (size_t b = 0; b < size; b++)
			out[b * stride + i] = in[i * size + b];
}

void
shuffle_back(uint8_t *out, const uint8_t *in, size_t stride, size_t n,
    size_t size)
{
	size_t i = size == 8 ? numbers(out, in, stride, n, 8) :
	    size == 4 ? numbers(out, in, stride, n, 4) :
	    numbers(out, in, stride, n, 2);

	for (; i < n; i++)
		for (size_t b = 0; b < size; b++)
			out[i * size + b] = in[b * stride + i];
}

/*
 * shuffle.h - the bytes of numbers regrouped for compression: encoding 1
 *
 * Byte b of number i lies at b * stride + i.
 */
#ifndef SHUFFLE_H
#define SHUFFLE_H

#include <stddef.h>
#include <stdint.h>

/* n numbers of size bytes (2, 4, 8) from in to out, which do not overlap. */
void shuffle_bytes(uint8_t *out, size_t stride, const uint8_t *in, size_t n,
    size_t size);
/* And back. */
void shuffle_back(uint8_t *out, const uint8_t *in, size_t stride, size_t n,
    size_t size);

#endif

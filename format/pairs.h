/*
 * pairs: the "name = value" of a printed line.
 *
 * A pure function of one line.  Three kinds of line are taken:
 *
 * - Names tied to their '=' anywhere in a sentence: what stands between is
 *   prose.  "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.045 ms".
 * - Lines that are names and numbers from end to end, with '=' or ':' after
 *   the name, or nothing ("step 100 loss 0.5").  Names may be of several
 *   words: "total energy  =  -15.79 Ry", "Epoch [3/10], Loss: 0.43".  Or at
 *   least two parts of the line are such, between " - " or " | ".
 * - Flat JSON, and what Python prints of a dictionary of numbers.
 *
 * At least one value has to be a number.
 */

#ifndef PAIRS_H
#define PAIRS_H

#include <stddef.h>

struct pair {
	const char	*name;
	size_t		 name_len;
	const char	*value;		/* as it was printed */
	size_t		 value_len;
	int		 number;	/* 1: v and units are set */
	double		 v;
	const char	*units;
	size_t		 units_len;	/* 0: none */
};

/*
 * Looks for pairs in s[0..len), which has no line end.  Fills at most max of
 * them, pointing into s.  Returns their number; 0 if the line is not made of
 * pairs, or of more than max.
 */
size_t pairs_scan(const char *s, size_t len, struct pair *pairs, size_t max);

#endif

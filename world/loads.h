/*
 * loads.h - a script of the user's, and those that it loads
 */
#ifndef LOADS_H
#define LOADS_H

struct loads {
	char	*text;		/* the script */
	char	*folder;	/* that it is in */
	char	*others;	/* texts of what it loads or calls by a name
				 * that stands in it, and what those do; "":
				 * none */
};

/*
 * Read the script.  What it loads is looked for as gnuplot will: where we are,
 * then in the script's folder; what is not there now is left out.  All texts
 * are the caller's for good.  -1: errno.
 */
int loads_read(struct loads *l, const char *name);

#endif

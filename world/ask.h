/*
 * ask.h - commands to runs that are served elsewhere
 */
#ifndef ASK_H
#define ASK_H

/* aptee -c: send the words, up to NULL, print the answer; the exit status. */
int ask_command(const char *name, char *words[]);

/* aptee -L: print the runs that can be joined; the exit status. */
int ask_list(void);

#endif

/*
 * ask.c - the other side of the socket: aptee -c and -L
 */
#include "world/serve.h"

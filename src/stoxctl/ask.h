/*
 * ask.h: the control socket of stoxd, from outside.
 */
#ifndef STOXCTL_ASK_H
#define STOXCTL_ASK_H

#include <jansson.h>
#include <stdbool.h>

/** Connect; -1 with a sentence on standard error. */
int ask_dial(const char *path);
/** Send a line; its newline is added. */
bool ask_send(int fd, const char *line);
/** Read the answer; closes @fd.  NULL with a sentence. */
json_t *ask_answer(int fd);
/** Ask and read the whole document; NULL with a sentence. */
json_t *ask(const char *path, const char *line);

#endif

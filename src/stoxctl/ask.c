#include <config.h>

#include "stoxctl/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int ask_dial(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(a.sun_path)) {
		fprintf(stderr, "stoxctl: the socket's path is too long: %s\n", path);
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	fprintf(stderr, "stoxctl: %s: %s\n", path, strerror(errno));
	if (errno == ENOENT || errno == ECONNREFUSED)
		fprintf(stderr, "stoxctl: is stoxd running, and is this its "
			"`control` socket?\n");
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool send_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len; text += n, len -= (size_t)n) {
		n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return false;
		if (n < 0)
			n = 0;
	}
	return true;
}

bool ask_send(int fd, const char *line)
{
	size_t len = strlen(line);
	char *text = malloc(len + 2);
	bool sent;

	if (!text)
		return false;
	memcpy(text, line, len);
	memcpy(text + len, "\n", 2);
	sent = send_all(fd, text, len + 1);
	free(text);
	return sent;
}

json_t *ask_answer(int fd)
{
	json_error_t error;
	json_t *answer = NULL;
	FILE *in = fdopen(fd, "r");

	if (in)
		answer = json_loadf(in, JSON_DISABLE_EOF_CHECK, &error);
	if (!answer)
		fprintf(stderr, "stoxctl: no answer; only root and the user of "
			"stoxd may ask\n");
	if (in)
		fclose(in);
	else
		close(fd);
	return answer;
}

json_t *ask(const char *path, const char *line)
{
	int fd = ask_dial(path);

	if (fd < 0)
		return NULL;
	/* who may not ask hears so from the answer that does not come */
	ask_send(fd, line);
	return ask_answer(fd);
}

#include "stoxd/notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "io/io.h"

static void send_state(const char *state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(a.sun_path))
		return;
	memcpy(a.sun_path, path, len);
	if (a.sun_path[0] == '@')
		a.sun_path[0] = '\0'; /* the abstract namespace */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&a,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

bool notify_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char here[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(here, sizeof(here), "%ju:%ju", (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino);
	return strcmp(stream, here) == 0;
}

void notify_ready(void)
{
	send_state("READY=1");
}

void notify_reloading(void)
{
	char state[64];
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%jd",
		(intmax_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	send_state(state);
}

void notify_stopping(void)
{
	send_state("STOPPING=1");
}

struct watchdog {
	struct io_env *env;
	struct timer timer;
	uint64_t every_ms;
};

static void feed(void *arg)
{
	struct watchdog *w = arg;

	send_state("WATCHDOG=1");
	timer_start(io_timers(w->env), &w->timer, w->every_ms);
}

void notify_watchdog(struct io_env *env)
{
	const char *interval = getenv("WATCHDOG_USEC");
	struct watchdog *w;
	uint64_t us;

	if (!interval || str_to_u64(str_from(interval), UINT64_MAX, &us) < 0 ||
		us < 2000)
		return;
	/* Lives as long as the process. */
	w = base_alloc0(sizeof(*w));
	w->env = env;
	w->every_ms = us / 2000;
	timer_init(&w->timer, feed, w);
	feed(w);
}

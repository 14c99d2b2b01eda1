#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(struct buf *why, const char *path, const char *what)
{
	buf_printf(why, "the database %s %s", path, what);
	return -STOX_EIO;
}

static int refuse_errno(struct buf *why, const char *verb, const char *path)
{
	buf_printf(why, "cannot %s %s: %s", verb, path, strerror(errno));
	return -STOX_EIO;
}

/* The folder may be reached by symbolic links (systemd makes such), the file
 * itself may not. */
char *path_resolve(const char *path, struct buf *why)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct str folder = { path, slash ? (size_t)(slash - path) + 1 : 0 };
	char given[PATH_MAX], real[PATH_MAX];
	struct stat st;
	char *whole;
	size_t size;

	if (folder.len >= sizeof(given) || !*name) {
		refuse(why, path, "is not the name of a file");
		return NULL;
	}
	snprintf(given, sizeof(given), "%.*s", STR_FMT(folder));
	if (!realpath(folder.len ? given : ".", real) || stat(real, &st) < 0) {
		refuse_errno(why, "use the folder of", path);
		return NULL;
	}
	if (st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX)) {
		buf_printf(why, "the folder %s can be written by everybody",
			real);
		return NULL;
	}
	size = strlen(real) + strlen(name) + 2;
	whole = base_alloc(size);
	snprintf(whole, size, "%s/%s", strcmp(real, "/") ? real : "", name);
	return whole;
}

/* lstat(2), not open(2): closing a descriptor of a database file would drop
 * the locks that another connection of this process has on it. */
int path_check(const char *path, bool *ret_mode_fixed, struct buf *why)
{
	struct stat st;

	*ret_mode_fixed = false;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : refuse_errno(why, "look at", path);
	if (!S_ISREG(st.st_mode))
		return refuse(why, path, "is not a regular file");
	if (st.st_nlink != 1)
		return refuse(why, path, "has a second name (hard link)");
	if (st.st_uid != geteuid())
		return refuse(why, path, "belongs to another user");
	if (st.st_size == 0)
		return refuse(why, path, "is empty: restore it from a backup, "
			"or remove it to begin anew");
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		if (chmod(path, S_IRUSR | S_IWUSR) < 0)
			return refuse_errno(why, "protect", path);
		*ret_mode_fixed = true;
	}
	return 1;
}

int path_lock(const char *path, struct buf *why)
{
	size_t size = strlen(path) + sizeof("-lock");
	char *name = base_alloc(size);
	int fd;

	snprintf(name, size, "%s-lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		S_IRUSR | S_IWUSR);
	if (fd < 0) {
		refuse_errno(why, "open", name);
	} else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			refuse(why, path, "is in use by another stoxd");
		else
			refuse_errno(why, "lock", name);
		close(fd);
		fd = -1;
	}
	free(name);
	return fd < 0 ? -STOX_EIO : fd;
}

int path_create(const char *path, struct buf *why)
{
	int fd;

	/* what a start that was killed has left */
	if (unlink(path) < 0 && errno != ENOENT)
		return refuse_errno(why, "remove", path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		S_IRUSR | S_IWUSR);
	if (fd < 0)
		return refuse_errno(why, "create", path);
	close(fd);
	return 0;
}

int path_rename(const char *from, const char *to, struct buf *why)
{
	char folder[PATH_MAX];
	char *slash;
	int fd, error = 0;

	if (rename(from, to) < 0)
		return refuse_errno(why, "rename", from);
	snprintf(folder, sizeof(folder), "%s", to);
	slash = strrchr(folder, '/');
	stox_require(slash);
	slash[slash == folder] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return refuse_errno(why, "open", folder);
	if (fsync(fd) < 0)
		error = refuse_errno(why, "write", folder);
	close(fd);
	return error;
}

#include "fault_vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/pool.h"

enum { FILE_MOST = 1 << 28 };

/* A write that no sync has covered yet. */
struct loose {
	struct list node;
	size_t at, len;
	char bytes[];
};

/* What a disk would hold of a file. */
struct disk_file {
	struct list node;
	char name[512];
	bool read;         /* what lay there before is in synced */
	struct buf synced;
	struct list loose;
};

struct fault_vfs {
	sqlite3_vfs vfs; /* first: SQLite hands it back to us */
	sqlite3_vfs *below;
	uint64_t seed, failed, operations, cut_at;
	unsigned per_mille[FAULT_COUNT];
	struct list files; /* struct disk_file */
	const char *folder, *copy;
	bool cut;
};

struct fault_file {
	sqlite3_file file;
	struct fault_vfs *vfs;
	struct disk_file *disk;
	sqlite3_file below[]; /* as large as the layer below says */
};

static uint64_t next_random(struct fault_vfs *v)
{
	v->seed = v->seed * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return v->seed >> 33;
}

static bool fails(struct fault_vfs *v, enum fault what)
{
	if (next_random(v) % 1000 >= v->per_mille[what])
		return false;
	v->failed++;
	return true;
}

/* ---- the power cut ------------------------------------------------------- */

static void put(struct buf *data, size_t at, const void *bytes, size_t n)
{
	if (at + n > data->len) {
		size_t more = at + n - data->len;
		char *to = buf_reserve(data, more);

		stox_require(to);
		memset(to, 0, more);
		data->len += more;
	}
	memcpy(data->data + at, bytes, n);
}

static void write_cut(struct fault_vfs *v, struct disk_file *f)
{
	const char *base = strrchr(f->name, '/') + 1;
	struct buf data;
	char name[1024];
	FILE *out;

	buf_init(&data, FILE_MOST, NULL);
	buf_add_str(&data, buf_str(&f->synced));
	/* two passes by chance: also the order is lost */
	for (int pass = 0; pass < 2; pass++)
		list_each(it, tmp, &f->loose) {
			struct loose *w = container_of(it, struct loose, node);

			if (next_random(v) % 3 == 0)
				put(&data, w->at, w->bytes, w->len);
		}
	snprintf(name, sizeof(name), "%s/%s", v->copy, base);
	out = fopen(name, "wb");
	stox_require(out && (data.len == 0 ||
		fwrite(data.data, 1, data.len, out) == data.len));
	stox_require(fclose(out) == 0);
	buf_free(&data);
}

/* The index of the WAL is not a file to be kept. */
static bool kept(const struct fault_vfs *v, const struct disk_file *f)
{
	const char *shm = strstr(f->name, "-shm");

	return strstr(f->name, v->folder) && !(shm && !shm[4]);
}

static void count_operation(struct fault_vfs *v)
{
	if (v->operations++ != v->cut_at || !v->copy || v->cut)
		return;
	v->cut = true;
	list_each(it, tmp, &v->files) {
		struct disk_file *f = container_of(it, struct disk_file, node);

		if (kept(v, f))
			write_cut(v, f);
	}
}

static void forget_loose(struct disk_file *f)
{
	list_each(it, tmp, &f->loose) {
		list_remove(it);
		free(container_of(it, struct loose, node));
	}
}

static void note_write(struct disk_file *f, const void *bytes, size_t n,
	size_t at)
{
	struct loose *w = base_alloc(sizeof(*w) + n);

	w->at = at;
	w->len = n;
	memcpy(w->bytes, bytes, n);
	list_append(&f->loose, &w->node);
}

static void note_sync(struct disk_file *f)
{
	list_each(it, tmp, &f->loose) {
		struct loose *w = container_of(it, struct loose, node);

		put(&f->synced, w->at, w->bytes, w->len);
	}
	forget_loose(f);
}

static struct disk_file *disk_file(struct fault_vfs *v, const char *name)
{
	struct disk_file *f;

	list_each(it, tmp, &v->files) {
		f = container_of(it, struct disk_file, node);
		if (strcmp(f->name, name) == 0)
			return f;
	}
	f = base_alloc0(sizeof(*f));
	snprintf(f->name, sizeof(f->name), "%s", name);
	buf_init(&f->synced, FILE_MOST, NULL);
	list_init(&f->loose);
	list_append(&v->files, &f->node);
	return f;
}

/* What lies there already is on the disk. */
static void read_disk(struct disk_file *f)
{
	FILE *in = fopen(f->name, "rb");
	char block[4096];
	size_t n;

	f->read = true;
	while (in && (n = fread(block, 1, sizeof(block), in)) > 0)
		buf_add(&f->synced, block, n);
	if (in)
		fclose(in);
}

static void drop_disk(struct disk_file *f)
{
	list_remove(&f->node);
	forget_loose(f);
	buf_free(&f->synced);
	free(f);
}

/* ---- files --------------------------------------------------------------- */

static struct fault_file *of(sqlite3_file *file)
{
	return (struct fault_file *)file;
}

#define BELOW(f) (of(f)->below)
#define CALL(f, method, ...) \
	(BELOW(f)->pMethods->method(BELOW(f), ##__VA_ARGS__))

static int f_close(sqlite3_file *f)
{
	return CALL(f, xClose);
}

static int f_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	if (fails(of(f)->vfs, FAULT_READ))
		return SQLITE_IOERR_READ;
	return CALL(f, xRead, to, n, at);
}

static int f_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
	struct fault_vfs *v = of(f)->vfs;

	count_operation(v);
	if (fails(v, FAULT_WRITE))
		return SQLITE_IOERR_WRITE;
	if (fails(v, FAULT_FULL))
		return SQLITE_FULL;
	if (of(f)->disk)
		note_write(of(f)->disk, bytes, (size_t)n, (size_t)at);
	return CALL(f, xWrite, bytes, n, at);
}

/* A cut takes effect at once: the worst that a file system may do. */
static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct disk_file *d = of(f)->disk;

	if (d) {
		note_sync(d);
		if (d->synced.len > (size_t)size)
			d->synced.len = (size_t)size;
	}
	return CALL(f, xTruncate, size);
}

/* The real disk need not sync: what counts is what is noted here. */
static int f_sync(sqlite3_file *f, int flags)
{
	struct fault_vfs *v = of(f)->vfs;

	count_operation(v);
	if (fails(v, FAULT_SYNC))
		return SQLITE_IOERR_FSYNC;
	(void)flags;
	if (of(f)->disk)
		note_sync(of(f)->disk);
	return SQLITE_OK;
}

static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return CALL(f, xFileSize, size);
}

static int f_lock(sqlite3_file *f, int level)
{
	return CALL(f, xLock, level);
}

static int f_unlock(sqlite3_file *f, int level)
{
	return CALL(f, xUnlock, level);
}

static int f_reserved(sqlite3_file *f, int *out)
{
	return CALL(f, xCheckReservedLock, out);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
	return CALL(f, xFileControl, op, arg);
}

static int f_sector(sqlite3_file *f)
{
	return CALL(f, xSectorSize);
}

/* No promise about atomic or ordered writes. */
static int f_device(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static int f_shm_map(sqlite3_file *f, int page, int size, int extend,
	void volatile **out)
{
	return CALL(f, xShmMap, page, size, extend, out);
}

static int f_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return CALL(f, xShmLock, offset, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
	CALL(f, xShmBarrier);
}

static int f_shm_unmap(sqlite3_file *f, int delete_it)
{
	return CALL(f, xShmUnmap, delete_it);
}

static const sqlite3_io_methods methods = {
	2, f_close, f_read, f_write, f_truncate, f_sync, f_size, f_lock,
	f_unlock, f_reserved, f_control, f_sector, f_device, f_shm_map,
	f_shm_lock, f_shm_barrier, f_shm_unmap, NULL, NULL,
};

/* ---- the layer ----------------------------------------------------------- */

static struct fault_vfs *layer(sqlite3_vfs *vfs)
{
	return (struct fault_vfs *)vfs;
}

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
	int flags, int *out_flags)
{
	struct fault_vfs *v = layer(vfs);
	struct fault_file *f = of(file);
	int code;

	*f = (struct fault_file){ .vfs = v };
	code = v->below->xOpen(v->below, name, f->below, flags, out_flags);
	if (!f->below->pMethods)
		return code;
	f->file.pMethods = &methods;
	if (name && code == SQLITE_OK) {
		f->disk = disk_file(v, name);
		if (!f->disk->read)
			read_disk(f->disk);
	}
	return code;
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	struct fault_vfs *v = layer(vfs);

	drop_disk(disk_file(v, name));
	return v->below->xDelete(v->below, name, sync_folder);
}

static int v_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	struct fault_vfs *v = layer(vfs);

	return v->below->xAccess(v->below, name, flags, out);
}

static int v_full(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
	struct fault_vfs *v = layer(vfs);

	return v->below->xFullPathname(v->below, name, n, out);
}

struct fault_vfs *fault_vfs_new(uint64_t seed)
{
	struct fault_vfs *v = base_alloc0(sizeof(*v));

	v->below = sqlite3_vfs_find(NULL);
	v->seed = seed;
	list_init(&v->files);
	/* randomness, sleep and time stay those of the layer below */
	v->vfs = *v->below;
	v->vfs.pNext = NULL;
	v->vfs.zName = "fault";
	v->vfs.szOsFile = (int)sizeof(struct fault_file) + v->below->szOsFile;
	v->vfs.xOpen = v_open;
	v->vfs.xDelete = v_delete;
	v->vfs.xAccess = v_access;
	v->vfs.xFullPathname = v_full;
	stox_require(sqlite3_vfs_register(&v->vfs, 1) == SQLITE_OK);
	return v;
}

void fault_vfs_free(struct fault_vfs **v)
{
	sqlite3_vfs_unregister(&(*v)->vfs);
	sqlite3_vfs_register((*v)->below, 1);
	list_each(it, tmp, &(*v)->files)
		drop_disk(container_of(it, struct disk_file, node));
	free(*v);
	*v = NULL;
}

void fault_vfs_fail(struct fault_vfs *v, enum fault what, unsigned per_mille)
{
	v->per_mille[what] = per_mille;
}

uint64_t fault_vfs_failed(const struct fault_vfs *v)
{
	return v->failed;
}

uint64_t fault_vfs_operations(const struct fault_vfs *v)
{
	return v->operations;
}

void fault_vfs_cut(struct fault_vfs *v, uint64_t at, const char *folder,
	const char *copy)
{
	v->cut_at = at;
	v->folder = folder;
	v->copy = copy;
	v->cut = false;
}

bool fault_vfs_was_cut(const struct fault_vfs *v)
{
	return v->cut;
}

/*
 * fault_vfs.h: a disk that fails on demand, and one whose power can be cut.
 * It wraps SQLite's own file system layer and is the default while in use.
 */
#ifndef TESTS_STORE_FAULT_VFS_H
#define TESTS_STORE_FAULT_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault_vfs;

struct fault_vfs *fault_vfs_new(uint64_t seed);
void fault_vfs_free(struct fault_vfs **v);

enum fault { FAULT_READ, FAULT_WRITE, FAULT_FULL, FAULT_SYNC, FAULT_COUNT };
/** From now on that many per mille of the operations fail. */
void fault_vfs_fail(struct fault_vfs *v, enum fault what, unsigned per_mille);
/** How many have failed. */
uint64_t fault_vfs_failed(const struct fault_vfs *v);
/** How many writes and syncs there were. */
uint64_t fault_vfs_operations(const struct fault_vfs *v);

/**
 * Cut the power before operation number @at: what the files of @folder would
 * hold then is put into @copy.  Writes that no sync has covered are each there
 * or not, by chance and in any order; the disk itself goes on.
 */
void fault_vfs_cut(struct fault_vfs *v, uint64_t at, const char *folder,
	const char *copy);
/** Whether that moment has come. */
bool fault_vfs_was_cut(const struct fault_vfs *v);

#endif

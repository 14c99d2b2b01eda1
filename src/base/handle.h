/*
 * handle.h: 64-bit names for objects, looked up at use.
 *
 * The upper half is a generation that changes whenever a slot is reused, so a
 * late handle finds nothing instead of somebody else.  0 is never a handle.
 */
#ifndef BASE_HANDLE_H
#define BASE_HANDLE_H

#include <stddef.h>
#include <stdint.h>

struct handles;

struct handles *handles_new(void);
/** Free the map, not the objects; *@h becomes NULL. */
void handles_free(struct handles **h);

/** A handle for @object, which is not NULL. */
uint64_t handles_add(struct handles *h, void *object);
/** The object, or NULL when the handle is stale. */
void *handles_get(const struct handles *h, uint64_t handle);
/** Forget the handle; returns the object or NULL. */
void *handles_remove(struct handles *h, uint64_t handle);
size_t handles_count(const struct handles *h);
/** Walk: start with *@cursor = 0; NULL at the end; removal is allowed. */
void *handles_next(const struct handles *h, size_t *cursor);

#endif

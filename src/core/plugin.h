/*
 * plugin.h: finding and checking plugins.  A name is looked up in the table
 * that configure made, then as NAME.so in the plugin folders.  A loaded plugin
 * is never unloaded.
 */
#ifndef CORE_PLUGIN_H
#define CORE_PLUGIN_H

#include "base/buf.h"
#include "stox/plugin.h"

/** The plugins linked into this program, NULL-terminated (made by
 *  configure). */
extern const struct stox_plugin *const core_plugin_table[];

struct plugins;
/** @folders: NULL-terminated, may be NULL.  Returns owned, plugins_free(). */
struct plugins *plugins_new(const char *const *folders);
void plugins_free(struct plugins **p);
/** Search these folders first from now on. */
void plugins_path(struct plugins *p, const char *const *folders);
/** Add a plugin that the program itself brings (tests, the play runner). */
void plugins_add(struct plugins *p, const struct stox_plugin *plugin);
/**
 * Find @name.  Checks ABI, size, name and that every hook and option is
 * sound.  Returns the descriptor, or NULL with a sentence in @why.
 */
const struct stox_plugin *plugins_find(struct plugins *p, const char *name,
	struct buf *why);

#endif

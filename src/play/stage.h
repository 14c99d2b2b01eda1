/*
 * stage.h: a world with one node and the peers that its configuration names.
 */
#ifndef PLAY_STAGE_H
#define PLAY_STAGE_H

#include "core/node.h"
#include "play/peer.h"
#include "play/play.h"

struct stage {
	const struct play *play;
	const struct play_options *options;
	struct io_world *world;
	struct log log;
	struct limits limits;
	struct budget budget;
	struct plugins *plugins;
	struct config *config;
	struct io_credentials *credentials;
	struct io_env *env;      /* the node's */
	struct node *node;
	char folder[32];         /* of the database; "" in memory */
	struct list peers;
	struct pool *pool;
	struct buf log_text;     /* all lines so far */
	size_t log_seen;         /* what `logs` has looked at */
	/* what must come to an end, whatever breaks: see ledger.c */
	struct list ledger;
};

/** Build it.  @on_disk: the database survives stage_restart().  False with a
 *  sentence. */
bool stage_open(struct stage *s, const struct play *p,
	const struct play_options *o, bool on_disk, struct buf *why);
void stage_close(struct stage *s);
/** Run until nothing is due at this instant. */
void stage_settle(struct stage *s);
/** The node dies without a word, and comes back. */
bool stage_restart(struct stage *s, struct buf *why);
/** Another configuration (text); false when it is refused. */
bool stage_reload(struct stage *s, const char *config, struct buf *why);
/** The peer of "user@domain/resource" or "domain"; NULL when there is none. */
struct peer *stage_peer(struct stage *s, const char *actor);
/** Every connection between the node and its peers breaks. */
void stage_cut(struct stage *s);

#endif

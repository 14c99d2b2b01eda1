/*
 * policy.h: what a partner, and a person behind it, may do: the one place that
 * decides.  lync.md 1.5; what a partner may not do is refused in words that
 * tell nothing about who exists.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "core/config.h"
#include "stox/types.h"

enum policy_action {
	POLICY_TALK,      /* anything at all */
	POLICY_WRITE,     /* write unasked */
	POLICY_PRESENCE,  /* add people and see their presence, unasked */
	POLICY_NOTES,     /* see status notes */
};

/** May people of such a partner do that, without having been asked? */
bool policy_type_may(enum config_partner type, enum policy_action action);
/** May the user with that local part take part? */
bool policy_user_may(const struct config_users *users, struct str local);
/** May nobody see that user? */
bool policy_user_hidden(const struct config_users *users, struct str local);

enum policy_answer { POLICY_YES, POLICY_NO, POLICY_LATER };
/**
 * May @x, whose ends are known, run?
 * NO: x->reject and x->reject_text say why not.  LATER: it waits for the store,
 * goes on where it was, and is asked again.
 */
enum policy_answer policy_check(struct stox_exchange *x);

#endif

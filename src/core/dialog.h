/*
 * dialog.h: exchanges that a session begins within a dialog.
 */
#ifndef CORE_DIALOG_H
#define CORE_DIALOG_H

#include "sip/message.h"
#include "stox/service/dialog.h"

/** Send what @x begins within that dialog.  Returns 0, or -STOX_EINVAL when the
 *  bytes are damaged. */
int dialog_begin(struct stox_exchange *x, struct stox_dialog bytes);
/** @m is the final answer to what @x has sent: keep the dialog that it makes. */
void dialog_answered(struct stox_exchange *x, const struct sip_message *m);

#endif

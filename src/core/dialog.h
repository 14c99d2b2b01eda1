/*
 * dialog.h: exchanges that a session begins within a dialog.
 */
#ifndef CORE_DIALOG_H
#define CORE_DIALOG_H

#include "stox/service/dialog.h"

/** Send what @x begins within that dialog.  Returns 0, or -STOX_EINVAL when the
 *  bytes are damaged. */
int dialog_begin(struct stox_exchange *x, struct stox_dialog bytes);

#endif

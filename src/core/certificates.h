/*
 * certificates.h: our certificates: read, checked against what partners need,
 * and watched for their end.
 */
#ifndef CORE_CERTIFICATES_H
#define CORE_CERTIFICATES_H

#include "core/config.h"

enum certificate_state {
	CERTIFICATE_GOOD,
	CERTIFICATE_SOON,    /* ends within 14 days */
	CERTIFICATE_URGENT,  /* ends within 3 days */
	CERTIFICATE_EXPIRED,
};
enum certificate_state certificate_state(uint64_t expires_s, uint64_t now_s);
/** Whole days until @expires_s, negative when it is over. */
int64_t certificate_days(uint64_t expires_s, uint64_t now_s);
const char *certificate_state_name(enum certificate_state state);

/** Read what @config names.  Returns 0 with one reference in *@ret, or
 *  -STOX_EINVAL with a line in @errors. */
int certificates_load(struct io_env *env, const struct config *config,
	struct io_credentials **ret, struct buf *errors);
/**
 * Is there a certificate wherever an option names one, and does each allow
 * what a partner needs?  Returns 0, or -STOX_EINVAL with lines in @errors.
 */
int certificates_check(const struct config *config,
	const struct io_credentials *credentials, struct buf *errors,
	struct buf *warnings);
/** A line for each that ends soon, and for each revocation list that is
 *  overdue: for stoxd --check-config. */
void certificates_dates(const struct io_credentials *credentials,
	uint64_t now_s, struct buf *warnings);

/* The same while the node runs: a line in the log 14 days and 3 days before a
 * certificate ends, and when it has ended, once each. */
struct certificates;
struct certificates *certificates_new(struct io_env *env, struct log *log);
void certificates_free(struct certificates **c);
/** Watch these from now on; a reference is taken. */
void certificates_watch(struct certificates *c,
	struct io_credentials *credentials);

#endif

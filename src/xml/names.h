/*
 * names.h: how many different names has a parser seen?  Expat keeps every name
 * for as long as it lives, so a stream with ever new names needs a new parser
 * from time to time.
 */
#ifndef XML_NAMES_H
#define XML_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct xml_names {
	uint64_t key;	 /* secret and odd: a peer cannot choose collisions */
	uint32_t *slots; /* 32 bits of each name's hash; 0: free.  NULL: none */
	size_t size;	 /* a power of two */
	size_t room;	 /* names until it must grow */
	size_t count;	 /* different names since xml_names_clear() */
};

/** @secret: 64 random bits */
void xml_names_init(struct xml_names *n, uint64_t secret);
/** Note @name; it is not kept. */
void xml_names_add(struct xml_names *n, const char *name, size_t len);
/** Forget all and free the memory. */
void xml_names_clear(struct xml_names *n);

#endif

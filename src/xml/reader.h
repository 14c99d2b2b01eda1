/*
 * reader.h: a window for the tests of this folder.
 */
#ifndef XML_READER_H
#define XML_READER_H

#include "xml/build.h"

/** What the parser of @r was given so far, to see that it is linear. */
const struct xml_build *xml_reader_build(const struct xml_reader *r);

#endif

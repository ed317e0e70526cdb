/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire-int: the numbers of RFC 8949 §3 that the reader and the writer share.
 */
#ifndef WIRE_INT_H
#define WIRE_INT_H

#include "wire.h"

enum {
    MAJOR_UINT = 0,
    MAJOR_NINT = 1,
    MAJOR_BYTES = 2,
    MAJOR_TEXT = 3,
    MAJOR_ARRAY = 4,
    MAJOR_MAP = 5,
    MAJOR_TAG = 6,
    MAJOR_SIMPLE = 7,
};
enum { SIMPLE_FALSE = 20, SIMPLE_TRUE = 21, SIMPLE_NULL = 22 };
/* below INFO_U8 the five bits are the number; from it on they say how many bytes follow */
enum { INFO_U8 = 24, INFO_U16 = 25, INFO_U32 = 26, INFO_U64 = 27 };

#endif

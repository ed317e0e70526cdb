/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode: pictures as files, for tests that read them. Sees no header of ours: our limits.h would
 * stand in the way of the libraries' own. What fails ends the test; results are the caller's to
 * free().
 */
#ifndef ENCODE_H
#define ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint8_t *jpeg_of(const uint8_t *dots, unsigned width, unsigned height, bool colour,
                 bool progressive, size_t *ret_len);
uint8_t *png_of(const uint8_t *dots, unsigned width, unsigned height, size_t *ret_len);

#endif

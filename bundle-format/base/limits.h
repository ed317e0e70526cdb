/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every limit of the format and of the vault in one place, each with its clause or reason.
 * Checked before memory is taken for what it limits.
 */
#ifndef LIMITS_H
#define LIMITS_H

#define KIB 1024U
#define MIB (1024U * KIB)

/* [F-20] the three piece sizes, header included */
#define PIECE_SIZE_SMALL  (16U * KIB)
#define PIECE_SIZE_MEDIUM (256U * KIB)
#define PIECE_SIZE_LARGE  (4U * MIB)

#define WIRE_DEPTH_MAX         8U         /* [F-06] nesting of any accepted value */
#define BODY_PLAIN_MAX         (1U * MIB) /* [F-43] plaintext of one entry's body, DESIGN §3.2 */
#define BODY_SEALED_MAX        (1U * MIB + 64U * KIB) /* [F-44] incompressible body, padding, tag */
#define ENTRY_HEADER_MAX       (64U * KIB)            /* [F-31] */
#define ENTRY_DEPS_MAX         1024U                  /* [F-34] devices named in one entry's deps */
#define STATEMENT_MAX          (16U * KIB)            /* [F-60] */
#define BUNDLE_PIECES_MAX      65536U                 /* [F-51] 256 GiB of large pieces */
#define DEVICES_MAX            1024U                  /* [F-34] linked devices of one team */
#define DEVICES_PER_MEMBER_MAX 16U                    /* AUTHORITY A11 */
#define CHAIN_AHEAD_MAX        1024U                  /* [F-27] tags looked for ahead of a sender */
#define CHAIN_SKIPPED_MAX      4096U                  /* [F-28] skipped keys kept for one sender */
#define ZSTD_WINDOW_LOG_MAX    23                     /* [F-42] 8 MiB, RFC 9659 */
#define INVITE_MAX             (64U * MIB)            /* [F-72] */
#define JOIN_MAX               (4U * KIB)             /* [F-70] */

#define NAME_BYTES_MAX      128U         /* names of people, devices, teams, roles */
#define LINE_BYTES_MAX      (4U * KIB)   /* a value of type line, choice, tag */
#define DOC_BYTES_MAX       (512U * KIB) /* a value of type doc */
#define OPS_PER_ENTRY_MAX   65536U       /* [F-91] */
#define FIELDS_PER_TYPE_MAX 64U
#define TYPES_PER_KIT_MAX   32U
#define IMPORT_FILE_MAX     (256U * MIB)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crossing: what the verbs share that cross the gap by light: their options, starting the two
 * programs in time, and the conversation with them.
 */
#ifndef CROSSING_H
#define CROSSING_H

#include "cmd-int.h"
#include "light.h"

/* Rows of a verb's options. */
#define CROSSING_SHOW_OPTIONS                                                                      \
    {"on", "SCREEN", "where codes are shown: window or terminal (else what there is)"},            \
        {"to", "FILE",                                                                             \
         "not on a screen but into a file: a moving picture (.apng), paper (.pdf), or a folder "   \
         "of pictures"},                                                                           \
        {"profile", "NAME", "safe, calm, web720, std, dense, fast60 or fast60d (else by screen)"}, \
        {"fps", "N", "pictures a second"},                                                         \
        {"calm", NULL, "at most three changes a second, for eyes that suffer from flicker"},       \
    {                                                                                              \
        "pictures", "N", "how many, with --to"                                                     \
    }
#define CROSSING_CAMERA_OPTION                                                                     \
    {                                                                                              \
        "camera", "DEVICE", "the camera (else /dev/video0)"                                        \
    }

/* A verb's .before: starts what its options ask for. */
enum status crossing_before_show(struct session *s) MUST_USE; /* eye only with --camera */
enum status crossing_before_scan(struct session *s) MUST_USE; /* show only with --reply, --view */
enum status crossing_before_pair(struct session *s) MUST_USE; /* with --qr: both; else nothing */
/* Are codes seen by a live camera, not read from files? */
bool crossing_is_live(const struct session *s);

/* What is waited for. */
struct seeing {
    unsigned kinds;       /* bit for each enum parcel_kind that is taken */
    bool texts;           /* codes of others, too */
    bool to_resume;       /* keep what was seen until it is whole, in the vault's folder */
    bool may_quit;        /* q on the screen ends without a fault */
    const char *next;     /* what to do when it was not seen; NULL: by what the camera saw */
    const char *for_what; /* "the newcomer's code" */
};
struct seen {
    struct transfer_id transfer;
    uint32_t symbols;
    struct buf whole;     /* the parcel's bytes, or the text's */
    struct parcel parcel; /* borrows from whole */
    bool is_text, quit;
};
void seen_init(struct seen *x);
void seen_finish(struct seen *x);
/* Until a parcel of a kind that is wanted is whole. What else comes is told. STATUS_NOT_FOUND with
 * the advice that helps most; STATUS_CANCELLED: the person left. */
enum status crossing_see(struct session *s, const struct seeing *w, struct seen *ret) MUST_USE;
/* What was kept to resume has been put where it lasts. */
enum status crossing_forget(struct session *s) MUST_USE;

/* An acknowledgement of all was seen: *ret_done when it is believed. A session that was closed may
 * be opened, and is closed again. */
typedef enum status crossing_got(struct session *s, bytes body, bool *ret_done);
/* Shows bytes of parcel_write() until the person leaves, an acknowledgement ends it, or with --to
 * the files are written. got: may be NULL. */
enum status crossing_show(struct session *s, const struct transfer_id *transfer, bytes parcel,
                          text title, crossing_got *got) MUST_USE;
/* One code: any reader's text, or an acknowledgement. Until the person leaves. */
enum status crossing_show_text(struct session *s, text content, text title) MUST_USE;
enum status crossing_show_ack(struct session *s, const struct seen *of, bytes body) MUST_USE;
/* Begins to show and returns at once: what is seen meanwhile is crossing_see()'s. */
enum status crossing_put(struct session *s, const struct transfer_id *transfer, bytes parcel,
                         text title) MUST_USE;
/* A FILE of valise-show, to where --to says. Message "file". */
enum status crossing_file(struct session *s, const struct light_message *m) MUST_USE;

/* ---- a newcomer let in face to face ---------------------------------------------------------- */

/* Rows of the options of join and invite. */
#define CROSSING_PAIR_OPTIONS                                                                      \
    {"qr", NULL, "by light: both machines look at each other's screens"},                          \
        {"again", NULL, "with --qr: show the same as last time"},                                  \
        {"film", "FILE",                                                                           \
         "with --qr: not a camera but a film (.y4m, or - for the standard input)"},                \
        CROSSING_SHOW_OPTIONS, CROSSING_CAMERA_OPTION
#define CROSSING_PAIR_JSON                                                                         \
    {"compare", "words", "text", "with --qr: what both may read out to each other"},               \
        {"file", "file", "text", "a file with codes"},                                             \
    {                                                                                              \
        "file", "bytes", "number", "its size"                                                      \
    }
/* words_compare(), unless a camera saw on whose screen it stood. */
enum status crossing_words(struct session *s, const uint8_t print[static 16]) MUST_USE;
/* The inviting side. */
enum status crossing_request_take(struct session *s, struct buf *ret) MUST_USE;
enum status crossing_invite_show(struct session *s, bytes invite) MUST_USE; /* closes the session */
enum status crossing_invite_again(struct session *s) MUST_USE;
/* The newcomer's side. Shows the request until the invitation is seen. keep and forget stand in the
 * caller's transaction. */
enum status crossing_request_keep(struct session *s, bytes request) MUST_USE;
enum status crossing_request_kept(struct session *s, struct buf *ret) MUST_USE;
enum status crossing_request_forget(struct session *s) MUST_USE;
enum status crossing_request_show(struct session *s, bytes request,
                                  struct buf *ret_invite) MUST_USE;

/* An ERROR of one of the programs as a fault of ours. */
enum status crossing_fault(struct session *s, const struct light_message *m,
                           enum light_program from) MUST_USE;
void transfer_make(struct session *s, struct transfer_id *ret);

#endif

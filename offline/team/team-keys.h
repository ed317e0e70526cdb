/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team, inside: keys. Seals and what they stand on, who reads and writes what, epochs, piece
 * chains. A part of team-int.h, which includes it.
 */
#ifndef TEAM_KEYS_H
#define TEAM_KEYS_H

/* ---- seals to one device: seals.c ---- */

enum seal_kind { SEAL_EPOCH = 1, SEAL_SHARE = 2, SEAL_CHAIN = 3 };
struct seal_context {
    uint8_t b[1 + 32 + 32 + 32 + 32];
};
/* subject: the epoch; about: the device whose chain it is, or zero. */
void seal_context_make(const struct team *t, enum seal_kind kind, const struct id *subject,
                       const struct id *about, const struct id *receiver, struct seal_context *ret);
/* Whom a seal is for: a device of the team, or a newcomer who is not yet one. */
struct receiver {
    struct id id;
    const struct device *device; /* NULL: a newcomer, with */
    const uint8_t *box_pk;       /* these */
    const struct key *psk;
};
struct receiver receiver_of(const struct device *d);
/* All seals of one operation: what about, one ephemeral pair, and the control epoch its entry
 * stands in. Started with fresh randomness, wiped at the end. */
struct sealing {
    enum seal_kind kind;
    struct id subject, about;
    const struct epoch *under; /* NULL: none */
    uint8_t eph_sk[32], eph_pk[32];
};
void sealing_start(struct ctx *cx, struct sealing *s, enum seal_kind kind,
                   const struct epoch *under);
void sealing_finish(struct sealing *s);
/* Appends the seal; *ret_window: of the key it is sealed to. */
enum status seal_to(struct ctx *cx, struct team *t, const struct sealing *s,
                    const struct receiver *to, bytes payload, struct buf *ret,
                    uint64_t *ret_window) MUST_USE;
/* The same as a row of a list. */
enum status seal_row_to(struct ctx *cx, struct team *t, const struct sealing *s,
                        const struct receiver *to, bytes payload, struct buf *rows) MUST_USE;
/* Opens a seal meant for this device; *ret_there false when it does not open, which only this
 * device can tell. */
struct sealed {
    const struct authored *by;
    const uint8_t *eph_pk;
    struct seal_context context;
    uint64_t window;
    bytes seal;
};
enum status seal_open_own(struct ctx *cx, struct team *t, const struct sealed *s, struct buf *ret,
                          bool *ret_there) MUST_USE;

/* ---- what a seal stands on: pairs.c, prekeys.c, windows.c ---- */

/* The secret of a pairing: one for seals to the box key, one for each window from `window` on. */
struct pairing {
    uint64_t window;
    struct key key, start;
    bool there, has_start;
};
void pair_wipe(struct pairing *p);
/* Of a pairing made now: window is that of the inviter's clock. */
void pair_make(const struct key *secret, uint64_t window, struct pairing *ret);
enum status pair_load(struct ctx *cx, struct team *t, const struct device *d,
                      struct pairing *ret) MUST_USE;
enum status pair_store(struct ctx *cx, struct team *t, const struct device *d,
                       const struct pairing *p) MUST_USE;
/* False when it is erased, or was never there. */
bool pair_secret_at(const struct pairing *p, uint64_t window, struct key *ret);
/* Forgets what windows before `lowest` stood on, and what box keys did when both are done with
 * them. */
enum status pairs_erase(struct ctx *cx, struct team *t, uint64_t lowest, bool box_gone) MUST_USE;
/* For two devices that were never paired: who cannot read the charter does not have it either. */
void introduced_secret(const struct epoch *under, const struct id *author,
                       const struct id *receiver, struct key *ret);

/* The windows of 28 days this device's clock counts; 1 and up. */
uint64_t window_of(int64_t seconds);
struct windows {
    int64_t grace;
    uint64_t lowest; /* windows before it are erased */
    int64_t published, heard;
};
/* A colleague's entry of this time was taken; kept at the end of the session. */
void windows_hear(struct ctx *cx, struct team *t, int64_t time);
enum status windows_heard(struct ctx *cx, struct team *t) MUST_USE;
enum status windows_load(struct ctx *cx, struct team *t, struct windows *ret) MUST_USE;
enum status windows_store(struct ctx *cx, struct team *t, const struct windows *w) MUST_USE;
/* At open and before an export: erases what is past its window and grace. */
enum status windows_erase(struct ctx *cx, struct team *t) MUST_USE;

enum status prekeys_apply(struct ctx *cx, struct team *t, struct authored *a,
                          const struct prekeys *op) MUST_USE;
/* Publishes prekeys when too few are ahead, or some were lost. */
enum status prekeys_tend(struct ctx *cx, struct team *t) MUST_USE;
/* The lane whose keys are meant: those of a branch that lost are a copy's, not the device's. */
const struct device *prekeys_of(const struct team *t, const struct device *d);
/* A lane's key for a window, or NULL. */
const uint8_t *prekey_at(const struct device *lane, uint64_t window);
uint64_t prekeys_last(const struct device *lane);
enum status seal_row_write(struct ctx *cx, const struct seal_row *row, struct buf *out) MUST_USE;
enum status rows_write(struct ctx *cx, size_t count, bytes rows, struct buf *out) MUST_USE;

/* ---- who stands where: standing.c ---- */

/* Compartments this device knows of; 0 is the control compartment. */
size_t compartment_count(const struct team *t);
const uint8_t *compartment_tag(const struct team *t, size_t i);
bool compartment_is_control(const struct team *t, const uint8_t tag[static COMPARTMENT_BYTES]);
/* It is declared in this past; a past of NULL holds everything. */
bool compartment_known(const struct team *t, const struct clock *past,
                       const uint8_t tag[static COMPARTMENT_BYTES]);
bool role_reads(const struct team *t, const struct role *r,
                const uint8_t tag[static COMPARTMENT_BYTES]);
bool device_reads(const struct team *t, const struct device *d,
                  const uint8_t tag[static COMPARTMENT_BYTES]);
/* May write, so may make keys; of the control compartment: is a member. */
bool device_writes(const struct team *t, const struct device *d,
                   const uint8_t tag[static COMPARTMENT_BYTES]);
/* Its EPOCH operation has effect. */
bool epoch_effective(const struct team *t, const struct epoch *e);
/* After every change of what the functions above answer. */
void standing_changed(struct team *t);

/* ---- epochs.c, epoch-choice.c, epoch-walk.c, minting.c, shares.c ---- */

struct epoch *epoch_by_id(const struct team *t, const struct id *id);
/* Declared in this past; a past of NULL holds everything. */
bool epoch_known(const struct team *t, const struct clock *past, const struct epoch *e);
/* Declared where this device may name it: on the branches of forked devices that it builds on. */
bool epoch_usable(const struct team *t, const struct epoch *e);
/* Another one that is usable follows it. */
bool epoch_superseded(const struct team *t, const struct epoch *e);
/* The epoch to write with: the clean one with the largest (number, id) whose key we hold. NULL:
 * none; epoch_for_writing() makes one. Before the charter came, one the invite told of. */
struct epoch *epoch_current(const struct team *t,
                            const uint8_t compartment[static COMPARTMENT_BYTES]);
/* Nobody but readers holds its key, as far as the log tells, and no other follows it: what follows
 * leads back to it, and an invite hands on keys of what is superseded without a word in the log. */
bool epoch_clean(const struct team *t, struct epoch *e);
/* Every reader was given it. */
bool epoch_complete(const struct team *t, struct epoch *e);
/* The current epoch; shared with readers it does not have, or made, in entries of its own, when it
 * must be. Before an entry is opened, not while one is. STATUS_DENIED: this device may not write.
 */
enum status epoch_for_writing(struct ctx *cx, struct team *t,
                              const uint8_t compartment[static COMPARTMENT_BYTES],
                              struct epoch **ret) MUST_USE;
/* There is a clean one whose author, once he hears of this device, will give it. */
enum status epoch_awaited(struct ctx *cx, struct team *t,
                          const uint8_t compartment[static COMPARTMENT_BYTES], bool *ret) MUST_USE;
/* Its author has written since he could know of the device, and did not give it: or he is out. */
enum status epoch_neglected(struct ctx *cx, struct team *t, const struct epoch *e,
                            const struct device *d, bool *ret) MUST_USE;
/* The newest control epoch, clean or not, whose key we hold: entries that bring keys stand in it.
 */
struct epoch *epoch_for_keys(const struct team *t);
/* What a device may be given: not what lies behind the wall it came in by. */
bool epoch_allowed(struct team *t, const struct device *d, struct epoch *e);
/* Sets `seen` of all that its backlinks lead to. */
void epoch_mark_led_to(const struct team *t, const struct epoch *e, uint64_t mark);
/* Afterwards `mark` of every epoch of the compartment that the device was given, or that one it was
 * given leads back to, is what this returns. */
uint64_t epochs_mark_reached(struct team *t, const struct device *d,
                             const uint8_t compartment[static COMPARTMENT_BYTES]);
enum status epoch_make(struct ctx *cx, struct team *t, const struct id *id,
                       const struct epoch_name *name, struct epoch **ret) MUST_USE;
/* And the keys of all it leads back to. */
enum status epoch_take_key(struct ctx *cx, struct team *t, struct epoch *e,
                           const struct key *k) MUST_USE;
enum status epoch_open_backlinks(struct ctx *cx, struct team *t, struct epoch *e) MUST_USE;
enum status epochs_load(struct ctx *cx, struct team *t) MUST_USE;
void epoch_free(struct epoch *e);
/* A fresh epoch sealed to every reader; the operation is appended to out, the key is stored. A
 * control epoch starts this device's chain and those of its readers. wall: without backlinks. */
enum status epoch_mint(struct ctx *cx, struct team *t,
                       const uint8_t compartment[static COMPARTMENT_BYTES], bool wall,
                       struct buf *out, struct id *ret) MUST_USE;
/* The same, said in an entry of its own. */
enum status epoch_begin(struct ctx *cx, struct team *t,
                        const uint8_t compartment[static COMPARTMENT_BYTES], bool wall,
                        struct epoch **ret) MUST_USE;
enum status epoch_apply(struct ctx *cx, struct team *t, struct authored *a,
                        const struct epoch_op *op) MUST_USE;
enum status share_apply(struct ctx *cx, struct team *t, struct authored *a,
                        const struct share *op) MUST_USE;
/* Takes a key shared with this device, wherever the SHARE is read: the epoch's id commits to it. */
enum status share_take(struct ctx *cx, struct team *t, const struct authored *a,
                       const struct share *op) MUST_USE;
enum status share_write(struct ctx *cx, struct team *t, const struct epoch *e,
                        const struct epoch *under, const struct receiver *to,
                        struct buf *out) MUST_USE;
/* Gives it to every reader who lacks it; *ret_barred: one of them may not have it. */
enum status shares_complete(struct ctx *cx, struct team *t, struct epoch *e,
                            bool *ret_barred) MUST_USE;
/* Before an export: what other authors' newcomers lack of epochs that are this device's to give. */
enum status shares_heal(struct ctx *cx, struct team *t) MUST_USE;
/* "I cannot open this epoch, though I was given it." */
enum status ask_apply(struct ctx *cx, struct team *t, struct authored *a,
                      const struct ask *op) MUST_USE;
enum status asks_say(struct ctx *cx, struct team *t) MUST_USE;
/* An ASK of the device that nobody has answered yet; NULL: none. */
const struct question *ask_open(const struct epoch *e, const struct id *device);
/* By somebody who knew the device's entries up to this number. */
void ask_answered(struct epoch *e, const struct id *device, uint64_t known);
/* Before what waits is looked through, and for every SHARE in it: an answer that does not open is
 * none, though its entry cannot be taken yet. */
void asks_recount(struct team *t);
void ask_failed(struct team *t, const struct share *op);
/* The device was given it, as the log says. */
bool readers_have(const struct epoch *e, const struct id *device);
/* Those who surely were, from *at = 0: short ids. */
bool readers_next(const struct epoch *e, size_t *at, bytes *ret_short);
enum status readers_share(struct ctx *cx, struct epoch *e, const struct id *author,
                          const struct id *device) MUST_USE;
void transport_commit(const struct team *t, const struct key *transport, struct id *ret);
bool epoch_key_fits(const struct team *t, const struct epoch *e, const struct key *k);
/* heal.c: shares my epochs' keys with readers that came in elsewhere, hands them my chain. */
enum status team_heal(struct ctx *cx, struct team *t) MUST_USE;

/* ---- piece chains: chains.c, chain-ops.c ---- */

/* Keeps a sender's chain from this state on; the same one again is ignored. */
enum status chain_keep(struct ctx *cx, struct team *t, const struct device *d,
                       const struct id *epoch, const struct chain *state) MUST_USE;
struct chain_state {
    int64_t ix;
    struct id epoch;
    struct chain chain;
};
enum status chain_each(struct ctx *cx, struct team *t,
                       enum status (*visit)(void *self, struct ctx *cx,
                                            const struct chain_state *s),
                       void *self) MUST_USE;
/* Any chain of the device in that epoch is held. */
enum status chain_known(struct ctx *cx, struct team *t, const struct device *d,
                        const struct id *epoch, bool *ret) MUST_USE;
/* chain-age.c: something is to be retired or erased; does it. */
enum status chains_due(struct ctx *cx, struct team *t, int64_t grace, bool *ret) MUST_USE;
enum status chains_erase(struct ctx *cx, struct team *t, int64_t grace) MUST_USE;
enum status chain_own(struct ctx *cx, struct team *t, const struct id *epoch, struct chain *ret,
                      bool *ret_there) MUST_USE;
enum status chain_apply(struct ctx *cx, struct team *t, struct authored *a,
                        const struct chain_op *op) MUST_USE;
/* The CHAIN operation that hands `state` of device `about` to the devices in `to`. */
struct chain_gift {
    const struct id *about, *epoch;
    const struct chain *state;
    struct device *const *to;
    size_t count;
    bytes handed; /* encoded list; empty: none */
};
enum status chain_write(struct ctx *cx, struct team *t, const struct chain_gift *g,
                        const struct epoch *under, struct buf *out) MUST_USE;
/* The device holds this device's chain of that epoch; by which entry, or by its invite (0). */
enum status reached_add(struct ctx *cx, struct team *t, const struct id *epoch,
                        const uint8_t short_id[static SHORT_ID_BYTES], struct place by) MUST_USE;
bool reached_place(const struct team *t, const struct id *epoch,
                   const uint8_t short_id[static SHORT_ID_BYTES], struct place *ret);
void reached_drop(struct team *t, const struct id *epoch,
                  const uint8_t short_id[static SHORT_ID_BYTES]);
bool reached_has(const struct team *t, const struct id *epoch,
                 const uint8_t short_id[static SHORT_ID_BYTES]);
/* Who holds the chain that T of an EPOCH gives this device. */
enum status chain_apply_epoch(struct ctx *cx, struct team *t, const struct authored *a,
                              const struct epoch_op *op, const struct key *transport) MUST_USE;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records-int: what the files of this room share.
 *
 * The one idea: the state of a record is a pure function of the set of its operations and of the
 * kit. rec_load() brings the operations of one record into memory in the total order (lamport,
 * device id, key); rec_judge() walks them once, decides each one's fate from what stands before it
 * and turns the accepted ones into cells; field_resolve() reads a field's value from its cells;
 * rec_store() writes the row of the wide table. Everything else (fast.c) is a short cut that must
 * give what this path gives, and the property tests compare the two.
 */
#ifndef RECORDS_INT_H
#define RECORDS_INT_H

#include "records.h"

/* ---- operations as bytes (op.c) -------------------------------------------------------------- */

enum op_verb {
    OP_NONE = 0, /* kept only: its bytes break [F-92..] */
    OP_CREATE = 1,
    OP_SET = 2,
    OP_ADD = 3,
    OP_TAG_ADD = 4,
    OP_TAG_REMOVE = 5,
    OP_LOG = 6,
    OP_MOVE = 7,
    OP_DELETE = 8,
    OP_RESTORE = 9,
};
enum {
    OP_VERB_LAST = 63,      /* larger verbs belong to other rooms */
    OP_NAME_BYTES_MAX = 80, /* "kit.type", a field, a transition */
    OP_REFS_MAX = 1024,     /* operations named in one base or cut */
    OP_SEQ_MAX = 0x7fffffff,
    OP_INDEX_MAX = 0xffff,
};

/* The name of an operation inside another: [device | null for the author's own, seq, index]. */
struct op_ref {
    bool own;
    uint8_t device[8];
    uint64_t seq;
    uint64_t index;
};
/* What stands in an encoded operation. Views borrow from its bytes. */
struct op_form {
    enum op_verb verb;
    int64_t seconds;      /* after the entry's time */
    struct op_ref record; /* all but OP_CREATE */
    text name;            /* type of OP_CREATE, field of 2..6 */
    bytes base;           /* encoded array of refs: base of 2, adds of 5, cut of 7 and 8, deletes */
    bytes value;          /* encoded: pairs; value; delta; tag; line; transition, state, pairs */
    bool joined;          /* one action with the operation before it */
};
/* Structure only; says nothing of kits. false: breaks a clause. */
bool op_parse(bytes encoded, struct op_form *ret) MUST_USE;
enum status op_encode(struct ctx *cx, const struct op_form *form, struct buf *out) MUST_USE;
/* Canonical order of refs in an array. */
int op_ref_compare(const struct op_ref *a, const struct op_ref *b);
void op_ref_read(struct wire_reader *r, struct op_ref *ret);
void op_ref_write(struct wire_writer *w, const struct op_ref *ref);
/* Iterates (name, value) pairs of OP_CREATE and OP_MOVE, already validated. */
struct pair_reader {
    struct wire_reader r;
    size_t left;
};
void pair_start(struct pair_reader *p, bytes pairs);
bool pair_next(struct pair_reader *p, text *ret_name, bytes *ret_value);
/* Splits the value of an OP_MOVE. transition: empty when it is null (settles or takes back). */
void move_split(bytes value, text *ret_transition, text *ret_state, bytes *ret_pairs);

/* ---- fates ----------------------------------------------------------------------------------- */

enum fate {
    FATE_APPLIED = 0,
    /* by the operation, its author's rights and the kit alone */
    FATE_MALFORMED = 1,
    FATE_RIGHT = 2,
    FATE_FIELD = 3,
    FATE_KIND = 4,
    FATE_VALUE = 5,
    FATE_REQUIRED = 6,
    FATE_START = 7,
    FATE_TRANSITION = 8,
    FATE_ROLE = 9,
    FATE_VOID = 10, /* its entry does not count */
    FATE_ALONE_LAST = 31,
    /* by what stands before it */
    FATE_RECORD = 32,
    FATE_TYPE = 33,
    FATE_BASE = 34,
    FATE_FROM = 35,
    FATE_GUARD = 36,
    FATE_SELF = 37,
    FATE_SETTLE = 38,
    FATE_GONE = 39,
    FATE_PLACE = 40,
};
text fate_words(enum fate fate);

/* ---- memory of one record -------------------------------------------------------------------- */

struct arena_block;
struct arena {
    struct arena_block *first, *current;
};
enum status arena_take(struct ctx *cx, struct arena *a, size_t len, uint8_t **ret) MUST_USE;
enum status arena_copy(struct ctx *cx, struct arena *a, bytes from, bytes *ret) MUST_USE;
void arena_reset(struct arena *a);
void arena_finish(struct arena *a);

/* op.standing: whether it is one action with the operation before it, and by what right. */
#define STANDING_JOINED         1
#define STANDING_ID(s)          ((s) >> 1)
#define STANDING(id, is_joined) ((int64_t)(id) << 1 | ((is_joined) ? STANDING_JOINED : 0))

struct op {
    int64_t key;
    int64_t record; /* 0: its record's device is not known here */
    enum op_verb verb;
    int64_t field; /* word; of OP_CREATE the type; 0 for the whole record */
    int64_t lamport;
    int64_t time;
    int64_t standing;
    enum fate fate;
    enum fate stored_fate;
    bool fresh; /* not in the op table yet */
    bool late;  /* value is long and still in the table */
    bytes base;
    bytes value;
};

#define CELL_NONE UINT32_MAX
/* What one accepted operation says about one field. */
struct cell {
    uint32_t op;
    uint32_t field;               /* index in the type */
    uint32_t next;                /* of the same field, in order */
    uint32_t base_at, base_count; /* cells it was made on, in rec.bases */
    bool gives;                   /* a value; else it only removes */
    bool mute;                    /* of what does not count: hands on what it was made on */
    bool beaten;                  /* scratch of field_resolve */
    uint8_t mark;                 /* scratch of merge-doc.c */
    bytes value;                  /* encoded; NULL: fetch with cell_value() */
};

struct table;
struct rec {
    struct records *r;
    const struct table *table; /* NULL: type unknown here */
    int64_t key;
    struct op *ops; /* in total order; ops[0] is the OP_CREATE when it is here */
    size_t op_count, op_cap;
    size_t judged;
    uint32_t *by_key; /* ops by key, valid up to sorted */
    size_t by_key_cap, sorted;
    struct cell *cells;
    size_t cell_count, cell_cap;
    uint32_t *bases;
    size_t base_count, base_cap;
    uint32_t *live; /* result of field_resolve */
    size_t live_cap;
    uint32_t first[FIELDS_PER_TYPE_MAX], last[FIELDS_PER_TYPE_MAX];
    struct arena arena;
};
void rec_reset(struct rec *rec, int64_t key);
void rec_finish(struct rec *rec);
/* All operations of the record in order, copied. recheck: what the kit alone decides is decided
 * anew. A record that is not here gives op_count 0. */
enum status rec_load(struct ctx *cx, struct rec *rec, int64_t record, bool recheck) MUST_USE;
/* Puts a copy of the operation at the end. It must be the last in total order. */
enum status rec_append(struct ctx *cx, struct rec *rec, const struct op *op) MUST_USE;
/* Index of an operation, CELL_NONE when it is not here. */
enum status rec_find_op(struct ctx *cx, struct rec *rec, int64_t key, uint32_t *ret) MUST_USE;
bool rec_alive(const struct rec *rec); /* its OP_CREATE is here and applied */
enum status cell_value(struct ctx *cx, struct rec *rec, uint32_t cell, struct value *ret) MUST_USE;
enum status op_value_fetch(struct ctx *cx, struct rec *rec, struct op *op) MUST_USE;
bool value_decode(bytes encoded, struct value *ret) MUST_USE;
/* Grows *array of items of `size` to hold `need`. */

/* ---- judge (judge.c, judge-move.c) ----------------------------------------------------------- */

/* Judges the operations that were not judged yet and makes their cells. */
enum status rec_judge(struct ctx *cx, struct rec *rec) MUST_USE;
/* What the operation, its rights and the kit alone decide. */
enum status check_alone(struct ctx *cx, struct records *r, const struct table *t,
                        const struct op *op, enum fate *ret) MUST_USE;
enum status check_value(struct ctx *cx, const struct field *f, bytes encoded,
                        enum fate *ret) MUST_USE;
/* Fields that hold one value that a newer one replaces. */
bool field_is_register(const struct field *f);
enum status judge_move(struct ctx *cx, struct rec *rec, uint32_t index, enum fate *ret) MUST_USE;
enum status cell_add(struct ctx *cx, struct rec *rec, uint32_t op, size_t field, bytes value,
                     bool gives, uint32_t *ret) MUST_USE;
/* A move that does not count: what others made on top of it still knows what it was made on. */
enum status mute_move(struct ctx *cx, struct rec *rec, uint32_t index) MUST_USE;
enum status base_add(struct ctx *cx, struct rec *rec, uint32_t cell, uint32_t base) MUST_USE;
/* The transition of an operation, or NULL. */
const struct transition *table_transition(const struct table *t, text name, text to);

/* What an author had seen of a record: of each device all operations up to one. */
struct cut_end {
    int64_t device;
    int64_t key;
};
struct cut {
    struct cut_end *ends; /* in the rec's arena */
    size_t count;
    int64_t before; /* of the author's own device everything before this operation */
};
enum status cut_read(struct ctx *cx, struct rec *rec, uint32_t op, struct cut *ret) MUST_USE;
bool cut_holds(const struct cut *cut, const struct op *op); /* NULL holds everything */
/* Encodes what counts here of the record, other than the author's own operations. */
enum status cut_write(struct ctx *cx, struct rec *rec, struct buf *out) MUST_USE;

/* ---- merge (merge.c, merge-doc.c) ------------------------------------------------------------ */

struct outcome {
    struct value value; /* VALUE_NULL for tags; the count for logs; the sum */
    uint32_t winner;    /* cell, or CELL_NONE */
    size_t live;        /* rec.live[0..live): cells in order that nothing replaced */
    bool conflict;
    bool merged; /* value is no cell's own, but a clean merge of all live ones */
};
enum status field_resolve(struct ctx *cx, struct rec *rec, size_t field, const struct cut *cut,
                          struct outcome *ret) MUST_USE;
/* A clean merge of all live values: *ret_clean and text in the arena. */
enum status doc_merge(struct ctx *cx, struct rec *rec, size_t field, size_t live, bool *ret_clean,
                      text *ret) MUST_USE;
/* Keys of deletions that hold, at most max; one is enough for the record to be deleted. */
enum status rec_deletions(struct ctx *cx, struct rec *rec, int64_t *keys, size_t max,
                          size_t *ret_count) MUST_USE;
/* Live tags of the last field_resolve, sorted and without repeats, joined with ", ". */
enum status tags_join(struct ctx *cx, struct rec *rec, const struct outcome *o,
                      struct buf *out) MUST_USE;
enum status tags_list(struct ctx *cx, struct rec *rec, const struct outcome *o, text **ret,
                      size_t *ret_count) MUST_USE;

/* ---- wide tables (tables.c, row.c) ----------------------------------------------------------- */

enum {
    COLUMN_ID,
    COLUMN_CREATED,
    COLUMN_CHANGED,
    COLUMN_BY,
    COLUMN_DELETED,
    COLUMN_CONFLICTS,
    COLUMN_LAMPORT,
    COLUMN_IN,     /* number of the compartment, place_id() */
    COLUMN_FIELDS, /* the type's fields follow in their order */
};
/* Its texts and arrays live in the records' word_memory. */
struct table {
    const struct record_type *type;
    text type_name; /* "kit.type" */
    int64_t word;
    int64_t words[FIELDS_PER_TYPE_MAX]; /* of the fields */
    const struct field *state;          /* or NULL */
    size_t state_index;
    uint32_t order[FIELDS_PER_TYPE_MAX]; /* fields in the order of their names */
    bool finds;                          /* some field is searched */
    bool found[FIELDS_PER_TYPE_MAX];     /* this one is: marked, or the title; never a secret */
    const char *name;                    /* t1_tickets_ticket */
    const char *put_sql;                 /* a whole row */
    const char *row_sql;                 /* one row by record */
    const char *tip_sql;                 /* _lamport, _deleted, _in by record */
    const char *drop_sql;                /* one row by record */
    const char **set_sql;                /* by field: record, value, _changed, _lamport */
    const char **count_sql;              /* by field: record, number added, _changed, _lamport */
};
const struct table *table_of_type(const struct records *r,
                                  const struct record_type *type); /* or NULL */
const struct table *table_by_word(const struct records *r, int64_t word);
const struct table *table_by_name(const struct records *r, text type_name);
size_t table_field_index(const struct table *t, const struct field *f);
/* Index in the type, or SIZE_MAX. */
size_t table_field_by_word(const struct table *t, int64_t word);
size_t table_field_by_name(const struct table *t, text name);
enum status table_init(struct ctx *cx, struct records *r, const struct record_type *type,
                       struct table *ret) MUST_USE;
/* Makes the table, or the columns and indexes it lacks. */
enum status table_ensure(struct ctx *cx, struct records *r, const struct table *t) MUST_USE;
enum status table_exists(struct ctx *cx, struct records *r, const char *name, bool *ret) MUST_USE;
enum status table_create(struct ctx *cx, struct records *r, const struct table *t) MUST_USE;
enum status table_drop_indexes(struct ctx *cx, struct records *r, const struct table *t) MUST_USE;
/* Hash of everything the judge and the tables take from the type. */
enum status table_print(struct ctx *cx, const struct table *t, struct id *ret) MUST_USE;

/* Writes fates, fresh operations, the row, and that its words changed. */
enum status rec_store(struct ctx *cx, struct rec *rec) MUST_USE;
enum status op_insert(struct ctx *cx, struct records *r, const struct op *op,
                      bool *ret_new) MUST_USE;
enum status row_bind(struct ctx *cx, struct records *r, struct stmt *s, int column,
                     const struct field *f, const struct value *v) MUST_USE;
enum status find_pending_add(struct ctx *cx, struct records *r, int64_t record) MUST_USE;
/* The name a wide table shows for a member; remembers when it is not known here. */
enum status person_name(struct ctx *cx, struct records *r, bytes member, struct buf *scratch,
                        text *ret) MUST_USE;

/* ---- the room's own state -------------------------------------------------------------------- */

/* By what right an operation was written. */
struct standing {
    int64_t id;
    int64_t place;          /* number of the compartment alone */
    struct entry_info info; /* compartment and roles; the rest is of no matter */
};
struct word_slot {
    text name;
    int64_t id;
};
enum { DIRTY_MAX = 64 };
struct records {
    struct team *team;
    struct vault *vault;
    const struct schema *schema;
    struct table *tables;
    size_t table_count;
    struct word_slot *words; /* names of the schema, hashed */
    size_t word_cap, word_count;
    struct standing *standings;
    size_t standing_cap, standing_count;
    struct buf scratch; /* texts on their way into a row */
    struct arena word_memory;
    struct rec rec;           /* scratch of apply and of the writers */
    int64_t dirty[DIRTY_MAX]; /* records to be computed again before this entry is done */
    size_t dirty_count;
    const struct table *likely; /* type of the record last asked for, or NULL */
    bool strays;                /* there may be operations with record 0 */
    size_t devices_known;       /* when the strays were tried last */
    struct {
        uint8_t short_id[8];
        int64_t ix;
    } last_device;
};

/* words.c: the small number of a name; made when it is new. */
enum status word_id(struct ctx *cx, struct records *r, text name, int64_t *ret) MUST_USE;
/* The same, kept in memory: for names of the schema. */
enum status word_keep(struct ctx *cx, struct records *r, text name, int64_t *ret) MUST_USE;
enum status word_name(struct ctx *cx, struct records *r, int64_t id, struct buf *out) MUST_USE;

/* standing.c */
/* As op.standing has it, without the joined bit. */
enum status standing_of(struct ctx *cx, struct records *r, const struct entry_info *info,
                        int64_t *ret) MUST_USE;
/* *ret: until the next call here. */
enum status standing_get(struct ctx *cx, struct records *r, int64_t standing,
                         const struct standing **ret) MUST_USE;
enum status place_id(struct ctx *cx, struct records *r,
                     const uint8_t compartment[static COMPARTMENT_BYTES], int64_t *ret) MUST_USE;

/* 0: nothing was ever written in it here. */
enum status place_find(struct ctx *cx, struct records *r,
                       const uint8_t compartment[static COMPARTMENT_BYTES], int64_t *ret) MUST_USE;

/* refs.c: names of operations <-> local keys */
/* 0: device not known here. author: device of the operation the ref stands in. */
int64_t ref_key(struct records *r, int64_t author, const struct op_ref *ref);
void key_ref(struct records *r, int64_t author, int64_t key, struct op_ref *ret);
/* Encodes a sorted array of refs for this device as author. */
enum status refs_write(struct ctx *cx, struct records *r, const int64_t *keys, size_t count,
                       struct buf *out) MUST_USE;
/* Total order of operations. */
int op_order(struct records *r, int64_t key_a, int64_t lamport_a, int64_t key_b, int64_t lamport_b);
const struct id *device_member(struct records *r, int64_t ix); /* or NULL */

/* apply.c */
enum status records_apply(void *self, struct ctx *cx, const struct entry_info *info, bytes body);
/* From its form to a row; op->key, lamport, time and standing are set already. *ret_table NULL: the
 * record is not here or of an unknown type. */
enum status op_take_form(struct ctx *cx, struct records *r, const struct op_form *form,
                         bytes encoded, struct op *op, const struct table **ret_table) MUST_USE;
/* Where an entry's operations come from. */
struct origin {
    int64_t device; /* its own number, whatever the branch */
    uint64_t seq;
    int64_t lamport, standing;
    int64_t time; /* from the body */
};
enum status origin_of(struct ctx *cx, struct records *r, const struct entry_info *info,
                      struct origin *ret) MUST_USE;
/* As a row, its fate by form alone; *ret_table as above. Borrows from `encoded`. *ret_ours false:
 * an operation of another room. */
enum status op_read(struct ctx *cx, struct records *r, const struct origin *from, size_t index,
                    bytes encoded, struct op *ret, const struct table **ret_table,
                    bool *ret_ours) MUST_USE;
/* Operations on the record are here, other than its OP_CREATE. */
enum status someone_waits(struct ctx *cx, struct records *r, int64_t record, bool *ret) MUST_USE;
enum status dirty_add(struct ctx *cx, struct records *r, int64_t record) MUST_USE;
enum status dirty_flush(struct ctx *cx, struct records *r) MUST_USE;
/* effect.c */
enum status records_changed(void *self, struct ctx *cx, int64_t device_ix, uint64_t from,
                            uint64_t to);
/* Brings in every entry that does not count: after log_replay(), which leaves them out. */
enum status voids_replay(struct ctx *cx, struct records *r) MUST_USE;

/* void.c: entries that do not count, and why */
struct void_entry {
    int64_t device_ix; /* of the branch */
    uint64_t seq;
    int64_t lamport;
    text why;
};
struct void_list {
    struct void_entry *at; /* by device and seq */
    size_t count, cap;
    struct arena memory;
    bool loaded;
};
enum status voids_load(struct ctx *cx, struct records *r, struct void_list *ret) MUST_USE;
void voids_finish(struct void_list *v);
/* Why the entry of an operation does not count; empty when it is not among them. */
text voids_why(struct records *r, const struct void_list *v, int64_t op_key);

/* adopt.c: *ret_as 0 when there was nothing left to do. */
enum status adopted_as(struct ctx *cx, struct records *r, int64_t key, bool *ret,
                       int64_t *ret_as) MUST_USE;
/* history.c */
typedef enum status history_visit(void *self, struct ctx *cx, const struct history_line *h);
struct teller {
    struct rec *rec;
    history_visit *visit;
    void *self;
    struct buf value, reason;
    struct void_list voids;
};
#define APPROVED_VOID "approved something that does not count any more"
void teller_init(struct teller *t, struct rec *rec, history_visit *visit, void *self);
void teller_finish(struct teller *t);
/* The lines of one operation of t->rec. */
enum status tell_op(struct ctx *cx, struct teller *t, struct op *op) MUST_USE;

/* fast.c: *ret_done when the operation was applied by the short way. */
enum status apply_fast(struct ctx *cx, struct records *r, const struct table *t,
                       const struct op *op, bool *ret_done, bool *ret_stored) MUST_USE;

/* open.c: every record of one device, of the marked tables (NULL: all), in the order of keys. */
enum status records_each(struct ctx *cx, struct records *r, const bool *marked, int64_t device_ix,
                         enum status (*visit)(void *self, struct ctx *cx, int64_t record),
                         void *self) MUST_USE;
/* Computes every record of the marked tables again. */
enum status records_recompute(struct ctx *cx, struct records *r, const bool *marked) MUST_USE;

/* ---- writing (write.c, write-tags.c, write-move.c) ------------------------------------------- */

/* The operations of one call of the door: judged in memory as they are made, then appended to the
 * log and stored together. Until then their keys are of entry OP_SEQ_MAX. */
struct draft {
    struct records *r;
    struct rec *rec; /* the record as it is with them */
    size_t first;    /* index of the first new operation in rec */
    int64_t now;
    int64_t standing;
    struct entry_info info; /* of the entry it will stand in: my roles, the record's compartment */
    struct buf scratch;     /* a value as typed, parsed */
    struct buf encoded;     /* a value, refs or a whole operation */
};
/* An existing record. */
enum status draft_open(struct ctx *cx, struct draft *d, struct records *r, int64_t record) MUST_USE;
/* A record to be made. compartment NULL: the team's. */
enum status draft_new(struct ctx *cx, struct draft *d, struct records *r, const struct table *t,
                      const uint8_t *compartment) MUST_USE;
void draft_finish(struct draft *d);
/* Judged as mine; the fault says why it is refused. Views are copied. field NULL: whole record. */
enum status draft_op(struct ctx *cx, struct draft *d, enum op_verb verb, const struct field *field,
                     bytes base, bytes value) MUST_USE;
/* Nothing when there is no operation. */
enum status draft_commit(struct ctx *cx, struct draft *d) MUST_USE;
enum team_verb right_of(enum op_verb verb);
/* A SET of the field over everything live now; nothing when it changes nothing. */
enum status draft_set(struct ctx *cx, struct draft *d, const struct field *f,
                      const struct value *v) MUST_USE;
enum status draft_assign(struct ctx *cx, struct draft *d, const struct assignment *a) MUST_USE;
/* The state moves by `transition` (empty: settles or takes back) with pairs (encoded array). */
enum status draft_move(struct ctx *cx, struct draft *d, text transition, text state,
                       bytes pairs) MUST_USE;
/* By the shortest way of transitions the judge allows, one move each. */
enum status draft_walk(struct ctx *cx, struct draft *d, text state) MUST_USE;
/* write-tags.c: "+a, -b" adds and removes, "a, b" replaces, "" clears. */
enum status draft_tags(struct ctx *cx, struct draft *d, const struct field *f, text words) MUST_USE;
enum status draft_tag(struct ctx *cx, struct draft *d, const struct field *f, text tag,
                      bool add) MUST_USE;
/* The next item of a list with commas; *rest moves behind it. */
text tags_next(text *rest);
/* The assignment for a field, or NULL. STATUS_USAGE when there are two. */
enum status assignment_of(struct ctx *cx, const struct assignment *a, size_t count,
                          const struct field *f, const struct assignment **ret) MUST_USE;
/* An array of (name, encoded value), of the fields given, in the order of names [F-94]. */
struct pair {
    text name;
    bytes value;
};
enum status pairs_write(struct ctx *cx, const struct pair *pairs, size_t count,
                        struct buf *out) MUST_USE;

/* ---- values.c -------------------------------------------------------------------------------- */

/* Words of a person -> value; who, today, now and me included. */
enum status value_from_words(struct ctx *cx, struct records *r, const struct field *f, text words,
                             int64_t now, struct buf *scratch, struct value *ret) MUST_USE;
/* Display text of a value, who included, secrets masked unless reveal. */
enum status value_to_text(struct ctx *cx, struct records *r, const struct field *f,
                          const struct value *v, bool reveal, struct buf *out) MUST_USE;
enum status value_encode(struct ctx *cx, const struct value *v, struct buf *out) MUST_USE;
/* STATUS_NOT_FOUND: no such record, or no kit here knows it. */
enum status record_table(struct ctx *cx, struct records *r, int64_t record,
                         const struct table **ret) MUST_USE;
/* Loaded and judged; STATUS_NOT_FOUND as above. */
enum status record_load(struct ctx *cx, struct records *r, int64_t record) MUST_USE;

/* ---- reading (read.c, search.c) -------------------------------------------------------------- */

/* A row of the wide table, stepped; the caller resets it. */
enum status row_open(struct ctx *cx, struct records *r, const struct table *t, int64_t record,
                     struct stmt **ret) MUST_USE;
/* Display text of a column of a wide table. */
enum status cell_text_write(struct ctx *cx, const struct field *f, struct stmt *s, int column,
                            struct buf *out) MUST_USE;
enum status title_write(struct ctx *cx, struct records *r, const struct table *t, int64_t record,
                        struct buf *out) MUST_USE;
/* The one record whose title has these words. */
enum status find_by_title(struct ctx *cx, struct records *r, text words, int64_t *ret) MUST_USE;

#define SECRET_MASK                                                                                \
    "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80" \
    "\xa2"

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a thief sees of a stick: sizes, names and bytes, without any key and without a vault. So
 * this file stands on piece and on the medium only, and a person can run it on any machine.
 */
#include "transfer-int.h"

/* 0.005 % and 99.995 % of the chi-square distribution with 255 degrees of freedom. */
#define CHI_SQUARE_LOW  176.39
#define CHI_SQUARE_HIGH 352.43

void byte_count_add(struct byte_count *c, bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        c->of[b.ptr[i]]++;
    }
    c->all += b.len;
}

double byte_count_chi_square(const struct byte_count *c)
{
    double expected = (double)c->all / 256;
    double sum = 0;
    if (c->all == 0) {
        return 0;
    }
    for (size_t i = 0; i < 256; i++) {
        double off = (double)c->of[i] - expected;
        sum += off * off / expected;
    }
    return sum;
}

bool chi_square_looks_random(double chi_square)
{
    return chi_square > CHI_SQUARE_LOW && chi_square < CHI_SQUARE_HIGH;
}

struct inspection {
    const struct stick *stick;
    struct thief_view *view;
    struct byte_count count;
    struct buf whole;
    uint64_t first_size;
};

static void count_size(struct thief_view *v, uint64_t size)
{
    v->small += size == PIECE_SIZE_SMALL;
    v->medium += size == PIECE_SIZE_MEDIUM;
    v->large += size == PIECE_SIZE_LARGE;
}

static enum status inspect_one(void *self, struct ctx *cx, const struct stick_file *f)
{
    struct inspection *i = self;
    i->view->files++;
    if (f->kind != STICK_PIECE) {
        i->view->not_pieces++;
        return STATUS_OK;
    }
    enum status status = stick_read(cx, i->stick, f->name, f->size, &i->whole);
    if (status == STATUS_NOT_FOUND) {
        fault_clear(cx); /* changed while it was read */
        i->view->not_pieces++;
        return STATUS_OK;
    }
    if (status != STATUS_OK) {
        return status;
    }
    count_size(i->view, f->size);
    if (i->first_size == 0) {
        i->first_size = f->size;
    }
    i->view->same_size = i->view->same_size && f->size == i->first_size;
    byte_count_add(&i->count, buf_view(&i->whole));
    return STATUS_OK;
}

enum status transfer_inspect(struct ctx *cx, const char *path, struct thief_view *ret)
{
    enum status status = STATUS_OK;
    struct stick s = {.fd = -1};
    struct thief_view view = {.same_size = true};
    struct inspection i = {.stick = &s, .view = &view};

    buf_init(&i.whole, PIECE_SIZE_LARGE);
    TRY(stick_open(cx, path, false, &s));
    TRY(stick_each(cx, &s, inspect_one, &i));
    view.byte_chi_square = byte_count_chi_square(&i.count);
    view.looks_random = chi_square_looks_random(view.byte_chi_square);
    *ret = view;
out:
    buf_finish(&i.whole);
    stick_close(&s);
    return status;
}

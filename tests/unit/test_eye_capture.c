/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves what capture.h promises, on a device that is none: the format it agrees on, whole frames
 * and no others, everything given back, and a clear word for each way in which a camera can be
 * missing, taken, absurd, or pulled out.
 */
#include "check.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

#include "capture.h"
#include "fake-camera.h"

static struct ctx cx;

static enum status start(struct fake_camera *f, struct capture **ret)
{
    *ret = NULL;
    return capture_open(&cx, &f->device, "/dev/video0", ret);
}

static void expect_given_back(const struct fake_camera *f)
{
    assert_int_equal(f->mapped, f->unmapped);
    assert_int_equal(f->opened, f->closed);
    assert_false(f->streaming);
}

static void formats_are_agreed_on_in_order(void **state)
{
    static const struct {
        uint32_t has[FAKE_FORMATS];
        unsigned fps_large;
        enum frame_format format;
        unsigned width, stride;
    } cases[] = {
        {{V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV}, 0, FRAME_MJPEG, 1920, 0},
        {{V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG}, 0, FRAME_MJPEG, 1920, 0},
        {{V4L2_PIX_FMT_YUYV}, 5, FRAME_YUYV, 1280, 2560}, /* large is slow without MJPEG */
        {{V4L2_PIX_FMT_YUYV}, 0, FRAME_YUYV, 1920, 3840},
        {{V4L2_PIX_FMT_GREY, V4L2_PIX_FMT_NV12}, 0, FRAME_NV12, 1920, 1920},
        {{V4L2_PIX_FMT_GREY}, 0, FRAME_GREY, 1920, 1920},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_camera f;
        struct capture *c = NULL;
        fake_camera_init(&f);
        memcpy(f.formats, cases[i].has, sizeof(f.formats));
        f.fps_large = cases[i].fps_large;
        check_ok(&cx, start(&f, &c));
        const struct capture_mode *m = capture_mode(c);
        assert_int_equal(m->format, cases[i].format);
        assert_int_equal(m->width, cases[i].width);
        assert_int_equal(m->stride, cases[i].stride);
        assert_int_equal(m->millifps, 30000);
        assert_true(f.streaming);
        assert_int_equal(f.queued, FAKE_BUFFERS);
        capture_close(&c);
        capture_close(&c);
        expect_given_back(&f);
    }
}

static void small_cameras_are_taken_as_they_are(void **state)
{
    struct fake_camera f;
    struct capture *c = NULL;
    (void)state;
    fake_camera_init(&f);
    f.width = 640;
    f.height = 480;
    check_ok(&cx, start(&f, &c));
    assert_int_equal(capture_mode(c)->width, 640);
    capture_close(&c);
    expect_given_back(&f);
}

static void frames_come_whole_or_not_at_all(void **state)
{
    struct fake_camera f;
    struct capture *c = NULL;
    struct frame frame;
    bool got = true;
    (void)state;
    fake_camera_init(&f);
    f.formats[0] = V4L2_PIX_FMT_YUYV;
    check_ok(&cx, start(&f, &c));
    for (int i = 0; i < 10; i++) {
        check_ok(&cx, capture_next(&cx, c, &got, &frame));
        assert_true(got);
        assert_int_equal(frame.len, 1920 * 1080 * 2);
        assert_ptr_equal(frame.data, f.memory[i % FAKE_BUFFERS]);
        check_ok(&cx, capture_done(&cx, c));
    }
    assert_int_equal(f.queued, FAKE_BUFFERS + 10);
    f.bytes_off = -1;
    check_ok(&cx, capture_next(&cx, c, &got, &frame));
    assert_false(got);
    f.bytes_off = 1; /* more than the buffer holds */
    check_ok(&cx, capture_next(&cx, c, &got, &frame));
    assert_false(got);
    f.bytes_off = 0;
    f.flags = V4L2_BUF_FLAG_ERROR;
    check_ok(&cx, capture_next(&cx, c, &got, &frame));
    assert_false(got);
    f.flags = 0;
    assert_int_equal(f.queued, FAKE_BUFFERS + 13); /* damaged ones go back at once */
    f.dequeue_errno = EAGAIN;
    check_ok(&cx, capture_next(&cx, c, &got, &frame));
    assert_false(got);
    f.dequeue_errno = EIO; /* once is a lost transfer */
    check_ok(&cx, capture_next(&cx, c, &got, &frame));
    assert_false(got);
    f.dequeue_errno = 0;
    check_ok(&cx, capture_next(&cx, c, &got, &frame));
    assert_true(got);
    check_ok(&cx, capture_done(&cx, c));
    capture_close(&c);
    expect_given_back(&f);
}

static void trouble_has_a_name(void **state)
{
    struct fake_camera f;
    struct capture *c = NULL;
    struct frame frame;
    bool got = false;
    (void)state;
    fake_camera_init(&f);
    f.gone_after = 1;
    check_ok(&cx, start(&f, &c));
    check_ok(&cx, capture_next(&cx, c, &got, &frame));
    check_ok(&cx, capture_done(&cx, c));
    check_fault(&cx, STATUS_NOT_FOUND, "unplugged", capture_next(&cx, c, &got, &frame));
    capture_close(&c);
    expect_given_back(&f);

    fake_camera_init(&f);
    check_ok(&cx, start(&f, &c));
    f.dequeue_errno = EIO;
    enum status status = STATUS_OK;
    int tries = 0;
    while (status == STATUS_OK && tries++ < 1000) {
        status = capture_next(&cx, c, &got, &frame);
    }
    check_status(&cx, STATUS_IO, status);
    capture_close(&c);

    fake_camera_init(&f);
    check_ok(&cx, start(&f, &c));
    f.bytes_off = -2000000;
    f.flags = V4L2_BUF_FLAG_ERROR;
    for (tries = 0, status = STATUS_OK; status == STATUS_OK && tries < 1000; tries++) {
        status = capture_next(&cx, c, &got, &frame);
    }
    check_fault(&cx, STATUS_IO, "damaged", status);
    capture_close(&c);

    fake_camera_init(&f);
    f.wrong_index = true;
    check_ok(&cx, start(&f, &c));
    check_status(&cx, STATUS_MALFORMED, capture_next(&cx, c, &got, &frame));
    capture_close(&c);
    expect_given_back(&f);
}

static void what_does_not_open_says_why(void **state)
{
    static const struct {
        int error;
        enum status status;
    } cases[] = {{ENOENT, STATUS_NOT_FOUND},
                 {ENODEV, STATUS_NOT_FOUND},
                 {EACCES, STATUS_DENIED},
                 {EBUSY, STATUS_BUSY},
                 {EMFILE, STATUS_IO}};
    struct fake_camera f;
    struct capture *c = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake_camera_init(&f);
        f.open_errno = cases[i].error;
        check_status(&cx, cases[i].status, start(&f, &c));
        assert_null(c);
    }
    fake_camera_init(&f);
    f.no_camera = true;
    check_status(&cx, STATUS_UNSUPPORTED, start(&f, &c));
    expect_given_back(&f);
    fake_camera_init(&f);
    f.no_stream = true;
    check_status(&cx, STATUS_UNSUPPORTED, start(&f, &c));
    fake_camera_init(&f);
    f.busy_errno = EBUSY;
    check_status(&cx, STATUS_BUSY, start(&f, &c));
    expect_given_back(&f);
    fake_camera_init(&f);
    memset(f.formats, 0, sizeof(f.formats));
    f.formats[0] = V4L2_PIX_FMT_H264;
    check_fault(&cx, STATUS_UNSUPPORTED, "MJPEG", start(&f, &c));
    expect_given_back(&f);
}

static void absurd_cameras_are_refused(void **state)
{
    static const struct {
        unsigned width, height, stride, size_image, buffers, buffer_bytes;
    } cases[] = {
        {1, 1, 0, 0, 0, 0},
        {100000, 100000, 0, 0, 0, 0},
        {1920, 1080, 1000, 0, 0, 0},
        {1920, 1080, 0, 1000, 0, 0},
        {1920, 1080, 0, 0x7fffffff, 0, 0},
        {1920, 1080, 0xffffffff, 0, 0, 0},
        {0, 0, 0, 0, 1, 0},
        {0, 0, 0, 0, 0, 0x7fffffff},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_camera f;
        struct capture *c = NULL;
        fake_camera_init(&f);
        memset(f.formats, 0, sizeof(f.formats));
        f.formats[0] = V4L2_PIX_FMT_YUYV;
        f.width = cases[i].width;
        f.height = cases[i].height;
        f.stride = cases[i].stride;
        f.size_image = cases[i].size_image;
        f.buffers = cases[i].buffers;
        f.buffer_bytes = cases[i].buffer_bytes;
        enum status status = start(&f, &c);
        assert_true(status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED);
        fault_clear(&cx);
        assert_null(c);
        expect_given_back(&f);
    }
}

static void focus_is_held_and_let_go(void **state)
{
    struct fake_camera f;
    struct capture *c = NULL;
    (void)state;
    fake_camera_init(&f);
    check_ok(&cx, start(&f, &c));
    assert_int_equal(f.focus, 1);
    capture_hold_focus(c, true);
    assert_int_equal(f.focus, 0);
    capture_hold_focus(c, false);
    assert_int_equal(f.focus, 1);
    capture_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_agreed_on_in_order),
        cmocka_unit_test(small_cameras_are_taken_as_they_are),
        cmocka_unit_test(frames_come_whole_or_not_at_all),
        cmocka_unit_test(trouble_has_a_name),
        cmocka_unit_test(what_does_not_open_says_why),
        cmocka_unit_test(absurd_cameras_are_refused),
        cmocka_unit_test(focus_is_held_and_let_go),
    };
    ctx_init(&cx, system_real());
    return cmocka_run_group_tests(tests, NULL, NULL);
}

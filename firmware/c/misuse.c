#include "demo.h"
#include "model.h"

static mote_model_t model, broken, empty_model;
static mote_session_t session, empty_session;
static MOTE_ALIGNED(MOTE_ARENA_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES + MOTE_ARENA_ALIGNMENT];
static uint8_t state[MODEL_STATE_BYTES + 1];
static uint8_t copy[MODEL_MODEL_BYTES];

/* Ends the function with the line's text when a call does not give the status it must. */
#define EXPECT(status, call)                                                                                           \
    do {                                                                                                               \
        if ((call) != (status)) {                                                                                      \
            print("wrong status: " #call "\n");                                                                        \
            return 1;                                                                                                  \
        }                                                                                                              \
    } while (0)

static int bad_files(print_text print)
{
    size_t at, accepted = 0;
    mote_place_t place;
    const mote_operator_t *const none[1] = {0};
    for (at = 0; at < MODEL_MODEL_BYTES; at++)
        copy[at] = model_model[at];
    EXPECT(MOTE_ERROR_NULL, mote_model_parse(0, 100, &broken));
    EXPECT(MOTE_ERROR_NULL, mote_model_parse(copy, MODEL_MODEL_BYTES, 0));
    EXPECT(MOTE_ERROR_FILE_TRUNCATED, mote_model_parse(copy, 0, &broken));
    EXPECT(MOTE_ERROR_FILE_TRUNCATED, mote_model_parse(copy, MODEL_MODEL_BYTES - 1, &broken));
    EXPECT(MOTE_ERROR_LENGTH, mote_model_parse(copy, (size_t)-1, &broken));
    EXPECT(MOTE_ERROR_SHARED_MEMORY, mote_model_parse((const uint8_t *)&broken, sizeof broken, &broken));
    EXPECT(MOTE_ERROR_ALIGNMENT,
           mote_model_parse(copy, MODEL_MODEL_BYTES, (mote_model_t *)(void *)((uint8_t *)&broken + 1)));
    copy[0] ^= 1;
    EXPECT(MOTE_ERROR_FILE_NOT_A_MODEL, mote_model_parse(copy, MODEL_MODEL_BYTES, &broken));
    copy[0] ^= 1;
    /* A list without operators, and one with no operator in it. */
    EXPECT(MOTE_ERROR_MODEL_MISSING_OPERATOR, mote_model_parse_with(copy, MODEL_MODEL_BYTES, 0, 0, &broken));
    EXPECT(MOTE_OK, mote_model_error_place(&broken, &place));
    if (place.operator_index != 0 || place.detail == 0) {
        print("a missing operator has no place\n");
        return 1;
    }
    EXPECT(MOTE_ERROR_NULL, mote_model_parse_with(copy, MODEL_MODEL_BYTES, none, 1, &broken));
    /* Any one byte changed: a status or a model, and never anything else. */
    for (at = 0; at < MODEL_MODEL_BYTES && at < 2048; at++) {
        copy[at] ^= 0x55;
        accepted += mote_model_parse_with(copy, MODEL_MODEL_BYTES, model_operators, MODEL_OPERATORS, &broken) == MOTE_OK;
        copy[at] ^= 0x55;
    }
    /* Bytes of the version number, of offsets and sizes cannot all be without meaning. */
    if (accepted == at) {
        print("every broken file was accepted\n");
        return 1;
    }
    return 0;
}

static int bad_sessions(print_text print)
{
    mote_place_t place;
    EXPECT(MOTE_OK, model_parse(&model));
    EXPECT(MOTE_ERROR_NOT_READY, mote_session_init(&session, &empty_model, arena, MODEL_ARENA_BYTES, state, 0));
    EXPECT(MOTE_ERROR_NULL, mote_session_init(&session, 0, arena, MODEL_ARENA_BYTES, state, MODEL_STATE_BYTES));
    EXPECT(MOTE_ERROR_NULL, mote_session_init(0, &model, arena, MODEL_ARENA_BYTES, state, MODEL_STATE_BYTES));
    EXPECT(MOTE_ERROR_NULL, mote_session_init(&session, &model, 0, MODEL_ARENA_BYTES, state, MODEL_STATE_BYTES));
    EXPECT(MOTE_ERROR_ALIGNMENT,
           mote_session_init(&session, &model, arena + 1, MODEL_ARENA_BYTES, state, MODEL_STATE_BYTES));
    EXPECT(MOTE_ERROR_SHARED_MEMORY, mote_session_init(&session, &model, arena, MODEL_ARENA_BYTES, arena, 1));
    EXPECT(MOTE_ERROR_ARENA_TOO_SMALL,
           mote_session_init(&session, &model, arena, MODEL_ARENA_BYTES - 1, state, MODEL_STATE_BYTES));
    EXPECT(MOTE_OK, mote_session_error_place(&session, &place));
    if (place.detail != MODEL_ARENA_BYTES) {
        print("the size needed is not told\n");
        return 1;
    }
    EXPECT(MOTE_ERROR_NOT_READY, mote_session_run(&session));
    EXPECT(MOTE_ERROR_NOT_READY, mote_session_run(&empty_session));
    EXPECT(MOTE_ERROR_NULL, mote_session_run(0));
    return 0;
}

static int bad_calls(print_text print)
{
    void *data;
    const void *result;
    size_t bytes;
    float real = 0;
    int32_t pending;
    mote_tensor_t tensor;
    EXPECT(MOTE_OK, mote_session_init(&session, &model, arena, MODEL_ARENA_BYTES, state, MODEL_STATE_BYTES));
    EXPECT(MOTE_ERROR_NO_SUCH_PORT, mote_session_input(&session, MODEL_INPUTS, &data, &bytes));
    EXPECT(MOTE_ERROR_NO_SUCH_PORT, mote_session_output(&session, 1000, &result, &bytes));
    EXPECT(MOTE_ERROR_NO_SUCH_PORT, mote_model_input(&model, MODEL_INPUTS, &tensor));
    EXPECT(MOTE_ERROR_NULL, mote_session_input(&session, 0, 0, &bytes));
    EXPECT(MOTE_ERROR_NULL, mote_session_input(&session, 0, &data, 0));
    EXPECT(MOTE_ERROR_NULL, mote_session_poll(&session, 1, 0));
    EXPECT(MOTE_ERROR_NULL, mote_session_set_input(&session, 0, 0, 1));
    EXPECT(MOTE_ERROR_LENGTH, mote_session_set_input(&session, 0, &real, MODEL_INPUT_0_ELEMENTS == 1 ? 0 : 1));
    EXPECT(MOTE_OK, mote_session_poll(&session, 1, &pending));
    if (pending) {
        EXPECT(MOTE_ERROR_BUSY, mote_session_input(&session, 0, &data, &bytes));
        EXPECT(MOTE_ERROR_BUSY, mote_session_output(&session, 0, &result, &bytes));
        EXPECT(MOTE_OK, mote_session_reset(&session));
    }
    EXPECT(MOTE_OK, mote_model_output(&model, 0, &tensor));
    if (tensor.elements != MODEL_OUTPUT_0_ELEMENTS || tensor.zero_point != MODEL_OUTPUT_0_ZERO_POINT ||
        tensor.scale != MODEL_OUTPUT_0_SCALE || tensor.element_type != MODEL_OUTPUT_0_TYPE) {
        print("header and model disagree\n");
        return 1;
    }
    if (mote_quantize(1.0f, 0.5f, 3, -128, 127) != 5 || mote_quantize(1e30f, 0.5f, 3, -128, 127) != 127 ||
        mote_quantize(1.0f, 0.5f, 3, 127, -128) != 127 || mote_dequantize(5, 0.5f, 3) != 1.0f) {
        print("real values are stored wrongly\n");
        return 1;
    }
    /* After all that, the session works. */
    EXPECT(MOTE_OK, model_golden_test(&session, 0));
    return 0;
}

/* What a log was last told, and how often it was called. */
struct heard {
    int32_t calls, level;
    mote_status_t status;
    mote_place_t place;
};

static void hear(void *user, const mote_log_event_t *event)
{
    struct heard *heard = (struct heard *)user;
    heard->calls++;
    heard->level = event->level;
    heard->status = event->message == mote_status_text(event->status) ? event->status : MOTE_ERROR_OTHER;
    heard->place.operator_index = event->place.operator_index;
    heard->place.tensor_index = event->place.tensor_index;
    heard->place.detail = event->place.detail;
}

/* A log hears of every fault once, and of nothing else. */
static int logs(print_text print)
{
    static struct heard by_model, by_session;
    static mote_log_t model_log, session_log;
    size_t bytes;
    void *data;
    const mote_operator_t *const none[1] = {0};
    model_log.write = hear;
    model_log.user = &by_model;
    session_log.write = hear;
    session_log.user = &by_session;
    EXPECT(MOTE_ERROR_NULL, mote_model_parse_logged(model_model, MODEL_MODEL_BYTES, none, 1, &model_log, &broken));
    EXPECT(MOTE_ERROR_MODEL_MISSING_OPERATOR,
           mote_model_parse_logged(model_model, MODEL_MODEL_BYTES, 0, 0, &model_log, &broken));
    if (by_model.calls != 2 || by_model.level != MOTE_LOG_ERROR || by_model.place.operator_index != 0 ||
        by_model.status != MOTE_ERROR_MODEL_MISSING_OPERATOR || by_model.place.detail == 0) {
        print("the log of a model does not hear of its refusal\n");
        return 1;
    }
    EXPECT(MOTE_OK, model_parse_logged(&model, &model_log));
    EXPECT(MOTE_ERROR_ARENA_TOO_SMALL, mote_session_init(&session, &model, arena, 0, state, MODEL_STATE_BYTES));
    EXPECT(MOTE_OK, mote_session_init(&session, &model, arena, MODEL_ARENA_BYTES, state, MODEL_STATE_BYTES));
    EXPECT(MOTE_ERROR_NO_SUCH_PORT, mote_session_input(&session, MODEL_INPUTS, &data, &bytes));
    EXPECT(MOTE_OK, mote_session_set_log(&session, &session_log));
    EXPECT(MOTE_ERROR_NULL, mote_session_input(&session, 0, 0, &bytes));
    EXPECT(MOTE_OK, mote_session_run(&session));
    EXPECT(MOTE_OK, mote_session_set_log(&session, 0));
    EXPECT(MOTE_ERROR_NULL, mote_session_input(&session, 0, 0, &bytes));
    if (by_model.calls != 4 || by_model.status != MOTE_ERROR_NO_SUCH_PORT || by_session.calls != 1 ||
        by_session.level != MOTE_LOG_WARNING || by_session.status != MOTE_ERROR_NULL) {
        print("the log of a session does not hear of its faults\n");
        return 1;
    }
    return 0;
}

int misuse(print_text print)
{
    int bad = bad_files(print) || bad_sessions(print) || bad_calls(print) || logs(print);
    if (!bad)
        print("misuse refused\n");
    return bad;
}

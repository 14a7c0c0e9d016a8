/*
 * A model in a C program, from parsing to outputs. The model is generated with
 *
 *     mote generate --lang c --name model digits.mote -o DIR
 *
 * and compiled beside this file; any model does.
 */
#include "demo.h"
#include "model.h"

static mote_model_t model;
static mote_session_t session;
static MOTE_ALIGNED(MOTE_ARENA_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];
static uint8_t state[MODEL_STATE_BYTES + 1];

static void print_number(print_text print, int32_t number)
{
    char digits[12];
    char *at = digits + sizeof digits - 1;
    uint32_t rest = number < 0 ? 0u - (uint32_t)number : (uint32_t)number;
    *at = 0;
    do {
        *--at = (char)('0' + rest % 10u);
        rest /= 10u;
    } while (rest);
    if (number < 0)
        *--at = '-';
    print(at);
}

static int failed(print_text print, const char *what, mote_status_t status)
{
    print(what);
    print(": ");
    print(mote_status_text(status));
    print("\n");
    return 1;
}

/* Fills every input by a formula of its own, runs in small slices, and prints the first output. */
static int infer(print_text print)
{
    const void *data;
    const uint8_t *output;
    size_t bytes, i;
    uint32_t port;
    int32_t pending = 1, slices = 0;
    mote_status_t status = mote_session_reset_state(&session);
    for (port = 0; status == MOTE_OK && port < MODEL_INPUTS; port++) {
        void *input;
        status = mote_session_input(&session, port, &input, &bytes);
        for (i = 0; status == MOTE_OK && i < bytes; i++)
            ((uint8_t *)input)[i] = (uint8_t)(i * 37u + 11u);
    }
    while (status == MOTE_OK && pending) {
        status = mote_session_poll(&session, 1, &pending);
        slices++;
    }
    if (status == MOTE_OK)
        status = mote_session_output(&session, 0, &data, &bytes);
    if (status != MOTE_OK)
        return failed(print, "inference", status);
    output = (const uint8_t *)data;
    print("output");
    for (i = 0; i < bytes; i++) {
        print(" ");
        print_number(print, output[i]);
    }
    print("\n");
    /* Each operator is a slice at least: fewer would mean that a budget is not heeded. */
    return slices < (int32_t)MODEL_LAYERS;
}

int demo(print_text print)
{
    uint32_t vector = 0;
    mote_status_t status;
    if (mote_api_version() != MOTE_API_VERSION)
        return failed(print, "version of the library", MOTE_ERROR_OTHER);
    status = model_parse(&model);
    if (status != MOTE_OK)
        return failed(print, "model", status);
    status = mote_session_init(&session, &model, arena, MODEL_ARENA_BYTES, state, MODEL_STATE_BYTES);
    if (status != MOTE_OK)
        return failed(print, "session", status);
    status = model_golden_test(&session, &vector);
    if (status != MOTE_OK)
        return failed(print, "golden self-test", status);
    print("golden vectors ");
    print_number(print, (int32_t)vector + 1);
    print("\n");
    return infer(print);
}

/*
 * A model with an operator of the application's own, generated as model.h and model.c. MOVING_MAXIMUM: output i is the
 * largest of inputs i - window + 1 .. i, as far as they are there; the option byte is the window.
 */
#include "demo.h"
#include "model.h"

static mote_model_t model;
static mote_session_t session;
static MOTE_ALIGNED(MOTE_ARENA_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];

static mote_status_t check(void *user, const mote_custom_call_t *call, mote_custom_work_t *work)
{
    mote_tensor_t input, output;
    const uint8_t *options;
    uint32_t inputs, outputs, axis;
    size_t option_bytes;
    (void)user;
    if (mote_custom_counts(call, &inputs, &outputs) != MOTE_OK || inputs != 1 || outputs != 1)
        return MOTE_ERROR_OTHER;
    if (mote_custom_input(call, 0, &input, 0) != MOTE_OK || mote_custom_output(call, 0, &output, 0) != MOTE_OK)
        return MOTE_ERROR_OTHER;
    if (mote_custom_options(call, &options, &option_bytes) != MOTE_OK || option_bytes != 1 || options[0] == 0)
        return MOTE_ERROR_OTHER;
    if (input.element_type != MOTE_TYPE_I8 || output.element_type != MOTE_TYPE_I8 || input.rank != output.rank)
        return MOTE_ERROR_TYPE;
    for (axis = 0; axis < input.rank; axis++)
        if (input.shape[axis] != output.shape[axis])
            return MOTE_ERROR_LENGTH;
    work->units = input.elements / input.shape[input.rank - 1]; /* rows */
    work->work_per_unit = input.shape[input.rank - 1] * options[0];
    return MOTE_OK;
}

static mote_status_t run(void *user, const mote_custom_call_t *call, uint32_t first_unit, uint32_t end_unit)
{
    mote_tensor_t tensor;
    const void *input;
    void *output;
    const uint8_t *options;
    uint32_t row, column, columns;
    if (mote_custom_input(call, 0, &tensor, &input) != MOTE_OK || mote_custom_output(call, 0, 0, &output) != MOTE_OK ||
        mote_custom_options(call, &options, 0) != MOTE_OK)
        return MOTE_ERROR_OTHER;
    columns = tensor.shape[tensor.rank - 1];
    for (row = first_unit; row < end_unit; row++) {
        const int8_t *from = (const int8_t *)input + row * columns;
        int8_t *to = (int8_t *)output + row * columns;
        for (column = 0; column < columns; column++) {
            uint32_t at = column + 1 > options[0] ? column + 1 - options[0] : 0;
            int8_t largest = from[at];
            for (; at <= column; at++)
                if (from[at] > largest)
                    largest = from[at];
            to[column] = largest;
        }
    }
    ++*(uint32_t *)user;
    return MOTE_OK;
}

static uint32_t runs;
static mote_custom_operator_t moving_maximum = {"MOVING_MAXIMUM", check, run, &runs, {0}};

static void print_number(print_text print, uint8_t number)
{
    char digits[4] = {0};
    char *at = digits + 3;
    do {
        *--at = (char)('0' + number % 10);
        number = (uint8_t)(number / 10);
    } while (number);
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

/* One inference on a counting input. */
int demo(print_text print)
{
    const mote_operator_t *operators[MODEL_OPERATORS + 1];
    const void *output;
    void *input;
    size_t bytes, i;
    mote_status_t status;
    for (i = 0; i < MODEL_OPERATORS; i++)
        operators[i] = model_operators[i];
    status = mote_custom_operator(&moving_maximum, &operators[MODEL_OPERATORS]);
    if (status == MOTE_OK)
        status = mote_model_parse_with(model_model, MODEL_MODEL_BYTES, operators, MODEL_OPERATORS + 1, &model);
    if (status == MOTE_OK)
        status = mote_session_init(&session, &model, arena, sizeof arena, 0, 0);
    if (status == MOTE_OK)
        status = mote_session_input(&session, 0, &input, &bytes);
    if (status != MOTE_OK)
        return failed(print, "set-up", status);
    for (i = 0; i < bytes; i++)
        ((uint8_t *)input)[i] = (uint8_t)(i * 37u + 11u);
    status = mote_session_run(&session);
    if (status == MOTE_OK)
        status = mote_session_output(&session, 0, &output, &bytes);
    if (status != MOTE_OK)
        return failed(print, "inference", status);
    print("output");
    for (i = 0; i < bytes; i++) {
        print(" ");
        print_number(print, ((const uint8_t *)output)[i]);
    }
    print("\n");
    return runs == 0;
}

/* What is missing is told by name; what is no operator is refused; a refusal is no name. */
int misuse(print_text print)
{
    mote_custom_operator_t wrong = moving_maximum;
    const mote_operator_t *address = 0;
    char name[64], small[4];
    mote_status_t status = mote_model_parse_with(model_model, MODEL_MODEL_BYTES, model_operators, MODEL_OPERATORS, &model);
    if (status != MOTE_ERROR_MODEL_MISSING_OPERATOR)
        return failed(print, "a model without its operator", status);
    status = mote_model_error_operator(&model, small, sizeof small);
    if (status != MOTE_ERROR_LENGTH)
        return failed(print, "a name in too small a place", status);
    status = mote_model_error_operator(&model, name, sizeof name);
    if (status != MOTE_OK)
        return failed(print, "name", status);
    print("missing ");
    print(name);
    print("\n");
    wrong.name = "";
    status = mote_custom_operator(&wrong, &address);
    if (status != MOTE_ERROR_LENGTH || address)
        return failed(print, "an operator without a name", status);
    wrong.name = "MOVING_MAXIMUM";
    wrong.run = 0;
    status = mote_custom_operator(&wrong, &address);
    if (status != MOTE_ERROR_NULL || address)
        return failed(print, "an operator without a function", status);
    status = mote_custom_operator(0, &address);
    if (status != MOTE_ERROR_NULL)
        return failed(print, "no operator", status);
    status = mote_model_parse(0, 0, &model);
    if (status != MOTE_ERROR_NULL)
        return failed(print, "no file", status);
    print("misuse refused\n");
    return 0;
}

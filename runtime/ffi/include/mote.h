/*
 * Mote: machine-learning models on microcontrollers, from C.
 *
 * All memory is the caller's: storage of fixed size for model and session, an arena for tensors, a state buffer for
 * models that remember, and the model's bytes, which are used where they are (in flash, for instance). The library has
 * no heap, no global variable and no callback, and needs nothing of libc but memcpy, memmove, memset and memcmp, which
 * its bare-metal builds bring along. No enumeration is passed, since compilers disagree on an enumeration's size.
 *
 *     static mote_model_t model;
 *     static mote_session_t session;
 *     static MOTE_ALIGNED(16) uint8_t arena[KWS_ARENA_BYTES];
 *
 *     mote_model_parse(kws_model, KWS_MODEL_BYTES, &model);
 *     mote_session_init(&session, &model, arena, sizeof arena, NULL, 0);
 *     mote_session_input(&session, 0, &data, &bytes);     fill it
 *     mote_session_run(&session);
 *     mote_session_output(&session, 0, &result, &bytes);  read it
 *
 * Every function but the plain ones at the end returns MOTE_OK or a negative status. Null pointers, misaligned
 * pointers, wrong lengths, memory given twice and use before initialisation are statuses too. What cannot be checked
 * is the caller's part:
 *
 * 1. Storage is all zeros (as static variables are) or was filled by its `parse` or `init` before other functions see
 *    it.
 * 2. Model bytes, model, session, arena and state stay where they are, and are written by nobody else, as long as the
 *    session is used. Copying a model or session elsewhere does not make another one.
 * 3. A session is used by one thread at a time. Models may be shared.
 *
 * An interrupt handler may use a session of its own; none of the functions is safe to enter twice with one session.
 */
#ifndef MOTE_H
#define MOTE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Version of this interface; mote_api_version() tells the library's. */
#define MOTE_API_VERSION 1u

/* Declares something aligned to so many bytes: static MOTE_ALIGNED(16) uint8_t arena[1024]; */
#if defined(__GNUC__) || defined(__clang__)
#define MOTE_ALIGNED(bytes) __attribute__((aligned(bytes)))
#elif defined(_MSC_VER)
#define MOTE_ALIGNED(bytes) __declspec(align(bytes))
#elif defined(__ICCARM__)
#define MOTE_ALIGNED(bytes) __attribute__((aligned(bytes)))
#else
#error "define MOTE_ALIGNED(bytes) for this compiler"
#endif

/* Status of a call. */
typedef int32_t mote_status_t;

#define MOTE_OK 0

/* Arguments. */
#define MOTE_ERROR_NULL (-1)          /* a pointer is null */
#define MOTE_ERROR_ALIGNMENT (-2)     /* a pointer is not aligned as it must be */
#define MOTE_ERROR_LENGTH (-3)        /* not the tensor's length; the place's detail has the right one */
#define MOTE_ERROR_NOT_READY (-4)     /* storage holds no parsed model, or no session */
#define MOTE_ERROR_NO_SUCH_PORT (-5)  /* no input or output of that index */
#define MOTE_ERROR_TYPE (-6)          /* the tensor is of another type than the call needs */
#define MOTE_ERROR_BUSY (-7)          /* an inference is under way: finish or reset it */
#define MOTE_ERROR_SHARED_MEMORY (-8) /* arena, state, storage or model share memory */

/* Memory; the place's detail has the bytes needed. */
#define MOTE_ERROR_ARENA_TOO_SMALL (-20)
#define MOTE_ERROR_STATE_TOO_SMALL (-21)

/* The file's form. */
#define MOTE_ERROR_FILE_TRUNCATED (-40)   /* shorter than it says: transfer it again */
#define MOTE_ERROR_FILE_NOT_A_MODEL (-41) /* no model.mote file */
#define MOTE_ERROR_FILE_VERSION (-42)     /* format version unknown: update the library */
#define MOTE_ERROR_FILE_SECTION (-43)     /* a section is missing, misplaced or unknown */
#define MOTE_ERROR_FILE_VARIANT (-44)     /* packing or numerics not run here */
#define MOTE_ERROR_FILE_RECORD (-45)      /* a tensor or operator record is malformed */
#define MOTE_ERROR_FILE_MALFORMED (-46)   /* any other fault of the file's form */

/* The model's content. */
#define MOTE_ERROR_MODEL_MISSING_OPERATOR (-60) /* an operator is not linked; the place's detail has its code */
#define MOTE_ERROR_MODEL_OPERATOR (-61)         /* an operator's operands or parameters are inconsistent */
#define MOTE_ERROR_MODEL_MEMORY (-62)           /* a tensor lies outside its memory, or overlaps another */
#define MOTE_ERROR_MODEL_QUANTIZATION (-63)     /* a scale or zero point is out of range */
#define MOTE_ERROR_MODEL_INCONSISTENT (-64)     /* any other inconsistency */

/* Runs. */
#define MOTE_ERROR_RUN_FAULT (-80)  /* an index known only at run time lies outside its table */
#define MOTE_ERROR_RUN_GOLDEN (-81) /* an output is not the golden one (generated self-tests) */

#define MOTE_ERROR_OTHER (-100)

/* Element types; elements of several bytes are little-endian. */
#define MOTE_TYPE_I8 0
#define MOTE_TYPE_U8 1
#define MOTE_TYPE_I16 2
#define MOTE_TYPE_I32 3
#define MOTE_TYPE_I64 4
#define MOTE_TYPE_F32 5
#define MOTE_TYPE_BOOL 6

/* Alignment an arena must have, in bytes. */
#define MOTE_ARENA_ALIGNMENT 16

/* Most axes a tensor has. */
#define MOTE_MAX_RANK 6

#define MOTE_MODEL_WORDS 40
#define MOTE_SESSION_WORDS 28
#define MOTE_MODEL_BYTES (MOTE_MODEL_WORDS * sizeof(size_t))
#define MOTE_SESSION_BYTES (MOTE_SESSION_WORDS * sizeof(size_t))

/* Storage of a parsed model. Its content is the library's. */
typedef struct mote_model {
    size_t words[MOTE_MODEL_WORDS];
} mote_model_t;

/* Storage of a session. Its content is the library's. */
typedef struct mote_session {
    size_t words[MOTE_SESSION_WORDS];
} mote_session_t;

/* Where an error was met. */
typedef struct mote_place {
    int32_t operator_index; /* or -1 */
    int32_t tensor_index;   /* or -1 */
    uint32_t detail;        /* as the status says, or 0 */
} mote_place_t;

/* An input or output. */
typedef struct mote_tensor {
    int32_t element_type;          /* MOTE_TYPE_... */
    uint32_t rank;                 /* number of axes */
    uint32_t shape[MOTE_MAX_RANK]; /* extents, outermost first; 1 beyond the rank */
    uint32_t elements;             /* their product */
    uint32_t bytes;                /* of all elements */
    float scale;                   /* of stored integers; 0 when not quantised */
    int32_t zero_point;            /* of stored integers */
} mote_tensor_t;

/* Checks `file` (longer than the model is fine, as flash slots are) completely and puts the model into `model`. Links
 * every operator. */
mote_status_t mote_model_parse(const uint8_t *file, size_t file_bytes, mote_model_t *model);

/* The same with a list of operators (addresses of objects declared at the end): a program that uses this function only
 * links the operators on its lists. The list stays where it is as long as the model is used. */
typedef struct mote_operator mote_operator_t;
mote_status_t mote_model_parse_with(const uint8_t *file, size_t file_bytes, const mote_operator_t *const *operators,
                                    size_t operator_count, mote_model_t *model);

/* Where the last parse into `model` found the fault. */
mote_status_t mote_model_error_place(const mote_model_t *model, mote_place_t *place);

/* Bytes of arena and of state buffer that a session needs. */
mote_status_t mote_model_memory(const mote_model_t *model, size_t *arena_bytes, size_t *state_bytes);

/* Number of inputs and of outputs. */
mote_status_t mote_model_ports(const mote_model_t *model, uint32_t *inputs, uint32_t *outputs);

/* Shape, type and quantisation of an input or output. */
mote_status_t mote_model_input(const mote_model_t *model, uint32_t index, mote_tensor_t *tensor);
mote_status_t mote_model_output(const mote_model_t *model, uint32_t index, mote_tensor_t *tensor);

/* Makes a session. `arena` is aligned to MOTE_ARENA_ALIGNMENT; `state` may be null for models without state, and is
 * set to its initial value. */
mote_status_t mote_session_init(mote_session_t *session, const mote_model_t *model, void *arena, size_t arena_bytes,
                                void *state, size_t state_bytes);

/* Where the session's last error was met. */
mote_status_t mote_session_error_place(const mote_session_t *session, mote_place_t *place);

/* Address and length of an input, to fill before each run: a run consumes its inputs. */
mote_status_t mote_session_input(mote_session_t *session, uint32_t index, void **data, size_t *bytes);

/* Address and length of an output, to read after a run and before inputs are filled again. */
mote_status_t mote_session_output(mote_session_t *session, uint32_t index, const void **data, size_t *bytes);

/* The same in real values, stored as the tensor is quantised; `count` is the tensor's number of elements. */
mote_status_t mote_session_set_input(mote_session_t *session, uint32_t index, const float *reals, size_t count);
mote_status_t mote_session_get_output(mote_session_t *session, uint32_t index, float *reals, size_t count);

/* Runs the inference to its end. */
mote_status_t mote_session_run(mote_session_t *session);

/* Runs about `budget` multiply-accumulates or moved elements (at least one slice of an operator), then returns; sets
 * `pending` to 1 when more is left to do, else to 0. */
mote_status_t mote_session_poll(mote_session_t *session, uint32_t budget, int32_t *pending);

/* Drops an inference under way; state keeps what it holds. */
mote_status_t mote_session_reset(mote_session_t *session);

/* Drops an inference under way and sets state to its initial value. */
mote_status_t mote_session_reset_state(mote_session_t *session);

/* Stored value of `real`, rounded half away from zero and clamped to `min`..`max`. */
int32_t mote_quantize(float real, float scale, int32_t zero_point, int32_t min, int32_t max);

/* Real value of a stored integer: scale * (stored - zero_point). */
float mote_dequantize(int32_t stored, float scale, int32_t zero_point);

/* What a status means, in a few English words; never null. */
const char *mote_status_text(mote_status_t status);

/* MOTE_API_VERSION of the library. */
uint32_t mote_api_version(void);

/* Operators, named as in model files. */
extern const mote_operator_t mote_operator_conv2d_i8;
extern const mote_operator_t mote_operator_depthwise_conv2d_i8;
extern const mote_operator_t mote_operator_fully_connected_i8;
extern const mote_operator_t mote_operator_fully_connected_litert_i8;
extern const mote_operator_t mote_operator_transpose_conv2d_i8;
extern const mote_operator_t mote_operator_add_i8;
extern const mote_operator_t mote_operator_multiply_i8;
extern const mote_operator_t mote_operator_extremum_i8;
extern const mote_operator_t mote_operator_average_pool_i8;
extern const mote_operator_t mote_operator_max_pool_i8;
extern const mote_operator_t mote_operator_reduce_i8;
extern const mote_operator_t mote_operator_softmax_i8;
extern const mote_operator_t mote_operator_lookup_8;
extern const mote_operator_t mote_operator_strided_copy;
extern const mote_operator_t mote_operator_fill;
extern const mote_operator_t mote_operator_gather;
extern const mote_operator_t mote_operator_resize_nearest;
extern const mote_operator_t mote_operator_resize_bilinear_i8;
extern const mote_operator_t mote_operator_arg_max_i8;
extern const mote_operator_t mote_operator_quantize_f32;
extern const mote_operator_t mote_operator_dequantize_8;
extern const mote_operator_t mote_operator_cast;
extern const mote_operator_t mote_operator_conv2d_f32;
extern const mote_operator_t mote_operator_depthwise_conv2d_f32;
extern const mote_operator_t mote_operator_fully_connected_f32;
extern const mote_operator_t mote_operator_transpose_conv2d_f32;
extern const mote_operator_t mote_operator_binary_f32;
extern const mote_operator_t mote_operator_unary_f32;
extern const mote_operator_t mote_operator_average_pool_f32;
extern const mote_operator_t mote_operator_max_pool_f32;
extern const mote_operator_t mote_operator_reduce_f32;
extern const mote_operator_t mote_operator_softmax_f32;
extern const mote_operator_t mote_operator_resize_bilinear_f32;
extern const mote_operator_t mote_operator_arg_max_f32;

#ifdef __cplusplus
}
#endif

#endif /* MOTE_H */

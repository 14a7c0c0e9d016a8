
#include <stddef.h>
#include <stdint.h>

/* Declares something aligned to so many bytes: static MOTE_ALIGNED(16) uint8_t arena[1024]; */
#if defined(__GNUC__) || defined(__clang__) || defined(__ICCARM__)
#define MOTE_ALIGNED(bytes) __attribute__((aligned(bytes)))
#elif defined(_MSC_VER)
#define MOTE_ALIGNED(bytes) __declspec(align(bytes))
#else
#error "define MOTE_ALIGNED(bytes) for this compiler"
#endif

/* Bytes of the storage of a model and of a session. */
#define MOTE_MODEL_BYTES (MOTE_MODEL_WORDS * sizeof(size_t))
#define MOTE_SESSION_BYTES (MOTE_SESSION_WORDS * sizeof(size_t))

/* An operator of the library, for lists; the objects are declared below. */
typedef struct mote_operator mote_operator_t;

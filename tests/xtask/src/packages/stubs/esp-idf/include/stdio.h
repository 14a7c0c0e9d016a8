/* What the example uses of the C library. */
#include <stddef.h>
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

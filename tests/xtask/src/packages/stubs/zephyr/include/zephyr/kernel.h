/* What the sample uses of Zephyr's kernel.h. */
#include <stddef.h>
#include <stdint.h>
int printk(const char *format, ...) __attribute__((format(printf, 1, 2)));

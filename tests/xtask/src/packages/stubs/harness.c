/* Between a board's start code and a sample: prints for it, and starts it. */
#include "demo.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

int SAMPLE(void);
int print_formatted(const char *format, ...);
void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

static print_text out;

static void print_number(int number)
{
    char digits[12];
    char *at = digits + sizeof digits - 1;
    unsigned rest = number < 0 ? 0u - (unsigned)number : (unsigned)number;
    *at = 0;
    do {
        *--at = (char)('0' + rest % 10u);
        rest /= 10u;
    } while (rest);
    if (number < 0)
        *--at = '-';
    out(at);
}

/* Knows %s and %d. */
int print_formatted(const char *format, ...)
{
    va_list list;
    char one[2] = {0, 0};
    va_start(list, format);
    for (; *format; format++) {
        if (format[0] == '%' && format[1] == 's') {
            out(va_arg(list, const char *));
            format++;
        } else if (format[0] == '%' && format[1] == 'd') {
            print_number(va_arg(list, int));
            format++;
        } else {
            one[0] = *format;
            out(one);
        }
    }
    va_end(list);
    return 0;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    size_t i;
    for (i = 0; i < bytes; i++)
        ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    size_t i;
    for (i = 0; i < bytes; i++)
        ((volatile uint8_t *)to)[i] = (uint8_t)value;
    return to;
}

int demo(print_text print)
{
    out = print;
    return SAMPLE();
}

int misuse(print_text print)
{
    (void)print;
    return 0;
}

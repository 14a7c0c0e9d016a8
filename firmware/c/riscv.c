/*
 * The demonstration on QEMU's RISC-V virt machine: start, memory, serial line (a 16550 at UART_ADDRESS, which the build
 * defines) and the way out. Laid out by firmware/boards/image.x. On a board of your own, its start code stands here
 * instead.
 */
#include "demo.h"
#include <stdint.h>

extern uint32_t data_start[], data_end[], data_source[], bss_start[], bss_end[];

void start(void);
void trapped(void);

__asm__(".section .vectors, \"ax\"\n"
        ".global reset\n"
        "reset:\n"
        "  la sp, stack_top\n"
        "  la t0, trap\n"
        /* Newer assemblers count control registers as an extension of their own. */
        ".option push\n"
        ".option arch, +zicsr\n"
        "  csrw mtvec, t0\n"
        ".option pop\n"
        "  tail start\n"
        ".balign 4\n"
        "trap:\n"
        "  la sp, stack_top\n"
        "  tail trapped\n"
        ".text\n");

static void print(const char *text)
{
    volatile uint8_t *uart = (volatile uint8_t *)(uintptr_t)UART_ADDRESS;
    for (; *text; text++) {
        while (!(uart[5] & 0x20)) /* transmitter not empty */
            ;
        uart[0] = (uint8_t)*text;
    }
}

/* The machine's test device ends the emulator: a word for good, or one with a code. */
static void leave(uint32_t code)
{
    *(volatile uint32_t *)(uintptr_t)0x00100000u = code ? 0x3333u | code << 16 : 0x5555u;
    for (;;)
        ;
}

void trapped(void)
{
    print("trap\n");
    leave(3);
}

void start(void)
{
    uint32_t *to, *from = data_source;
    for (to = data_start; to < data_end;)
        *to++ = *from++;
    for (to = bss_start; to < bss_end;)
        *to++ = 0;
    leave((uint32_t)(demo(print) || misuse(print)));
}

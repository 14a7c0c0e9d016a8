/* The demonstration on a computer. */
#include "demo.h"
#include <stdio.h>

static void print(const char *text)
{
    fputs(text, stdout);
}

int main(void)
{
    return demo(print) || misuse(print);
}

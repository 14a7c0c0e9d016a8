// What the example uses of Arduino's core.
#ifndef ARDUINO_H
#define ARDUINO_H
#include <stddef.h>
#include <stdint.h>
extern "C" int print_formatted(const char *format, ...);
struct SerialPort {
  void begin(long) {}
  void print(const char *text) { print_formatted("%s", text); }
  void println(const char *text) { print_formatted("%s\n", text); }
};
extern SerialPort Serial;
void setup();
void loop();
#endif

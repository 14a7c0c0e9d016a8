// As Arduino's core: setup once, then loop; here, once.
#include <Arduino.h>
SerialPort Serial;
extern "C" int stub_main(void) {
  setup();
  loop();
  return 0;
}

# Stands in for Zephyr's build system: options from prj.conf and from the board (STUB_BOARD), the library `app`, modules
# from ZEPHYR_EXTRA_MODULES, and an image `zephyr` of all of them.
project(zephyr_stub LANGUAGES C)

file(STRINGS "${CMAKE_SOURCE_DIR}/prj.conf" stub_options REGEX "^CONFIG_")
foreach(option IN LISTS stub_options STUB_BOARD)
  string(REGEX REPLACE "=.*" "" option "${option}")
  set(${option} y)
endforeach()

add_library(app STATIC)
add_executable(zephyr ${STUB_SOURCES})
target_compile_definitions(zephyr PRIVATE SAMPLE=main print_formatted=printk)
target_link_libraries(zephyr PRIVATE -Wl,--whole-archive app -Wl,--no-whole-archive gcc)

function(zephyr_include_directories)
  foreach(folder ${ARGN})
    target_include_directories(app PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  endforeach()
endfunction()

function(zephyr_library_import name path)
  add_library(${name} STATIC IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${path})
  target_link_libraries(zephyr PRIVATE -Wl,--whole-archive ${name} -Wl,--no-whole-archive)
endfunction()

target_include_directories(app PRIVATE ${CMAKE_CURRENT_LIST_DIR}/include)
foreach(module IN LISTS ZEPHYR_EXTRA_MODULES)
  add_subdirectory(${module} ${CMAKE_BINARY_DIR}/modules)
endforeach()

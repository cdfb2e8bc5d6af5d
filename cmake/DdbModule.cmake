# One precompiled header for all modules, and one for their tests. Tests are not optimised: that is where most of the
# templates are instantiated, and a third of the time is then enough to build them.
file(WRITE ${CMAKE_BINARY_DIR}/pch.cc "")
add_library(ddb_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cc)
target_link_libraries(ddb_pch PRIVATE ddb_options ddb_strict ddb_fuzzed)
target_precompile_headers(ddb_pch PRIVATE ${CMAKE_CURRENT_LIST_DIR}/pch.h)
if(DDB_BUILD_TESTS)
  add_library(ddb_test_options INTERFACE)
  target_link_libraries(ddb_test_options INTERFACE ddb_options ddb_strict GTest::gmock)
  target_compile_options(ddb_test_options INTERFACE -O0 -U_FORTIFY_SOURCE)
  add_library(ddb_test_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cc)
  target_link_libraries(ddb_test_pch PRIVATE ddb_test_options)
  target_precompile_headers(ddb_test_pch PRIVATE ${CMAKE_CURRENT_LIST_DIR}/pch.h <gmock/gmock.h> <gtest/gtest.h>)
endif()

# ddb_unity(target): where it has UNITY_BUILD its sources become few translation units, which build sooner: tests, and
# all else of the presets. `make nightly` builds source by source, and so finds what one forgets to include.
function(ddb_unity target)
  get_target_property(unity ${target} UNITY_BUILD)
  if(unity)
    # To g++ each source is a header of its unit.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
    get_target_property(sources ${target} SOURCES)
    list(FILTER sources INCLUDE REGEX "^[^/$].*\\.cc$")
    list(LENGTH sources count)
    if(count LESS 2)
      return()
    endif()
    execute_process(COMMAND python3 ${PROJECT_SOURCE_DIR}/cmake/unity_groups.py ${sources}
      WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE groups OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    string(REPLACE "\n" ";" groups "${groups}")
    foreach(source group IN ZIP_LISTS sources groups)
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${target}_${group})
    endforeach()
    set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
  endif()
endfunction()

# ddb_module(name [THREADED|SANITIZED] SOURCES a.cc… [DEPENDS DDBDjango::x…] [PRIVATE_DEPENDS lib…] [TESTS a_test.cc…] [TEST_DEPENDS lib…])
#
# Makes the library ddb_<name> (installed as DDBDjango::<name>) from the sources of the calling folder, and <name>_test from
# its tests. DEPENDS are part of the module's headers; PRIVATE_DEPENDS stay in its sources. THREADED, SANITIZED: as of ddb_test.
function(ddb_module name)
  cmake_parse_arguments(arg "THREADED;SANITIZED" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS;TESTS;TEST_DEPENDS" ${ARGN})
  add_library(ddb_${name} STATIC ${arg_SOURCES})
  add_library(DDBDjango::${name} ALIAS ddb_${name})
  set_target_properties(ddb_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(ddb_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/ddbdjango>)
  target_link_libraries(ddb_${name}
    PUBLIC ddb_options ${arg_DEPENDS}
    PRIVATE $<BUILD_INTERFACE:ddb_strict> $<BUILD_INTERFACE:ddb_fuzzed> ${arg_PRIVATE_DEPENDS})
  target_precompile_headers(ddb_${name} REUSE_FROM ddb_pch)
  ddb_unity(ddb_${name})
  set_property(GLOBAL APPEND PROPERTY DDB_MODULES ddb_${name})
  set_property(GLOBAL APPEND PROPERTY DDB_MODULE_FOLDERS ${CMAKE_CURRENT_SOURCE_DIR})
  if(DDB_BUILD_TESTS AND arg_TESTS)
    set(kind "")
    if(arg_THREADED)
      set(kind THREADED)
    elseif(arg_SANITIZED)
      set(kind SANITIZED)
    endif()
    ddb_test(${name}_test ${kind} SOURCES ${arg_TESTS} DEPENDS ddb_${name} ${arg_PRIVATE_DEPENDS} ${arg_TEST_DEPENDS})
  endif()
endfunction()

# ddb_line_tables(target): gives its functions the lines that the debug panel names. Such sources cannot use a precompiled
# header that was made without.
function(ddb_line_tables target)
  target_compile_options(${target} PRIVATE -g1)
  set_target_properties(${target} PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)
endfunction()

# ddb_program(name SOURCES a.cc… DEPENDS lib…): a program in build/<preset>/bin/.
function(ddb_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ddb_options ddb_strict ddb_fuzzed)
  target_precompile_headers(${name} REUSE_FROM ddb_pch)
  ddb_unity(${name})
endfunction()

# ddb_test(name [THREADED|SANITIZED] SOURCES a_test.cc… DEPENDS lib…): a GoogleTest program, known to ctest. SANITIZED: what it tests
# parses what strangers send, or minds its memory itself; `make sanitizers` builds and runs it. THREADED: it has threads of its own, too;
# `make tsan` builds and runs it as well. What stands on these (models, accounts, pages) is sanitized by `make nightly`.
function(ddb_test name)
  cmake_parse_arguments(arg "THREADED;SANITIZED" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ddb_test_options GTest::gmock_main)
  target_precompile_headers(${name} REUSE_FROM ddb_test_pch)
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON)
  ddb_unity(${name})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(DDB_SANITIZE)
    math(EXPR arg_TIMEOUT "4 * ${arg_TIMEOUT}")  # so much slower it may be
  endif()
  if(arg_THREADED)
    set_tests_properties(${name} PROPERTIES LABELS "threaded;sanitized")
    set_property(GLOBAL APPEND PROPERTY DDB_THREADED_TESTS ${name})
    set_property(GLOBAL APPEND PROPERTY DDB_SANITIZED_TESTS ${name})
  elseif(arg_SANITIZED)
    set_tests_properties(${name} PROPERTIES LABELS sanitized)
    set_property(GLOBAL APPEND PROPERTY DDB_SANITIZED_TESTS ${name})
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1 suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")
endfunction()

# Compiler settings shared by every target, as one INTERFACE library: ddb_options.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(DDB_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address;undefined or thread")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND PROJECT_IS_TOP_LEVEL)
  # ccache refuses precompiled headers unless told that defines and times do not matter to them.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()

add_library(ddb_options INTERFACE)
add_library(DDBDjango::options ALIAS ddb_options)
set_target_properties(ddb_options PROPERTIES EXPORT_NAME options)
target_compile_features(ddb_options INTERFACE cxx_std_20)
# g++ warns on every designated initialiser that leaves a defaulted member out, which is how models and options are written.
target_compile_options(ddb_options INTERFACE -Wno-missing-field-initializers)
# The debug panel walks the stack at every call to the database; profilers walk it too.
target_compile_options(ddb_options INTERFACE -fno-omit-frame-pointer)

# What only our own sources are built with.
add_library(ddb_strict INTERFACE)
target_compile_options(ddb_strict INTERFACE
  -fPIE -fstack-protector-strong $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
target_compile_definitions(ddb_strict INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(ddb_strict INTERFACE -pie -Wl,-z,relro,-z,now)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(ddb_strict INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(PROJECT_IS_TOP_LEVEL)
  # g++ 12 sees overlaps and overruns in std::string's operator+ that are not there (GCC bug 105651).
  target_compile_options(ddb_strict INTERFACE -Wall -Wextra -Wconversion
    $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>  # in a unit it would be of another source's names
    -Werror
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow>)
endif()
foreach(sanitizer IN LISTS DDB_SANITIZE)
  target_compile_options(ddb_strict INTERFACE -fsanitize=${sanitizer})
  target_link_options(ddb_strict INTERFACE -fsanitize=${sanitizer})
  if(sanitizer STREQUAL "undefined")
    target_compile_options(ddb_strict INTERFACE -fno-sanitize-recover=undefined)
  elseif(sanitizer STREQUAL "thread")
    target_compile_options(ddb_strict INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endforeach()
# What is fuzzed tells libFuzzer where it was; tests do not, and build in two thirds of the time.
add_library(ddb_fuzzed INTERFACE)
if(DDB_FUZZ)
  target_compile_options(ddb_fuzzed INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(RocksDB REQUIRED)
find_package(simdjson REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(brotli REQUIRED IMPORTED_TARGET libbrotlienc libbrotlidec)
pkg_check_modules(ctemplate REQUIRED IMPORTED_TARGET libctemplate)
pkg_check_modules(cmark_gfm REQUIRED IMPORTED_TARGET libcmark-gfm)
find_library(CMARK_GFM_EXTENSIONS cmark-gfm-extensions REQUIRED)  # it has no .pc file
pkg_check_modules(deflate REQUIRED IMPORTED_TARGET libdeflate)
if(DDB_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(DDB_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

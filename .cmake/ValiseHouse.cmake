# SPDX-License-Identifier: Apache-2.0
# One helper that makes a room, one for a program, one for a test. A room is a static library with
# one public header; its own folder is the only include directory it hands on, so a room sees the
# doors it names in USES and nothing else.

find_package(PkgConfig REQUIRED)
include(ValiseEmbed)

function(valise_find_packages)
  pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET GLOBAL libsodium>=1.0.18)
  pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET GLOBAL libzstd>=1.5)
  pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET GLOBAL libseccomp)
  pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET GLOBAL libutf8proc)
  pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET GLOBAL libcrypto)
  pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET GLOBAL jansson>=2.13)
  pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET GLOBAL libqrencode>=4)
  pkg_check_modules(ZBAR REQUIRED IMPORTED_TARGET GLOBAL zbar>=0.23.90)
  pkg_check_modules(PNG REQUIRED IMPORTED_TARGET GLOBAL libpng>=1.6)
  pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET GLOBAL libjpeg)
  pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET GLOBAL zlib)
  pkg_check_modules(SDL2 REQUIRED IMPORTED_TARGET GLOBAL sdl2>=2.26)
  # The static library, hidden by --exclude-libs where a program is linked: a second SQLite in the
  # process would write the vault in clear without a word (docs/architecture.md, "One SQLite").
  find_library(SQLCIPHER_STATIC NAMES libsqlcipher.a REQUIRED)
  find_path(SQLCIPHER_INCLUDE NAMES sqlcipher/sqlite3.h REQUIRED)
  add_library(sqlcipher_static STATIC IMPORTED GLOBAL)
  set_target_properties(sqlcipher_static PROPERTIES
    IMPORTED_LOCATION "${SQLCIPHER_STATIC}"
    INTERFACE_INCLUDE_DIRECTORIES "${SQLCIPHER_INCLUDE}/sqlcipher"
    INTERFACE_COMPILE_DEFINITIONS "SQLITE_HAS_CODEC"
    INTERFACE_LINK_LIBRARIES "PkgConfig::CRYPTO;m;${CMAKE_DL_LIBS}")
endfunction()

# Flags every object of ours is built with.
add_library(valise_flags INTERFACE)
target_compile_features(valise_flags INTERFACE c_std_17)
target_compile_options(valise_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wcast-align
  -Wstrict-prototypes -Wmissing-prototypes -Wmissing-declarations -Wpointer-arith -Wwrite-strings
  -Wformat=2 -Wundef -Wvla -Wswitch -Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion
  -fstack-protector-strong -fno-strict-aliasing -fno-common
  "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")
target_compile_definitions(valise_flags INTERFACE _GNU_SOURCE "VALISE_VERSION=\"${PROJECT_VERSION}\"")
if(VALISE_WERROR)
  target_compile_options(valise_flags INTERFACE -Werror)
endif()
if(VALISE_SANITIZE)
  target_compile_options(valise_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(valise_flags INTERFACE -fsanitize=address,undefined)
  target_compile_definitions(valise_flags INTERFACE VALISE_SANITIZED)
else()
  target_compile_options(valise_flags INTERFACE -fPIE -fstack-clash-protection -fcf-protection)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(valise_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
  target_link_options(valise_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
if(VALISE_FUZZ)
  target_compile_options(valise_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# valise_room(<name> FILES a.c b.c [USES room...] [PACKAGES target...])
# USES names the rooms whose doors this room opens. They are PRIVATE: a door may include only
# base.h (every room's) and the doors listed in DOORS, which are handed on.
function(valise_room name)
  cmake_parse_arguments(room "" "" "FILES;USES;DOORS;PACKAGES" ${ARGN})
  add_library(${name} STATIC ${room_FILES})
  target_include_directories(${name} INTERFACE "${CMAKE_CURRENT_SOURCE_DIR}")
  target_include_directories(${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE valise_flags ${room_USES} ${room_PACKAGES})
  if(room_DOORS)
    target_link_libraries(${name} INTERFACE ${room_DOORS} PRIVATE ${room_DOORS})
  endif()
endfunction()

# valise_test(<name> FILES test.c [USES room...] [LABELS ...]): a cmocka program run by ctest.
function(valise_test name)
  cmake_parse_arguments(test "" "" "FILES;USES;PACKAGES;LABELS" ${ARGN})
  add_executable(${name} ${test_FILES})
  target_include_directories(${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}/tests/support")
  target_link_libraries(${name} PRIVATE valise_flags ${test_USES} ${test_PACKAGES} cmocka)
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,libsqlcipher.a)
  target_compile_definitions(${name} PRIVATE "TESTS_DIR=\"${CMAKE_SOURCE_DIR}/tests\"")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${test_LABELS}" TIMEOUT 900)
endfunction()

# valise_fuzz(<name> FILES fuzz_x.c [USES room...]): with VALISE_FUZZ a libFuzzer program; always a
# replay program that runs the committed corpus in tests/fuzz/corpus/<name>/ as a test.
function(valise_fuzz name)
  cmake_parse_arguments(fuzz "" "" "FILES;USES;PACKAGES" ${ARGN})
  add_executable(${name} ${fuzz_FILES})
  target_link_libraries(${name} PRIVATE valise_flags ${fuzz_USES} ${fuzz_PACKAGES})
  if(VALISE_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c")
    add_test(NAME ${name} COMMAND ${name} "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}")
    set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300)
  endif()
endfunction()

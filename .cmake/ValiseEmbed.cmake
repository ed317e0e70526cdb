# SPDX-License-Identifier: Apache-2.0
# valise_embed(<target> <c-symbol> <file>): compiles the bytes of a file into a target as
#   const unsigned char SYMBOL[]; const size_t SYMBOL_len;
# The room that uses it declares both `extern` in its private header; nothing else is declared.
set(VALISE_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed.cmake")

function(valise_embed target symbol file)
  get_filename_component(input "${file}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/embed-${symbol}.c")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DINPUT=${input}" "-DOUTPUT=${output}" "-DSYMBOL=${symbol}"
            -P "${VALISE_EMBED_SCRIPT}"
    DEPENDS "${input}" "${VALISE_EMBED_SCRIPT}"
    COMMENT "Embedding ${symbol}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()

# SPDX-License-Identifier: Apache-2.0
# Run as `cmake -DINPUT=… -DOUTPUT=… -DSYMBOL=… -P embed.cmake`: turns a file into a C array, so that
# word lists and kits travel inside the program and no path is needed at run time.
file(READ "${INPUT}" hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR length "${digits} / 2")
if(length EQUAL 0)
  message(FATAL_ERROR "embed: '${INPUT}' is empty")
endif()
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," body "${hex}")
# 16 bytes a line keeps the generated file readable and the compiler quick
string(REPEAT "....." 16 line)
string(REGEX REPLACE "(${line})" "\\1\n" body "${body}")
file(WRITE "${OUTPUT}.tmp" "#include <stddef.h>
extern const unsigned char ${SYMBOL}[];
extern const size_t ${SYMBOL}_len;
const unsigned char ${SYMBOL}[] = {
${body}
};
const size_t ${SYMBOL}_len = ${length};
")
file(RENAME "${OUTPUT}.tmp" "${OUTPUT}")

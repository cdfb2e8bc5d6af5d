#include "net/brotli.h"

#include <brotli/decode.h>
#include <gtest/gtest.h>

namespace net {
namespace {

TEST(Brotli, WhatIsCompressed_ReadsBackTheSame) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(i) + "\n";
  for (const std::string& given : {text, std::string(), std::string("a\0b", 3)}) {
    for (const int quality : {4, 11}) {
      const std::string packed = compress_brotli(given, quality);
      std::size_t size = given.size() + 1;
      std::string back(size, '\0');
      ASSERT_EQ(BrotliDecoderDecompress(packed.size(),
                                        reinterpret_cast<const std::uint8_t*>(packed.data()), &size,
                                        reinterpret_cast<std::uint8_t*>(back.data())),
                BROTLI_DECODER_RESULT_SUCCESS);
      back.resize(size);
      EXPECT_EQ(back, given);
    }
  }
  EXPECT_LT(compress_brotli(text, 11).size(), text.size() / 4);
}

}  // namespace
}  // namespace net

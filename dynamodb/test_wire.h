// What tests of the wire ask of requests.
#pragma once
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "dynamodb/wire.h"

namespace dynamodb::wire {

// The message with which a request or answer is refused; "": it is none.
template <class T>
std::string error(std::string_view json, ErrorCode code = ErrorCode::validation) {
  const auto decoded = decode<T>(json);
  if (decoded) return "";
  EXPECT_EQ(decoded.error().code, code) << decoded.error().message;
  return decoded.error().message;
}

// What is read of a value as it is written.
template <class T>
T round_trip(const T& value) {
  auto decoded = decode<T>(encode(value));
  EXPECT_TRUE(decoded) << decoded.error().message << encode(value);
  return decoded ? std::move(*decoded) : T{};
}

}  // namespace dynamodb::wire

#include "web/signing.h"

#include <gtest/gtest.h>

using namespace web;
using namespace std::chrono_literals;

namespace {

struct Clock {
  base::Timestamp time{1'700'000'000s};
  base::NowFunction now() {
    return [this] { return time; };
  }
};

}  // namespace

TEST(Signing, K7_SignedValue_ComesBack) {
  const Signer signer({.current = "secret"}, "reset");
  for (const std::string_view value : {"", "alice", "a.b.c", "\xC3\xA9\n\"; \x01"})
    EXPECT_EQ(signer.unsign(signer.sign(value), 1h), value);
}

TEST(Signing, K7_Text_IsSafeInUrlsAndCookies) {
  const Signer signer({.current = "secret"}, "reset");
  EXPECT_EQ(signer.sign("<a> \"b\"; c=d\xFF")
                .find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "-_."),
            std::string::npos);
}

TEST(Signing, K7_EveryChangedByte_IsRefused) {
  const Signer signer({.current = "secret"}, "reset");
  const std::string text = signer.sign("alice");
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string forged = text;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(signer.unsign(forged, 1h), std::nullopt) << i;
    EXPECT_EQ(signer.unsign(text.substr(0, i), 1h), std::nullopt) << i;
  }
  EXPECT_EQ(signer.unsign(text + "A", 1h), std::nullopt);
  EXPECT_EQ(signer.unsign("", 1h), std::nullopt);
  EXPECT_EQ(signer.unsign("..", 1h), std::nullopt);
}

TEST(Signing, K7_AnotherPurposeOrSecret_IsRefused) {
  const std::string text = Signer({.current = "secret"}, "reset").sign("alice");
  EXPECT_EQ(Signer({.current = "secret"}, "messages").unsign(text, 1h), std::nullopt);
  EXPECT_EQ(Signer({.current = "other"}, "reset").unsign(text, 1h), std::nullopt);
}

TEST(Signing, K7_AfterRotation_FallbacksAreAccepted_AndSignNothing) {
  const std::string old = Signer({.current = "old"}, "reset").sign("alice");
  const Signer rotated({.current = "new", .fallbacks = {"older", "old"}}, "reset");
  EXPECT_EQ(rotated.unsign(old, 1h), "alice");
  EXPECT_EQ(Signer({.current = "old"}, "reset").unsign(rotated.sign("alice"), 1h), std::nullopt);
  EXPECT_EQ(Signer({.current = "new"}, "reset").unsign(rotated.sign("alice"), 1h), "alice");
}

TEST(Signing, K7_TooOldOrFromTheFuture_IsRefused) {
  Clock clock;
  const Signer signer({.current = "secret"}, "reset", clock.now());
  const std::string text = signer.sign("alice");
  clock.time += 1h;
  EXPECT_EQ(signer.unsign(text, 1h), "alice");
  clock.time += 1s;
  EXPECT_EQ(signer.unsign(text, 1h), std::nullopt);
  clock.time -= 2h;
  EXPECT_EQ(signer.unsign(text, 1h), std::nullopt);
}

TEST(Signing, K7_WithoutASecret_Throws) {
  EXPECT_THROW(Signer({}, "reset"), std::invalid_argument);
  EXPECT_THROW(Signer({.current = "", .fallbacks = {"old"}}, "reset"), std::invalid_argument);
}

#include "auth/usernames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/test_auth.h"

namespace auth {
namespace {

TEST(Usernames, AreOfLettersOfAnyScript_WithTheirMarks) {
  for (const char* name : {"alice", "a.b+c-d_e@f", "josé", "Жанна", "愛子", "ですか", "محمد",
                           "हिन्दी", "สวัสดี", "٤٢", "𐐀𐐁"}) {
    EXPECT_TRUE(is_username(normalised_username(name))) << name;
  }
}

TEST(Usernames, WhatIsNotSeen_OrIsNoLetter_IsRefused) {
  for (const char* name :
       {"al ice",      "al\tice",     "al\u00A0ice", "al\u3000ice", "al\u200Bice", "al\u200Dice",
        "al\u202Eice", "al\uFEFFice", "al\u0085ice", "\u3164",      "\uFFA0",      "a\u034Fb",
        "a\uFE0F",     "a\U000E0041", "\u0301a",     "al/ice",      "al<ice",      "al\uFF1Cice",
        "😀",           "a\u2800b",    "€",           "\xFF",        "a\xC3"}) {
    EXPECT_FALSE(is_username(normalised_username(name))) << name;
  }
}

TEST(Usernames, Key_IsTheSameForEveryFormAndCase) {
  EXPECT_EQ(normalised_username("ｊｏｓｅ\u0301＠x"), "josé@x");
  for (const auto& [a, b] : {std::pair("JOSÉ", "jose\u0301"), std::pair("ＡＬＩＣＥ", "alice"),
                             std::pair("\u212Aate", "kate"), std::pair("Straße", "STRASSE"),
                             std::pair("ΣΊΣΥΦΟΣ", "σίσυφος"), std::pair("ﬁona", "FIONA")}) {
    EXPECT_EQ(username_key(a), username_key(b));
    EXPECT_EQ(username_key(username_key(a)), username_key(a));
  }
  EXPECT_NE(username_key("alice"), username_key("аlice")) << "the second begins in Cyrillic";
}

struct UnicodeNames : testing::Test, AuthDatabase {};

TEST_F(UnicodeNames, AreSavedInOneForm_UniqueAndFoundInAll) {
  const User jose = create_user({.username = "Ｊose\u0301"}, kPassword);
  EXPECT_EQ(User::objects.get(jose.pk).username, "José");
  for (const char* typed : {"josé", "JOSE\u0301", "ｊｏｓé"})
    EXPECT_EQ(authenticate(typed, kPassword)->pk, jose.pk) << typed;
  for (const char* taken : {"JOSÉ", "jose\u0301", "ｊｏｓé"})
    EXPECT_THROW(create_user({.username = taken}, kPassword), dynamo_backend::IntegrityError);
  User renamed = create_user({.username = "other"}, kPassword);
  renamed.username = "ｊｏｓé";  // as the admin's form does
  EXPECT_THROW(renamed.save(), dynamo_backend::IntegrityError);
}

TEST_F(UnicodeNames, ThatBecomeAnAddressOrTooLong_AreRefused) {
  new_user("alice");
  for (const std::string& name : {std::string("alice＠example.com"), [] {
                                    std::string long_one;
                                    for (int i = 0; i < 100; ++i) long_one += "ﬃ";
                                    return long_one;
                                  }()}) {
    EXPECT_THROW(check_new_user({.username = name}, kPassword), ValidationError) << name;
  }
}

}  // namespace
}  // namespace auth

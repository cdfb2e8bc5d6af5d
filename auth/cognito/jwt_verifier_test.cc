// Rules J1-J9, each with tokens that break it and are right otherwise.
#include "auth/cognito/jwt_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/cognito/jwt.h"
#include "auth/cognito/test_tokens.h"
#include "base/base64.h"

namespace auth::cognito {
namespace {

using base::Json;
using cognito_mock::sign_token;
using testing::ElementsAre;

std::string encoded(std::string_view text) { return base::base64url_encode(text); }

// Signs texts that no JSON library would write.
std::string sign_texts(std::string_view header, std::string_view payload) {
  std::string token = encoded(header) + "." + encoded(payload);
  token += "." + base::base64url_encode(test_key().sign(token));
  return token;
}
Json good_header() { return {{"kid", test_key().id()}, {"alg", "RS256"}}; }
Json with(Json object, const char* name, Json value) {
  object[name] = std::move(value);
  return object;
}
Json without(Json object, const char* name) {
  object.erase(name);
  return object;
}

class Verifier : public testing::Test {
 protected:
  VerifierOptions options() const {
    return {.issuer = kTestIssuer, .client_ids = {"other", kTestClient}, .now = [] {
              return kTestNow;
            }};
  }
  TokenResult<Claims> verify(std::string_view token, TokenUse use = TokenUse::id) {
    return JwtVerifier(keys, options()).verify(token, use);
  }
  // Nullopt: the token was taken.
  std::optional<TokenFault> fault_of(std::string_view token, TokenUse use = TokenUse::id) {
    const auto claims = verify(token, use);
    return claims ? std::nullopt : std::optional(claims.error().fault);
  }
  std::optional<TokenFault> fault_of_payload(const Json& payload, TokenUse use = TokenUse::id) {
    return fault_of(sign_token(test_key(), payload), use);
  }
  std::optional<TokenFault> fault_of_header(const Json& header) {
    return fault_of(sign_token(test_key(), header, id_payload()));
  }

  FixedKeys keys{KeySet::parse(key_set_text({test_key().jwk(), test_key(1).jwk()}))};
};

TEST_F(Verifier, GoodIdToken_GivesItsClaims) {
  const auto claims = verify(sign_token(test_key(), id_payload()));
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->issuer, kTestIssuer);
  EXPECT_EQ(claims->subject, "9a1b2c3d-0000-4000-8000-1234567890ab");
  EXPECT_EQ(claims->client_id, kTestClient);
  EXPECT_EQ(claims->username, "demo");
  EXPECT_EQ(claims->email, "demo@ddblog.local");
  EXPECT_EQ(claims->email_verified, true);
  EXPECT_THAT(claims->groups, ElementsAre("editors", "staff"));
  EXPECT_EQ(claims->expires_at.time_since_epoch().count(), seconds_from_now(3590));
  EXPECT_EQ(claims->auth_time->time_since_epoch().count(), seconds_from_now(-10));
  EXPECT_EQ((*claims->all)["event_id"], "0ed5ad5c-7182-4ecf-9ad9-67c9d5c5f3a4");
}

TEST_F(Verifier, GoodAccessToken_GivesItsScopes) {
  const auto claims = verify(sign_token(test_key(1), access_payload()), TokenUse::access);
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_THAT(claims->scopes, ElementsAre("openid", "email", "profile"));
  EXPECT_EQ(claims->username, "demo");
}

TEST_F(Verifier, EmailVerified_IsTrueFalseOrUnknown) {
  const auto read = [&](const Json& value) {
    return verify(sign_token(test_key(), with(id_payload(), "email_verified", value)))
        ->email_verified;
  };
  EXPECT_EQ(read("true"), true);
  EXPECT_EQ(read(false), false);
  EXPECT_EQ(read("false"), false);
  for (const Json& value : {Json("TRUE"), Json("yes"), Json(1), Json(nullptr), Json::array({true})})
    EXPECT_EQ(read(value), std::nullopt) << value;
}

TEST_F(Verifier, J1_NotThreeParts_IsMalformed) {
  const std::string token = sign_token(test_key(), id_payload());
  const std::size_t first = token.find('.'), second = token.rfind('.');
  const std::string header = token.substr(0, first), signature = token.substr(second + 1);
  const std::string payload = token.substr(first + 1, second - first - 1);
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("..."), header,
        header + "." + payload, header + "." + payload + ".", "." + payload + "." + signature,
        header + ".." + signature, token + ".", token + "." + signature, token + ".x.y",
        "Bearer " + token, token + "\n", " " + token, token + "=",
        header + "=." + payload + "." + signature}) {
    EXPECT_EQ(fault_of(bad), TokenFault::malformed) << bad;
  }
}

TEST_F(Verifier, J1_AnotherFormOfTheSameBytes_IsMalformed) {
  const std::string token = sign_token(test_key(), id_payload());
  ASSERT_EQ(fault_of(token), std::nullopt);
  // 256 bytes of signature end in a digit with four bits that mean nothing.
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string other = token;
  other.back() = kAlphabet[kAlphabet.find(token.back()) + 1];
  EXPECT_EQ(fault_of(other), TokenFault::malformed);
  other = token;
  std::replace(other.begin(), other.end(), '-', '+');
  std::replace(other.begin(), other.end(), '_', '/');
  if (other != token) {
    EXPECT_EQ(fault_of(other), TokenFault::malformed);
  }
}

TEST(Base64Url, J1_HasOneFormForEachValue) {
  for (const char* text : {"Z", "Zm9vY", "Zg==", "Zm8=", "Zm9v\n", " Zm9v", "Zm 9v", "Zm+v", "Zm/v",
                           "Zh", "Zm9", "Zm9vYh", "Zm9v.", "Zm9\xc3\xa9"}) {
    EXPECT_EQ(base::base64url_decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(base::base64url_decode(std::string_view("Zg\0\0", 4)), std::nullopt);
}

TEST_F(Verifier, J1_Over16KiB_IsMalformed) {
  const auto of_size = [&](std::size_t size) {
    Json payload = id_payload();
    payload["filler"] = "";
    const std::size_t bare = sign_token(test_key(), payload).size();
    for (std::size_t n = (size - bare) * 3 / 4 - 3;; ++n) {
      payload["filler"] = std::string(n, 'x');
      std::string token = sign_token(test_key(), payload);
      if (token.size() >= size) return token;
    }
  };
  const std::string largest = of_size(kMostTokenBytes);
  ASSERT_LE(largest.size(), kMostTokenBytes + 1);
  EXPECT_EQ(fault_of(largest), largest.size() == kMostTokenBytes
                                   ? std::nullopt
                                   : std::optional(TokenFault::malformed));
  EXPECT_EQ(fault_of(of_size(kMostTokenBytes - 8)), std::nullopt);
  EXPECT_EQ(fault_of(of_size(kMostTokenBytes + 1)), TokenFault::malformed);
}

TEST_F(Verifier, J1_PartsThatAreNoObjectsOfTheirOwn_AreMalformed) {
  const std::string header = good_header().dump(), payload = id_payload().dump();
  const auto twice = [](std::string object, const std::string& member) {
    object.insert(1, member + ",");
    return object;
  };
  ASSERT_EQ(fault_of(sign_texts(header, payload)), std::nullopt);
  EXPECT_EQ(fault_of(sign_texts(twice(header, R"("alg":"RS256")"), payload)),
            TokenFault::malformed);
  EXPECT_EQ(fault_of(sign_texts(twice(header, R"("\u0061lg":"none")"), payload)),
            TokenFault::malformed);
  EXPECT_EQ(fault_of(sign_texts(header, twice(payload, R"("sub":"root")"))), TokenFault::malformed);
  EXPECT_EQ(fault_of(sign_texts(header, twice(payload, R"("x":{"a":1,"a":2})"))),
            TokenFault::malformed);
  for (const std::string& bad :
       {std::string("[]"), std::string("\"text\""), std::string("null"), std::string("{"),
        payload + "x", std::string("{\"sub\":\"\xff\"}"), std::string(200, '[')}) {
    EXPECT_EQ(fault_of(sign_texts(bad, payload)), TokenFault::malformed) << bad;
    EXPECT_EQ(fault_of(sign_texts(header, bad)), TokenFault::malformed) << bad;
  }
}

TEST_F(Verifier, J2_OtherAlgorithms_AreRefusedBeforeAKeyIsSought) {
  for (const char* algorithm :
       {"none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "RS384", "RS512", "PS256",
        "ES256", "EdDSA", "rs256", "RS256 ", "", "RSA1_5"}) {
    const Json header = with(good_header(), "alg", algorithm);
    EXPECT_EQ(fault_of_header(header), TokenFault::algorithm) << algorithm;
    EXPECT_EQ(fault_of(encoded(header.dump()) + "." + encoded(id_payload().dump()) + "."),
              TokenFault::algorithm);
  }
  EXPECT_EQ(fault_of_header(without(good_header(), "alg")), TokenFault::algorithm);
  EXPECT_EQ(fault_of_header(with(good_header(), "alg", {"RS256"})), TokenFault::algorithm);
  EXPECT_EQ(keys.asked, 0);
}

TEST_F(Verifier, J2_HmacWithThePublicKey_IsRefused) {
  const std::string secret = test_key().public_pem();
  std::string token =
      encoded(with(good_header(), "alg", "HS256").dump()) + "." + encoded(id_payload().dump());
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(token.data()), token.size(), mac, &size);
  token += "." + base::base64url_encode({reinterpret_cast<const char*>(mac), size});
  EXPECT_EQ(fault_of(token), TokenFault::algorithm);
}

TEST_F(Verifier, J2_HeadersThatBringKeysOrExtensions_AreRefused) {
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, Json>>{
           {"crit", {"exp"}},
           {"crit", Json::array()},
           {"jku", "https://evil.example/jwks.json"},
           {"x5u", "https://evil.example/x5u"},
           {"jwk", test_key().jwk()},
           {"x5c", {"MII"}},
           {"jku", nullptr}}) {
    EXPECT_EQ(fault_of_header(with(good_header(), name, value)), TokenFault::header) << name;
  }
  EXPECT_EQ(keys.asked, 0);
  EXPECT_EQ(fault_of_header(with(good_header(), "typ", "JWT")), std::nullopt);
}

TEST_F(Verifier, J2_KeyOfAnotherAlgorithm_IsNotUsed) {
  EXPECT_THROW(KeySet::parse(key_set_text({with(test_key().jwk(), "alg", "RS512")})), KeySetError);
  EXPECT_THROW(KeySet::parse(key_set_text({without(test_key().jwk(), "alg")})), KeySetError);
}

TEST_F(Verifier, J3_KeyId_IsAStringOfTheKeySet) {
  EXPECT_EQ(fault_of_header(with(good_header(), "kid", "other")), TokenFault::unknown_key);
  EXPECT_EQ(fault_of_header(with(good_header(), "kid", std::string(128, 'k'))),
            TokenFault::unknown_key);
  const int asked = keys.asked;
  EXPECT_EQ(fault_of_header(with(good_header(), "kid", std::string(129, 'k'))), TokenFault::header);
  for (const Json& value : {Json(""), Json(1), Json(nullptr), Json::array({test_key().id()})})
    EXPECT_EQ(fault_of_header(with(good_header(), "kid", value)), TokenFault::header) << value;
  EXPECT_EQ(fault_of_header(without(good_header(), "kid")), TokenFault::header);
  EXPECT_EQ(keys.asked, asked);
}

TEST_F(Verifier, J3_KeysThatAreNotSound_AreLeftOut) {
  const Json good = test_key().jwk();
  const auto usable = [](const Json& jwk) {
    try {
      return KeySet::parse(key_set_text({jwk})).find(test_key().id()) != nullptr;
    } catch (const KeySetError&) {
      return false;
    }
  };
  EXPECT_TRUE(usable(good));
  EXPECT_FALSE(usable(with(good, "kty", "oct")));
  EXPECT_FALSE(usable(with(good, "use", "enc")));
  EXPECT_FALSE(usable(without(good, "use")));
  EXPECT_FALSE(usable(with(good, "e", "Aw")));    // 3
  EXPECT_FALSE(usable(with(good, "e", "AQAA")));  // 65536
  EXPECT_FALSE(usable(with(good, "e", "AAAB")));  // 1
  EXPECT_TRUE(usable(with(good, "e", "AQAD")));   // 65539
  EXPECT_FALSE(usable(with(good, "e", "AQAB==")));
  EXPECT_FALSE(usable(with(good, "n", 5)));
  Json small = cognito_mock::SigningKey::generate(2040).jwk();
  EXPECT_FALSE(usable(with(small, "kid", test_key().id())));
  Json mixed = with(good, "kid", "second");
  EXPECT_NE(KeySet::parse(key_set_text({small, mixed})).find("second"), nullptr);
}

TEST_F(Verifier, J3_SignatureOfAnotherKeyOrText_IsRefused) {
  EXPECT_EQ(fault_of(sign_token(test_key(1), good_header(), id_payload())), TokenFault::signature);
  const std::string token = sign_token(test_key(), id_payload());
  const std::size_t first = token.find('.'), second = token.rfind('.');
  const std::string header = token.substr(0, first), signature = token.substr(second);
  const std::string forged = encoded(with(id_payload(), "sub", "root").dump());
  EXPECT_EQ(fault_of(header + "." + forged + signature), TokenFault::signature);
  EXPECT_EQ(fault_of(token.substr(0, second + 1) + encoded(std::string(256, '\0'))),
            TokenFault::signature);
  EXPECT_EQ(fault_of(token.substr(0, second + 1) + encoded("short")), TokenFault::signature);
  EXPECT_EQ(fault_of(token.substr(0, second + 1) + encoded(std::string(2000, 'x'))),
            TokenFault::signature);
}

TEST_F(Verifier, J3_PayloadIsNotLookedAtBeforeTheSignature) {
  const std::string bad = encoded(good_header().dump()) + "." + encoded("no json") + "." +
                          encoded(std::string(256, 's'));
  EXPECT_EQ(fault_of(bad), TokenFault::signature);
}

TEST_F(Verifier, J4_Issuer_IsExactlyTheConfiguredOne) {
  const std::string issuer = kTestIssuer;
  for (const std::string& other :
       {issuer + "/", issuer + "x",
        std::string("https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other"),
        "http" + issuer.substr(5), std::string("https://evil.example/eu-central-1_AbCdEf123"),
        std::string()}) {
    EXPECT_EQ(fault_of_payload(with(id_payload(), "iss", other)), TokenFault::issuer) << other;
  }
  EXPECT_EQ(fault_of_payload(with(id_payload(), "iss", {issuer})), TokenFault::issuer);
  EXPECT_EQ(fault_of_payload(without(id_payload(), "iss")), TokenFault::issuer);
}

TEST(PoolIssuer, J4_IsOfTheRegionThatThePoolNames) {
  EXPECT_EQ(pool_issuer("eu-central-1_AbCdEf123"), kTestIssuer);
  EXPECT_EQ(jwks_url(kTestIssuer), std::string(kTestIssuer) + "/.well-known/jwks.json");
  EXPECT_TRUE(is_user_pool_id("us-gov-west-1_a"));
  for (const char* bad :
       {"", "local", "eu-central-1", "eu-central-1_", "eu-central-1_a-b", "EU-central-1_ab",
        "eu-central-12_ab", "e-central-1_ab", "eu--1_ab", "eu-central-x_ab", "eu-central-1_a/../b",
        "eu-central-1_ab\n", "xeu-central-1_ab", "eu-central-1_ab.evil.example/", "us-gov-1_ab_c",
        "us-gov--1_ab"}) {
    EXPECT_FALSE(is_user_pool_id(bad)) << bad;
    EXPECT_THROW(pool_issuer(bad), std::invalid_argument) << bad;
  }
}

TEST_F(Verifier, J5_Expiry_WithinTheSkew) {
  EXPECT_EQ(fault_of_payload(with(id_payload(), "exp", seconds_from_now(-29))), std::nullopt);
  EXPECT_EQ(fault_of_payload(with(id_payload(), "exp", seconds_from_now(-30))),
            TokenFault::expired);
  EXPECT_EQ(fault_of_payload(with(id_payload(), "exp", 0)), TokenFault::expired);
  EXPECT_EQ(fault_of_payload(without(id_payload(), "exp")), TokenFault::claim);
}

TEST_F(Verifier, J5_NotBeforeAndIssuedAt_WithinTheSkew) {
  for (const char* name : {"nbf", "iat"}) {
    EXPECT_EQ(fault_of_payload(with(id_payload(), name, seconds_from_now(30))), std::nullopt)
        << name;
    EXPECT_EQ(fault_of_payload(with(id_payload(), name, seconds_from_now(31))),
              TokenFault::not_yet_valid)
        << name;
  }
  EXPECT_EQ(fault_of_payload(without(id_payload(), "iat")), TokenFault::claim);
}

TEST_F(Verifier, J5_TimesThatAreNoIntegers_AreRefused) {
  for (const char* name : {"exp", "nbf", "iat", "auth_time"}) {
    for (const Json& value :
         {Json("1900000000"), Json(1.9e9), Json(1900000000.5), Json(true), Json(nullptr), Json(-1),
          Json(std::numeric_limits<std::int64_t>::max()),
          Json(std::numeric_limits<std::uint64_t>::max()), Json::array({1900000000})}) {
      EXPECT_EQ(fault_of_payload(with(id_payload(), name, value)), TokenFault::claim)
          << name << " " << value;
    }
  }
}

TEST_F(Verifier, J5_SkewOver120Seconds_IsNoConfiguration) {
  auto wide = options();
  wide.skew = std::chrono::seconds(121);
  EXPECT_THROW(JwtVerifier(keys, wide), std::invalid_argument);
  wide.skew = std::chrono::seconds(-1);
  EXPECT_THROW(JwtVerifier(keys, wide), std::invalid_argument);
  wide.skew = std::chrono::seconds(120);
  EXPECT_TRUE(JwtVerifier(keys, wide)
                  .verify(sign_token(test_key(), with(id_payload(), "exp", seconds_from_now(-119))),
                          TokenUse::id));
}

TEST_F(Verifier, J6_TokenOfTheOtherUse_IsRefused) {
  EXPECT_EQ(fault_of_payload(id_payload(), TokenUse::access), TokenFault::token_use);
  EXPECT_EQ(fault_of_payload(access_payload(), TokenUse::id), TokenFault::token_use);
  for (const Json& value : {Json("refresh"), Json(""), Json("ID"), Json({"id"}), Json(nullptr)})
    EXPECT_EQ(fault_of_payload(with(id_payload(), "token_use", value)), TokenFault::token_use)
        << value;
  EXPECT_EQ(fault_of_payload(without(id_payload(), "token_use")), TokenFault::token_use);
  Json both = access_payload();
  both["aud"] = kTestClient;
  EXPECT_EQ(fault_of_payload(both, TokenUse::id), TokenFault::token_use);
}

TEST_F(Verifier, J7_TokenOfAnotherClient_IsRefused) {
  EXPECT_EQ(fault_of_payload(with(id_payload(), "aud", "other")), std::nullopt);
  EXPECT_EQ(fault_of_payload(with(id_payload(), "aud", "stranger")), TokenFault::audience);
  EXPECT_EQ(fault_of_payload(without(id_payload(), "aud")), TokenFault::audience);
  EXPECT_EQ(fault_of_payload(with(access_payload(), "client_id", "stranger"), TokenUse::access),
            TokenFault::audience);
  Json by_audience = without(access_payload(), "client_id");
  by_audience["aud"] = kTestClient;
  EXPECT_EQ(fault_of_payload(by_audience, TokenUse::access), TokenFault::audience);
  EXPECT_EQ(fault_of_payload(with(access_payload(), "client_id", {kTestClient}), TokenUse::access),
            TokenFault::audience);
}

TEST_F(Verifier, J7_AudienceAsAList_OnlyOfOneKnownClient) {
  EXPECT_EQ(fault_of_payload(with(id_payload(), "aud", {kTestClient})), std::nullopt);
  for (const Json& value : {Json({kTestClient, "stranger"}), Json({kTestClient, "other"}),
                            Json({"stranger"}), Json::array(), Json::array({1}),
                            Json::array({Json::array({kTestClient})}), Json{{"x", kTestClient}}})
    EXPECT_EQ(fault_of_payload(with(id_payload(), "aud", value)), TokenFault::audience) << value;
}

TEST_F(Verifier, ClaimsOfAnotherType_AreRefused) {
  for (const Json& value : {Json("staff"), Json({"staff", 1}), Json{{"staff", true}}})
    EXPECT_EQ(fault_of_payload(with(id_payload(), "cognito:groups", value)), TokenFault::claim)
        << value;
  for (const Json& value : {Json(""), Json(1), Json(std::string(256, 's')), Json(nullptr)})
    EXPECT_EQ(fault_of_payload(with(id_payload(), "sub", value)), TokenFault::claim) << value;
}

TEST_F(Verifier, J9_RevokedTokens_AreRefusedUntilTheyExpire) {
  base::Timestamp now = kTestNow;
  const auto denied = std::make_shared<DenyList>([&] { return now; });
  auto with_list = options();
  with_list.denied = denied;
  const JwtVerifier verifier(keys, with_list);
  const std::string token = sign_token(test_key(), access_payload());
  EXPECT_TRUE(verifier.verify(token, TokenUse::access));
  denied->add(access_payload()["origin_jti"], kTestNow + std::chrono::hours(1));
  EXPECT_EQ(verifier.verify(token, TokenUse::access).error().fault, TokenFault::revoked);
  // Another log-in's token of the same user.
  EXPECT_TRUE(verifier.verify(
      sign_token(test_key(), with(access_payload(), "origin_jti", "another")), TokenUse::access));
  denied->add(access_payload()["jti"], kTestNow + std::chrono::hours(1));
  EXPECT_EQ(verifier
                .verify(sign_token(test_key(), with(access_payload(), "origin_jti", "another")),
                        TokenUse::access)
                .error()
                .fault,
            TokenFault::revoked);
  now += std::chrono::hours(1);
  EXPECT_FALSE(denied->contains(std::string(access_payload()["jti"])));
}

TEST(DenyList, J9_Full_DropsWhatWouldExpireFirst) {
  DenyList list([] { return kTestNow; }, 2);
  const auto in = [](int minutes) { return kTestNow + std::chrono::minutes(minutes); };
  list.add("a", in(1));
  list.add("b", in(2));
  list.add("a", in(3));
  list.add("c", in(4));
  list.add("expired", in(-1));
  EXPECT_FALSE(list.contains("b"));
  EXPECT_TRUE(list.contains("a"));
  EXPECT_TRUE(list.contains("c"));
  EXPECT_FALSE(list.contains("expired"));
}

TEST(DenyList, J9_WhatAnotherProcessRevoked_IsSeenWithinSeconds) {
  base::Timestamp now = kTestNow;
  std::map<std::string, base::Timestamp> shared;
  int asked = 0;
  const SharedDenials denials{
      .add = [&](const std::string& id, base::Timestamp until) { shared[id] = until; },
      .find = [&](const std::string& id) -> std::optional<base::Timestamp> {
        ++asked;
        const auto found = shared.find(id);
        return found == shared.end() ? std::nullopt : std::optional(found->second);
      }};
  const auto clock = [&] { return now; };
  DenyList here(clock, 10, denials), there(clock, 10, denials);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(here.contains("a"));
  EXPECT_FALSE(here.contains("")) << "a token without the claim";
  EXPECT_EQ(asked, 1);
  there.add("a", now + std::chrono::hours(1));
  now += DenyList::kAskAgain;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(here.contains("a"));
  EXPECT_EQ(asked, 2);
  now += std::chrono::hours(1);
  EXPECT_FALSE(here.contains("a"));
}

TEST_F(Verifier, WithoutIssuerOrClients_IsNoConfiguration) {
  EXPECT_THROW(JwtVerifier(keys, {.issuer = kTestIssuer}), std::invalid_argument);
  EXPECT_THROW(JwtVerifier(keys, {.client_ids = {kTestClient}}), std::invalid_argument);
}

// Every token that differs from a good one in one byte.
TEST_F(Verifier, J3_EveryChangedByte_IsRefused) {
  const std::string token = sign_token(test_key(), id_payload());
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(fault_of(changed), std::nullopt) << i;
  }
}

}  // namespace
}  // namespace auth::cognito

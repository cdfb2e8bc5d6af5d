// Time to live: how it is switched. What expires is in time_test.cc, where the clock can be set.
#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class TimeToLiveTest : public ConformanceTest {
 protected:
  Result<UpdateTimeToLiveResult> set(const std::string& table, const std::string& attribute,
                                     bool enabled) {
    return db().update_time_to_live({table, {attribute, enabled}});
  }
  void wait_until_settled(const std::string& table) {
    ASSERT_TRUE(wait_until([&] {
      const auto status = db().describe_time_to_live(table).value().status;
      return status == TimeToLiveStatus::enabled || status == TimeToLiveStatus::disabled;
    }));
  }
};
RUN_ON_EVERY_BACKEND(TimeToLiveTest);

TEST_P(TimeToLiveTest, NewTable_HasNone) {
  const auto description = db().describe_time_to_live(make_table(hash_key())).value();
  EXPECT_EQ(description.status, TimeToLiveStatus::disabled);
  EXPECT_EQ(description.attribute, "");
}

TEST_P(TimeToLiveTest, Enabled_IsDescribed) {
  const auto table = make_table(hash_key());
  const auto result = set(table, "expires", true).value();
  EXPECT_EQ(result.attribute, "expires");
  EXPECT_TRUE(result.enabled);
  wait_until_settled(table);
  const auto description = db().describe_time_to_live(table).value();
  EXPECT_EQ(description.status, TimeToLiveStatus::enabled);
  EXPECT_EQ(description.attribute, "expires");
}

TEST_P(TimeToLiveTest, Disabled_IsDescribedWithoutAttribute) {
  const auto table = make_table(hash_key());
  set(table, "expires", true).value();
  EXPECT_FALSE(set(table, "expires", false).value().enabled);
  wait_until_settled(table);
  const auto description = db().describe_time_to_live(table).value();
  EXPECT_EQ(description.status, TimeToLiveStatus::disabled);
  EXPECT_EQ(description.attribute, "");
  EXPECT_TRUE(succeeds(set(table, "other", true)));
}

TEST_P(TimeToLiveTest, WhatItIsAlready_IsRefused) {
  const auto table = make_table(hash_key());
  EXPECT_TRUE(
      fails(set(table, "expires", false), ErrorCode::validation, "TimeToLive is already disabled"));
  set(table, "expires", true).value();
  EXPECT_TRUE(
      fails(set(table, "expires", true), ErrorCode::validation, "TimeToLive is already enabled"));
  for (const bool enabled : {true, false}) {
    EXPECT_TRUE(fails(set(table, "other", enabled), ErrorCode::validation,
                      "TimeToLive is active on a different AttributeName: current AttributeName is "
                      "expires"));
  }
}

TEST_P(TimeToLiveTest, NamesAndTables_AreChecked) {
  const auto table = make_table(hash_key());
  EXPECT_TRUE(fails(set(table, "", true), ErrorCode::validation, "attributeName"));
  EXPECT_TRUE(
      fails(set(table, std::string(256, 'a'), true), ErrorCode::validation, "attributeName"));
  const std::string missing = random_name();
  EXPECT_TRUE(fails(set(missing, "expires", true), ErrorCode::resource_not_found,
                    "Requested resource not found: Table: " + missing + " not found"));
  EXPECT_TRUE(fails(db().describe_time_to_live(missing), ErrorCode::resource_not_found));
}

TEST_P(TimeToLiveTest, KeyAttribute_IsAllowed) {
  const auto table = make_table(hash_and_range_key(Type::S, Type::N));
  EXPECT_TRUE(succeeds(set(table, "sk", true)));
}

}  // namespace conformance

// What a table has besides keys and indexes: billing, class, protection, stream, encryption,
// point-in-time recovery; and UpdateTable, which changes one of them at a time.
#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class TableSettingsTest : public ConformanceTest {
 protected:
  static constexpr Throughput kUnits{5, 7};

  std::string make_with(TableSettings settings) {
    return make_table(TableDefinition{.key = hash_key(), .settings = std::move(settings)});
  }
  std::string make_provisioned() {
    return make_with({.billing_mode = BillingMode::provisioned, .throughput = kUnits});
  }
  testing::AssertionResult refused(TableDefinition definition, std::string_view part) {
    definition.name = random_name();
    if (definition.key.partition.name.empty()) definition.key = hash_key();
    remove_later(definition.name);
    return fails(db().create_table(definition), ErrorCode::validation, part);
  }
  testing::AssertionResult update_refused(UpdateTableRequest request, std::string_view part) {
    return fails(db().update_table(request), ErrorCode::validation, part);
  }
  // Changes the table and waits until it is active.
  TableDescription change(const UpdateTableRequest& request) {
    db().update_table(request).value();
    wait_until_active(db(), request.table);
    return describe(request.table);
  }
  static IndexDefinition by_a(Throughput units = {}) {
    return {.name = "by-a", .key = {.partition = {"a", Type::S}}, .throughput = units};
  }
};
RUN_ON_EVERY_BACKEND(TableSettingsTest);

TEST_P(TableSettingsTest, Create_OnDemand_IsTold) {
  const auto description = describe(make_table(hash_key()));
  EXPECT_EQ(description.definition.settings, TableSettings{});
  EXPECT_TRUE(description.on_demand_since.has_value());
  EXPECT_TRUE(description.arn.ends_with(":table/" + description.definition.name));
}

TEST_P(TableSettingsTest, Create_Provisioned_IsTold) {
  const auto table = make_table(TableDefinition{
      .key = hash_key(),
      .global_indexes = {by_a({1, 2})},
      .settings = {.billing_mode = BillingMode::provisioned, .throughput = kUnits}});
  const auto description = describe(table);
  EXPECT_EQ(description.definition.settings.billing_mode, BillingMode::provisioned);
  EXPECT_EQ(description.definition.settings.throughput, kUnits);
  EXPECT_EQ(description.definition.global_indexes.at(0).throughput, (Throughput{1, 2}));
  EXPECT_EQ(description.on_demand_since, std::nullopt);  // no BillingModeSummary
}

TEST_P(TableSettingsTest, Create_Throughput_GoesExactlyWithProvisioned) {
  EXPECT_TRUE(refused({.settings = {.throughput = kUnits}},
                      "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                      "BillingMode is PAY_PER_REQUEST"));
  EXPECT_TRUE(refused({.settings = {.billing_mode = BillingMode::provisioned}},
                      "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
                      "BillingMode is PROVISIONED"));
  EXPECT_TRUE(refused({.global_indexes = {by_a(kUnits)}},
                      "ProvisionedThroughput should not be specified for index: by-a when "
                      "BillingMode is PAY_PER_REQUEST"));
  EXPECT_TRUE(
      refused({.global_indexes = {by_a()},
               .settings = {.billing_mode = BillingMode::provisioned, .throughput = kUnits}},
              "ProvisionedThroughput is not specified for index: by-a"));
  EXPECT_TRUE(refused({.settings = {.billing_mode = BillingMode::provisioned,
                                    .throughput = {1'000'000'000'001, 1}}},
                      "Given value 1000000000001 for ReadCapacityUnits is out of bounds"));
}

TEST_P(TableSettingsTest, Create_AllSettings_AreTold) {
  const TableSettings settings{.on_demand_limit = {100, 200},
                               .table_class = TableClass::standard_infrequent_access,
                               .deletion_protection = true,
                               .stream = StreamViewType::new_and_old_images};
  const auto table = make_with(settings);
  EXPECT_EQ(describe(table).definition.settings, settings);
  change({.table = table, .deletion_protection = false});  // so that it can be removed
}

// L!: DynamoDB Local has none.
TEST_P(TableSettingsTest, WarmThroughput_StartsAtLeastWithWhatThereIs) {
  const auto table = make_with({.warm_throughput = {12'001, 0}});
  EXPECT_EQ(describe(table).definition.settings.warm_throughput, (Throughput{12'001, 0}));
  EXPECT_TRUE(refused({.settings = {.warm_throughput = {12'000, 3'999}}},
                      "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than "
                      "initial throughput for OnDemand"));
  EXPECT_TRUE(refused({.settings = {.billing_mode = BillingMode::provisioned,
                                    .throughput = kUnits,
                                    .warm_throughput = {4, 7}}},
                      "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than "
                      "ReadCapacityUnits of ProvisionedThroughput"));
}

TEST_P(TableSettingsTest, WarmThroughput_IsOnlyRaised) {
  const auto table = make_table(TableDefinition{.key = hash_key(), .global_indexes = {by_a()}});
  EXPECT_EQ(
      change({.table = table, .warm_throughput = {{0, 4'001}}}).definition.settings.warm_throughput,
      (Throughput{0, 4'001}));
  EXPECT_TRUE(update_refused({.table = table, .warm_throughput = {{12'000, 4'000}}},
                             "Requested WriteUnitsPerSecond for WarmThroughput for table is lower "
                             "than current WarmThroughput, decreasing WarmThroughput is not "
                             "supported"));
  EXPECT_TRUE(update_refused({.table = table, .index_warm_throughput = {{"by-a", {100, 0}}}},
                             "WarmThroughput for index by-a is lower than current"));
  const auto changed =
      change({.table = table, .index_warm_throughput = {{"by-a", {12'001, 4'001}}}});
  EXPECT_EQ(changed.definition.global_indexes.at(0).warm_throughput, (Throughput{12'001, 4'001}));
  EXPECT_TRUE(update_refused(
      {.table = table, .warm_throughput = {{12'001, 0}}, .stream = StreamViewType::keys_only},
      "WarmThroughput must be the only operation in the request"));
}

TEST_P(TableSettingsTest, WarmThroughput_StaysWhenUnitsGoDown) {
  const auto table = make_provisioned();
  const auto changed = change({.table = table, .throughput = Throughput{1, 7}});
  EXPECT_EQ(changed.definition.settings.warm_throughput, (Throughput{kUnits.read_units, 0}));
}

TEST_P(TableSettingsTest, Update_IndexOnDemandLimit) {
  const auto table = make_table(TableDefinition{.key = hash_key(), .global_indexes = {by_a()}});
  const auto limit_of = [&](Throughput wanted) {
    return change({.table = table, .index_on_demand_limit = {{"by-a", wanted}}})
        .definition.global_indexes.at(0)
        .on_demand_limit;
  };
  EXPECT_EQ(limit_of({5, 6}), (Throughput{5, 6}));
  EXPECT_EQ(limit_of({0, 6}), (Throughput{0, 6}));
  EXPECT_TRUE(
      fails(db().update_table({.table = table, .index_on_demand_limit = {{"none", {1, 1}}}}),
            ErrorCode::resource_not_found, "Index none for table " + table));
}

TEST_P(TableSettingsTest, DeletionProtection_RefusesDeletion) {
  const auto table = make_with({.deletion_protection = true});
  put(table, {{"pk", "a"}});
  EXPECT_TRUE(fails(db().delete_table(table), ErrorCode::validation,
                    "Resource cannot be deleted as it is currently protected against deletion. "
                    "Disable deletion protection first."));
  EXPECT_TRUE(get(table, {{"pk", "a"}}).has_value());
  EXPECT_FALSE(change({.table = table, .deletion_protection = false})
                   .definition.settings.deletion_protection);
  EXPECT_TRUE(succeeds(db().delete_table(table)));
}

TEST_P(TableSettingsTest, Delete_AnswersAShortDescription) {
  const auto table = make_provisioned();
  const auto description = db().delete_table(table).value();
  EXPECT_EQ(description.status, TableStatus::deleting);
  EXPECT_EQ(description.definition.name, table);
  EXPECT_EQ(description.definition.settings.throughput, kUnits);
  EXPECT_EQ(description.definition.key.partition.name, "");
  EXPECT_EQ(description.item_count, 0u);
}

TEST_P(TableSettingsTest, Update_Throughput) {
  const auto table = make_provisioned();
  EXPECT_EQ(change({.table = table, .throughput = Throughput{5, 8}}).definition.settings.throughput,
            (Throughput{5, 8}));
  EXPECT_TRUE(update_refused({.table = table, .throughput = Throughput{5, 8}},
                             "The provisioned throughput for the table will not change. The "
                             "requested value equals the current value. Current ReadCapacityUnits "
                             "provisioned for the table: 5. Requested ReadCapacityUnits: 5. "));
  EXPECT_TRUE(update_refused({.table = table, .throughput = Throughput{0, 8}},
                             "Member must have value greater than or equal to 1"));
}

TEST_P(TableSettingsTest, Update_BillingMode_ThereAndBack) {
  const auto table = make_table(TableDefinition{
      .key = hash_key(),
      .global_indexes = {by_a({1, 2})},
      .settings = {.billing_mode = BillingMode::provisioned, .throughput = kUnits}});
  const auto on_demand = change({.table = table, .billing_mode = BillingMode::pay_per_request});
  EXPECT_EQ(on_demand.definition.settings, TableSettings{});
  EXPECT_EQ(on_demand.definition.global_indexes.at(0).throughput, Throughput{});
  EXPECT_TRUE(on_demand.on_demand_since.has_value());
  EXPECT_TRUE(update_refused({.table = table, .throughput = kUnits},
                             "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
                             "when BillingMode is PAY_PER_REQUEST"));
  EXPECT_TRUE(update_refused({.table = table, .billing_mode = BillingMode::provisioned},
                             "ProvisionedThroughput must be specified when BillingMode is "
                             "PROVISIONED"));
  EXPECT_TRUE(update_refused(
      {.table = table, .billing_mode = BillingMode::provisioned, .throughput = kUnits},
      "ProvisionedThroughput must be specified for index: by-a"));
  const auto back = change({.table = table,
                            .billing_mode = BillingMode::provisioned,
                            .throughput = kUnits,
                            .index_throughput = {{"by-a", {3, 4}}}});
  EXPECT_EQ(back.definition.settings.throughput, kUnits);
  EXPECT_EQ(back.definition.global_indexes.at(0).throughput, (Throughput{3, 4}));
  EXPECT_TRUE(back.on_demand_since.has_value());  // its BillingModeSummary stays
}

TEST_P(TableSettingsTest, Update_NothingToDo_IsRefused) {
  EXPECT_TRUE(update_refused({.table = make_table(hash_key())}, "At least one of "));
  EXPECT_TRUE(fails(db().update_table({.table = random_name(), .deletion_protection = true}),
                    ErrorCode::resource_not_found, "Requested resource not found: Table: "));
}

TEST_P(TableSettingsTest, Update_OneThingAtATime) {
  const auto table = make_table(hash_key());
  EXPECT_TRUE(update_refused(
      {.table = table, .billing_mode = BillingMode::pay_per_request, .deletion_protection = true},
      "DeletionProtection modification must be the only operation"));
  EXPECT_TRUE(
      update_refused({.table = table, .create_index = by_a(), .stream = StreamViewType::keys_only},
                     "You cannot create or delete index while changing stream status"));
  EXPECT_TRUE(
      fails(db().update_table({.table = table, .create_index = by_a(), .delete_index = "by-b"}),
            ErrorCode::limit_exceeded,
            "Subscriber limit exceeded: Only 1 online index can be created or deleted "
            "simultaneously per table"));
  EXPECT_EQ(describe(table).definition.global_indexes.size(), 0u);
  EXPECT_FALSE(describe(table).definition.settings.deletion_protection);
}

TEST_P(TableSettingsTest, Update_Stream_IsSwitchedOnAndOff) {
  const auto table = make_table(hash_key());
  const std::optional<StreamViewType> off, view = StreamViewType::new_image;
  EXPECT_TRUE(update_refused({.table = table, .stream = off},
                             "Table has no stream to disable: TableName: " + table));
  EXPECT_EQ(change({.table = table, .stream = view}).definition.settings.stream, view);
  EXPECT_TRUE(update_refused({.table = table, .stream = view},
                             "Table already has an enabled stream: TableName: " + table));
  EXPECT_EQ(change({.table = table, .stream = off}).definition.settings.stream, off);
}

TEST_P(TableSettingsTest, Update_TableClass) {
  const auto table = make_table(hash_key());
  EXPECT_EQ(describe(table).table_class_changed_at, std::nullopt);
  const auto changed =
      change({.table = table, .table_class = TableClass::standard_infrequent_access});
  EXPECT_EQ(changed.definition.settings.table_class, TableClass::standard_infrequent_access);
  EXPECT_TRUE(changed.table_class_changed_at.has_value());
}

TEST_P(TableSettingsTest, Encryption_IsDescribed) {
  const auto table = make_table(hash_key());
  const Encryption aws_default, mine{true, "alias/mine"};
  EXPECT_TRUE(update_refused({.table = table, .encryption = aws_default},
                             "Table is already encrypted by default"));
  EXPECT_EQ(change({.table = table, .encryption = mine}).definition.settings.encryption, mine);
  EXPECT_TRUE(update_refused({.table = table, .encryption = mine},
                             "Table is already encrypted with given KMSMasterKeyId"));
  EXPECT_EQ(change({.table = table, .encryption = aws_default}).definition.settings.encryption,
            aws_default);
}

TEST_P(TableSettingsTest, Update_IndexThroughput) {
  const auto table = make_provisioned();
  EXPECT_TRUE(update_refused({.table = table, .create_index = by_a()},
                             "ProvisionedThroughput must be specified for index: by-a"));
  change({.table = table, .create_index = by_a({1, 1})});
  const auto changed = change({.table = table, .index_throughput = {{"by-a", {2, 1}}}});
  EXPECT_EQ(changed.definition.global_indexes.at(0).throughput, (Throughput{2, 1}));
  EXPECT_TRUE(update_refused({.table = table, .index_throughput = {{"by-a", {2, 1}}}},
                             "The provisioned throughput for the index by-a will not change"));
  EXPECT_TRUE(fails(db().update_table({.table = table, .index_throughput = {{"none", {2, 1}}}}),
                    ErrorCode::resource_not_found));
  const auto on_demand = make_table(TableDefinition{.key = hash_key(), .global_indexes = {by_a()}});
  EXPECT_TRUE(update_refused({.table = on_demand, .index_throughput = {{"by-a", {2, 1}}}},
                             "The only Updates for index: by-a when TableThroughputMode is "
                             "PAY_PER_REQUEST"));
}

TEST_P(TableSettingsTest, ContinuousBackups_AreAFlag) {
  const auto table = make_table(hash_key());
  const auto off = db().describe_continuous_backups(table).value();
  EXPECT_FALSE(off.point_in_time_recovery);
  EXPECT_EQ(off.earliest, std::nullopt);
  const auto on =
      db().update_continuous_backups(
              {.table = table, .point_in_time_recovery = true, .recovery_period_days = 7})
          .value();
  EXPECT_TRUE(on.point_in_time_recovery);
  EXPECT_EQ(on.recovery_period_days, 7u);
  ASSERT_TRUE(on.earliest && on.latest);
  EXPECT_LE(*on.earliest, *on.latest);
  EXPECT_TRUE(db().describe_continuous_backups(table).value().point_in_time_recovery);
  db().update_continuous_backups({.table = table, .point_in_time_recovery = false}).value();
  EXPECT_FALSE(db().describe_continuous_backups(table).value().point_in_time_recovery);
  EXPECT_TRUE(
      fails(db().update_continuous_backups(
                {.table = table, .point_in_time_recovery = true, .recovery_period_days = 36}),
            ErrorCode::validation, "less than or equal to 35"));
  EXPECT_TRUE(fails(db().update_continuous_backups({.table = table, .recovery_period_days = 7}),
                    ErrorCode::validation, "Cannot specify RecoveryPeriodInDays when disabling"));
  const auto missing = random_name();
  EXPECT_TRUE(fails(db().describe_continuous_backups(missing), ErrorCode::table_not_found,
                    "Table not found: " + missing));
}

}  // namespace conformance

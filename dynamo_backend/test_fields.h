// A model with every kind of field, for tests.
#pragma once
#include "dynamo_backend/test_blog.h"

namespace test_fields {
using namespace dynamo_backend;

inline std::string make_code() { return "code-1"; }

struct Everything : DynamoModel<Everything> {
  std::string chars{};
  std::string text{};
  std::string slug{};
  std::string email{};
  std::string url{};
  std::int64_t integer = 0;
  std::int8_t small = 0;
  std::uint64_t big = 0;
  double real = 0;
  Decimal price{};
  bool flag = false;
  Timestamp at{};
  Uuid token{};
  Json data{};
  Binary bytes{};
  std::vector<std::int64_t> numbers{};
  std::vector<std::vector<std::string>> grid{};
  std::set<std::string> words{};
  std::set<std::int64_t> primes{};
  std::set<Decimal> prices{};
  std::set<Uuid> members{};
  std::optional<std::string> maybe_text{};
  std::optional<std::int64_t> maybe_integer = 7;
  std::optional<bool> maybe_flag{};
  std::optional<Timestamp> maybe_at{};
  std::optional<Json> maybe_data{};
  std::string code{};
  std::uint32_t version = 0;

  static constexpr auto schema = define<Everything>(
      CharField<&Everything::chars>{.max_length = 5}, TextField<&Everything::text>{},
      SlugField<&Everything::slug>{}, EmailField<&Everything::email>{},
      URLField<&Everything::url>{}, IntegerField<&Everything::integer>{},
      IntegerField<&Everything::small>{}, IntegerField<&Everything::big>{},
      FloatField<&Everything::real>{}, DecimalField<&Everything::price>{},
      BooleanField<&Everything::flag>{}, DateTimeField<&Everything::at>{},
      UUIDField<&Everything::token>{}, JSONField<&Everything::data>{},
      BinaryField<&Everything::bytes>{}, ListField<&Everything::numbers>{},
      ListField<&Everything::grid>{}, SetField<&Everything::words>{},
      SetField<&Everything::primes>{}, SetField<&Everything::prices>{},
      SetField<&Everything::members>{}, CharField<&Everything::maybe_text>{.max_length = 10},
      IntegerField<&Everything::maybe_integer>{}, BooleanField<&Everything::maybe_flag>{},
      DateTimeField<&Everything::maybe_at>{}, JSONField<&Everything::maybe_data>{},
      CharField<&Everything::code>{.default_factory = make_code},
      VersionField<&Everything::version>{});
};

// An existing table with a key of its own.
struct Order : DynamoTable<Order> {
  std::string customer{};
  std::int64_t placed_at = 0;
  std::string state{};
  static constexpr auto schema = define<Order>(
      {.table_name = "orders"}, PartitionKey<&Order::customer>{.attribute = "PK"},
      SortKey<&Order::placed_at>{.attribute = "SK"}, CharField<&Order::state>{.index = true});
};

}  // namespace test_fields

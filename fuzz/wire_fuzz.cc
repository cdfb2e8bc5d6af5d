// DynamoDB's JSON: every kind of request and result. What decodes is encoded, and what that gives
// decodes again to the same.
#include "dynamodb/wire.h"
#include "fuzz/fuzz.h"

using namespace dynamodb;

namespace {

template <class T>
void round_trip(std::string_view json) {
  const Result<T> first = wire::decode<T>(json);
  if (!first) {
    FUZZ_CHECK(!first.error().message.empty() || first.error().code == ErrorCode::serialization);
    return;
  }
  const std::string text = wire::encode(*first);
  const Result<T> second = wire::decode<T>(text);
  if (!second) {
    // Only a text that became longer than DynamoDB takes may be refused: every name and value gets
    // a placeholder of its own.
    FUZZ_CHECK(second.error().message.find("size") != std::string::npos);
    return;
  }
  FUZZ_CHECK(wire::encode(*second) == text);
}

void value_round_trip(std::string_view json) {
  const auto value = wire::decode_value(json);
  if (!value) return;
  std::string text;
  wire::append_json(text, *value);
  const auto again = wire::decode_value(text);
  FUZZ_CHECK(again.has_value() && *again == *value);
}

void item_round_trip(std::string_view json) {
  const auto item = wire::decode_item(json);
  const auto packed = wire::decode_packed_item(json);
  FUZZ_CHECK(item.has_value() == packed.has_value());
  // Reading leaves names and nesting to check_item(), which requests go through.
  if (!item || check_item(*item)) return;
  FUZZ_CHECK(is_packed_item(packed->bytes()));
  FUZZ_CHECK(PackedItem(*item) == *packed);
  std::string text;
  wire::append_json(text, packed->view());
  const auto again = wire::decode_item(text);
  FUZZ_CHECK(again.has_value() && *again == *item);
}

constexpr void (*kKinds[])(std::string_view) = {
    round_trip<GetItemRequest>,
    round_trip<PutItemRequest>,
    round_trip<UpdateItemRequest>,
    round_trip<DeleteItemRequest>,
    round_trip<QueryRequest>,
    round_trip<ScanRequest>,
    round_trip<BatchGetItemRequest>,
    round_trip<BatchWriteItemRequest>,
    round_trip<TransactGetItemsRequest>,
    round_trip<TransactWriteItemsRequest>,
    round_trip<TableDefinition>,
    round_trip<UpdateTableRequest>,
    round_trip<ListTablesRequest>,
    round_trip<GetItemResult>,
    round_trip<WriteResult>,
    round_trip<PageResult>,
    round_trip<BatchGetItemResult>,
    round_trip<BatchWriteItemResult>,
    round_trip<TransactGetItemsResult>,
    round_trip<TransactWriteItemsResult>,
    round_trip<ListTablesResult>,
    round_trip<TableDescription>,
    value_round_trip,
    item_round_trip,
    [](std::string_view json) { static_cast<void>(wire::decode_table_name(json)); },
    [](std::string_view json) { static_cast<void>(wire::decode_capacity_detail(json)); },
    [](std::string_view json) { FUZZ_CHECK(!wire::encode(wire::decode_error(json)).empty()); },
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view json = fuzz::text_of(data, size);
  const std::uint8_t kind = fuzz::take_byte(json);
  kKinds[kind % std::size(kKinds)](json);
  return 0;
}

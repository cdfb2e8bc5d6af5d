#include "dynamo_backend/item_size.h"

#include <algorithm>

#include "dynamo_backend/exceptions.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

constexpr std::size_t kShown = 5;

std::size_t size_of(std::string_view name, dynamodb::ValueView value) {
  dynamodb::ItemPacker packer;
  packer.add(name, value);
  const dynamodb::PackedItem packed = std::move(packer).finish();
  return dynamodb::item_size(packed.view());
}

}  // namespace

std::string describe_sizes(dynamodb::ItemView item) {
  std::vector<std::pair<std::size_t, std::string>> sizes;
  for (const auto& [name, value] : item) sizes.emplace_back(size_of(name, value), name);
  std::sort(sizes.begin(), sizes.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::string text;
  for (std::size_t i = 0; i < sizes.size() && i < kShown; ++i)
    text +=
        (i == 0 ? "" : ", ") + sizes[i].second + " " + std::to_string(sizes[i].first) + " bytes";
  if (sizes.size() > kShown) text += ", …";
  return text;
}

void check_item_size(const ModelInfo& model, dynamodb::ItemView item) {
  const std::size_t size = dynamodb::item_size(item);
  if (size <= dynamodb::kMaxItemSize) return;
  throw ValidationError(
      model.name, ValidationError::kNonField,
      "The row takes " + std::to_string(size) + " bytes; DynamoDB stores at most " +
          std::to_string(dynamodb::kMaxItemSize) + ". The largest fields: " + describe_sizes(item) +
          ". Keep large values elsewhere, or in rows of their own.");
}

bool is_too_large(const dynamodb::Error& error) {
  const auto says = [](std::string_view text) {
    return text.find("Item size") != std::string_view::npos ||
           text.find("item size") != std::string_view::npos;
  };
  if (error.code == dynamodb::ErrorCode::validation) return says(error.message);
  return std::any_of(error.reasons.begin(), error.reasons.end(),
                     [&](const auto& r) { return r.code == "ValidationError" && says(r.message); });
}

void throw_grown_too_large(const ModelInfo& model,
                           const std::optional<dynamodb::PackedItem>& stored) {
  std::string text = "With this change the row would take more than the " +
                     std::to_string(dynamodb::kMaxItemSize) + " bytes that DynamoDB stores.";
  if (stored)
    text += " It takes " + std::to_string(dynamodb::item_size(stored->view())) +
            " bytes now. The largest fields: " + describe_sizes(stored->view()) +
            ". Keep large values elsewhere, or in rows of their own.";
  throw ValidationError(model.name, ValidationError::kNonField, text);
}

}  // namespace dynamo_backend

// Document: what an index holds of a row; and how a stored row becomes one.
// Thread safety: functions of their arguments.
#pragma once
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/search/index_definition.h"
#include "dynamodb/item_view.h"

namespace dynamo_backend::search {

// Longer texts are no value of a filter: the document is without it, and the log tells.
inline constexpr std::size_t kMaxFilterBytes = 8192;

struct Document {
  std::string key{};  // document_key(); at most 512 bytes
  // The row's search_version (search_version.h): higher wins; of equal ones the later write.
  std::int64_t version = 0;
  bool deleted = false;                       // a tombstone: without texts and filters
  std::vector<std::string> texts{};           // indexable_text() (words.h); "" where there is none
  std::vector<std::vector<Value>> filters{};  // one list per filter, without repeats; empty: none
};

// The document of a stored row, the tombstone of one that was deleted: its version is that of the
// row as it was last, and one more.
Document document_of(const IndexDefinition& index, dynamodb::ItemView row);
Document tombstone_of(const IndexDefinition& index, dynamodb::ItemView last);

// A row's key as text: of one string attribute (`pk`) itself, of any other key the base64url of its
// packed attributes.
std::string document_key(const ModelInfo& model, dynamodb::ItemView row);
std::string document_key(const ModelInfo& model, const dynamodb::Item& key);
// And back. Throws ModelError for a text that is none.
dynamodb::Item table_key(const ModelInfo& model, std::string_view document_key);

// ---- comparing table and index: documents fall into buckets by their keys, and each has a check
// number. A bucket's sum of check numbers is exact in a double below two million documents.
inline constexpr unsigned kBuckets = 256;
using Buckets = std::bitset<kBuckets>;
unsigned bucket_of(std::string_view document_key);
std::uint32_t check_of(std::string_view document_key, std::int64_t version);

}  // namespace dynamo_backend::search

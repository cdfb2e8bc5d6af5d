// The keys and owners of claims of unique values, as text: written and read back here alone.
//
//   pk    = "<table>#<attribute>#<value>"                      of a field
//         | "<table>#%set<n>#<attribute>#…#<size>:<value>…"    of n members
//   owner = the key of the row that has the value; of two parts "<partition key>/<sort key>", with
//           '/' and '%' of the first written %2F and %25
// '#' and '%' in an attribute's name are written %23 and %25; numbers in their canonical form,
// bytes in base64, BOOLs 1 and 0; a text of a constraint with fold_case folded by Unicode's rules
// and in normal form C. Values that make the key longer than 1 KB, or start with it, are replaced
// by "%hash#" and their BLAKE2b; where the names alone take half of that, they are hashed with the
// values. Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/model_info.h"
#include "dynamodb/item_view.h"

namespace dynamo_backend {

// nullopt: the item lacks a member.
std::optional<std::string> claim_key(const ModelInfo& model, const UniqueInfo& unique,
                                     dynamodb::ItemView item);
// What the keys of all claims of a table begin with.
std::string claim_prefix(std::string_view table);
// Of those of one unique set: a Unique, or a unique field.
std::vector<std::string> claim_prefixes(std::string_view table,
                                        const std::vector<std::string>& attributes);
// Whether the key does not tell which of the table's sets it is of: that of a set of long names.
bool names_no_set(std::string_view table, std::string_view claim);

// What stands in a claim's `owner`: no two keys of a model give the same text.
std::string claim_owner(const ModelInfo& model, const dynamodb::Item& key);
// Back; nullopt: of no row.
std::optional<dynamodb::Item> key_of_owner(const ModelInfo& model, const std::string& owner);

}  // namespace dynamo_backend

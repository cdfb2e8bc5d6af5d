#include "dynamo_backend/search/sync/dead_letters.h"

#include "base/log.h"
#include "dynamo_backend/search/sync/document_writer.h"
#include "dynamo_backend/search/sync/index_state.h"
#include "dynamo_backend/tables.h"

namespace dynamo_backend::search::sync {
namespace {

// What `use` gives; `absent` while no letter was ever kept, for then there is no table.
template <class Use, class T>
T with_table(const Use& use, T absent) {
  try {
    return use();
  } catch (const DatabaseError& e) {
    if (e.error().code != dynamodb::ErrorCode::resource_not_found) throw;
    return absent;
  }
}

QuerySet<DeadLetter> letters_of(const IndexDefinition& index) {
  return DeadLetter::objects.filter(f<&DeadLetter::index_name> == index.name);
}

void keep(DeadLetter letter) {
  if (auto before = DeadLetter::objects.try_get(letter.index_name, letter.row_key)) {
    before->row_version = letter.row_version;
    before->reason = std::move(letter.reason);
    before->attempts += 1;
    before->last = letter.last;
    letter = *std::move(before);
  }
  letter.save();
}

}  // namespace

void keep_dead_letter(const IndexDefinition& index, const Document& document,
                      const std::string& reason) {
  base::log_error("search: " + index.name + " does not take the row " + document.key + ": " +
                  reason + "; see ./manage search_dead_letters");
  const base::Timestamp now = Connection::current().now();
  const DeadLetter letter{.index_name = index.name,
                          .row_key = document.key,
                          .row_version = document.version,
                          .reason = reason,
                          .since = now,
                          .last = now};
  const bool kept = with_table([&] { return keep(letter), true; }, false);
  if (kept) return;
  ensure_unregistered_table(model_info<DeadLetter>());
  keep(letter);
}

std::vector<DeadLetter> dead_letters(const IndexDefinition& index, std::size_t most) {
  return with_table([&] { return letters_of(index).limit(most).to_vector(); },
                    std::vector<DeadLetter>());
}

std::uint64_t count_dead_letters(const IndexDefinition& index) {
  return with_table([&] { return std::uint64_t{letters_of(index).count()}; }, std::uint64_t{0});
}

Replayed replay_dead_letters(const Connection& connection, Backend& backend,
                             const IndexDefinition& index, const Wait& wait) {
  DocumentWriter writer(backend, index, wait);
  Replayed result;
  const auto letters =
      with_table([&] { return letters_of(index).to_vector(); }, std::vector<DeadLetter>());
  if (!letters.empty() && index_state(backend, index).targets.empty())
    throw IndexMissing("There is no index " + index.name +
                       " of the model's present form. Run ./manage opensearch_reindex.");
  for (const DeadLetter& letter : letters) {
    const auto row = connection.client().get_item({.table = table_of(connection, index),
                                                   .key = table_key(*index.model, letter.row_key),
                                                   .consistent_read = true});
    if (!row) throw DatabaseError(row.error(), "GetItem " + table_of(connection, index));
    std::vector<Document> documents;
    if (row->item)
      add_document(index, row->item->view(), documents);
    else
      documents.push_back(
          {.key = letter.row_key, .version = letter.row_version + 1, .deleted = true});
    const std::uint64_t refused = writer.refused();
    for (const Target& target : index_state(backend, index).targets)
      writer.write(target.version, documents, {});
    if (writer.refused() > refused) {
      ++result.still_refused;
      continue;
    }
    letters_of(index).filter(f<&DeadLetter::row_key> == letter.row_key).remove();
    ++result.written;
  }
  return result;
}

}  // namespace dynamo_backend::search::sync

// Dead letters: documents that the index refused (a mapping that does not take a value, say). They
// wait in the table `<prefix>ddbdjango_dead_letters`, which is made when it is first needed, until
// somebody has mended the reason and replays them: `./manage search_dead_letters --replay`.
//
// There is at most one letter a row. What is replayed is the row as it is then.
// Thread safety: any thread.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/models.h"
#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/search/sync/wait.h"

namespace dynamo_backend::search::sync {

struct DeadLetter : DynamoTable<DeadLetter> {
  std::string index_name{};  // IndexDefinition::name
  std::string row_key{};     // document_key()
  std::int64_t row_version = 0;
  std::string reason{};
  std::int64_t attempts = 1;
  Timestamp since{};  // the first failure
  Timestamp last{};

  static constexpr auto schema = define<DeadLetter>(
      {.app_label = "dynamo_backend", .table_name = "ddbdjango_dead_letters"},
      PartitionKey<&DeadLetter::index_name>{}, SortKey<&DeadLetter::row_key>{},
      IntegerField<&DeadLetter::row_version>{}, dynamo_backend::TextField<&DeadLetter::reason>{},
      IntegerField<&DeadLetter::attempts>{}, DateTimeField<&DeadLetter::since>{},
      DateTimeField<&DeadLetter::last>{});
};

// Keeps the letter; of one that is there already the attempts are counted. Throws DatabaseError.
void keep_dead_letter(const IndexDefinition& index, const Document& document,
                      const std::string& reason);
// In order of key, at most `most`.
std::vector<DeadLetter> dead_letters(const IndexDefinition& index, std::size_t most = 1000);
std::uint64_t count_dead_letters(const IndexDefinition& index);

struct Replayed {
  std::size_t written = 0, still_refused = 0;
};
// Indexes the rows of all letters of the index as they are in the table now, in every version that
// is searched or being built. Letters of those that are taken are deleted. Throws what
// DocumentWriter does.
Replayed replay_dead_letters(const Connection& connection, Backend& backend,
                             const IndexDefinition& index, const Wait& wait);

}  // namespace dynamo_backend::search::sync

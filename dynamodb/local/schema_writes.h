// The pipeline's changes of the catalog, and the chunks of an index's backfill.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "dynamodb/client.h"
#include "dynamodb/local/pipeline.h"

namespace dynamodb::local {

std::unique_ptr<Write> make_create_table(TableDefinition definition, base::Timestamp now,
                                         Completion<TableDescription> done);
std::unique_ptr<Write> make_delete_table(std::string table, Completion<TableDescription> done);
// A new index starts `creating`: writes keep it up to date from then on, reads wait for the
// backfill.
std::unique_ptr<Write> make_update_table(UpdateTableRequest request, base::Timestamp now,
                                         Completion<TableDescription> done);
// A change of a table's record alone: `change` returns its next state or refuses.
using ChangeTable = std::function<Result<TableState>(const TableState&)>;
std::unique_ptr<Write> make_table_change(std::string table, Error not_found, ChangeTable change,
                                         Completion<TableDescription> done);

// An index that is being filled. By numbers: it or its table may be deleted meanwhile, and another
// may come under its name.
struct FillTarget {
  std::string table;
  std::uint32_t table_number = 0;
  std::uint16_t index_number = 0;
};
// Whether an index is still there to be filled after a chunk; false ends its backfill.
using BackfillProgress = bool;
// Makes the entries of the rows under `row_keys` where they are missing.
std::unique_ptr<Write> make_backfill_chunk(FillTarget target, std::vector<std::string> row_keys,
                                           Completion<BackfillProgress> done);
// Lets reads at the index, where it is still there.
std::unique_ptr<Write> make_activate_index(FillTarget target, Completion<BackfillProgress> done);

}  // namespace dynamodb::local

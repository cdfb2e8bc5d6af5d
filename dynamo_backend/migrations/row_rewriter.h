// RowRewriter: changes stored rows by a migration's RowChanger, beside an application that goes on
// writing.
//
// Each row is one UpdateItem of what the changer changed, on condition that the row is there and
// that what was changed (or, where the changer may read anything, the whole row) is as it was read;
// else it is changed again as it is by then. So no write of the application is lost, and a deleted
// row stays deleted. A VersionField goes up, so that a save() of the row as it was before fails
// with ConflictError; unique values take their claims along, in one transaction.
// Thread safety: any thread.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/migrations/row_change.h"
#include "dynamo_backend/migrations/run_control.h"
#include "dynamo_backend/migrations/table_walk.h"
#include "dynamo_backend/model_info.h"

namespace dynamo_backend::migrations {

struct RewriteOptions {
  std::string table{}, partition{}, sort{};  // without the prefix; sort empty: none
  RowChanger change{};
  bool reads_whole_row = false;         // the changer may read more than it changes
  std::string version{};                // the VersionField's attribute; empty: none
  const ModelInfo* compiled = nullptr;  // whose rows may have a search_version; nullptr: none have
  // Of rows whose unique values have claims (row_claims.h): compiled, too. nullptr: none have.
  const ModelState* model = nullptr;
};

class RowRewriter {
 public:
  RowRewriter(const RunControl& control, RewriteOptions options);
  // REQUIRES: the table's key is in `row`. Throws MigrationError that names the row.
  Visit visit(dynamodb::ItemView row) const;

 private:
  struct Change;
  Change change_of(dynamodb::ItemView row) const;
  // Absent: done. Else the row as it is by then; empty: it is gone.
  std::optional<dynamodb::PackedItem> write(dynamodb::ItemView row, const Change& change) const;
  double units(dynamodb::ItemView before, dynamodb::ItemView after) const;
  std::string show_key(dynamodb::ItemView row) const;
  dynamodb::Item key_of(dynamodb::ItemView row) const;

  const RunControl& control_;
  const RewriteOptions options_;
  std::vector<dynamodb::IndexDefinition> indexes_{};
};

}  // namespace dynamo_backend::migrations

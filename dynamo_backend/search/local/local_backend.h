// The embedded backend of search: SQLite FTS5 in one file, in this process.
//
// An index and the checkpoints of its reader are written in one transaction, so that they cannot
// drift from each other. A file that is damaged, or of another layout, is put aside
// (`<file>.damaged`) and begun anew: the call that found out throws IndexMissing, and the index is
// rebuilt from its table.
// Several processes may open the file: any number read while one writes. Where one has put it aside
// or someone has deleted it, the others go on with the one that is there.
// Thread safety: any thread. Searches run side by side, each with a connection of its own; writes
// one after the other. A database in memory has one connection.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "base/timestamp.h"
#include "dynamo_backend/search/backend.h"

namespace dynamo_backend::search {

struct LocalOptions {
  std::string file{};  // empty: in memory, until the backend ends
  std::chrono::milliseconds search_timeout{2000};
  // For how long it is remembered of a deleted row that it was: longer than streams keep records.
  std::chrono::hours keep_tombstones{48};
  base::NowFunction now = base::now;
};

// Throws Unavailable where the file cannot be opened (its folder is missing, it may not be read).
std::shared_ptr<Backend> open_local_backend(LocalOptions options = {});

}  // namespace dynamo_backend::search

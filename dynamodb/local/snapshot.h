// Snapshots of an engine's data: folders that hold it as it was at one moment, in the format of a
// data directory (an engine can be opened in a copy of one).
//
// A restore makes files of all that a snapshot holds, each with a deletion of what the database
// has in the file's range, and RocksDB takes them in with one write of its manifest: a crash leaves
// the old data or the new, never a mix. It is a write of the pipeline, so that writes before it are
// replaced and writes after it find the new tables. Reads go on: RocksDB's snapshots keep the old
// data for those that have begun, and those that began while tables and data were replaced are done
// again (Catalog::generation()). Tables that had streams have others afterwards, which begin with
// the restore.
#pragma once
#include <memory>
#include <string>

#include "dynamodb/client.h"
#include "dynamodb/local/pipeline.h"

namespace dynamodb::local {

// Makes `directory`, which must not exist, with the data as it is. On the disk when this returns.
Result<void> save_snapshot(const Storage& storage, const std::string& directory);

// Replaces all data by that of the snapshot in `directory`, which stays as it is.
std::unique_ptr<Write> make_restore(Storage& storage, std::string directory,
                                    Completion<EmptyResult> done);

}  // namespace dynamodb::local

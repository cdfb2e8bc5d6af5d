// What the versions of an index are to this process, and where the changes that each has seen end.
// Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "dynamo_backend/changes/change_reader.h"
#include "dynamo_backend/search/backend.h"

namespace dynamo_backend::search::sync {

// A version that takes changes: the live one, or one that is being built.
struct Target {
  int version = 0;
  bool live = false;
  std::optional<changes::Positions> positions{};  // nullopt: none were kept, or damaged ones
};

struct IndexState {
  std::vector<Target> targets{};  // made with this form of the model; oldest first
  // The live version was made with a later form of the model than this process has: a newer
  // program has taken over, and this one must not undo that by itself.
  bool outdated = false;

  const Target* live() const;      // nullptr: none
  const Target* building() const;  // the newest; nullptr: none
};
IndexState index_state(Backend& backend, const IndexDefinition& index);

// Whether the table's stream no longer tells what the version has not seen; the log tells why.
bool is_lost(const Connection& connection, const IndexDefinition& index, const Target& target);

// "search/posts …": the names of leases. Of each form of the model its own, so that while a new
// program replaces an old one, both keep their versions up.
std::string sync_lease(const IndexDefinition& index);
std::string build_lease(const IndexDefinition& index);

std::string table_of(const Connection& connection, const IndexDefinition& index);
std::vector<Checkpoint> as_checkpoints(std::vector<changes::NamedText> texts);

// Of a version: the fingerprints of the forms that were live before it, one a line.
inline constexpr std::string_view kFormerly = "formerly";
// "": there is none.
std::string checkpoint_of(Backend& backend, const IndexDefinition& index, int version,
                          std::string_view name);

// Makes a version that begins with what changes from here on, to be filled from the table.
int begin_build(const Connection& connection, Backend& backend, const IndexDefinition& index);

}  // namespace dynamo_backend::search::sync

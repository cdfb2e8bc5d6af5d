#include "dynamo_backend/search/sync/index_state.h"

#include <algorithm>

#include "base/log.h"

namespace dynamo_backend::search::sync {
namespace {

bool contains_line(const std::string& lines, const std::string& line) {
  return ("\n" + lines + "\n").find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

using changes::NamedText;
using changes::Positions;
using State = IndexVersion::State;

const Target* IndexState::live() const {
  const auto it =
      std::find_if(targets.begin(), targets.end(), [](const auto& t) { return t.live; });
  return it == targets.end() ? nullptr : &*it;
}

const Target* IndexState::building() const {
  const auto it =
      std::find_if(targets.rbegin(), targets.rend(), [](const auto& t) { return !t.live; });
  return it == targets.rend() ? nullptr : &*it;
}

IndexState index_state(Backend& backend, const IndexDefinition& index) {
  const std::string fingerprint = index.fingerprint();
  IndexState state;
  for (const IndexVersion& version : backend.versions(index)) {
    const bool live = version.state == State::live;
    if (version.state == State::old) continue;
    if (version.fingerprint != fingerprint) {
      const std::string former =
          live ? checkpoint_of(backend, index, version.number, kFormerly) : "";
      if (contains_line(former, fingerprint)) state.outdated = true;
      continue;
    }
    std::vector<NamedText> texts;
    for (auto& checkpoint : backend.checkpoints(index, version.number))
      texts.emplace_back(std::move(checkpoint.name), std::move(checkpoint.position));
    state.targets.push_back({version.number, live, changes::positions_from(texts)});
  }
  return state;
}

std::string checkpoint_of(Backend& backend, const IndexDefinition& index, int version,
                          std::string_view name) {
  for (auto& checkpoint : backend.checkpoints(index, version))
    if (checkpoint.name == name) return std::move(checkpoint.position);
  return {};
}

bool is_lost(const Connection& connection, const IndexDefinition& index, const Target& target) {
  if (!target.positions) return true;
  try {
    changes::ChangeReader(connection, table_of(connection, index), *target.positions).check();
    return false;
  } catch (const changes::ChangesLost& lost) {
    base::log_warning("search: version " + std::to_string(target.version) + " of " + index.name +
                      " has missed changes: " + lost.what());
    return true;
  }
}

std::string sync_lease(const IndexDefinition& index) {
  return "search/" + index.name + "/" + index.fingerprint();
}
std::string build_lease(const IndexDefinition& index) { return sync_lease(index) + "/build"; }

std::string table_of(const Connection& connection, const IndexDefinition& index) {
  return connection.table(index.model->table);
}

std::vector<Checkpoint> as_checkpoints(std::vector<NamedText> texts) {
  std::vector<Checkpoint> checkpoints;
  for (auto& [name, text] : texts) checkpoints.push_back({std::move(name), std::move(text)});
  return checkpoints;
}

int begin_build(const Connection& connection, Backend& backend, const IndexDefinition& index) {
  // Where the live version has come to: whatever it has seen, the table has, too.
  const IndexState state = index_state(backend, index);
  const Target* live = state.live();
  const Positions start =
      live && !is_lost(connection, index, *live)
          ? *live->positions
          : changes::ChangeReader::starting_now(connection, table_of(connection, index));
  const int version = backend.make_version(index);
  backend.write(index, version, {}, as_checkpoints(changes::to_texts(start)));
  base::log_info("search: " + index.name + ": version " + std::to_string(version) +
                 " is being built from the table " + table_of(connection, index));
  return version;
}

}  // namespace dynamo_backend::search::sync

#include "dynamo_backend/search/sync/index_sync.h"

#include <algorithm>

#include "base/log.h"
#include "dynamo_backend/row_upgrades.h"
#include "dynamo_backend/search/sync/row_version.h"
#include "dynamo_backend/search/sync/verify.h"

namespace dynamo_backend::search::sync {
namespace {

using changes::Batch;
using changes::Positions;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Keys that wait; more are dropped, and verify finds them.
constexpr std::size_t kMostDoubtful = 10'000;
constexpr seconds kRebuildAgain{30};  // after one that failed
constexpr milliseconds kStandBy{1000};
constexpr auto kModify = dynamodb::StreamEvent::modify;

// A table that is not there is being made, or made anew.
base::LogLevel log_level(const std::exception& e) {
  const auto* database = dynamic_cast<const DatabaseError*>(&e);
  return database && database->error().code == dynamodb::ErrorCode::resource_not_found
             ? base::LogLevel::info
             : base::LogLevel::error;
}

const dynamodb::PackedItem& image(const std::optional<dynamodb::PackedItem>& item,
                                  const std::string& table) {
  if (item) return *item;
  throw changes::NoStream("The stream of table " + table +
                          " does not show new and old images, which search needs. Run "
                          "./manage dmigrate, or give the table that stream.");
}

}  // namespace

IndexSync::IndexSync(const Connection& connection, Backend& backend, IndexDefinition index,
                     SyncOptions options, Wait wait_function)
    : connection_(connection),
      backend_(backend),
      index_(std::move(index)),
      options_(options),
      wait_(std::move(wait_function)),
      table_(table_of(connection, index_)),
      lease_(connection, sync_lease(index_), options.lease),
      writer_(backend, index_, [this](milliseconds time) { return wait(time); }) {}

// ---- versions

// Brings the versions into a state from which changes can be followed: sees to it that one is built
// where the live version is none or missed changes. A build that is there is the mark that the live
// version must be replaced: it is made before that one, which is searched meanwhile, is fed with
// what comes from here on. False: they have changed.
bool IndexSync::recover(const IndexState& state) {
  const Target* live = state.live();
  const Target* building = state.building();
  const bool live_lost = !live || is_lost(connection_, index_, *live);
  needs_rebuild_ = live_lost || building;
  targets_.clear();
  if (!live_lost) targets_.push_back(*live);
  // One without positions is being made at this moment; the rebuild itself sees to one that is
  // lost.
  if (building && building->positions && !is_lost(connection_, index_, *building))
    targets_.push_back(*building);
  if (!needs_rebuild_ || !options_.builds) return true;
  if (!building) {
    begin_build(connection_, backend_, index_);
    return false;
  }
  if (live && live_lost && building->positions) {
    const Positions start = changes::ChangeReader::starting_now(connection_, table_);
    const auto texts = live->positions ? changes::changed_texts(*live->positions, start)
                                       : changes::to_texts(start);
    backend_.write(index_, live->version, {}, as_checkpoints(texts));
    return false;
  }
  if (!rebuilding_ && connection_.now() >= next_rebuild_) start_rebuild();
  return true;
}

// Makes the reader, where there is a version to write to.
void IndexSync::open() {
  const IndexState state = index_state(backend_, index_);
  if (state.outdated && state.targets.empty()) {
    if (!std::exchange(told_outdated_, true))
      base::log_warning("search: the index " + index_.name +
                        " is that of a later form of the model; this process leaves it alone. If "
                        "this form is the right one, run ./manage opensearch_reindex.");
    return;
  }
  if (!recover(state)) return open();
  versions_ = state.targets;
  std::optional<Positions> from;
  for (const Target& target : targets_) {
    from = from ? changes::earlier(*from, *target.positions) : target.positions;
    if (!from) return;  // of two streams: the next look tells which is lost
  }
  if (!from) return;
  reader_ = std::make_unique<changes::ChangeReader>(connection_, table_, *from, options_.reader);
  next_look_ = connection_.now() + options_.versions_interval;
}

void IndexSync::start_rebuild() {
  if (rebuild_thread_.joinable()) rebuild_thread_.join();
  next_rebuild_ = connection_.now() + kRebuildAgain;
  rebuilding_ = true;
  rebuild_thread_ = std::jthread([this](const std::stop_token& stop) {
    try {
      Rebuild(connection_, backend_, index_, options_.rebuild, stoppable_wait(stop)).run();
    } catch (const std::exception& e) {
      base::log(log_level(e),
                "search: building " + index_.name + " failed and is tried again: " + e.what());
    }
    rebuilding_ = false;
  });
}

bool IndexSync::must_reopen() {
  if (needs_rebuild_ && options_.builds && !rebuilding_ && connection_.now() >= next_rebuild_)
    return true;
  const auto versions = index_state(backend_, index_).targets;
  return !std::equal(versions.begin(), versions.end(), versions_.begin(), versions_.end(),
                     [](const Target& a, const Target& b) {
                       return a.version == b.version && a.live == b.live &&
                              a.positions.has_value() == b.positions.has_value();
                     });
}

// ---- changes

// The documents of changes. An outsider's write may leave the version as it was, or without one: it
// comes after what it replaced all the same.
IndexSync::Changes IndexSync::changes_of(const std::vector<dynamodb::StreamRecord>& records) const {
  Changes found;
  const auto upgrade = connection_.row_upgrades().find(table_);
  for (const auto& record : records) {
    const std::size_t before = found.documents.size();
    const bool removed = record.event == dynamodb::StreamEvent::remove;
    if (removed) {
      add_tombstone(index_, image(record.old_image, table_).view(), found.documents);
    } else {
      const dynamodb::PackedItem& row = image(record.new_image, table_);
      // One that a migration cannot change is indexed as far as it can be read.
      std::optional<dynamodb::PackedItem> upgraded;
      if (upgrade) {
        if (auto changed = upgrade->of(table_, row.view())) upgraded = *std::move(changed);
      }
      add_document(index_, upgraded ? upgraded->view() : row.view(), found.documents);
    }
    if (found.documents.size() == before) continue;
    Document& document = found.documents.back();
    if (record.old_image && !removed) {
      const std::int64_t replaced = row_version(index_, record.old_image->view());
      if (document.version == 0 && replaced > 0) found.unversioned.insert(document.key);
      document.version = std::max(document.version, replaced);
    }
    const auto [last, first] = found.last.try_emplace(document.key);
    // A row that lost its version, or that a slower clock made again: what is written of this batch
    // may be an earlier change.
    if (!first && document.version < last->second.version && record.event != kModify)
      found.doubtful.insert(document.key);
    last->second = {record.event, document.version};
  }
  found.documents = without_repeats(std::move(found.documents));
  return found;
}

void IndexSync::write(const Batch& batch) {
  Changes found = changes_of(batch.records);
  bool live = false;
  for (Target& target : targets_) {
    const auto texts = changes::changed_texts(*target.positions, batch.positions);
    writer_.write(target.version, found.documents, as_checkpoints(texts));
    target.positions = batch.positions;
    live = live || target.live;
    for (const std::string& key : writer_.take_outranked()) {
      const auto last = found.last.find(key);
      if (last == found.last.end()) continue;  // of a batch that was cut off, and is read again
      if (last->second.event != kModify)
        found.doubtful.insert(key);
      else if (last->second.version == 0)
        found.unversioned.insert(key);
    }
  }
  for (const std::string& key : found.unversioned) give_version(connection_, index_, key);
  if (live) look_again_at({found.doubtful.begin(), found.doubtful.end()});
}

IndexSync::Round IndexSync::round() {
  if (!lease_.hold()) {
    reader_.reset();
    return Round::standing_by;
  }
  try {
    if (!reader_) open();
    if (!reader_) return Round::standing_by;
    const Batch batch = reader_->read(options_.batch);
    const bool moved = batch.positions != *targets_.front().positions || !batch.records.empty();
    // The versions are looked at after the changes were read: a version that is made later than
    // that is filled from a table that has these changes.
    if (moved || connection_.now() >= next_look_) {
      next_look_ = connection_.now() + options_.versions_interval;
      if (must_reopen()) {
        reader_.reset();
        return Round::worked;
      }
    }
    if (moved) write(batch);
    note(batch);
    repair_doubtful();
    return moved ? Round::worked : Round::caught_up;
  } catch (const changes::ChangesLost&) {  // open() finds out of which version
    reader_.reset();
    return Round::standing_by;
  } catch (const IndexMissing&) {
    reader_.reset();
    return Round::standing_by;
  } catch (...) {
    reader_.reset();
    throw;
  }
}

// ---- keys whose documents are compared with their rows

void IndexSync::look_again_at(std::vector<std::string> document_keys) {
  const std::lock_guard lock(doubtful_mutex_);
  for (auto& key : document_keys)
    if (doubtful_.size() < kMostDoubtful) doubtful_.push_back(std::move(key));
}

void IndexSync::repair_doubtful() {
  std::vector<std::string> keys;
  {
    const std::lock_guard lock(doubtful_mutex_);
    keys.swap(doubtful_);
  }
  if (keys.empty()) return;
  try {
    repair_keys(connection_, backend_, index_, keys, wait_);
  } catch (...) {
    look_again_at(std::move(keys));
    throw;
  }
}

// ---- the loop

// The times are in the lease's item, where search_status reads them.
void IndexSync::note(const Batch& batch) {
  const std::string now = base::to_iso(connection_.now());
  if (!batch.records.empty())
    lease_.note("last_change", Value(base::to_iso(batch.records.back().created_at)));
  if (batch.caught_up) lease_.note("caught_up", Value(now));
  lease_.note("written", Value(static_cast<std::int64_t>(writer_.written())));
  lease_.note("refused", Value(static_cast<std::int64_t>(writer_.refused())));
}

bool IndexSync::wait(milliseconds time) {
  constexpr milliseconds kPart(2000);
  for (;; time -= kPart) {
    if (!wait_(std::min(time, kPart))) return false;
    try {
      lease_.hold();
    } catch (const DatabaseError& e) {
      base::log_warning(std::string("search: ") + e.what());
    }
    if (time <= kPart) return true;
  }
}

void IndexSync::run() {
  milliseconds idle = options_.first_idle;
  Backoff backoff;
  while (wait_(milliseconds(0))) {
    milliseconds pause(0);
    try {
      switch (round()) {
        case Round::worked:
          idle = options_.first_idle;
          break;
        case Round::caught_up:
          pause = idle;
          idle = std::min(idle * 2, options_.longest_idle);
          break;
        case Round::standing_by:
          pause = kStandBy;
          break;
      }
      backoff.reset();
    } catch (const Stopped&) {
      break;
    } catch (const std::exception& e) {
      pause = backoff.next();
      if (backoff.tries() == 1 || backoff.tries() % 10 == 0)
        base::log(log_level(e),
                  "search: " + index_.name + " is not kept up, trying again: " + e.what());
    }
    if (pause.count() > 0 && !wait_(pause)) break;
  }
  if (rebuild_thread_.joinable()) {
    rebuild_thread_.request_stop();
    rebuild_thread_.join();
  }
  lease_.give_back();
}

}  // namespace dynamo_backend::search::sync

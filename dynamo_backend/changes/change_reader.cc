#include "dynamo_backend/changes/change_reader.h"

#include <algorithm>
#include <set>

#include "dynamo_backend/exceptions.h"

namespace dynamo_backend::changes {
namespace {

using dynamodb::ErrorCode;

// What may pass between a change and the time that its record says, and between two clocks.
constexpr std::chrono::minutes kClockMargin{5};
// DynamoDB: 24 hours. Less a margin: of what is younger nothing has been trimmed.
constexpr std::chrono::hours kSurelyKept{23};

// The table as it is described now. Throws NoStream.
dynamodb::TableDescription describe_followed(const Connection& connection,
                                             const std::string& table) {
  const auto description = connection.client().describe_table(table);
  if (!description) throw DatabaseError(description.error(), "DescribeTable " + table);
  if (!description->definition.settings.stream)
    throw NoStream("Table " + table +
                   " has no stream, so its changes cannot be followed. Run ./manage dmigrate, or "
                   "switch on its stream of new and old images.");
  return *description;
}

}  // namespace

ChangeReader::ChangeReader(const Connection& connection, std::string table, Positions from,
                           ReaderOptions options)
    : connection_(connection),
      table_(std::move(table)),
      options_(options),
      positions_(std::move(from)) {}

Positions ChangeReader::starting_now(const Connection& connection, const std::string& table) {
  // The time first: a change that the label's stream does not tell was made before it.
  const base::Timestamp since = connection.now() - kClockMargin;
  return {.stream = describe_followed(connection, table).latest_stream_label, .since = since};
}

void ChangeReader::fail(dynamodb::Error error, const char* doing) const {
  if (error.code == ErrorCode::trimmed_data_access)
    throw ChangesLost("The stream of table " + table_ +
                      " no longer has the changes that were not read: they are older than a day.");
  if (error.code == ErrorCode::resource_not_found)
    throw ChangesLost("The stream of table " + table_ + " of " + positions_.stream + " is gone.");
  throw DatabaseError(std::move(error), doing + std::string(" of table ") + table_);
}

// Takes a shard that the stream lists. One that was not known must continue one that was, or begin
// so late that nothing of it can have been trimmed.
void ChangeReader::adopt(const dynamodb::Shard& shard, bool parent_is_listed) {
  shards_[shard.id].parent = shard.parent_id;
  shards_[shard.id].start = shard.starting_sequence_number;
  if (positions_.shards.contains(shard.id)) return;
  const bool continues = parent_is_listed || positions_.shards.contains(shard.parent_id);
  if (!continues && connection_.now() - positions_.since >= kSurelyKept)
    throw ChangesLost("The stream of table " + table_ +
                      " goes on in a shard that continues none that was read.");
  positions_.shards[shard.id] = {};
}

std::vector<dynamodb::Shard> ChangeReader::list_shards() const {
  std::vector<dynamodb::Shard> listed;
  dynamodb::DescribeStreamRequest request{.stream_arn = arn_};
  for (;;) {
    auto page = connection_.client().describe_stream(request);
    if (!page) fail(page.error(), "DescribeStream");
    for (auto& shard : page->shards) listed.push_back(std::move(shard));
    if (!page->last_evaluated_shard_id) return listed;
    request.exclusive_start_shard_id = *page->last_evaluated_shard_id;
  }
}

void ChangeReader::discover() {
  const auto table = describe_followed(connection_, table_);
  if (table.latest_stream_label != positions_.stream)
    throw ChangesLost("Table " + table_ + " has another stream than that of " + positions_.stream +
                      ", which was read.");
  // The embedded engine's tables have no ARN of an account.
  const dynamodb::StreamName stream{table_, positions_.stream};
  arn_ = table.arn.empty() ? dynamodb::stream_arn(stream) : table.arn + "/stream/" + stream.label;
  const auto listed = list_shards();
  std::set<std::string> ids;
  for (const auto& shard : listed) ids.insert(shard.id);
  for (const auto& [id, position] : positions_.shards) {
    if (!ids.contains(id) && !position.finished)
      throw ChangesLost("Shard " + id + " of the stream of table " + table_ +
                        " is gone and was not read to its end.");
  }
  for (const auto& shard : listed) adopt(shard, ids.contains(shard.parent_id));
  std::erase_if(positions_.shards, [&](const auto& each) { return !ids.contains(each.first); });
  std::erase_if(shards_, [&](const auto& each) { return !ids.contains(each.first); });

  // A closed shard of a stream that is on has children, which may be listed a little later.
  std::set<std::string> parents;
  for (const auto& [id, shard] : shards_) parents.insert(shard.parent);
  const bool childless = std::any_of(shards_.begin(), shards_.end(), [&](const auto& each) {
    return positions_.shards.at(each.first).finished && !parents.contains(each.first);
  });
  next_discovery_ = connection_.now() + (childless || shards_.empty()
                                             ? std::chrono::microseconds(options_.children_interval)
                                             : options_.discovery_interval);
}

bool ChangeReader::may_be_read(const std::string& id, const ShardState& shard) const {
  if (positions_.shards.at(id).finished) return false;
  const auto parent = positions_.shards.find(shard.parent);
  return parent == positions_.shards.end() || parent->second.finished;
}

// The shards in the order of the next round: on from where the last one ended.
std::vector<std::string> ChangeReader::turns() const {
  std::vector<std::string> ids;
  for (auto it = shards_.upper_bound(turn_); it != shards_.end(); ++it) ids.push_back(it->first);
  for (auto it = shards_.begin(); it != shards_.upper_bound(turn_); ++it) ids.push_back(it->first);
  return ids;
}

void ChangeReader::open_iterator(const std::string& id, ShardState& shard) const {
  using dynamodb::ShardIteratorType;
  dynamodb::GetShardIteratorRequest request{.stream_arn = arn_, .shard_id = id};
  if (const std::string& after = positions_.shards.at(id).after; !after.empty()) {
    request.type = ShardIteratorType::after_sequence_number;
    request.sequence_number = after;
  } else if (connection_.now() - positions_.since >= kSurelyKept) {
    // Where its beginning was trimmed, this is refused; a trim horizon would pass it over.
    request.type = ShardIteratorType::at_sequence_number;
    request.sequence_number = shard.start;
  } else {
    request.type = ShardIteratorType::trim_horizon;
  }
  auto result = connection_.client().get_shard_iterator(request);
  if (!result) fail(result.error(), "GetShardIterator");
  shard.iterator = std::move(result->shard_iterator);
}

ChangeReader::Progress ChangeReader::read_shard(const std::string& id, ShardState& shard,
                                                std::size_t limit, Batch& batch) {
  if (!shard.iterator) open_iterator(id, shard);
  const auto most = static_cast<std::uint32_t>(std::clamp<std::size_t>(limit, 1, 1000));
  auto page = connection_.client().get_records({*shard.iterator, most});
  if (!page && page.error().code == ErrorCode::expired_iterator) {
    open_iterator(id, shard);
    page = connection_.client().get_records({*shard.iterator, most});
  }
  if (!page) {
    shard.iterator.reset();
    fail(page.error(), "GetRecords");
  }
  shard.next_read = connection_.now() + options_.shard_interval;
  ShardPosition& position = positions_.shards.at(id);
  const bool any = !page->records.empty();
  if (any) position.after = page->records.back().sequence_number;
  for (auto& record : page->records)
    if (record.created_at >= positions_.since) batch.records.push_back(std::move(record));
  shard.iterator = std::move(page->next_shard_iterator);
  if (!shard.iterator) {
    position = {.finished = true};
    return Progress::closed;
  }
  return any ? Progress::records : Progress::nothing;
}

void ChangeReader::check() {
  discover();
  for (auto& [id, shard] : shards_)
    if (may_be_read(id, shard)) open_iterator(id, shard);
}

Batch ChangeReader::read(std::size_t limit) {
  if (connection_.now() >= next_discovery_) discover();
  Batch batch{.caught_up = true};
  auto ids = turns();
  for (std::size_t i = 0; i < ids.size() && batch.records.size() < limit; ++i) {
    ShardState& shard = shards_.at(ids[i]);
    if (!may_be_read(ids[i], shard)) continue;
    if (connection_.now() < shard.next_read) {
      batch.caught_up = false;
      continue;
    }
    turn_ = ids[i];
    const Progress progress = read_shard(ids[i], shard, limit - batch.records.size(), batch);
    if (progress != Progress::nothing) batch.caught_up = false;
    if (progress != Progress::closed) continue;
    discover();  // its children are next
    ids = turns();
    i = static_cast<std::size_t>(-1);
  }
  batch.positions = positions_;
  return batch;
}

Backlog backlog(const Connection& connection, const std::string& table, const Positions& positions,
                std::size_t most) {
  ChangeReader reader(connection, table, positions);
  for (Backlog found;;) {
    const Batch batch = reader.read();
    for (const auto& record : batch.records)
      if (found.changes++ == 0 || record.created_at < found.oldest)
        found.oldest = record.created_at;
    if (found.changes < most && !batch.caught_up) continue;
    found.changes = std::min(found.changes, most);
    return found;
  }
}

std::size_t count_changes(const Connection& connection, const std::string& table,
                          const Positions& positions, std::size_t most) {
  return backlog(connection, table, positions, most).changes;
}

}  // namespace dynamo_backend::changes

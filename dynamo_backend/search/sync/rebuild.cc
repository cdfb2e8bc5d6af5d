#include "dynamo_backend/search/sync/rebuild.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <thread>

#include "base/base64.h"
#include "base/log.h"

namespace dynamo_backend::search::sync {
namespace {

using std::chrono::milliseconds;
using State = IndexVersion::State;

constexpr std::string_view kSegments = "segments", kSegment = "segment ", kEnd = "end";
constexpr unsigned kMostSegments = 64;
constexpr std::uint32_t kPageRows = 1000;
// Changes that a version may lack when it is switched to: a batch, which is on its way.
constexpr std::size_t kNearly = 1000;
constexpr int kTries = 12;  // minutes

// Another process took the lease.
struct Elsewhere {};

std::string segment_name(std::size_t number) {
  return std::string(kSegment) + std::to_string(number);
}

bool is_passing(const dynamodb::Error& error) {
  using dynamodb::ErrorCode;
  return error.code == ErrorCode::provisioned_throughput_exceeded ||
         error.code == ErrorCode::limit_exceeded ||
         error.code == ErrorCode::internal_server_error || error.code == ErrorCode::unavailable;
}

template <class T>
T number_in(std::string_view text) {
  T number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Rebuild::Rebuild(const Connection& connection, Backend& backend, const IndexDefinition& index,
                 RebuildOptions options, Wait wait)
    : connection_(connection),
      backend_(backend),
      index_(index),
      options_(options),
      wait_(std::move(wait)),
      table_(table_of(connection, index)),
      lease_(connection, build_lease(index)) {}

Rebuild::Progress Rebuild::progress() const {
  return {.version = version_, .rows = rows_, .total = total_, .catching_up = catching_up_};
}

void Rebuild::keep_lease() {
  const std::lock_guard lock(lease_mutex_);
  try {
    if (!lost_ && !lease_.hold()) lost_ = true;
  } catch (const DatabaseError&) {
    if (!lease_.held()) throw;  // else the next heartbeat may get through
  }
  if (lost_) throw Elsewhere();
}

bool Rebuild::wait(milliseconds time) {
  constexpr milliseconds kPart(2000);
  for (;;) {
    if (failed_ || !wait_(std::min(time, kPart))) return false;
    keep_lease();
    if (time <= kPart) return true;
    time -= kPart;
  }
}

Rebuild::Result Rebuild::run() {
  Backoff backoff;
  try {
    for (;;) {
      try {
        return run_once();
      } catch (const changes::ChangesLost& lost) {
        base::log_warning("search: " + index_.name +
                          " is built from the start again: " + lost.what());
        lost_version_ = version_;
      } catch (const IndexMissing&) {
        throw;
      } catch (const Unavailable& e) {  // as documents do: for as long as it takes
        base::log_warning("search: building " + index_.name + " waits: " + e.what());
        if (!wait(backoff.next())) throw Stopped();
      }
    }
  } catch (const Elsewhere&) {
    return Result::elsewhere;
  } catch (const Stopped&) {
    return Result::stopped;
  }
}

// Goes on from wherever an earlier call came to.
Rebuild::Result Rebuild::run_once() {
  keep_lease();
  if (!is_live(version_)) {
    version_ = choose_version();
    load_segments(version_);
    fill(version_);
    catching_up_ = true;
    catch_up(version_);
    switch_to(version_);
  }
  drop_others(version_);
  lease_.give_back();
  return Result::switched;
}

bool Rebuild::is_live(int version) const {
  for (const IndexVersion& each : backend_.versions(index_))
    if (each.number == version) return each.state == State::live;
  return false;
}

// One that was begun, or a new one.
int Rebuild::choose_version() {
  const IndexState state = index_state(backend_, index_);
  const Target* building = state.building();
  const bool usable = building && !options_.reset && building->version != lost_version_ &&
                      !is_lost(connection_, index_, *building);
  // Before others go: one that is being built marks a live version that missed changes.
  const int chosen = usable ? building->version : begin_build(connection_, backend_, index_);
  for (const Target& target : state.targets)
    if (!target.live && target.version != chosen) backend_.drop(index_, target.version);
  return chosen;
}

void Rebuild::load_segments(int version) {
  std::size_t count = number_in<std::size_t>(checkpoint_of(backend_, index_, version, kSegments));
  if (count == 0) {
    count = std::clamp(options_.segments, 1u, kMostSegments);
    const Checkpoint made{std::string(kSegments), std::to_string(count)};
    backend_.write(index_, version, {}, std::span(&made, 1));
  }
  segments_.assign(std::min<std::size_t>(count, kMostSegments), {});
  rows_ = 0;
  for (const Checkpoint& checkpoint : backend_.checkpoints(index_, version)) {
    if (!checkpoint.name.starts_with(kSegment)) continue;
    Segment& segment =
        segments_.at(number_in<std::size_t>(checkpoint.name.substr(kSegment.size())));
    const auto space = checkpoint.position.find(' ');
    segment.rows = number_in<std::uint64_t>(checkpoint.position.substr(0, space));
    const std::string after = checkpoint.position.substr(space + 1);
    segment.done = after == kEnd;
    if (const auto key = base::base64_decode(after); key && dynamodb::is_packed_item(*key))
      segment.after = dynamodb::unpack(dynamodb::ItemView(*key));
    rows_ += segment.rows;
  }
  const auto description = connection_.client().describe_table(table_);
  if (!description) throw DatabaseError(description.error(), "DescribeTable " + table_);
  total_ = description->item_count;
}

void Rebuild::fill(int version) {
  std::mutex mutex;
  std::exception_ptr failure;
  const auto guarded = [&](std::size_t segment) {
    try {
      fill_segment(version, segment);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failed_.exchange(true)) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < segments_.size(); ++i)
      threads.emplace_back([&guarded, i] { guarded(i); });
    guarded(0);
  }
  failed_ = false;
  if (failure) std::rethrow_exception(failure);
}

void Rebuild::fill_segment(int version, std::size_t number) {
  Segment& segment = segments_[number];
  DocumentWriter writer(backend_, index_, [this](milliseconds time) { return wait(time); });
  while (!segment.done) {
    if (failed_ || !wait_(milliseconds(0))) throw Stopped();
    keep_lease();
    const auto page = read_page(number);
    std::vector<Document> documents;
    for (std::size_t i = 0; i < page.items.size(); ++i)
      add_document(index_, page.items[i], documents);
    segment.rows += page.items.size();
    segment.done = !page.last_evaluated_key;
    segment.after = page.last_evaluated_key.value_or(dynamodb::Item{});
    const std::string after =
        segment.done ? std::string(kEnd)
                     : base::base64_encode(dynamodb::PackedItem(segment.after).bytes());
    writer.write(version, std::move(documents),
                 {{segment_name(number), std::to_string(segment.rows) + " " + after}});
    rows_ += page.items.size();
  }
}

// Strongly consistent: a row that was read before its last change, which the version's first
// position does not cover, would stay so.
dynamodb::PageResult Rebuild::read_page(std::size_t number) {
  const dynamodb::ScanRequest request{
      .table = table_,
      .consistent_read = true,
      .limit = kPageRows,
      .exclusive_start_key = segments_[number].after,
      .segment = static_cast<std::uint32_t>(number),
      .total_segments = static_cast<std::uint32_t>(segments_.size())};
  for (Backoff backoff;;) {
    auto page = connection_.client().scan(request);
    if (page) return *std::move(page);
    if (!is_passing(page.error()) || backoff.tries() == kTries)
      throw DatabaseError(page.error(), "Scan " + table_);
    if (!wait(backoff.next())) throw Stopped();
  }
}

void Rebuild::catch_up(int version) {
  for (;;) {
    const IndexState state = index_state(backend_, index_);
    const auto target = std::find_if(state.targets.begin(), state.targets.end(),
                                     [&](const Target& t) { return t.version == version; });
    if (target == state.targets.end() || !target->positions)
      throw IndexMissing("The version " + std::to_string(version) + " of the index " + index_.name +
                         " was taken away while it was built.");
    if (changes::count_changes(connection_, table_, *target->positions, kNearly + 1) <= kNearly)
      return;
    if (!wait(milliseconds(200))) throw Stopped();
  }
}

void Rebuild::switch_to(int version) {
  for (const IndexVersion& other : backend_.versions(index_)) {
    if (other.state != State::live) continue;
    before_ = other.number;
    std::string forms = checkpoint_of(backend_, index_, other.number, kFormerly);
    if (other.fingerprint != index_.fingerprint())
      forms += (forms.empty() ? "" : "\n") + other.fingerprint;
    const Checkpoint formerly{std::string(kFormerly), forms};
    backend_.write(index_, version, {}, std::span(&formerly, 1));
  }
  backend_.refresh(index_, version);
  keep_lease();
  backend_.switch_to(index_, version);
}

// Also what the version needed while it was built.
void Rebuild::drop_others(int version) {
  std::vector<Checkpoint> done{{std::string(kSegments), ""}};
  for (std::size_t i = 0; i < segments_.size(); ++i) done.push_back({segment_name(i), ""});
  backend_.write(index_, version, {}, done);
  for (const IndexVersion& other : backend_.versions(index_)) {
    const bool kept = options_.keep_old && other.number == before_;
    if (other.number < version && !kept) backend_.drop(index_, other.number);
  }
  base::log_info("search: " + index_.name + ": version " + std::to_string(version) +
                 " is searched from here on, " + std::to_string(rows_) + " rows");
}

int roll_back(Backend& backend, const IndexDefinition& index) {
  int before = 0;
  for (const IndexVersion& version : backend.versions(index))
    if (version.state == State::old && version.fingerprint == index.fingerprint())
      before = version.number;
  if (before == 0)
    throw ModelError("The index " + index.name +
                     " has no former version of the model's present form to go back to. Run "
                     "./manage opensearch_reindex.");
  backend.switch_to(index, before);
  return before;
}

}  // namespace dynamo_backend::search::sync

#include "dynamo_backend/migrations/lease.h"

#include <csignal>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "base/log.h"

namespace dynamo_backend::migrations {
namespace {

using dynamodb::Path;

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

// The machine as far as process ids go: its boot, and the namespace in which ids are counted.
std::string machine() {
  char ns[64] = {};
  if (::readlink("/proc/self/ns/pid", ns, sizeof ns - 1) < 0) return {};
  const std::string boot = first_line("/proc/sys/kernel/random/boot_id");
  return boot.empty() ? "" : boot + " " + ns;
}

// When the process began, in ticks since the boot: tells it from a later one with its id. Empty:
// there is none. A zombie is none either.
std::string start_of(std::int64_t pid) {
  const std::string stat = first_line("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  fields >> field;
  if (field == "Z" || field == "X") return {};
  for (int i = 4; i <= 22; ++i) fields >> field;
  return field;
}

// "<machine> <start>" of this process.
std::string this_process() {
  const std::string on = machine();
  return on.empty() ? "" : on + " " + start_of(::getpid());
}

bool is_dead(const LeaseOwner& owner) {
  const std::string on = machine();
  if (on.empty() || !owner.process.starts_with(on + " ")) return false;
  return owner.process != on + " " + start_of(owner.pid);
}

std::string text(dynamodb::ItemView item, std::string_view name) {
  const auto value = item.find(name);
  return value && value->type() == dynamodb::Type::S ? std::string(value->text()) : "";
}
std::int64_t number(dynamodb::ItemView item, std::string_view name) {
  const auto value = item.find(name);
  if (!value || value->type() != dynamodb::Type::N) return 0;
  return std::strtoll(std::string(value->text()).c_str(), nullptr, 10);
}
base::Timestamp time_of(dynamodb::ItemView item, std::string_view name) {
  return base::parse_iso(text(item, name)).value_or(base::Timestamp{});
}

// With an empty id where the lease is free; nullopt: it was never taken.
std::optional<LeaseOwner> read_lease(const RunControl& control) {
  const auto result = control.call({.read = 1}, true, [&] {
    return control.client().get_item({.table = control.connection().table(kHistoryTable),
                                      .key = {{"pk", kLeaseKey}},
                                      .consistent_read = true});
  });
  if (!result && result.error().code == dynamodb::ErrorCode::resource_not_found)
    return std::nullopt;
  if (!result) throw DatabaseError(result.error(), "GetItem of the migrations' lease");
  if (!result->item) return std::nullopt;
  const auto item = result->item->view();
  return LeaseOwner{.id = text(item, "owner"),
                    .host = text(item, "host"),
                    .process = text(item, "process"),
                    .pid = number(item, "pid"),
                    .fence = static_cast<std::uint64_t>(number(item, "fence")),
                    .since = time_of(item, "since"),
                    .heartbeat = time_of(item, "heartbeat"),
                    .expires = time_of(item, "expires")};
}

constexpr CapacityUnits kOneWrite{.write = 1};

}  // namespace

LeaseHeld::LeaseHeld(LeaseOwner by)
    : std::runtime_error(
          "Another migration is running: process " + std::to_string(by.pid) + " on " + by.host +
          ", since " + base::to_iso(by.since) + ", last heartbeat " + base::to_iso(by.heartbeat) +
          ". Wait for its end; if it is dead, its lease ends at " + base::to_iso(by.expires) + "."),
      owner(std::move(by)) {}

std::optional<LeaseOwner> lease_owner(const Connection& connection) {
  CapacityBudget budget;
  auto owner = read_lease(RunControl(connection, budget));
  return owner && !owner->id.empty() ? owner : std::nullopt;
}

Lease::Lease(const RunControl& control, LeaseOptions options)
    : control_(control), options_(options), id_(Uuid::random().str()) {
  std::chrono::milliseconds waited(0), pause(50);
  for (;;) {
    control_.check();
    const auto seen = read_lease(control_);
    const bool held = seen && !seen->id.empty();
    const bool gone = held && (seen->expires <= control_.connection().now() || is_dead(*seen));
    if (!held || gone) {
      took_over_ = held;
      if (try_take(seen)) break;
      continue;  // somebody was faster
    }
    if (waited >= options_.wait) throw LeaseHeld(*seen);
    control_.wait(pause);
    waited += pause;
    pause = std::min(pause * 2, std::chrono::milliseconds(1000));
  }
  if (options_.heartbeat.count() > 0) thread_ = std::thread([this] { keep_up(); });
}

Lease::~Lease() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (lost_) return;
  dynamodb::UpdateItemRequest request = update();
  request.update.set.clear();
  for (const char* name : {"owner", "host", "pid", "process", "since", "heartbeat", "expires"})
    request.update.remove.emplace_back(name);
  for (int attempt = 1;; ++attempt) {
    const auto use = control_.budget().reserve(kOneWrite, true);
    const auto result = control_.client().update_item(request);
    // Failed: another run has it.
    if (result || result.error().code == dynamodb::ErrorCode::conditional_check_failed) return;
    if (attempt == 5) {  // it expires by itself
      base::log_warning("the migrations' lease was not given back: " + result.error().message);
      return;
    }
    control_.connection().back_off(attempt);
  }
}

// Sets the expiry, on condition that the lease is this run's.
dynamodb::UpdateItemRequest Lease::update() const {
  const base::Timestamp now = control_.connection().now();
  return {.table = control_.connection().table(kHistoryTable),
          .key = {{"pk", kLeaseKey}},
          .update = {.set = {{"heartbeat", {Value(base::to_iso(now))}},
                             {"expires", {Value(base::to_iso(now + options_.time))}}}},
          .condition = dynamodb::equal(Path("owner"), Value(id_))};
}

bool Lease::try_take(const std::optional<LeaseOwner>& seen) {
  const std::uint64_t fence = seen ? seen->fence + 1 : 1;
  const base::Timestamp now = control_.connection().now();
  dynamodb::UpdateItemRequest request = update();
  request.update.set.push_back({"owner", {Value(id_)}});
  request.update.set.push_back({"fence", {Value(fence)}});
  request.update.set.push_back({"host", {Value(host_name())}});
  request.update.set.push_back({"pid", {Value(static_cast<std::int64_t>(::getpid()))}});
  request.update.set.push_back({"process", {Value(this_process())}});
  request.update.set.push_back({"since", {Value(base::to_iso(now))}});
  if (!seen) {
    request.condition = dynamodb::attribute_not_exists(Path("pk"));
  } else {
    // As it was seen: neither taken nor kept up since.
    request.condition = dynamodb::equal(Path("fence"), Value(seen->fence)) &&
                        (seen->id.empty() ? dynamodb::attribute_not_exists(Path("owner"))
                                          : dynamodb::equal(Path("heartbeat"),
                                                            Value(base::to_iso(seen->heartbeat))));
  }
  const auto result =
      control_.call(kOneWrite, false, [&] { return control_.client().update_item(request); });
  if (!result && result.error().code == dynamodb::ErrorCode::conditional_check_failed) {
    // An answer that was lost on its way may have been a yes.
    const auto now_there = read_lease(control_);
    if (!now_there || now_there->id != id_) return false;
  } else if (!result) {
    throw DatabaseError(result.error(), "UpdateItem of the migrations' lease");
  }
  fence_ = fence;
  good_until_ = (now + options_.time).time_since_epoch().count();
  return true;
}

void Lease::check() const {
  if (lost_)
    throw LeaseLost(
        "Another runner has taken over the migrations; this one stops. What it did is recorded.");
  if (control_.connection().now().time_since_epoch().count() >= good_until_)
    throw LeaseLost(
        "The migrations' lease could not be kept up (the database did not answer in time), so "
        "another runner may have taken over; this one stops. What it did is recorded.");
}

void Lease::beat() {
  const base::Timestamp now = control_.connection().now();
  auto use = control_.budget().reserve(kOneWrite, true);
  const auto result = control_.client().update_item(update());
  if (result) {
    use.consumed({.write = result->consumed.total()});
    good_until_ = (now + options_.time).time_since_epoch().count();
  } else if (result.error().code == dynamodb::ErrorCode::conditional_check_failed) {
    lost_ = true;
  }  // else the next one may get through; check() says when it is too late
}

dynamodb::ConditionCheck Lease::condition() const {
  return {.table = control_.connection().table(kHistoryTable),
          .key = {{"pk", kLeaseKey}},
          .condition = dynamodb::equal(Path("owner"), Value(id_))};
}

void Lease::keep_up() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, options_.heartbeat, [this] { return ending_; })) {
    lock.unlock();
    beat();
    lock.lock();
  }
}

}  // namespace dynamo_backend::migrations

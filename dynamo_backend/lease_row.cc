#include "dynamo_backend/lease_row.h"

#include <fstream>
#include <sstream>

#include <unistd.h>

#include "base/uuid.h"

namespace dynamo_backend {
namespace {

using dynamodb::Path;
using Value = dynamodb::AttributeValue;

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

std::string text(dynamodb::ItemView item, std::string_view name) {
  const auto value = item.find(name);
  return value && value->type() == dynamodb::Type::S ? std::string(value->text()) : "";
}
std::int64_t number(dynamodb::ItemView item, std::string_view name) {
  const auto value = item.find(name);
  if (!value || value->type() != dynamodb::Type::N) return 0;
  return dynamodb::Number::from_canonical(value->text()).to_int64().value_or(0);
}
base::Timestamp time_of(dynamodb::ItemView item, std::string_view name) {
  return base::parse_iso(text(item, name)).value_or(base::Timestamp{});
}

}  // namespace

bool LeaseOwner::is_dead() const {
  const std::string on = machine();
  if (on.empty() || !process.starts_with(on + " ")) return false;
  return process != on + " " + start_of(pid);
}

LeaseRow::LeaseRow(std::string table, std::string key, std::chrono::milliseconds time)
    : table_(std::move(table)),
      key_(std::move(key)),
      time_(time),
      id_(base::Uuid::random().str()) {}

dynamodb::GetItemRequest LeaseRow::get() const {
  return {.table = table_, .key = {{"pk", key_}}, .consistent_read = true};
}

std::optional<LeaseOwner> LeaseRow::owner(const dynamodb::GetItemResult& result) {
  if (!result.item) return std::nullopt;
  const auto item = result.item->view();
  return LeaseOwner{.id = text(item, "owner"),
                    .host = text(item, "host"),
                    .process = text(item, "process"),
                    .pid = number(item, "pid"),
                    .fence = static_cast<std::uint64_t>(number(item, "fence")),
                    .since = time_of(item, "since"),
                    .heartbeat = time_of(item, "heartbeat"),
                    .expires = time_of(item, "expires")};
}

dynamodb::UpdateItemRequest LeaseRow::keep_up(base::Timestamp now) const {
  return {.table = table_,
          .key = {{"pk", key_}},
          .update = {.set = {{"heartbeat", {Value(base::to_iso(now))}},
                             {"expires", {Value(base::to_iso(now + time_))}}}},
          .condition = dynamodb::equal(Path("owner"), Value(id_))};
}

dynamodb::UpdateItemRequest LeaseRow::take(const std::optional<LeaseOwner>& seen,
                                           base::Timestamp now, std::uint64_t fence) const {
  dynamodb::UpdateItemRequest request = keep_up(now);
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
    request.condition =
        dynamodb::equal(Path("fence"), Value(seen->fence)) &&
        (seen->holds() ? dynamodb::equal(Path("heartbeat"), Value(base::to_iso(seen->heartbeat)))
                       : dynamodb::attribute_not_exists(Path("owner")));
  }
  return request;
}

dynamodb::UpdateItemRequest LeaseRow::give_back() const {
  dynamodb::UpdateItemRequest request{.table = table_,
                                      .key = {{"pk", key_}},
                                      .condition = dynamodb::equal(Path("owner"), Value(id_))};
  for (const char* name : {"owner", "host", "pid", "process", "since", "heartbeat", "expires"})
    request.update.remove.emplace_back(name);
  return request;
}

dynamodb::ConditionCheck LeaseRow::condition() const {
  return {.table = table_,
          .key = {{"pk", key_}},
          .condition = dynamodb::equal(Path("owner"), Value(id_))};
}

}  // namespace dynamo_backend

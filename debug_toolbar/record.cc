#include "debug_toolbar/record.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "dynamo_backend/fields.h"

namespace debug_toolbar {
namespace {

using base::Json;
using Call = base::CallLedger::Call;

constexpr std::size_t kManyRows = 50;  // read for a few are worth a warning
constexpr std::size_t kFarMore = 10;   // times as many as were returned
constexpr const char* kMask = "********";

// Names of sessions' own attributes are no secrets' names elsewhere.
bool is_secret(const std::string& name) {
  return dynamo_backend::is_secret_name(name) || name == "key_hash";
}

bool names_a_secret(const Json& names) {
  return std::any_of(names.begin(), names.end(), [](const Json& name) {
    return name.is_string() && is_secret(name.get<std::string>());
  });
}

// {"S":"…"} becomes {"S":"********"}.
Json masked(const Json& value) {
  if (!value.is_object() || value.size() != 1) return kMask;
  return Json{{value.begin().key(), kMask}};
}

// Masks members of secret names, at any depth. An expression's values lie apart from their names:
// where one of these is a secret's, all values are masked.
void mask(Json& json) {
  if (json.is_array()) {
    for (Json& element : json) mask(element);
    return;
  }
  if (!json.is_object()) return;
  const auto names = json.find("ExpressionAttributeNames");
  const bool hide = names != json.end() && names->is_object() && names_a_secret(*names);
  for (auto& [name, value] : json.items()) {
    if (hide && name == "ExpressionAttributeValues" && value.is_object()) {
      for (auto& [placeholder, hidden] : value.items()) hidden = masked(hidden);
    } else if (is_secret(name) && name != "ClientRequestToken") {
      value = masked(value);
    } else {
      mask(value);
    }
  }
}

std::string place_of(const Call& call) {
  return call.index.empty() ? call.target : call.target + "." + call.index;
}

}  // namespace

void Records::add(const std::shared_ptr<Record>& record) {
  std::shared_ptr<const Record> oldest;  // which ends without the lock
  const std::lock_guard lock(mutex_);
  record->id = next_id_++;
  records_.push_front(record);
  if (records_.size() > most_) {
    oldest = std::move(records_.back());
    records_.pop_back();
  }
}

std::vector<std::shared_ptr<const Record>> Records::latest() const {
  const std::lock_guard lock(mutex_);
  return {records_.begin(), records_.end()};
}

std::shared_ptr<const Record> Records::find(std::int64_t id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& record : records_) {
    if (record->id == id) return record;
  }
  return nullptr;
}

Totals totals_of(const Record& record) {
  Totals totals;
  record.calls.each([&totals](const Call& call) { totals.add(call); });
  return totals;
}

std::vector<std::string> warnings_of(const Record& record, const Totals& totals) {
  std::vector<std::string> out = record.calls.warnings();
  out.insert(out.end(), record.scope_warnings.begin(), record.scope_warnings.end());
  if (totals.gets < 2 && totals.examined < kManyRows) return out;  // as of most requests
  std::map<std::string, int> gets;
  record.calls.each([&](const Call& call) {
    const auto& outcome = call.outcome;
    if (call.service != "dynamodb" || outcome.repeated) return;
    if (totals.gets > 1 && call.operation == "GetItem" && call.request) {
      if (++gets[call.request()] == 2)
        out.push_back("the same item of " + call.target +
                      " is read again: keep the row, or leave out .consistent() so that the "
                      "request's first answer is used");
    }
    const bool pages = call.operation == "Query" || call.operation == "Scan";
    if (pages && outcome.examined >= kManyRows &&
        outcome.examined >= kFarMore * std::max<std::size_t>(outcome.items, 1))
      out.push_back(call.operation + " of " + place_of(call) + " read " +
                    std::to_string(outcome.examined) + " rows and returned " +
                    std::to_string(outcome.items) +
                    ": an index over what it filters by would read these alone (explain() of the "
                    "queryset names it)");
  });
  return out;
}

std::string masked_request(const Call& call) {
  if (!call.request) return "";
  const std::string text = call.request();
  if (!text.starts_with('{')) return text;  // the words of a search
  Json json = base::parse_json(text);
  mask(json);
  return json.dump(2);
}

}  // namespace debug_toolbar

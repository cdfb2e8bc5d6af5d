#include "web/csp_report.h"

#include <mutex>

#include "base/json.h"
#include "base/log.h"

namespace web {
namespace {

constexpr int kPerMinute = 10;

// What is worth a line of `report`, a browser's JSON; empty where it is none.
std::string summary(std::string_view report) {
  try {
    const base::Json all = base::parse_json(report);
    const auto found = all.is_object() ? all.find("csp-report") : all.end();
    if (found == all.end() || !found->is_object()) return "";
    std::string out;
    for (const char* name : {"violated-directive", "blocked-uri", "document-uri", "source-file"}) {
      const auto member = found->find(name);
      if (member == found->end() || !member->is_string()) continue;
      const std::string& value = member->get_ref<const std::string&>();
      out.append(" ").append(name).append("=").append(value.substr(0, value.find('?')), 0, 200);
    }
    return out;
  } catch (const base::JsonError&) {
    return "";
  }
}

// How many reports were passed over since the last that may be written; nullopt: this one is too.
std::optional<int> admit() {
  static std::mutex mutex;
  static std::chrono::steady_clock::time_point minute;
  static int written = 0;
  static int dropped = 0;
  const std::lock_guard lock(mutex);
  const auto now = std::chrono::steady_clock::now();
  if (now - minute > std::chrono::minutes(1)) {
    minute = now;
    written = 0;
  }
  if (written == kPerMinute) {
    ++dropped;
    return std::nullopt;
  }
  ++written;
  return std::exchange(dropped, 0);
}

}  // namespace

void log_csp_report(const Request& request) {
  const std::string text = summary(request.body());
  if (text.empty()) return;
  const auto passed_over = admit();
  if (!passed_over) return;
  std::string line = "the page policy stopped something:" + text;
  if (*passed_over > 0) line += " (" + std::to_string(*passed_over) + " reports not shown)";
  base::log_warning(line);
}

}  // namespace web

#include "web/metrics.h"

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "web/route.h"

namespace web {
namespace {

void append_header(std::string& out, std::string_view name, std::string_view type,
                   std::string_view help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  out.append(name).append(" ").append(type).append("\n");
}

std::string seconds(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

// Patterns hold neither quotes nor backslashes: PathPattern refuses them.
std::string labels(const Route* route, const std::string& method) {
  return "{route=\"" + (route ? route->pattern : std::string()) + "\",method=\"" + method + "\"";
}

}  // namespace

void append_metric(std::string& out, std::string_view name, std::string_view type,
                   std::string_view help, std::uint64_t value) {
  append_header(out, name, type, help);
  out.append(name).append(" ").append(std::to_string(value)).append("\n");
}

void Metrics::observe(const Route* route, std::string_view method, int status,
                      std::chrono::nanoseconds duration) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), micros) - kBounds.begin();
  const std::lock_guard lock(mutex_);
  Series& series = series_[Key(route, method)];
  ++series.buckets[static_cast<std::size_t>(bound)];
  ++series.by_status[status];
  series.sum += duration;
}

std::string Metrics::text() const {
  std::string out;
  std::map<Key, Series, std::less<>> all;
  {
    const std::lock_guard lock(mutex_);
    all = series_;
  }
  constexpr std::string_view kRequests = "ddbdjango_http_requests_total";
  append_header(out, kRequests, "counter", "Requests that were answered.");
  for (const auto& [key, series] : all) {
    for (const auto& [status, count] : series.by_status)
      out.append(kRequests)
          .append(labels(key.first, key.second))
          .append(",status=\"" + std::to_string(status) + "\"} " + std::to_string(count) + "\n");
  }
  const std::string duration = "ddbdjango_http_request_duration_seconds";
  append_header(out, duration, "histogram", "Time from the parsed request to its answer.");
  for (const auto& [key, series] : all) {
    const std::string of = labels(key.first, key.second);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < series.buckets.size(); ++i) {
      count += series.buckets[i];
      const std::string bound =
          i < kBounds.size() ? seconds(static_cast<double>(kBounds[i]) / 1e6) : "+Inf";
      out += duration + "_bucket" + of + ",le=\"" + bound + "\"} " + std::to_string(count) + "\n";
    }
    const double sum = std::chrono::duration<double>(series.sum).count();
    out += duration + "_sum" + of + "} " + seconds(sum) + "\n";
    out += duration + "_count" + of + "} " + std::to_string(count) + "\n";
  }
  append_header(out, "ddbdjango_http_requests_in_flight", "gauge", "Requests being answered.");
  out += "ddbdjango_http_requests_in_flight " + std::to_string(in_flight_.load()) + "\n";
  for (const Collector& collect : collectors_) {
    try {
      collect(out);
    } catch (const std::exception& error) {
      base::log_warning(std::string("metrics: ") +
                        error.what());  // the others are told all the same
    }
  }
  return out;
}

}  // namespace web

// Metrics: what a site tells Prometheus of itself, in its text format.
//
//   ddbdjango_http_requests_total{route="/api/posts/",method="GET",status="200"} 12
//   ddbdjango_http_request_duration_seconds_bucket{route="/api/posts/",method="GET",le="0.005"} 11
//   ddbdjango_http_requests_in_flight 1
//
// A route stands by its pattern, so that no client can make more series than there are routes.
// Others add what they know by add_collector().
//
// Thread safety: any thread; add collectors before requests come.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace web {

struct Route;

class Metrics {
 public:
  // Appends lines to `out`. Called whenever the metrics are read.
  using Collector = std::function<void(std::string& out)>;
  void add_collector(Collector collector) { collectors_.push_back(std::move(collector)); }

  // One request, from construction to destruction.
  class InFlight {
   public:
    explicit InFlight(Metrics& metrics) : metrics_(metrics) { ++metrics_.in_flight_; }
    ~InFlight() { --metrics_.in_flight_; }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
    std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - started_; }

   private:
    Metrics& metrics_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  };

  // `route`: null where none answered.
  void observe(const Route* route, std::string_view method, int status,
               std::chrono::nanoseconds duration);
  std::string text() const;

 private:
  // Upper bounds in microseconds; the last bucket has none.
  static constexpr std::array<std::int64_t, 11> kBounds = {1'000,     2'500,     5'000,     10'000,
                                                           25'000,    50'000,    100'000,   250'000,
                                                           1'000'000, 2'500'000, 10'000'000};
  struct Series {
    std::array<std::uint64_t, kBounds.size() + 1> buckets{};
    std::chrono::nanoseconds sum{};
    std::map<int, std::uint64_t> by_status{};
  };
  using Key = std::pair<const Route*, std::string>;  // the method

  mutable std::mutex mutex_;
  std::map<Key, Series, std::less<>> series_;
  std::atomic<std::int64_t> in_flight_{0};
  std::vector<Collector> collectors_;
};

// Appends "# HELP", "# TYPE" and one sample without labels.
void append_metric(std::string& out, std::string_view name, std::string_view type,
                   std::string_view help, std::uint64_t value);

}  // namespace web

#include "dynamo_backend/migrations/table_walk.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "dynamo_backend/migrations/table_change.h"

namespace dynamo_backend::migrations {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kFewRows = 100;  // of a page whose rows are written: what a crash repeats
constexpr std::uint32_t kManyRows = 4'000;  // of a page where there is nothing to write
// DynamoDB: a page ends at 1 MB, and a row is added whole: what one takes, read consistently.
constexpr double kLargestPage = 257;

class Walker {
 public:
  Walker(const RunControl& control, const Walk& walk, std::vector<SegmentProgress> segments)
      : control_(control), walk_(walk), segments_(std::move(segments)), before_(sum()) {
    if (const auto d = describe_table(control, walk.table)) {
      total_ = d->item_count;
      if (d->item_count > 0) mean_bytes_ = d->size_bytes / d->item_count;
    }
    consumed_before_ = control.budget().consumed();
  }

  std::vector<SegmentProgress> run() {
    std::vector<std::thread> threads;
    try {
      for (std::size_t i = 0; i < segments_.size(); ++i)
        if (!segments_[i].done) threads.emplace_back([this, i] { guard(i); });
    } catch (const std::system_error& error) {
      fail(std::make_exception_ptr(MigrationError(
          std::string("a thread could not be started (") + error.what() +
          "): run it again with fewer --segments than " + std::to_string(segments_.size()))));
    }
    for (auto& thread : threads) thread.join();
    if (error_) std::rethrow_exception(error_);
    if (walk_.progress) report();
    return segments_;
  }

 private:
  void guard(std::size_t segment) {
    try {
      walk_segment(segment);
    } catch (...) {
      fail(std::current_exception());
    }
  }

  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    stop_ = true;
  }

  void walk_segment(std::size_t segment) {
    SegmentProgress at = progress(segment);
    std::uint32_t rows = kFewRows;
    while (!at.done && !stop_) {
      const auto page = read_page(segment, at, rows);
      const std::uint64_t written = at.written + at.refused;
      for (std::size_t i = 0; i < page.items.size(); ++i) {
        if (stop_) return;
        const Visit visit = walk_.visit(page.items[i]);
        at.written += visit == Visit::written;
        at.refused += visit == Visit::refused;
      }
      at.rows += page.scanned_count;
      at.done = !page.last_evaluated_key;
      at.key = page.last_evaluated_key.value_or(dynamodb::Item{});
      if (walk_.save) walk_.save(segment, at);
      rows = at.written + at.refused > written ? kFewRows : std::min(rows * 4, kManyRows);
      done(segment, at);
    }
  }

  dynamodb::PageResult read_page(std::size_t segment, const SegmentProgress& at,
                                 std::uint32_t rows) {
    const double limit = control_.budget().per_second().read;
    if (limit > 0) {  // half a second's units, as far as the mean size tells
      const double fit = limit / 2 / (static_cast<double>(mean_bytes_) / 4096);
      rows = static_cast<std::uint32_t>(std::clamp(fit, 1.0, static_cast<double>(rows)));
    }
    const dynamodb::ScanRequest request{
        .table = control_.connection().table(walk_.table),
        .filter = walk_.filter,
        .consistent_read = true,
        .limit = rows,
        .exclusive_start_key = at.key,
        .segment = static_cast<std::uint32_t>(segment),
        .total_segments = static_cast<std::uint32_t>(segments_.size())};
    const double most = limit > 0 ? std::min(limit, kLargestPage) : kLargestPage;
    auto page =
        control_.call({.read = most}, true, [&] { return control_.client().scan(request); });
    if (!page) throw DatabaseError(page.error(), "Scan " + request.table);
    return *std::move(page);
  }

  SegmentProgress progress(std::size_t segment) {
    const std::lock_guard lock(mutex_);
    return segments_[segment];
  }

  void done(std::size_t segment, const SegmentProgress& at) {
    const std::lock_guard lock(mutex_);
    segments_[segment] = at;
    if (!walk_.progress || Clock::now() < next_report_) return;
    next_report_ = Clock::now() + std::chrono::milliseconds(500);
    report();
  }

  SegmentProgress sum() const {
    SegmentProgress all;
    for (const auto& s : segments_) {
      all.rows += s.rows;
      all.written += s.written;
    }
    return all;
  }

  void report() {
    const SegmentProgress now = sum();
    const CapacityUnits consumed = control_.budget().consumed();
    ProgressReport report{.what = walk_.what,
                          .rows = now.rows,
                          .written = now.written,
                          .total = now.rows > total_ ? 0 : total_,  // it is out of date
                          .consumed = {consumed.write - consumed_before_.write,
                                       consumed.read - consumed_before_.read}};
    report.taken = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
    if (const std::uint64_t walked = now.rows - before_.rows; walked > 0 && report.total > 0) {
      const double left = static_cast<double>(report.total - now.rows) *
                          static_cast<double>(report.taken.count()) / static_cast<double>(walked);
      report.left = std::chrono::seconds(static_cast<std::int64_t>(left / 1000));
    }
    walk_.progress(report);
  }

  const RunControl& control_;
  const Walk& walk_;
  std::mutex mutex_;
  std::vector<SegmentProgress> segments_;
  const SegmentProgress before_;
  std::exception_ptr error_{};
  std::atomic<bool> stop_{false};
  std::uint64_t total_ = 0, mean_bytes_ = 1024;
  CapacityUnits consumed_before_{};
  const Clock::time_point started_ = Clock::now();
  Clock::time_point next_report_ = started_;
};

}  // namespace

std::vector<SegmentProgress> walk_table(const RunControl& control, const Walk& walk,
                                        std::vector<SegmentProgress> from) {
  return Walker(control, walk, std::move(from)).run();
}

}  // namespace dynamo_backend::migrations

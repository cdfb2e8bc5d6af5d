// Statistics: how many rows a table has, how large they are, and what share of them meets a
// condition; from DescribeTable and a bounded sample of rows.
//
// explain(), count_estimate() and the admin's lists read them; queries are planned by assumptions,
// so that they need no hidden call and run the same everywhere. DynamoDB: DescribeTable's numbers
// are up to six hours old; a table whose every row is in the sample is counted by that.
// Thread safety: Statistics are immutable; the cache takes any thread.
#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/timestamp.h"
#include "dynamo_backend/predicate.h"

namespace dynamo_backend {

class Connection;

class Statistics {
 public:
  static constexpr unsigned kSampleSegments = 8;
  static constexpr std::size_t kSampleRows = 1000;  // at most; of eight places of the table

  // Assumptions, where no table was looked at: a million rows of 1 KB. An equality meets one row of
  // a unique member, 2 of a slug, an address, a UUID or a time, 200 of a foreign key, 1,000 of
  // another member, 10,000 of a computed one, half of the rows of a bool; a range a third, between
  // a tenth, a prefix a twentieth, another lookup a tenth.
  explicit Statistics(const ModelInfo& model);
  // `rows`: how many the table has; `sample`: some of them, packed, or all (`complete`).
  Statistics(const ModelInfo& model, double rows, std::vector<std::string> sample, bool complete,
             base::Timestamp at);

  bool assumed() const { return assumed_; }
  base::Timestamp at() const { return at_; }
  std::size_t sampled() const { return sample_.size(); }
  double rows() const { return rows_; }

  // The share of the table's rows that meet all of `parts`: 0 to 1.
  double share(const std::vector<const Predicate*>& parts) const;
  // How many different values a field has.
  double distinct(const FieldInfo& field) const;
  // Entries of an index; rows where nullptr.
  double entries(const IndexInfo* index) const;
  // Mean size in bytes, as DynamoDB charges for it, of rows (entries) that meet all of `parts`.
  double bytes(const IndexInfo* index, const std::vector<const Predicate*>& parts = {}) const;

 private:
  double share_of(const Predicate& part) const;
  double assumed_share(const Predicate& part) const;
  double matching(const std::vector<const Predicate*>& parts) const;  // rows of the sample

  const ModelInfo& model_;
  bool assumed_ = true;
  bool complete_ = false;
  base::Timestamp at_{};
  double rows_ = 0;
  std::vector<std::string> sample_{};
};

using StatisticsPtr = std::shared_ptr<const Statistics>;

class StatisticsCache {
 public:
  // What is known of the model's table, not older than `age`: of the cache, or read anew. Where the
  // table cannot be read: assumptions.
  StatisticsPtr get(const Connection& connection, const ModelInfo& model,
                    std::chrono::seconds age = std::chrono::minutes(5));

 private:
  std::mutex mutex_{};
  // By name with prefix, and by model: two models may describe one table.
  std::map<std::pair<std::string, const ModelInfo*>, StatisticsPtr> tables_{};
};

// Assumptions on the model's table; one object a model.
const Statistics& assumptions(const ModelInfo& model);

}  // namespace dynamo_backend

// A Backend in memory that does what it is told to: for tests of what writes to one. It does not
// search.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "dynamo_backend/search/backend.h"

namespace test_search {

using namespace dynamo_backend::search;
using State = IndexVersion::State;

class MemoryBackend : public Backend {
 public:
  struct Version {
    State state = State::building;
    std::string fingerprint{};
    std::map<std::string, Document> documents{};  // tombstones, too
    std::map<std::string, std::string> checkpoints{};
  };

  // ---- what it is told to do
  std::atomic<int> unavailable{0};  // the next writes do not get through
  std::atomic<int> lost{0};         // the next reads of entries do not get through
  bool makes_versions = true;
  std::set<std::string> refused{};              // keys that are not taken
  std::map<std::string, int> failing{};         // keys that fail so many times
  std::function<void(int version)> on_write{};  // runs before a write, unlocked
  std::atomic<int> writes{0};

  std::map<std::string, std::int64_t> versions_of_documents(int version) {
    const std::lock_guard lock(mutex_);
    std::map<std::string, std::int64_t> all;
    for (const auto& [key, document] : versions_[version].documents)
      if (!document.deleted) all.emplace(key, document.version);
    return all;
  }
  std::string text(int version, const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto& documents = versions_[version].documents;
    const auto it = documents.find(key);
    return it == documents.end() || it->second.deleted ? "" : it->second.texts.at(0);
  }
  int live() {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, version] : versions_)
      if (version.state == State::live) return number;
    return 0;
  }
  Version& raw(int version) { return versions_[version]; }
  void lose_everything() {
    const std::lock_guard lock(mutex_);
    versions_.clear();
  }

  // ---- Backend
  std::vector<IndexVersion> versions(const IndexDefinition&, bool = false) override {
    const std::lock_guard lock(mutex_);
    std::vector<IndexVersion> all;
    for (const auto& [number, version] : versions_)
      all.push_back({number, version.state, version.fingerprint, version.documents.size()});
    return all;
  }
  int make_version(const IndexDefinition& index) override {
    if (!makes_versions) throw Unavailable("the test makes none");
    const std::lock_guard lock(mutex_);
    versions_[++made_] = {.fingerprint = index.fingerprint()};
    return made_;
  }
  void switch_to(const IndexDefinition&, int number) override {
    const std::lock_guard lock(mutex_);
    for (auto& [other, version] : versions_)
      if (version.state == State::live) version.state = State::old;
    find(number).state = State::live;
  }
  void drop(const IndexDefinition&, int number) override {
    const std::lock_guard lock(mutex_);
    versions_.erase(number);
  }
  std::vector<Outcome> write(const IndexDefinition&, int number,
                             std::span<const Document> documents,
                             std::span<const Checkpoint> checkpoints) override {
    if (const auto hook = on_write) hook(number);  // which may change it
    ++writes;
    if (unavailable > 0 && unavailable-- > 0) throw Unavailable("the test says no");
    const std::lock_guard lock(mutex_);
    Version& version = find(number);
    std::vector<Outcome> outcomes;
    bool failed = false;
    for (const Document& document : documents) {
      outcomes.push_back(write_one(version, document));
      failed = failed || outcomes.back().status == Outcome::Status::failed;
    }
    if (failed) return outcomes;
    for (const auto& [name, position] : checkpoints) {
      if (position.empty())
        version.checkpoints.erase(name);
      else
        version.checkpoints[name] = position;
    }
    return outcomes;
  }
  std::vector<Checkpoint> checkpoints(const IndexDefinition&, int number) override {
    const std::lock_guard lock(mutex_);
    std::vector<Checkpoint> all;
    for (const auto& [name, position] : find(number).checkpoints) all.push_back({name, position});
    return all;
  }
  void refresh(const IndexDefinition&, int) override {}
  Results search(const IndexDefinition&, const Request&) override { return {}; }
  std::vector<std::string> suggest(const IndexDefinition&,
                                   std::span<const std::string> words) override {
    return {words.begin(), words.end()};
  }
  std::vector<BucketSum> checksums(const IndexDefinition&, int number) override {
    const std::lock_guard lock(mutex_);
    std::vector<BucketSum> sums(kBuckets);
    for (const auto& [key, document] : find(number).documents) {
      if (document.deleted) continue;
      ++sums[bucket_of(key)].documents;
      sums[bucket_of(key)].sum += check_of(key, document.version);
    }
    return sums;
  }
  std::vector<Entry> entries(const IndexDefinition&, int number, const Buckets& buckets) override {
    if (lost > 0 && lost-- > 0) throw Unavailable("the test says no");
    const std::lock_guard lock(mutex_);
    std::vector<Entry> entries;
    for (const auto& [key, document] : find(number).documents)
      if (!document.deleted && buckets[bucket_of(key)]) entries.push_back({key, document.version});
    return entries;
  }
  Health health() override { return {true, "a test"}; }

 private:
  Version& find(int number) {
    const auto it = versions_.find(number);
    if (it == versions_.end()) throw IndexMissing("version " + std::to_string(number));
    return it->second;
  }
  Outcome write_one(Version& version, const Document& document) {
    using Status = Outcome::Status;
    if (refused.contains(document.key)) return {Status::refused, "title: not in this test"};
    if (const auto it = failing.find(document.key); it != failing.end() && it->second > 0)
      return --it->second, Outcome{Status::failed, "busy"};
    const auto it = version.documents.find(document.key);
    if (it != version.documents.end() && it->second.version > document.version)
      return {Status::older, ""};
    version.documents[document.key] = document;
    return {};
  }

  std::mutex mutex_{};
  std::map<int, Version> versions_{};
  int made_ = 0;
};

}  // namespace test_search

// A Backend that now and then does not answer, before it has done what it was asked for or after:
// for tests.
#pragma once
#include <mutex>
#include <random>
#include <type_traits>

#include "dynamo_backend/search/backend.h"

namespace tests {

class FlakyBackend : public dynamo_backend::search::Backend {
 public:
  using Index = dynamo_backend::search::IndexDefinition;

  // One call in `one_in` fails; 0: none does.
  FlakyBackend(Backend& inner, unsigned seed, unsigned one_in)
      : inner_(inner), one_in_(one_in), random_(seed) {}

  std::vector<dynamo_backend::search::IndexVersion> versions(const Index& index,
                                                             bool count_documents) override {
    return call([&] { return inner_.versions(index, count_documents); });
  }
  int make_version(const Index& index) override {
    return call([&] { return inner_.make_version(index); });
  }
  void switch_to(const Index& index, int version) override {
    call([&] { return inner_.switch_to(index, version), 0; });
  }
  void drop(const Index& index, int version) override {
    call([&] { return inner_.drop(index, version), 0; });
  }
  std::vector<dynamo_backend::search::Outcome> write(
      const Index& index, int version, std::span<const dynamo_backend::search::Document> documents,
      std::span<const dynamo_backend::search::Checkpoint> checkpoints) override {
    return call([&] { return inner_.write(index, version, documents, checkpoints); });
  }
  std::vector<dynamo_backend::search::Checkpoint> checkpoints(const Index& index,
                                                              int version) override {
    return call([&] { return inner_.checkpoints(index, version); });
  }
  void refresh(const Index& index, int version) override {
    call([&] { return inner_.refresh(index, version), 0; });
  }
  dynamo_backend::search::Results search(const Index& index,
                                         const dynamo_backend::search::Request& request) override {
    return call([&] { return inner_.search(index, request); });
  }
  std::vector<std::string> suggest(const Index& index,
                                   std::span<const std::string> words) override {
    return call([&] { return inner_.suggest(index, words); });
  }
  std::vector<dynamo_backend::search::BucketSum> checksums(const Index& index,
                                                           int version) override {
    return call([&] { return inner_.checksums(index, version); });
  }
  std::vector<dynamo_backend::search::Entry> entries(
      const Index& index, int version, const dynamo_backend::search::Buckets& buckets) override {
    return call([&] { return inner_.entries(index, version, buckets); });
  }
  dynamo_backend::search::Health health() override { return inner_.health(); }

 private:
  bool fails() {
    const std::lock_guard lock(mutex_);
    return one_in_ > 0 && random_() % (2 * one_in_) == 0;
  }
  template <class Call>
  std::invoke_result_t<Call> call(const Call& call) {
    if (fails()) throw dynamo_backend::search::Unavailable("the test: before it was done");
    auto result = call();
    if (fails()) throw dynamo_backend::search::Unavailable("the test: after it was done");
    return result;
  }

  Backend& inner_;
  const unsigned one_in_;
  std::mutex mutex_{};
  std::mt19937 random_;
};

}  // namespace tests
